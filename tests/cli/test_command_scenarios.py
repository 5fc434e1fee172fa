"""Every changing command on every scenario: its dry run, its JSON, its run."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import jsonschema
import pytest

from azremedy.domain.run import Run
from azremedy.wire import json_schema
from tests.support.calls import list_writes

if TYPE_CHECKING:
    from pathlib import Path

    from tests.support.calls import Call

SCENARIOS = {
    "custom-group-name": "ERP-DB1",
    "fleet-small": "app-03",
    "healthy": "web-1",
    "restore-point-limit": "web-1",
    "stuck-extension": "app-1",
    "two-vms-alike": "web-1",
}
COMMANDS: dict[str, tuple[str, ...]] = {
    "unlock-rg": ("unlock-rg", "--all"),
    "clean-rpc": ("clean-rpc", "--unlock", "--accept-loss", "--vm", "{vm}"),
    "clean-rpc by backup": ("clean-rpc", "--by", "backup", "--unlock", "--vm", "{vm}"),
    "reset-extension": ("reset-extension", "--vm", "{vm}"),
    "backup-now": ("backup-now", "--vm", "{vm}"),
}
CASES = [(scenario, command) for scenario in SCENARIOS for command in COMMANDS]


def arguments(scenario: str, command: str, *more: str) -> list[str]:
    """Write a command line that answers in JSON."""
    filled = [part.replace("{vm}", SCENARIOS[scenario]) for part in COMMANDS[command]]
    return [*filled, "--sandbox", scenario, "-o", "json", *more]


@pytest.fixture(scope="module")
def schema() -> Any:
    """Give the one schema of dry runs and runs."""
    return json_schema(Run)


@pytest.mark.parametrize(("scenario", "command"), CASES)
def test_dry_run_writes_nothing(
    call: Call, tmp_path: Path, schema: Any, scenario: str, command: str
) -> None:
    """A dry run sends no request that could change something, and answers in the run's schema."""
    record = tmp_path / "exchanges.jsonl"

    called = call(*arguments(scenario, command, "--dry-run", "--record", str(record)))

    assert record.is_file()
    assert list_writes(record) == []
    jsonschema.validate(called.document, schema)
    assert called.document["dryRun"] is True


@pytest.mark.parametrize(("scenario", "command"), CASES)
def test_run_writes_what_the_dry_run_showed(
    call: Call, tmp_path: Path, schema: Any, scenario: str, command: str
) -> None:
    """The writes of the run are the changes of the plan that the dry run showed, in order."""
    record = tmp_path / "exchanges.jsonl"
    shown = call(*arguments(scenario, command, "--dry-run")).document

    run = call(*arguments(scenario, command, "--yes", "--record", str(record))).document

    jsonschema.validate(run, schema)
    assert shown["plan"]["targets"] == run["plan"]["targets"]
    assert planned_writes(shown) == [normal(write) for write in list_writes(record)]


@pytest.mark.parametrize(("scenario", "command"), CASES)
def test_without_terminal_or_yes_nothing_happens(
    call: Call, tmp_path: Path, scenario: str, command: str
) -> None:
    """Without a terminal and without --yes a command changes nothing, and says so by exit code."""
    record = tmp_path / "exchanges.jsonl"

    called = call(*arguments(scenario, command, "--record", str(record)))

    assert list_writes(record) == []
    expected = 0 if called.document["state"] == "nothing-to-do" else 4
    assert expected == called.code


def planned_writes(document: dict[str, Any]) -> list[str]:
    """List the requests that a plan's steps stand for."""
    steps = [step["step"] for target in document["plan"]["targets"] for step in target["steps"]]
    steps += [planned["step"] for planned in document["plan"]["restores"]]
    return [normal(write) for step in steps for write in _writes_of(step)]


def _writes_of(step: dict[str, Any]) -> list[str]:
    match step["kind"]:
        case "DeleteLock":
            return [f"DELETE {step['lock']['id']}"]
        case "CreateLock":
            return [f"PUT {step['lock']['id']}"]
        case "DeleteRestorePointCollection":
            return [f"DELETE {step['collectionId']}"]
        case "DeleteExtension":
            return [f"DELETE {step['extensionId']}"]
        case "TriggerBackup":
            return [f"POST {step['itemId']}/backup"]
    return []


def normal(write: str) -> str:
    """Write a request so that two spellings of one id are the same."""
    return re.sub("^(\\w+) (/subscriptions/)?", r"\1 ", write.lower().replace("%3b", ";"))
