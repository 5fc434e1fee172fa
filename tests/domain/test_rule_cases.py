"""What does each rule say? Each folder in tests/cases/rules is named after a rule's cause."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import yaml

from azremedy.domain.case import Case
from azremedy.domain.findings import Certainty
from azremedy.domain.rules import RULES

if TYPE_CHECKING:
    from tests.domain.conftest import ReadCase

CASES = Path(__file__).resolve().parents[1] / "cases" / "rules"
FILES = sorted(CASES.glob("*/*.yaml"))
BY_CAUSE = {rule.cause: rule for rule in RULES}

# Answers that no case can get from a rule, each with the reason.
IMPOSSIBLE = {
    ("standard-ssd", Certainty.CONFIRMED): "Standard SSD is supported, whatever the world",
    ("standard-ssd", Certainty.CANNOT_TELL): "the answer needs no fact",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Expected:
    """What the rule must answer."""

    certainty: Certainty
    """How sure it is."""
    basis: tuple[str, ...] = ()
    """The observations' facts, in order."""
    settle: str = ""
    """What would decide, where it cannot tell."""
    says: str = ""
    """A part of its message, where the words matter."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleCase:
    """All that was read about a VM, and what follows from it."""

    about: str
    """What the case shows."""
    case: Case
    """What differs from base.yaml."""
    expected: Expected
    """The answer."""


def _name(path: Path) -> str:
    return f"{path.parent.name}/{path.stem}"


@pytest.mark.parametrize("path", FILES, ids=_name)
def test_rule_case(path: Path, read_case: ReadCase) -> None:
    """A rule says what the facts allow, and on which observations it rests."""
    case = read_case(path, RuleCase)

    answer = BY_CAUSE[path.parent.name].check(case.case)

    expected = case.expected
    assert (expected.certainty, expected.settle) == (answer.certainty, answer.settle)
    assert expected.basis == tuple(basis.fact for basis in answer.basis)
    assert expected.says in answer.message
    assert answer.message != ""
    assert (answer.certainty is Certainty.CANNOT_TELL) == (answer.settle != "")
    assert answer.certainty is not Certainty.CONFIRMED or answer.basis != ()


@pytest.mark.parametrize("certainty", Certainty)
@pytest.mark.parametrize("cause", BY_CAUSE)
def test_every_answer_has_a_case(cause: str, certainty: Certainty) -> None:
    """Each rule has a case for confirmed, ruled out and cannot tell, unless it never says so."""
    files = [yaml.safe_load(path.read_text()) for path in (CASES / cause).glob("*.yaml")]

    answers = {file["expected"]["certainty"] for file in files}

    assert ((cause, certainty) not in IMPOSSIBLE) == (certainty in answers)


def test_every_folder_is_a_rules() -> None:
    """No case file lies where no rule is asked."""
    assert set() == {path.parent.name for path in FILES} - BY_CAUSE.keys()
