"""Mend many VMs in many subscriptions: against the longest path and against Azure's limits."""

from __future__ import annotations

import json
import tempfile
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from azremedy.domain.ramp import Pace, Ramp
from azremedy.sandbox import scenario
from tests.benchmarks.estates import subscription_of
from tests.benchmarks.installed import find_installed
from tests.benchmarks.paths import (
    Exchange,
    chain_length,
    count_throttled,
    operations_s,
    read_exchanges,
    throttle_bound_s,
)
from tests.benchmarks.processes import Program, Sample, measure
from tests.benchmarks.tables import Figure, Table
from tests.benchmarks.worlds import AZURES_LIMITS, LATENCY_S, Served, serving, write_world
from tests.support.fleets import multiply, name_vm
from tests.support.stages import SUBSCRIPTION

if TYPE_CHECKING:
    from collections.abc import Iterator

_SCENARIO = "restore-point-limit"
_VM = "resourceGroups/rg-shop-prod/providers/Microsoft.Compute/virtualMachines"


@dataclass(frozen=True, slots=True, kw_only=True)
class Size:
    """A fleet, and how it is worked on."""

    vms: int
    """VMs in all; the same number in each subscription."""
    subscriptions: int
    """Over how many subscriptions."""
    ramp: bool
    """Whether a canary goes first; else as many at once as there are VMs."""
    speed: float
    """Seconds of the world in a real second; small enough that the work of both sides fits in."""

    @property
    def rounds(self) -> int:
        """How many VMs have to be waited for one after the other."""
        return count_rounds(self.vms) if self.ramp else 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Mended:
    """A fleet that was mended."""

    size: Size
    """The fleet."""
    sample: Sample
    """The whole process, in real seconds."""
    exchanges: tuple[Exchange, ...]
    """What it asked."""

    @property
    def wall_s(self) -> float:
        """Seconds of the world."""
        return self.sample.wall_s * self.size.speed


_QUICK = (
    Size(vms=1, subscriptions=1, ramp=False, speed=6),
    Size(vms=10, subscriptions=1, ramp=False, speed=6),
    Size(vms=10, subscriptions=5, ramp=True, speed=12),
)
_WHOLE = (
    Size(vms=1, subscriptions=1, ramp=False, speed=4),
    Size(vms=10, subscriptions=1, ramp=False, speed=4),
    Size(vms=10, subscriptions=5, ramp=True, speed=8),
    Size(vms=100, subscriptions=5, ramp=False, speed=2),
    Size(vms=1000, subscriptions=20, ramp=False, speed=1),
    Size(vms=1000, subscriptions=20, ramp=True, speed=1),
)


def count_rounds(vms: int) -> int:
    """Count the rounds of a run that doubles with each, when every VM takes as long."""
    pace, left, rounds = Pace.begin(Ramp(concurrency=vms)), vms, 0
    while left > 0:
        at_once = min(pace.window, left)
        for _ in range(at_once):
            pace = pace.after(well=True)
        left, rounds = left - at_once, rounds + 1
    return rounds


def run_fleets(*, quick: bool) -> Table:
    """Mend fleets of several sizes, one after the other."""
    found = [mend(size) for size in (_QUICK if quick else _WHOLE)]
    alone = found[0].exchanges
    return Table(
        name="fleets",
        title="Fleets: a lock and 18 points on each VM, mended, with a backup as proof",
        columns=_COLUMNS,
        rows=tuple(_row(each, alone) for each in found),
        figures=tuple(
            figure
            for each in found
            if each.size.vms == found[-1].size.vms
            for figure in _figures(each, alone)
        ),
        notes=(_NOTE,),
    )


