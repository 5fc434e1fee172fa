"""Every changing command on every scenario: dry run, JSON, the run itself."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import jsonschema
import pytest
from conftest_paths import list_writes

from azremedy.domain.run import Run
from azremedy.wire import json_schema

if TYPE_CHECKING:
    from pathlib import Path

    from conftest_paths import Call

SCENARIOS = {
    "custom-group-name": "web-1",
    "fleet-small": "web-01",
    "healthy": "web-1",
    "restore-point-limit": "web-1",
    "stuck-extension": "app-1",
    "two-vms-alike": "web-1",
}
COMMANDS: dict[str, tuple[str, ...]] = {
    "unlock-rg": ("unlock-rg", "--all"),
    "clean-rpc": ("clean-rpc", "--unlock", "--accept-loss", "--vm", "{vm}"),
    "clean-rpc-by-backup": ("clean-rpc", "--by", "backup", "--unlock", "--vm", "{vm}"),
    "reset-extension": ("reset-extension", "--vm", "{vm}"),
    "backup-now": ("backup-now", "--vm", "{vm}"),
}
CASES = [(scenario, command) for scenario in SCENARIOS for command in COMMANDS]


def arguments(scenario: str, command: str, *more: str) -> list[str]:
    vm = SCENARIOS[scenario]
    filled = [part.replace("{vm}", vm) for part in COMMANDS[command]]
    return [*filled, "--sandbox", scenario, "-o", "json", *more]


@pytest.fixture(scope="module")
def schema() -> Any:
    """Give the one schema of dry runs and runs."""
    return json_schema(Run)
