"""Run whole programs and account for them as the operating system does."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

CHECKOUT = Path(__file__).resolve().parents[2]
"""Where programs run."""
_STARTER = Path(__file__).with_name("starter.py")
_KIB = 1 if sys.platform == "darwin" else 1024
_MIB = 1024 * 1024


class ProgramFailedError(Exception):
    """A program that is measured did not do what it should."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """One run of one program."""

    wall_s: float
    """Seconds from its start to its end."""
    cpu_s: float
    """Processor seconds of it and of the programs that it ran."""
    peak_mib: float
    """Its largest memory, or that of the largest program that it ran; never less than the 10 MiB
    of what starts it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Summary:
    """Several runs of one program."""

    samples: tuple[Sample, ...]
    """All that count."""

    @property
    def wall_s(self) -> float:
        """The median of seconds from start to end."""
        return median(each.wall_s for each in self.samples)

    @property
    def cpu_s(self) -> float:
        """The median of processor seconds."""
        return median(each.cpu_s for each in self.samples)

    @property
    def peak_mib(self) -> float:
        """The largest memory of all."""
        return max(each.peak_mib for each in self.samples)

    @property
    def spread(self) -> str:
        """The quickest and the slowest."""
        walls = [each.wall_s for each in self.samples]
        return f"{min(walls):.2f} to {max(walls):.2f}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Program:
    """A program that is measured."""

    name: str
    """As tables name it."""
    command: tuple[str, ...]
    """What is started."""
    env: Mapping[str, str]
    """Its environment."""
    given: str = ""
    """What it reads from standard input."""


def measure(program: Program) -> Sample:
    """Run a program to its end.

    Raises:
        ProgramFailedError: it could not be started, or said that it failed.
    """
    with tempfile.TemporaryFile("w+") as given:
        given.write(program.given)
        given.seek(0)
        # A new process counts its parent's memory as its own peak until it is another program, and
        # this one may hold a record of thousands of requests.
        started = subprocess.run(
            (sys.executable, "-IS", str(_STARTER), *program.command),
            env=dict(program.env),
            stdin=given,
            stdout=subprocess.PIPE,
            cwd=CHECKOUT,
            check=True,
        )
    found = json.loads(started.stdout)
    if found["code"]:
        told = found["said"][-1500:]
        raise ProgramFailedError(f"{program.name}: exit code {found['code']}: {told}")
    return Sample(
        wall_s=found["wall_s"],
        cpu_s=found["cpu_s"],
        peak_mib=found["maxrss"] * _KIB / _MIB,
    )


def measure_in_turn(
    programs: Sequence[Program],
    *,
    rounds: int,
    run: Callable[[Program], Sample] = measure,
) -> dict[str, Summary]:
    """Run programs one after the other, round by round; a first round warms up and is not counted.

    In turn, so that a machine that becomes slower becomes so for all.
    """
    for each in programs:
        run(each)
    samples: dict[str, list[Sample]] = {each.name: [] for each in programs}
    for _ in range(rounds):
        for each in programs:
            samples[each.name].append(run(each))
    return {name: Summary(samples=tuple(each)) for name, each in samples.items()}


def compare(one: Summary, other: Summary) -> tuple[float, str]:
    """Say how many times as long one takes as the other: the median of pairs, and their spread."""
    pairs = zip(one.samples, other.samples, strict=True)
    ratios = [a.wall_s / b.wall_s for a, b in pairs]
    return median(ratios), f"{min(ratios):.2f} to {max(ratios):.2f}"