_COLUMNS = (
    "VMs",
    "subscriptions",
    "begins with",
    "wall s",
    "path s",
    "throttle s",
    "ratio",
    "requests",
    "429s",
    "peak MiB",
    "processor s",
    "speed",
)
_NOTE = (
    "Seconds of the world, with Azure's limits enforced; it and the program's waits ran as many "
    "times faster than time as `speed` says, so that the program's own work counts as many times "
    "over. `path` is one VM's chain of answers and operations, times the rounds of the ramp "
    "(one canary, then twice as many each time); `throttle` is what Azure's buckets need for the "
    "requests of the busiest subscription."
)


def mend(size: Size) -> Mended:
    """Serve a fleet and have all of it mended by one process."""
    with _served(size) as served:
        env = {**served.env, "AZURE_SUBSCRIPTION_ID": subscription_of(0)}
        program = Program(name="fleet", command=_command(size), env=env, given=_list_ids(size))
        sample = measure(program)
        return Mended(size=size, sample=sample, exchanges=read_exchanges(served.record))


def _command(size: Size) -> tuple[str, ...]:
    count = str(size.vms)
    asked = ("fix", "--vm", "-", "--unlock", "--yes", "--only-show-errors", "-o", "none")
    paced = () if size.ramp else ("--no-ramp",)
    return (
        find_installed().azremedy,
        *asked,
        "--max-targets",
        count,
        "--concurrency",
        count,
        *paced,
    )


@contextmanager
def _served(size: Size) -> Iterator[Served]:
    with tempfile.TemporaryDirectory(prefix="benchmark-") as folder:
        path = write_world(
            scenario.load(_SCENARIO),
            Path(folder),
            resources=_resources(size),
            speed=size.speed,
            limits=AZURES_LIMITS,
        )
        with serving(path, Path(folder), speed=size.speed) as served:
            yield served


def _resources(size: Size) -> Iterator[Any]:
    """Give each subscription the same VMs."""
    each = multiply(scenario.load(_SCENARIO), size.vms // size.subscriptions).resources
    text = json.dumps(each)
    for number in range(size.subscriptions):
        yield from json.loads(text.replace(SUBSCRIPTION, subscription_of(number)))


def _list_ids(size: Size) -> str:
    return "\n".join(
        f"/subscriptions/{subscription_of(subscription)}/{_VM}/{name_vm(number)}"
        for subscription in range(size.subscriptions)
        for number in range(1, size.vms // size.subscriptions + 1)
    )


def _path_s(size: Size, alone: tuple[Exchange, ...]) -> float:
    return size.rounds * (chain_length(alone) * LATENCY_S + operations_s(alone))


def _ratio(found: Mended, alone: tuple[Exchange, ...]) -> float:
    bound = max(_path_s(found.size, alone), throttle_bound_s(found.exchanges))
    return found.wall_s / bound


def _row(found: Mended, alone: tuple[Exchange, ...]) -> tuple[str, ...]:
    size = found.size
    return (
        f"{size.vms:,}",
        str(size.subscriptions),
        "a canary" if size.ramp else "all",
        f"{found.wall_s:.0f}",
        f"{_path_s(size, alone):.0f}",
        f"{throttle_bound_s(found.exchanges):.0f}",
        f"{_ratio(found, alone):.2f}",
        f"{len(found.exchanges):,}",
        str(count_throttled(found.exchanges)),
        f"{found.sample.peak_mib:.0f}",
        f"{found.sample.cpu_s:.0f}",
        f"{size.speed:g}",
    )


def _figures(found: Mended, alone: tuple[Exchange, ...]) -> tuple[Figure, ...]:
    size = found.size
    begins = "from a canary on" if size.ramp else "all at once"
    name = f"{size.vms:,} VMs, {size.subscriptions} subscriptions, {begins}"
    wall = "wall over the larger of path and throttle bound"
    throttled = float(count_throttled(found.exchanges))
    return (
        Figure(what=f"{name}: {wall}", found=_ratio(found, alone), most=1.15),
        Figure(what=f"{name}: 429s", found=throttled, most=0),
        Figure(what=f"{name}: peak MiB", found=found.sample.peak_mib, most=250),
    )
