"""What differs between two plans, step by step."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from azremedy.domain.plan import Plan, PlannedStep, TargetPlan
from azremedy.domain.staleness import Moved, find_moved
from azremedy.domain.steps import RunGuestScript, VmRef
from azremedy.ids import ResourceId
from azremedy.report.stale_text import describe_moved

ROOT = "/subscriptions/5f0c2a6e-8d41-4b7a-9c35-2e1d7a90b8f4/resourceGroups/rg"
VM = ResourceId.parse(f"{ROOT}/providers/Microsoft.Compute/virtualMachines/web-1")


def plan_of(*words: str) -> Plan:
    """Plan a script for each word: one target, so that only the words differ."""
    vm = VmRef(id=VM, unique_id="1", os_type="Linux")
    steps = tuple(
        PlannedStep(
            number=number,
            step=RunGuestScript(vm=vm, script="collect-logs", arguments=(word,)),
            reason=f"reason {number}",
        )
        for number, word in enumerate(words, 1)
    )
    return Plan(
        command="guest collect-logs",
        created_at=datetime(2026, 11, 20, tzinfo=UTC),
        tool_version="0",
        targets=(TargetPlan(target=VM, steps=steps),),
    )


def pairs(moved: tuple[Moved, ...]) -> list[tuple[str | None, str | None]]:
    """Give the words of what differs."""
    return [(_word(each.kept), _word(each.now)) for each in moved]


def _word(planned: PlannedStep | None) -> str | None:
    if planned is None:
        return None
    assert isinstance(planned.step, RunGuestScript)
    return planned.step.arguments[0]


@pytest.mark.parametrize(
    ("kept", "now", "expected"),
    [
        ("ab", "ab", []),
        ("ab", "a", [("b", None)]),
        ("a", "ab", [(None, "b")]),
        ("ab", "ac", [("b", "c")]),
        ("aa", "a", [("a", None)]),
        ("a", "aa", [(None, "a")]),
        ("ab", "ba", [("a", "b")]),
        ("aab", "aba", [("a", "b")]),
        ("", "a", [(None, "a")]),
        ("", "", []),
    ],
)
def test_each_difference_is_told_once(
    kept: str, now: str, expected: list[tuple[str | None, str | None]]
) -> None:
    """What went, changed or came; two steps alike are two; order counts when nothing else does."""
    assert expected == pairs(find_moved(plan_of(*kept), plan_of(*now)))


words = st.lists(st.sampled_from("abc"), max_size=5)


@given(kept=words, now=words)
def test_plans_hold_exactly_when_their_steps_are_the_same(kept: list[str], now: list[str]) -> None:
    """No difference is overlooked and none made up."""
    moved = find_moved(plan_of(*kept), plan_of(*now))

    assert (kept == now) is (not moved)
    assert all(describe_moved(each).endswith(describe_moved(each).strip()) for each in moved)


def test_change_is_told_by_its_field() -> None:
    """Both values are named."""
    (moved,) = find_moved(plan_of("syslog"), plan_of("agent"))

    assert "arguments was syslog, is agent" in describe_moved(moved)
