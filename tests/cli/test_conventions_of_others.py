"""More of what people know from other tools; the table is in tests/cases/conventions.yaml."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from azremedy.cli.completion import COMPLETE
from azremedy.cli.main import cli
from azremedy.cli.powershell import PowerShell

if TYPE_CHECKING:
    from pathlib import Path

    from tests.support.calls import Call

LIMIT = "restore-point-limit"
WORLD = ("--sandbox", LIMIT)


def test_folder_of_the_configuration_can_be_named(
    call: Call, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One for each job of a pipeline, say."""
    monkeypatch.setenv("AZREMEDY_CONFIG_DIR", str(tmp_path / "here"))

    call("config", "set", "output=yaml")

    assert f"{tmp_path / 'here' / 'config'}\n" == call("config", "path").out
    assert "output = yaml" in (tmp_path / "here" / "config").read_text()


def test_kept_plan_can_be_read(call: Call, tmp_path: Path) -> None:
    """Before it is approved, without Azure: the file is all that is needed."""
    path = tmp_path / "plan.json"
    call("plan", "unlock-rg", "--all", "--out", str(path), *WORLD)

    told = call("report", str(path))

    assert 0 == told.code
    assert "no-deletes" in told.out
    assert "no outcome" in told.out


def test_names_that_were_met_are_completed(call: Call) -> None:
    """VMs and groups that a command has listed, without asking Azure again."""
    call("find-rg", *WORLD)

    asked = PowerShell(cli, {}, "azremedy", COMPLETE)
    offered = asked.get_completions(["fix", *WORLD, "--vm"], "we")

    assert ["web-1"] == [item.value for item in offered]


def test_what_was_not_looked_at_is_told(call: Call, tmp_path: Path) -> None:
    """A list that could not be read is named; nothing is concluded from its being empty."""
    reader = tmp_path / "reader.json"
    blind = {"scope": "/", "actions": ["Microsoft.Compute/*/read"], "notActions": []}
    world = {"schema": "azremedy.sandbox/1", "extends": LIMIT, "name": "blind", "title": "A world."}
    reader.write_text(json.dumps(world | {"caller": [blind]}))

    called = call("clean-rpc", "--vm", "web-1", "--dry-run", "--sandbox", str(reader))

    assert 0 != called.code
    assert "not read:" in called.out


@pytest.mark.parametrize("form", ["--html", "--md", "--json", "--junit"])
def test_answer_can_go_to_a_file(call: Call, tmp_path: Path, form: str) -> None:
    """In a form for people, for machines, or for a pipeline."""
    plan, file = tmp_path / "plan.json", tmp_path / "report"
    call("plan", "unlock-rg", "--all", "--out", str(plan), *WORLD)

    told = call("report", str(plan), form, str(file))

    assert 0 == told.code
    assert "no-deletes" in file.read_text()


def test_run_is_taken_up_again(call: Call) -> None:
    """What was done stays done: to take up a run that is over changes nothing."""
    call("unlock-rg", "--all", *WORLD, "--yes")
    run_id = call("runs", "--rehearsals", "-o", "tsv", "--query", "[0].past.runId").out.strip()

    again = call("resume", run_id, *WORLD, "--yes")

    assert 0 == again.code
    assert "Done." in again.out


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("find-rg --json", "-o json"),
        ("find-rg --jq .x", "--query"),
        ("fix --vm web-1 --force", "the one flag that overrides it"),
        ("fix --vm web-1 --what-if", "--dry-run"),
    ],
)
def test_flags_of_other_tools_are_answered(call: Call, line: str, told: str) -> None:
    """Whoever types what another tool takes is told what it is called here."""
    called = call(*line.split())

    assert 2 == called.code
    assert told in " ".join(called.err.split())
