"""Scan estates of tens of thousands of VMs."""

from __future__ import annotations

import math
import sys
import tempfile
from pathlib import Path

from azremedy.sandbox.arm_ids import type_of_path
from tests.benchmarks.paths import Exchange, count_throttled, read_exchanges
from tests.benchmarks.processes import Program, Sample, measure
from tests.benchmarks.startup import AZREMEDY
from tests.benchmarks.tables import Figure, Table
from tests.benchmarks.worlds import RECORD, serving_program

_SUBSCRIPTIONS = 20
_PAGE = 1000
"""Rows of a page. Source: learn.microsoft.com/azure/governance/resource-graph/concepts/
work-with-data (2025)."""


def run_scan(*, quick: bool) -> Table:
    """Scan each estate once; the estate's own answers are most of the time."""
    sizes = (10_000,) if quick else (10_000, 50_000)
    found = [(vms, *_scan(vms)) for vms in sizes]
    return Table(
        name="scan",
        title=f"Scan of {_SUBSCRIPTIONS} subscriptions",
        columns=("VMs", "wall s", "processor s", "peak MiB", "requests", "of Graph", "429s"),
        rows=tuple(_row(*each) for each in found),
        figures=_figures(*found[-1]),
        notes=(
            (
                "The estate is served by another process and its answers come without latency; "
                "without a count of restore points. One run each."
            ),
        ),
    )


def _scan(vms: int) -> tuple[Sample, tuple[Exchange, ...]]:
    with tempfile.TemporaryDirectory(prefix="benchmark-") as name:
        folder = Path(name)
        estate = ("-m", "tests.benchmarks.estates", "--vms", str(vms))
        many = ("--subscriptions", str(_SUBSCRIPTIONS), "--record", str(folder / RECORD))
        with serving_program((sys.executable, *estate, *many), folder) as served:
            asked = ("scan", "--count-points", "none", "--out", str(folder / "scan.json"))
            command = (AZREMEDY, *asked, "--only-show-errors", "-o", "none")
            sample = measure(Program(name="scan", command=command, env=served.env))
            return sample, read_exchanges(served.record)


def _row(vms: int, sample: Sample, exchanges: tuple[Exchange, ...]) -> tuple[str, ...]:
    return (
        f"{vms:,}",
        f"{sample.wall_s:.1f}",
        f"{sample.cpu_s:.1f}",
        f"{sample.peak_mib:.0f}",
        str(len(exchanges)),
        str(_count_questions(exchanges)),
        str(count_throttled(exchanges)),
    )


def _count_questions(exchanges: tuple[Exchange, ...]) -> int:
    return sum(type_of_path(each.path).lower().endswith("/resources") for each in exchanges)


def _figures(vms: int, sample: Sample, exchanges: tuple[Exchange, ...]) -> tuple[Figure, ...]:
    least = math.ceil(vms / _PAGE)
    asked = _count_questions(exchanges)
    told = f"a page is {_PAGE:,} rows: one list of all VMs is {least} pages"
    return (
        Figure(what=f"scan of {vms:,} VMs: peak MiB", found=sample.peak_mib, most=400),
        Figure(what=f"scan of {vms:,} VMs: questions to Graph", found=float(asked), note=told),
    )
