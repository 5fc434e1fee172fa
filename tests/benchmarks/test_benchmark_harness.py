"""The harness computes what it says, from cases that are worked out by hand."""

from __future__ import annotations

import json
import os
import sys
from itertools import count
from typing import TYPE_CHECKING, Any

import pytest

from tests.benchmarks.fleets import count_rounds
from tests.benchmarks.installed import fingerprint_sources
from tests.benchmarks.paths import (
    chain_length,
    count_kinds,
    count_throttled,
    operations_s,
    read_exchanges,
    throttle_bound_s,
)
from tests.benchmarks.processes import (
    Program,
    ProgramFailedError,
    Sample,
    Summary,
    compare,
    measure,
    measure_in_turn,
)
from tests.benchmarks.scans import least_pages
from tests.benchmarks.tables import Figure, Table, save

if TYPE_CHECKING:
    from pathlib import Path

    from tests.benchmarks.paths import Exchange

ARM = "https://management.azure.com"
ROOT = "/subscriptions/one"
COMPUTE = f"{ROOT}/resourceGroups/rg/providers/Microsoft.Compute"
POINTS = f"{COMPUTE}/restorePointCollections"


def exchange(method: str, path: str, answer: Any = None, status: int = 200) -> dict[str, Any]:
    """Write an exchange as the sandbox records it."""
    told = {"response_headers": {}, "response_body": answer}
    return {"method": method, "url": f"{ARM}{path}?api-version=1", "status": status, **told}


def recorded(folder: Path, *documents: dict[str, Any]) -> tuple[Exchange, ...]:
    """Record exchanges and read them again."""
    file = folder / "exchanges.jsonl"
    file.write_text("".join(json.dumps(each) + "\n" for each in documents))
    return read_exchanges(file)


def repaired(folder: Path) -> tuple[Exchange, ...]:
    """Record a search, two reads side by side, a deletion with three polls, and a look after it."""
    poll = f"{COMPUTE}/locations/westeurope/operations/4711"
    return recorded(
        folder,
        exchange("GET", f"{ROOT}/resources", {"id": f"{POINTS}/mine"}),
        exchange("GET", f"{POINTS}/mine"),
        exchange("GET", f"{ROOT}/providers/Microsoft.Authorization/locks"),
        exchange("DELETE", f"{POINTS}/mine", status=202),
        exchange("GET", poll),
        exchange("GET", poll),
        exchange("GET", poll),
        exchange("GET", f"{POINTS}/mine", status=404),
    )


def test_the_chain_counts_only_answers_that_wait_for_each_other(tmp_path: Path) -> None:
    """Search, read, deletion, last poll, look; the locks beside the read cost nothing."""
    assert chain_length(repaired(tmp_path)) == 5


def test_operations_take_what_the_sandbox_says(tmp_path: Path) -> None:
    """One deletion of a collection takes 40 seconds, a refused one nothing."""
    refused = exchange("DELETE", f"{POINTS}/mine", status=409)

    assert operations_s(repaired(tmp_path)) == 40.0
    assert operations_s(recorded(tmp_path, refused)) == 0.0


def test_requests_are_counted_by_what_they_are_for(tmp_path: Path) -> None:
    """Four reads, three polls and a change; none was throttled."""
    found = repaired(tmp_path)

    assert {"reads": 4, "polls": 3, "changes": 1} == dict(count_kinds(found))
    assert count_throttled(found) == 0


def test_pages_of_one_question_are_counted_once(tmp_path: Path) -> None:
    """Two questions with 2,500 rows and none need four pages, however many were asked for."""
    path = "/providers/Microsoft.ResourceGraph/resources"
    asked = [("many", 2500), ("many", 2500), ("none", 0)]
    found = recorded(
        tmp_path,
        *(
            {**exchange("POST", path, {"totalRecords": rows}), "request_body": {"query": query}}
            for query, rows in asked
        ),
    )

    assert least_pages(list(found)) == 4


@pytest.mark.parametrize(
    ("method", "path", "number", "seconds"),
    [
        ("GET", "/resources", 250, 0.0),
        ("GET", "/resources", 500, 10.0),
        ("DELETE", "/providers/Microsoft.Authorization/locks/keep", 300, 10.0),
        ("DELETE", "/providers/Microsoft.Compute/restorePointCollections/mine", 560, 100.0),
        ("GET", "/providers/Microsoft.RecoveryServices/vaults/v/backupJobs", 151, 3600.0),
    ],
)
def test_the_throttle_bound_is_the_slowest_buckets(
    tmp_path: Path, method: str, path: str, number: int, seconds: float
) -> None:
    """Beyond a bucket's size each request waits for its token."""
    found = recorded(tmp_path, *(exchange(method, f"{ROOT}{path}") for _ in range(number)))

    assert throttle_bound_s(found) == pytest.approx(seconds)


