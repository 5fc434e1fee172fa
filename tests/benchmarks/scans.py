"""Scan estates of tens of thousands of VMs."""

from __future__ import annotations

import json
import math
import re
import sys
import tempfile
from pathlib import Path

from azremedy.sandbox.arm_ids import type_of_path
from tests.benchmarks.installed import find_installed
from tests.benchmarks.paths import Exchange, count_throttled, read_exchanges
from tests.benchmarks.processes import Program, Sample, measure
from tests.benchmarks.tables import Figure, Table
from tests.benchmarks.worlds import RECORD, serving_program

_SUBSCRIPTIONS = 20
_TOTAL = re.compile(r'"totalrecords": (\d+)')
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
        columns=(
            "VMs",
            "listed",
            "wall s",
            "processor s",
            "peak MiB",
            "requests",
            "of Graph",
            "429s",
        ),
        rows=tuple(_row(*each) for each in found),
        figures=_figures(*found[-1]),
        notes=(
            (
                "The estate is served by another process and its answers come without latency; "
                "without a count of restore points. One run each."
            ),
        ),
    )


def _scan(vms: int) -> tuple[Sample, tuple[Exchange, ...], int]:
    with tempfile.TemporaryDirectory(prefix="benchmark-") as name:
        folder = Path(name)
        estate = ("-m", "tests.benchmarks.estates", "--vms", str(vms))
        many = ("--subscriptions", str(_SUBSCRIPTIONS), "--record", str(folder / RECORD))
        with serving_program((sys.executable, *estate, *many), folder) as served:
            asked = ("scan", "--count-points", "none", "--out", str(folder / "scan.json"))
            command = (find_installed().azremedy, *asked, "--only-show-errors", "-o", "none")
            sample = measure(Program(name="scan", command=command, env=served.env))
            found = json.loads((folder / "scan.json").read_text(encoding="utf-8"))
            return sample, read_exchanges(served.record), len(found["vms"])


def _row(vms: int, sample: Sample, exchanges: tuple[Exchange, ...], listed: int) -> tuple[str, ...]:
    return (
        f"{vms:,}",
        f"{listed:,}",
        f"{sample.wall_s:.1f}",
        f"{sample.cpu_s:.1f}",
        f"{sample.peak_mib:.0f}",
        str(len(exchanges)),
        str(len(_questions(exchanges))),
        str(count_throttled(exchanges)),
    )


def _questions(exchanges: tuple[Exchange, ...]) -> list[Exchange]:
    kind = "microsoft.resourcegraph/resources"
    return [each for each in exchanges if type_of_path(each.path).lower() == kind]


def least_pages(questions: list[Exchange]) -> int:
    """Count the pages that the answers' rows need, for each distinct question at least one.

    All pages of one answer say how many rows there are in all.
    """
    rows = {each.asked: int(_TOTAL.findall(each.told)[0]) for each in questions}
    return sum(max(1, math.ceil(number / _PAGE)) for number in rows.values())


def _figures(
    vms: int, sample: Sample, exchanges: tuple[Exchange, ...], listed: int
) -> tuple[Figure, ...]:
    questions = _questions(exchanges)
    asked, least = len(questions), least_pages(questions)
    told = f"{asked} asked for {least} pages of {_PAGE:,} rows; {listed:,} VMs fail or soon will"
    name = f"scan of {vms:,} VMs"
    return (
        Figure(what=f"{name}: peak MiB", found=sample.peak_mib, most=400),
        Figure(what=f"{name}: questions over pages", found=asked / least, most=1, note=told),
    )
