"""Why will it be back? Each file in tests/cases/recurrence says."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from azremedy.domain.case import Case
from azremedy.domain.findings import Certainty, Finding
from azremedy.domain.recurrence import find_recurrence

if TYPE_CHECKING:
    from tests.domain.conftest import ReadCase

FILES = sorted((Path(__file__).resolve().parents[1] / "cases" / "recurrence").glob("*.yaml"))


@dataclass(frozen=True, slots=True, kw_only=True)
class RecurrenceCase:
    """What was read and confirmed, and why it will be back."""

    about: str
    """What the case shows."""
    case: Case
    """What differs from rules/base.yaml."""
    confirmed: tuple[str, ...]
    """The confirmed causes."""
    expected: tuple[str, ...] = ()
    """The lines, whole."""


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_recurrence_case(path: Path, read_case: ReadCase) -> None:
    """What will bring the causes back is told, and nothing else."""
    case = read_case(path, RecurrenceCase)
    findings = [
        Finding(cause=cause, title="", message="", certainty=Certainty.CONFIRMED)
        for cause in case.confirmed
    ]

    found = find_recurrence(case.case, findings)

    assert case.expected == found
