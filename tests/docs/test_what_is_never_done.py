"""What README says is never done: each line has tests, and they exist."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from azremedy.domain.needs import USES

ROOT = Path(__file__).resolve().parents[2]
NEVER: list[dict[str, Any]] = yaml.safe_load(
    (ROOT / "tests" / "cases" / "never.yaml").read_text(encoding="utf-8")
)


@pytest.mark.parametrize("case", NEVER, ids=lambda case: case["line"])
def test_each_line_has_its_tests(case: dict[str, Any]) -> None:
    """The tests that prove a line are where the list says."""
    for named in case["tests"]:
        path, _, name = named.partition("::")
        tests = re.findall(r"^def (test_\w+)", (ROOT / path).read_text("utf-8"), re.MULTILINE)

        assert name in tests


def test_only_these_can_be_deleted() -> None:
    """No step uses a right to delete anything else; nothing in a vault is among it."""
    deleted = {
        use.action.removesuffix("/delete")
        for uses in USES.values()
        for use in uses
        if use.action.endswith("/delete")
    }

    assert {
        "Microsoft.Authorization/locks",
        "Microsoft.Authorization/roleAssignments",
        "Microsoft.Compute/restorePointCollections",
        "Microsoft.Compute/restorePointCollections/restorePoints",
        "Microsoft.Compute/virtualMachines/extensions",
        "Microsoft.Network/networkSecurityGroups/securityRules",
    } == deleted
