"""Plan an unlocking: each file in tests/cases/unlock holds a group, the flags and the plan."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from azremedy.domain.planner.unlock import plan_unlock
from azremedy.domain.planner.unlock_options import UnlockOptions
from azremedy.domain.worlds import RestorePointGroup

if TYPE_CHECKING:
    from tests.domain.conftest import ReadCase, ShowPlan

CASES = Path(__file__).resolve().parents[1] / "cases" / "unlock"


@dataclass(frozen=True, slots=True, kw_only=True)
class UnlockCase:
    """A group, what the caller allows, and the plan."""

    about: str
    """What the case shows."""
    found: RestorePointGroup
    """The group and what was found about it."""
    expected: dict[str, list[str]]
    """The plan's parts in short; parts that are empty are left out."""
    options: UnlockOptions = field(default_factory=UnlockOptions)
    """What the caller allows."""


@pytest.mark.parametrize("path", sorted(CASES.glob("*.yaml")), ids=lambda path: path.stem)
def test_unlock_case(path: Path, read_case: ReadCase, show_plan: ShowPlan) -> None:
    """The plan is what the file says: steps, restores, verdicts, loss and notes."""
    case = read_case(path, UnlockCase)

    assert case.expected == show_plan(plan_unlock(case.found, case.options))
