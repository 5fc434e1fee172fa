"""``azremedy restart-agent``: what it shows, what it needs a word for, and how it ends."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.support.calls import list_writes

if TYPE_CHECKING:
    from pathlib import Path

    from tests.support.calls import Call

DEAD = "user-error-guest-agent-status-unavailable"
READY = "guest-agent-snapshot-task-status-error"
FAILED = "user-error-vm-provisioning-state-failed"


def test_without_a_word_a_dead_agent_is_left(call: Call) -> None:
    """What disrupts the VM is refused until it is named, and the refusal names the way."""
    called = call("restart-agent", "--vm", "web-1", "--sandbox", DEAD, "--yes")

    assert 4 == called.code
    assert "use --by restart" in called.out
    assert "redeploy" in called.out


@pytest.mark.parametrize(
    ("scenario", "by", "expected"),
    [
        (DEAD, "restart", ["restart"]),
        (DEAD, "redeploy", ["redeploy"]),
        (DEAD, "deallocate", ["deallocate", "start"]),
        (FAILED, "reapply", ["reapply"]),
        (READY, "auto", ["runCommand"]),
        (READY, "run-command", ["runCommand"]),
    ],
)
def test_each_way_sends_what_it_says(
    call: Call, tmp_path: Path, scenario: str, by: str, expected: list[str]
) -> None:
    """Every way is carried out with exactly its requests, and ends well."""
    record = tmp_path / "exchanges.jsonl"
    arguments = ("--vm", "web-1", "--sandbox", scenario, "--record", str(record))

    called = call("restart-agent", "--by", by, *arguments, "--yes", "-o", "json")

    assert 0 == called.code
    assert expected == [write.rpartition("/")[2] for write in list_writes(record)]
    assert {"done"} == {step["state"] for step in called.document["steps"]}


def test_a_dry_run_restarts_nothing(call: Call, tmp_path: Path) -> None:
    """A dry run shows the restart, says that it cannot be undone, and sends nothing."""
    record = tmp_path / "exchanges.jsonl"
    arguments = ("--vm", "web-1", "--sandbox", DEAD, "--record", str(record))

    called = call("restart-agent", "--by", "restart", "--dry-run", *arguments)

    assert 0 == called.code
    assert "would restart web-1 in group rg-shop" in called.out
    assert "cannot be undone" in called.out
    assert [] == list_writes(record)


def test_without_terminal_nothing_happens(call: Call, tmp_path: Path) -> None:
    """Without a terminal and without --yes the VM keeps running."""
    record = tmp_path / "exchanges.jsonl"
    arguments = ("--vm", "web-1", "--sandbox", DEAD, "--record", str(record))

    called = call("restart-agent", "--by", "restart", *arguments)

    assert 4 == called.code
    assert [] == list_writes(record)
