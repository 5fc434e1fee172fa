"""What was done can be listed, told, taken up and taken back."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from click.testing import CliRunner

from azremedy.cli.main import cli

if TYPE_CHECKING:
    from click.testing import Result

LIMIT = ("--vm", "web-1", "--sandbox", "restore-point-limit")


def call(*arguments: str) -> Result:
    """Call the command line as a program without a terminal does."""
    return CliRunner().invoke(cli, arguments, catch_exceptions=False)


@pytest.fixture
def run_id() -> str:
    """Fix a world and give the run's name."""
    done = call("fix", *LIMIT, "--unlock", "--yes", "-o", "json")
    assert done.exit_code == 0
    return str(json.loads(done.stdout)["runId"])


def test_without_runs_nothing_is_listed() -> None:
    """An empty state folder is no error."""
    assert ("No runs.\n", 0) == ((found := call("runs")).stdout, found.exit_code)


def test_runs_are_listed_and_told(run_id: str) -> None:
    """The list names command, target and end; a single run each step with its request id."""
    listed, told = call("runs", "--rehearsals"), call("runs", "show", run_id, "--rehearsals")
    document: Any = json.loads(call("runs", "--rehearsals", "-o", "json").stdout)

    assert run_id in listed.stdout
    assert "fix" in listed.stdout
    assert "1. removing lock no-deletes: done" in told.stdout
    assert "request" in told.stdout
    assert ["done"] == [each["state"] for each in document]
    assert "No runs." in call("runs").stdout


def test_run_is_told_as_markdown(run_id: str, tmp_path: Path) -> None:
    """For a ticket: causes, steps, losses; a file is never replaced."""
    file = tmp_path / "ticket.md"

    told = call("report", run_id, "--rehearsals", "--md", str(file))
    again = call("report", run_id, "--rehearsals", "--md", str(file))

    assert told.stdout == file.read_text()
    assert "Cause **point-group-locked**" in told.stdout
    assert "| 2 | deleting collection" in told.stdout
    assert 2 == again.exit_code


def test_kept_plan_is_told_too(tmp_path: Path) -> None:
    """A plan has no outcomes yet."""
    plan = tmp_path / "plan.json"
    call("plan", "clean-rpc", *LIMIT, "--unlock", "--out", str(plan))

    told = call("report", str(plan))

    assert "# Plan: clean-rpc" in told.stdout
    assert "no outcome" in told.stdout


def test_finished_run_is_not_done_twice(run_id: str) -> None:
    """To take it up is no error, and changes nothing."""
    taken_up = call("resume", run_id, "--sandbox", "restore-point-limit", "--yes")

    assert 0 == taken_up.exit_code
    assert "Done." in taken_up.stdout


def test_run_is_taken_up_only_with_a_word(run_id: str) -> None:
    """Without a terminal and --yes nothing is changed."""
    asked = call("resume", run_id, "--sandbox", "restore-point-limit")

    assert 4 == asked.exit_code
    assert "no terminal" in asked.stderr


def test_undoing_says_what_cannot_be_taken_back(run_id: str) -> None:
    """The lock comes back, with a warning; the deleted points do not."""
    planned = call("undo", run_id, "--sandbox", "restore-point-limit", "--dry-run")

    assert 0 == planned.exit_code
    assert "would put CanNotDelete lock 'no-deletes' back" in planned.stdout
    assert "warning: this lock kept the service from cleaning up" in planned.stdout
    assert "(DeleteRestorePointCollection" in planned.stdout


def test_run_of_one_sandbox_is_not_taken_up_in_another(run_id: str) -> None:
    """Its resources are not there."""
    for command in ("resume", "undo"):
        assert 4 == call(command, run_id, "--sandbox", "healthy", "--yes").exit_code


@pytest.mark.parametrize(("name", "code"), [("../../etc", 2), ("20200101T000000Z-0", 6), ("", 2)])
@pytest.mark.parametrize("command", [("runs", "show"), ("resume",), ("undo",), ("report",)])
def test_what_is_no_run_is_refused(command: tuple[str, ...], name: str, code: int) -> None:
    """A path out of the folder, an unknown run, nothing at all."""
    assert code == call(*command, name).exit_code


def test_damaged_journal_is_told(run_id: str) -> None:
    """File and line are named, and nothing is done on half a record."""
    folder = Path(os.environ["AZREMEDY_STATE_DIR"]) / "sandbox" / "runs" / run_id
    journal = folder / "journal.jsonl"
    lines = journal.read_text().splitlines()
    journal.write_text("\n".join([lines[0], '{"entry": "odd"}', *lines[1:]]) + "\n")

    shown = call("runs", "show", run_id, "--rehearsals")

    assert 1 == shown.exit_code
    assert "line 2" in shown.stderr


def test_damaged_journal_hides_neither_its_run_nor_its_locks(run_id: str) -> None:
    """The list names the file and each lock that may be off, for people and as JSON."""
    folder = Path(os.environ["AZREMEDY_STATE_DIR"]) / "sandbox" / "runs" / run_id
    journal = folder / "journal.jsonl"
    lines = journal.read_text().splitlines()
    journal.write_text("\n".join([lines[0], '{"entry": "odd"}', *lines[2:]]) + "\n")

    listed = call("runs", "--rehearsals")
    (told,) = json.loads(call("runs", "--rehearsals", "-o", "json").stdout)

    assert f"{run_id}" in listed.stdout
    assert "unreadable" in listed.stdout
    assert f"UNREADABLE: {journal}, line 2" in listed.stderr
    assert "MAY BE OFF: the CanNotDelete lock" in listed.stderr
    assert ("unreadable", run_id, str(journal)) == (
        told["state"],
        told["runId"],
        told["journal"],
    )
    assert next(each["id"] for each in told["locks"]).endswith("no-deletes")
