"""Shards of a plan: disjoint, complete, the same for everybody, and no subscription is split."""

from __future__ import annotations

from datetime import UTC, datetime
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from azremedy.domain.plan import Plan, PlannedStep, Request, TargetPlan
from azremedy.domain.resources import LockLevel, ManagementLock
from azremedy.domain.shards import Shard, parse_shard, take_shard
from azremedy.domain.steps import CreateLock, DeleteLock
from azremedy.ids import ResourceId

NOW = datetime(2026, 11, 20, 8, tzinfo=UTC)


def make_plan(owners: list[int]) -> Plan:
    """Make a plan with a target, and a lent lock, for each number, which names its subscription."""
    targets, restores = [], []
    for number, owner in enumerate(owners, 1):
        root = f"/subscriptions/{UUID(int=owner)}/resourceGroups/g{number}"
        vm = f"{root}/providers/Microsoft.Compute/virtualMachines/vm{number}"
        lock = ManagementLock(
            id=ResourceId.parse(f"{root}/providers/Microsoft.Authorization/locks/l"),
            level=LockLevel.CAN_NOT_DELETE,
        )
        step = PlannedStep(number=number, step=DeleteLock(lock=lock, leased=True), reason="r")
        back = PlannedStep(number=len(owners) + number, step=CreateLock(lock=lock), reason="r")
        targets.append(TargetPlan(target=ResourceId.parse(vm), steps=(step,)))
        restores.append(back)
    return Plan(
        command="fix",
        created_at=NOW,
        tool_version="1",
        targets=tuple(targets),
        restores=tuple(restores),
        request=Request(command="fix", targets=tuple(each.target for each in targets)),
    )


@given(st.lists(st.integers(min_value=0, max_value=9), max_size=40), st.integers(1, 12))
def test_shards_are_disjoint_and_complete(owners: list[int], count: int) -> None:
    """Every target, restored lock and request is in one shard, and in that one only."""
    plan = make_plan(owners)

    shards = [take_shard(plan, Shard(index=index, count=count)) for index in range(1, count + 1)]

    def gather(lists: list[list[object]]) -> list[str]:
        return sorted(str(each) for some in lists for each in some)

    assert gather([list(plan.targets)]) == gather([list(each.targets) for each in shards])
    assert gather([list(plan.restores)]) == gather([list(each.restores) for each in shards])
    assert plan.request is not None
    assert gather([list(plan.request.targets)]) == gather(
        [list(each.request.targets) for each in shards if each.request]
    )


@given(st.lists(st.integers(min_value=0, max_value=5), max_size=30), st.integers(1, 6))
def test_a_subscription_is_never_split(owners: list[int], count: int) -> None:
    """What VMs of one subscription share they share in one process."""
    plan = make_plan(owners)

    homes: dict[str, set[int]] = {}
    for index in range(1, count + 1):
        for target in take_shard(plan, Shard(index=index, count=count)).targets:
            homes.setdefault(target.target.subscription_id, set()).add(index)

    assert all(len(shards) == 1 for shards in homes.values())


def test_the_load_is_spread() -> None:
    """Six subscriptions of two VMs over three shards: four VMs each."""
    plan = make_plan([number // 2 for number in range(12)])

    sizes = [len(take_shard(plan, Shard(index=index, count=3)).targets) for index in (1, 2, 3)]

    assert [4, 4, 4] == sizes


@pytest.mark.parametrize("text", ["0/3", "4/3", "1", "a/b", "1/0", "-1/3", "1/3/4", ""])
def test_what_is_no_shard_is_refused(text: str) -> None:
    """The message quotes it."""
    with pytest.raises(ValueError, match=text or "''"):
        parse_shard(text)


def test_a_shard_is_read_as_it_is_written() -> None:
    """``2/8`` is the second of eight."""
    assert Shard(index=2, count=8) == parse_shard(str(parse_shard("2/8")))
