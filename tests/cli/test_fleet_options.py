"""Several VMs from the command line: how many at once, how many may fail, what became of each."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from tests.support.fleets import multiply, name_vm
from tests.support.stages import ROOT, built_in, lock, with_resources

if TYPE_CHECKING:
    from pathlib import Path

    from tests.support.calls import Call, Called

COUNT = 6
CLEAN = ("clean-rpc", "--unlock", "--include-inherited", "--yes")


def keep(folder: Path, *refused: int) -> str:
    """Write a file with VMs at the limit; the deletion of some VMs' collections is forbidden."""
    base = with_resources(multiply(built_in("restore-point-limit"), COUNT), lock(ROOT, "all"))
    faults = [
        {
            "match": {
                "method": "DELETE",
                "path": f"*/restorePointCollections/*{name_vm(number)}_*",
            },
            "answer": {"status": 403, "body": {"error": {"code": "AuthorizationFailed"}}},
            "times": 9,
        }
        for number in refused
    ]
    document = {
        "schema": "azremedy.sandbox/1",
        "name": "fleet",
        "title": "Several VMs at the limit.",
        "now": f"{base.now:%Y-%m-%dT%H:%M:%SZ}",
        "resources": list(base.resources),
        "faults": faults,
    }
    path = folder / "fleet.json"
    path.write_text(json.dumps(document))
    return str(path)


def clean(call: Call, scenario: str, *options: str) -> Called:
    """Clean all VMs of the world."""
    vms = [part for number in range(1, COUNT + 1) for part in ("--vm", name_vm(number))]
    return call(*CLEAN, *vms, "--sandbox", scenario, *options)


def ends_of(called: Called) -> dict[str, Any]:
    """Give each VM's end by its name, from JSON."""
    ends = json.loads(called.out)["targets"]
    return {each["target"].rpartition("/")[2]: each for each in ends}


def test_every_vm_has_a_line_and_the_last_one_counts(call: Call, tmp_path: Path) -> None:
    """Which is mended, which is not and why; in front of each event stands whose it is."""
    found = clean(call, keep(tmp_path, 3), "--max-failures", "2", "--concurrency", "2")

    lines = found.out.splitlines()
    assert 0 != found.code
    assert [name_vm(number) for number in range(1, 7)] == [
        line.split()[0] for line in lines if line.startswith("web-")
    ]
    (failed,) = [line for line in lines if line.startswith("web-3 ")]
    assert "  failed  " in failed
    assert "deleting collection" in failed
    assert "6 targets: 5 done, 1 failed, 0 not begun" in lines
    assert any(line.startswith("web-2: ") and "deleting" in line for line in found.err.splitlines())


def test_json_tells_the_end_of_every_vm(call: Call, tmp_path: Path) -> None:
    """The same as for people."""
    found = clean(call, keep(tmp_path, 3), "--max-failures", "2", "-o", "json")

    ends = ends_of(found)
    assert "failed" == ends["web-3"]["state"]
    assert ends["web-3"]["reason"]
    assert {"done"} == {each["state"] for name, each in ends.items() if name != "web-3"}


@pytest.mark.parametrize(
    ("options", "begun"),
    [
        (("--max-failures", "0"), 1),
        (("--max-failures", "1", "--concurrency", "1"), 2),
        (("--max-failures", "50%", "--concurrency", "1"), 2),
        (("--no-ramp", "--max-failures", "0", "--concurrency", "6"), 6),
    ],
)
def test_too_many_failures_leave_the_rest_alone(
    call: Call, tmp_path: Path, options: tuple[str, ...], begun: int
) -> None:
    """Every deletion is refused: the canary tells, unless nobody wants one."""
    found = clean(call, keep(tmp_path, *range(1, 7)), *options, "-o", "json")

    states = [each["state"] for each in ends_of(found).values()]
    assert 5 == found.code
    assert (begun, 6 - begun) == (states.count("failed"), states.count("not-begun"))


@pytest.mark.parametrize(
    ("options", "told"),
    [
        (("--max-failures", "many"), "neither a number nor a percentage"),
        (("--max-failures", "101%"), "more than all of them"),
        (("--max-failures", "-1"), "neither a number nor a percentage"),
        (("--concurrency", "0"), "0 is not in the range"),
        (("--concurrency", "1001"), "1001 is not in the range"),
        (("--concurrency", "x"), "not a valid integer"),
    ],
)
def test_bad_values_are_usage_errors(call: Call, options: tuple[str, ...], told: str) -> None:
    """Exit 2, before anything is read."""
    found = call(*CLEAN, "--vm", "web-1", "--sandbox", "restore-point-limit", *options)

    assert 2 == found.code
    assert told in " ".join(found.err.split())


@pytest.mark.parametrize("command", ["fix", "clean-rpc", "apply", "backup-now", "reset-extension"])
def test_help_tells_of_them(call: Call, command: str) -> None:
    """With what holds when nobody says anything."""
    told = " ".join(call(command, "--help").out.split())

    assert "--concurrency INTEGER RANGE" in told
    assert "[default: 10; 1<=x<=1000]" in told
    assert "--max-failures N|PERCENT" in told
    assert "without a canary" in told


@pytest.mark.parametrize("command", ["clean-rpc", "fix"])
def test_too_many_targets_are_refused_before_anything_is_looked_up(
    call: Call, tmp_path: Path, command: str
) -> None:
    """Not one VM is read, and the sums are told."""
    record = tmp_path / "exchanges.jsonl"
    vms = [part for number in range(1, COUNT + 1) for part in ("--vm", name_vm(number))]

    found = call(
        command, *vms, "--max-targets", "5", "--yes",
        "--sandbox", keep(tmp_path), "--record", str(record),
    )  # fmt: skip

    read = [json.loads(line)["url"] for line in record.read_text().splitlines()]
    assert 4 == found.code
    assert "6 targets" in found.out + found.err
    assert [] == [url for url in read if "/providers/" in url]
