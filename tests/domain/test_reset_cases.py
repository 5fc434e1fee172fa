"""Plan a reset: each file in tests/cases/reset holds a world, the flags and the plan."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from azremedy.domain.planner.reset import ResetOptions, plan_reset
from azremedy.domain.worlds import VmEvidence

if TYPE_CHECKING:
    from tests.domain.conftest import ReadCase, ShowPlan

CASES = Path(__file__).resolve().parents[1] / "cases" / "reset"


@dataclass(frozen=True, slots=True, kw_only=True)
class ResetCase:
    """A VM's world, what the caller allows, and the plan."""

    about: str
    """What the case shows."""
    evidence: VmEvidence
    """The world."""
    expected: dict[str, list[str]]
    """The plan's parts in short; parts that are empty are left out."""
    options: ResetOptions = field(default_factory=ResetOptions)
    """What the caller allows."""


@pytest.mark.parametrize("path", sorted(CASES.glob("*.yaml")), ids=lambda path: path.stem)
def test_reset_case(path: Path, read_case: ReadCase, show_plan: ShowPlan) -> None:
    """The plan is what the file says: steps, restores, verdicts, loss and notes."""
    case = read_case(path, ResetCase)

    assert case.expected == show_plan(plan_reset(case.evidence, case.options))
