"""Mend one VM end to end: against what it has to wait for, the Azure CLI, and a plain script."""

from __future__ import annotations

import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from azremedy.sandbox import scenario
from azremedy.sandbox.timings import DEFAULTS
from tests.benchmarks.azure_cli import az_environment, prepare_cli
from tests.benchmarks.installed import find_installed
from tests.benchmarks.paths import Exchange, chain_length, count_kinds, operations_s, read_exchanges
from tests.benchmarks.processes import CHECKOUT, Program, Sample, measure
from tests.benchmarks.tables import Figure, Table
from tests.benchmarks.worlds import LATENCY_S, Served, serving, write_world

if TYPE_CHECKING:
    from collections.abc import Iterator

_SCENARIO = "lock-points-and-extension"
_SCRIPTS = CHECKOUT / "tests" / "benchmarks" / "scripts"
_LOOK_EVERY_S = 30
_LOOK_AT_LOCK_EVERY_S = 5
_AZ_SCRIPTS = {
    "az script": ("fix_with_az.sh", "snapshot"),
    "az script, az backup job wait": ("fix_with_az.sh", "job"),
    "az script as careful": ("fix_carefully_with_az.sh", "snapshot"),
}
"""By name: the script, and what of the backup it waits for. `az backup job wait` is the only wait
that the Azure CLI has, and waits until all data is in the vault."""
_WANTED = {
    "az script": (3.0, 0.6),
    "az script as careful": (None, 0.6),
}
"""By name: how many times as long it should take at least, and how many of its requests azremedy
should send at most."""
_KINDS = ("reads", "polls", "changes")
_QUICK_SPEED = 5.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Repair:
    """One repair by one program."""

    sample: Sample
    """The whole process; its seconds are the world's."""
    exchanges: tuple[Exchange, ...]
    """What it asked."""
    follows: str = "snapshot"
    """What of the backup it waits for: its snapshot, or its whole job."""

    @property
    def operations_s(self) -> float:
        """Seconds that Azure's operations took by themselves."""
        transfer = DEFAULTS["transferData"].seconds if self.follows == "job" else 0
        return operations_s(self.exchanges) + transfer

    @property
    def own_s(self) -> float:
        """Seconds beyond those."""
        return self.sample.wall_s - self.operations_s

    @property
    def path_s(self) -> float:
        """Seconds of the longest chain of answers, and of the operations."""
        return chain_length(self.exchanges) * LATENCY_S + self.operations_s


def run_one_vm(*, quick: bool) -> Table:
    """Let each program mend a world of its own, all at the same time."""
    speed = _QUICK_SPEED if quick else 1.0
    found, missing = _mend_all(speed)
    return Table(
        name="one-vm",
        title="One VM, three causes: mended, with a backup as proof",
        columns=("by", "wall s", "of it operations s", "own share s", "requests", *_KINDS),
        rows=tuple(_row(name, repair) for name, repair in found.items()),
        figures=_figures(found),
        notes=(_note(speed), *missing),
    )


def _mend_all(speed: float) -> tuple[dict[str, Repair], tuple[str, ...]]:
    """Give the repairs in the order of the table, and what is missing."""
    program = find_installed().azremedy
    with ThreadPoolExecutor() as pool:
        mine = pool.submit(_mend_with_azremedy, program, speed)
        plain = pool.submit(_mend_with_sdk, speed)
        others = {name: pool.submit(_mend_with_az, name, speed) for name in _AZ_SCRIPTS}
    repairs = {"azremedy fix": mine.result(), "SDK script": plain.result()}
    missing: tuple[str, ...] = ()
    for name, other in others.items():
        repair, missing = other.result()
        repairs |= {name: repair} if repair else {}
    return repairs, missing


def _mend_with_azremedy(program: str, speed: float) -> Repair:
    with _world(speed) as served:
        asked = ("fix", "--vm", "web-1", "--unlock", "--yes")
        return _repair("azremedy fix", (program, *asked), served, served.env)


def _mend_with_sdk(speed: float) -> Repair:
    with _world(speed) as served:
        env = {**served.env, "NOW": scenario.load(_SCENARIO).now.isoformat()}
        command = (sys.executable, str(_SCRIPTS / "fix_with_sdk.py"))
        return _repair("SDK script", command, served, env)


