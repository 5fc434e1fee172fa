"""Guards that case files reach only in one way: what a refusal offers, and what a flag does."""

from __future__ import annotations

import pytest

from azremedy.domain import guards
from azremedy.domain.plan import Decision, Verdict


@pytest.mark.parametrize(
    ("override", "given", "expected"),
    [
        ("--accept-loss", True, Decision.WARN),
        ("--accept-loss", False, Decision.REFUSE),
        (None, True, Decision.REFUSE),
        (None, False, Decision.REFUSE),
    ],
)
def test_only_a_refusal_with_a_flag_can_be_overridden(
    override: str | None, *, given: bool, expected: Decision
) -> None:
    """No flag turns a refusal that names none into a warning."""
    verdict = guards.refuse("g", "x", "because", override=override)

    assert expected == guards.overridable(verdict, given=given).decision


def test_an_overridden_refusal_says_by_what() -> None:
    """The warning names the flag and offers it no more."""
    verdict = guards.refuse("g", "x", "because", override="--accept-loss")
    expected = guards.warn("g", "x", "because; goes on because of --accept-loss")

    assert expected == guards.overridable(verdict, given=True)


@pytest.mark.parametrize(("count", "refused"), [(0, False), (20, False), (21, True)])
def test_more_targets_than_expected_are_refused(count: int, *, refused: bool) -> None:
    """The limit itself is allowed; one more names the flag."""
    verdict = Verdict(
        guard="too-many-targets",
        decision=Decision.REFUSE,
        subject="s",
        message=f"{count} targets, the limit is 20",
        override="--max-targets",
    )

    assert ([verdict] if refused else []) == guards.check_targets(
        count, max_targets=20, subject="s"
    )