@pytest.mark.parametrize(("vms", "rounds"), [(1, 1), (3, 2), (7, 3), (10, 4), (1000, 10)])
def test_a_ramp_doubles_with_each_round(vms: int, rounds: int) -> None:
    """One, two, four: as many rounds as doublings."""
    assert count_rounds(vms) == rounds


def sample(wall_s: float) -> Sample:
    """Make a run that took so long."""
    return Sample(wall_s=wall_s, cpu_s=wall_s, peak_mib=1.0)


def test_programs_are_run_in_turn_and_warm_ups_do_not_count() -> None:
    """Two programs, two rounds: six runs, of which the first two are left out."""
    order: list[str] = []
    ticks = count(1)

    def run(program: Program) -> Sample:
        order.append(program.name)
        return sample(float(next(ticks)))

    programs = [Program(name=name, command=(), env={}) for name in ("a", "b")]
    found = measure_in_turn(programs, rounds=2, run=run)

    assert ["a", "b"] * 3 == order
    assert [3.0, 5.0] == [each.wall_s for each in found["a"].samples]
    assert found["b"].wall_s == 5.0


def python(code: str) -> Program:
    """Make a program of a line of Python."""
    return Program(name="python", command=(sys.executable, "-IS", "-c", code), env=dict(os.environ))


def test_the_memory_of_whoever_measures_is_not_the_programs() -> None:
    """A harness that holds much finds a small program small, and a large one large."""
    held = bytearray(200 * 2**20)

    small, large = measure(python("pass")), measure(python("bytearray(300 * 2**20)"))

    assert small.peak_mib < len(held) / 2**20 / 2
    assert large.peak_mib > 300


def test_a_program_may_say_what_is_no_text() -> None:
    """What it prints has no part in the measurement."""
    code = "import sys; sys.stdout.buffer.write(bytes([255]))"

    assert measure(python(code)).wall_s > 0


def test_a_program_that_fails_is_told_with_what_it_said() -> None:
    """Its exit code and its last words; a program that is not there is one that fails."""
    with pytest.raises(ProgramFailedError, match=r"exit code 3: mind the gap"):
        measure(python("print('mind the gap'); raise SystemExit(3)"))
    with pytest.raises(ProgramFailedError, match="No such file"):
        measure(Program(name="nobody", command=("no-such-program",), env=dict(os.environ)))


def test_a_comparison_is_the_median_of_pairs() -> None:
    """A machine that was slow for one pair does not move it."""
    one = Summary(samples=(sample(2), sample(30), sample(4)))
    other = Summary(samples=(sample(1), sample(10), sample(2)))

    assert compare(one, other) == (2.0, "2.00 to 3.00")


def test_one_table_is_replaced_and_the_others_stay(tmp_path: Path) -> None:
    """A run of one benchmark keeps what the others found."""
    figure = Figure(what="ratio", found=2.0, most=1.5)
    first = Table(name="a", title="A", columns=("x",), rows=(("old",),), figures=(figure,))
    other = Table(name="b", title="B", columns=("x",), rows=(("kept",),))
    again = Table(name="a", title="A", columns=("x",), rows=(("new",),), figures=(figure,))

    save((first, other), tmp_path)
    save((again,), tmp_path)

    text = (tmp_path / "latest.md").read_text()
    assert "| new |" in text
    assert "| kept |" in text
    assert "| old |" not in text
    assert "| ratio | 2.00 | ≤ 1.5 | no |  |" in text


def test_what_is_installed_is_made_anew_when_its_sources_change(tmp_path: Path) -> None:
    """Whatever is compiled of them is no source."""
    module = tmp_path / "azremedy" / "module.py"
    compiled = tmp_path / "azremedy" / "__pycache__" / "module.pyc"
    compiled.parent.mkdir(parents=True)
    for path in (tmp_path / "pyproject.toml", module, compiled):
        path.write_text("1", encoding="utf-8")
    first = fingerprint_sources(tmp_path)

    compiled.write_text("2", encoding="utf-8")
    same = fingerprint_sources(tmp_path)
    module.write_text("2", encoding="utf-8")

    assert first == same
    assert first != fingerprint_sources(tmp_path)