def _mend_with_az(name: str, speed: float) -> tuple[Repair | None, tuple[str, ...]]:
    script, follow = _AZ_SCRIPTS[name]
    with _world(speed) as served:
        az, missing = prepare_cli(served)
        if az is None:
            return None, missing
        until = scenario.load(_SCENARIO).now + timedelta(days=30)
        env = {
            **az_environment(served),
            "AZ": az,
            "FOLLOW": follow,
            "UNTIL": f"{until:%d-%m-%Y}",
            "LOOK_EVERY": str(_LOOK_EVERY_S / speed),
            "LOOK_AT_LOCK_EVERY": str(_LOOK_AT_LOCK_EVERY_S / speed),
        }
        repair = _repair(name, (str(_SCRIPTS / script),), served, env)
        return replace(repair, follows=follow), missing


@contextmanager
def _world(speed: float) -> Iterator[Served]:
    """Serve a world in a folder of its own."""
    with tempfile.TemporaryDirectory(prefix="benchmark-") as folder:
        path = write_world(scenario.load(_SCENARIO), Path(folder), speed=speed)
        with serving(path, Path(folder), speed=speed) as served:
            yield served


def _repair(name: str, command: tuple[str, ...], served: Served, env: dict[str, str]) -> Repair:
    before = len(read_exchanges(served.record))
    sample = measure(Program(name=name, command=command, env=env))
    exchanges = read_exchanges(served.record)[before:]
    return Repair(sample=replace(sample, wall_s=sample.wall_s * served.speed), exchanges=exchanges)


def _row(name: str, repair: Repair) -> tuple[str, ...]:
    kinds = count_kinds(repair.exchanges)
    seconds = (repair.sample.wall_s, repair.operations_s, repair.own_s)
    counts = (len(repair.exchanges), *(kinds[kind] for kind in _KINDS))
    return (f"`{name}`", *(f"{each:.1f}" for each in seconds), *map(str, counts))


def _figures(found: dict[str, Repair]) -> tuple[Figure, ...]:
    mine = found["azremedy fix"]
    chain = chain_length(mine.exchanges)
    told = (
        f"path {mine.path_s:.1f} s: {chain} answers in a row and {mine.operations_s:.0f} s of Azure"
    )
    ratio = mine.sample.wall_s / mine.path_s
    others = (name for name in (*_AZ_SCRIPTS, "SDK script") if name in found)
    return (
        Figure(what="one VM: wall over critical path", found=ratio, most=1.1, note=told),
        *(figure for name in others for figure in _against(name, found[name], mine)),
    )


def _against(name: str, other: Repair, mine: Repair) -> tuple[Figure, ...]:
    least, most = _WANTED.get(name, (None, None))
    own, others = (_count_without_polls(each) for each in (mine, other))
    return (
        Figure(
            what=f"one VM: {name} over azremedy",
            found=other.sample.wall_s / mine.sample.wall_s,
            least=least,
            note=f"waits for Azure: {other.operations_s:.0f} s and {mine.operations_s:.0f} s",
        ),
        Figure(
            what=f"the same, without Azure's operations: {name} over azremedy",
            found=other.own_s / mine.own_s,
        ),
        Figure(
            what=f"requests: azremedy over {name}",
            found=len(mine.exchanges) / len(other.exchanges),
            most=most,
            note=f"without polls on both sides: {own} over {others}",
        ),
    )


def _count_without_polls(repair: Repair) -> int:
    return len(repair.exchanges) - count_kinds(repair.exchanges)["polls"]


def _note(speed: float) -> str:
    return (
        "All work at the same time, each on a world of its own, and slow each other a little. "
        "Every answer takes 50 ms, operations as long as the sandbox says and answer whole-second "
        f"Retry-After. The world and every program's waits ran {speed:g} times as fast as time; "
        "seconds are the world's, so that programs' own work counts as many times over. The short "
        "scripts check nothing. The careful one does what azremedy does: it also asks for its "
        "permissions, looks again before each change and after it, and makes sure for 20 s that a "
        "lock is gone; azremedy does so while Azure deletes. `az backup job wait` is the only wait "
        "for a backup that the Azure CLI has: it ends when all data is in the vault, the others, "
        "and azremedy, when the snapshot is taken."
    )
