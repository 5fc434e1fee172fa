"""Read what checks printed: each file in tests/cases/guest holds an output and its facts."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from azremedy.domain.guest import GuestFacts, parse_guest_facts

if TYPE_CHECKING:
    from tests.domain.conftest import ReadCase

CASES = Path(__file__).resolve().parents[1] / "cases" / "guest"


@dataclass(frozen=True, slots=True, kw_only=True)
class GuestCase:
    """What a check printed, and what it means."""

    about: str
    """What the case shows."""
    os: str
    """The VM's system as Azure writes it."""
    output: str
    """All that was printed."""
    expected: GuestFacts
    """The facts; those that are left out are not told."""


@pytest.mark.parametrize("path", sorted(CASES.glob("*.yaml")), ids=lambda path: path.stem)
def test_guest_case(path: Path, read_case: ReadCase) -> None:
    """The facts are what the file says, and no others."""
    case = read_case(path, GuestCase)

    assert case.expected == parse_guest_facts(case.os, case.output)


@given(st.sampled_from(["Linux", "Windows"]), st.text())
def test_any_output_can_be_read(os_type: str, output: str) -> None:
    """Whatever a guest prints, reading it never fails and never makes a service up."""
    facts = parse_guest_facts(os_type, output)

    assert isinstance(facts, GuestFacts)
    assert {state for _, state in facts.services} <= {"running", "stopped", "disabled", "missing"}


@pytest.mark.parametrize(
    "name",
    [f"{system}-{state}" for system in ("linux", "windows") for state in ("healthy", "ill")],
)
def test_output_whose_beginning_is_lost_tells_less_and_nothing_else(
    name: str, read_case: ReadCase
) -> None:
    """Azure keeps the last 4,096 bytes: wherever that cuts, no fact becomes another one."""
    case = read_case(CASES / f"{name}.yaml", GuestCase)
    nothing = GuestFacts()

    for place in range(len(case.output)):
        cut = parse_guest_facts(case.os, case.output[place:])
        for field in GuestFacts.__slots__:
            known = (getattr(case.expected, field), getattr(nothing, field))
            assert getattr(cut, field) in known, (field, case.output[place:])
