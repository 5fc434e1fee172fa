"""Plan a backup: each file in tests/cases/backup holds a world, the flags and the plan."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from azremedy.domain.planner.backup import BackupOptions, plan_backup
from azremedy.domain.worlds import VmEvidence

if TYPE_CHECKING:
    from tests.domain.conftest import ReadCase, ShowPlan

CASES = Path(__file__).resolve().parents[1] / "cases" / "backup"


@dataclass(frozen=True, slots=True, kw_only=True)
class BackupCase:
    """A VM's world, what the caller allows, and the plan."""

    about: str
    """What the case shows."""
    evidence: VmEvidence
    """The world."""
    expected: dict[str, list[str]]
    """The plan's parts in short; parts that are empty are left out."""
    options: BackupOptions = field(default_factory=BackupOptions)
    """What the caller allows."""


@pytest.mark.parametrize("path", sorted(CASES.glob("*.yaml")), ids=lambda path: path.stem)
def test_backup_case(path: Path, read_case: ReadCase, show_plan: ShowPlan) -> None:
    """The plan is what the file says: steps, restores, verdicts, loss and notes."""
    case = read_case(path, BackupCase)

    assert case.expected == show_plan(plan_backup(case.evidence, case.options))
