"""The sandbox answers as Azure was recorded to answer."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

import pytest

from tests.sandbox.recordings.accepted import ACCEPTED
from tests.sandbox.recordings.catalogue import KINDS
from tests.sandbox.recordings.traffic import FOLDER, Recordings, read
from tests.sandbox.recordings.verdict import Verdict, judge

if TYPE_CHECKING:
    from tests.sandbox.recordings.accepted import Accepted
    from tests.sandbox.recordings.kinds import Kind

pytestmark = pytest.mark.skipif(
    not (FOLDER / "index.json").is_file(),
    reason=f"the recorded traffic is not at {FOLDER}",
)


@cache
def _recordings() -> Recordings:
    return read()


@cache
def _verdicts(name: str) -> tuple[Verdict, ...]:
    """Compare a kind once, however many tests ask."""
    return next(judge(kind, _recordings()) for kind in KINDS if kind.name == name)


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)
def test_a_kind_of_exchange_is_answered_as_recorded(kind: Kind) -> None:
    """No answer differs from the recordings, but where the table says why."""
    unlisted = [
        f"{verdict.step}: {difference}"
        for verdict in _verdicts(kind.name)
        for difference in verdict.unlisted
    ]

    assert [] == unlisted


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)
def test_a_kind_of_exchange_was_recorded(kind: Kind) -> None:
    """Every kind has at least one recording to be held against."""
    assert all(verdict.recordings for verdict in _verdicts(kind.name))


@pytest.mark.parametrize("accepted", ACCEPTED, ids=lambda one: f"{one.step}: {one.difference}")
def test_an_accepted_difference_still_exists(accepted: Accepted) -> None:
    """A row of the table that covers nothing any more has to go."""
    found = [
        difference
        for kind in KINDS
        for verdict in _verdicts(kind.name)
        for difference in verdict.differences
        if accepted.covers(verdict.step, difference)
    ]

    assert found, accepted.reason
