"""Plans for many VMs: read side by side, what they share once, and the same as one by one."""

from __future__ import annotations

from threading import Barrier
from typing import TYPE_CHECKING

import pytest

from azremedy import api
from azremedy.api.side_by_side import AT_ONCE, once, work_side_by_side
from tests.support.fleets import multiply, name_vm
from tests.support.stages import built_in, names, open_stage, path_of

if TYPE_CHECKING:
    from pathlib import Path

COUNT = 12
SHARED = ("/locks", "/resourcegroups", "/restorepointcollections", "/backuppolicies")
JOBS = 2
"""A week's, and those around the day of the last backup."""


def test_what_vms_share_is_read_once(tmp_path: Path) -> None:
    """Lists of the subscription and of the vault, however many ask at a time."""
    stage = open_stage(tmp_path, multiply(built_in("restore-point-limit"), COUNT), page_size=500)

    plan = api.plan_fix(stage.azure, names(*map(name_vm, range(1, COUNT + 1))))

    paths = [path_of(each).lower() for each in stage.requests()]
    assert [name_vm(number) for number in range(1, COUNT + 1)] == [
        each.target.name for each in plan.targets
    ]
    assert dict.fromkeys(SHARED, 1) == {
        end: sum(path.endswith(end) for path in paths) for end in SHARED
    }
    assert JOBS >= sum(path.endswith("/backupjobs") for path in paths)


def test_plan_is_the_same_as_of_one_vm_after_another(tmp_path: Path) -> None:
    """Who answers first does not matter."""
    scenario = multiply(built_in("restore-point-limit"), COUNT)
    stage = open_stage(tmp_path, scenario)
    vms = tuple(map(name_vm, range(1, COUNT + 1)))

    together = api.plan_clean(stage.azure, names(*vms))
    alone = [api.plan_clean(stage.azure, names(vm)).targets[0] for vm in vms]

    assert [each.target for each in alone] == [each.target for each in together.targets]
    assert [each.loss for each in alone] == [each.loss for each in together.targets]
    assert [tuple(p.step for p in each.steps) for each in alone] == [
        tuple(p.step for p in each.steps) for each in together.targets
    ]


def test_several_are_read_about_at_a_time() -> None:
    """As many threads meet as may be at work."""
    meeting = Barrier(AT_ONCE, timeout=10)

    def work(number: int) -> int:
        meeting.wait()
        return number * 2

    assert tuple(range(0, AT_ONCE * 2, 2)) == work_side_by_side(work, range(AT_ONCE))


def test_first_failure_in_order_is_told() -> None:
    """And what comes long after it is not begun."""
    begun = []

    def work(number: int) -> int:
        begun.append(number)
        if number == 0:
            raise LookupError(str(number))
        return number

    with pytest.raises(LookupError, match="0"):
        work_side_by_side(work, range(100_000))
    assert len(begun) < 100_000


def test_made_once_for_all_who_ask() -> None:
    """Eight threads, one making."""
    made: list[int] = []

    def make() -> int:
        made.append(1)
        return len(made)

    get = once(make)

    assert {1} == set(work_side_by_side(lambda _: get(), range(8)))
    assert [1] == made
