"""Sections put together: numbers, shared locks once, leased locks back."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from hypothesis import given, settings
from hypothesis import strategies as st

from azremedy.domain import locks
from azremedy.domain.planner.assemble import (
    Draft,
    Section,
    assemble,
    draft_unlock,
    select_allowed,
)
from azremedy.domain.resources import LockLevel, ManagementLock
from azremedy.domain.steps import CreateLock, DeleteLock, WaitFor, WaitForJob
from azremedy.ids import ResourceId

if TYPE_CHECKING:
    from azremedy.domain.plan import Plan

calmly = settings(deadline=None)

SUB = "/subscriptions/5f0c2a6e-8d41-4b7a-9c35-2e1d7a90b8f4"
SCOPES = (
    SUB,
    f"{SUB}/resourceGroups/rg-web",
    f"{SUB}/resourceGroups/RG-WEB",
    f"{SUB}/resourceGroups/rg-web2",
    f"{SUB}/resourceGroups/rg-web/providers/Microsoft.Compute/virtualMachines/web-1",
    f"{SUB}/resourceGroups/rg-web/providers/Microsoft.Compute/virtualMachines/web-10",
    f"{SUB}/resourceGroups/rg-web/providers/Microsoft.Compute/virtualMachines/web-1/extensions/e",
    f"{SUB}/providers/Microsoft.Authorization/policyAssignments/a",
)
scopes = st.sampled_from(SCOPES).map(ResourceId.parse)
some_locks = st.lists(
    st.builds(
        lambda scope, name, level: ManagementLock(
            id=scope.child("providers", "Microsoft.Authorization", "locks", name), level=level
        ),
        scopes,
        st.sampled_from(["a", "b", "AzureBackupProtectionLock", "azurebackupprotectionlock"]),
        st.sampled_from(list(LockLevel)),
    ),
    max_size=6,
    unique_by=lambda lock: lock.id,
)


def _wait(name: str) -> Draft:
    item = ResourceId.parse(f"{SUB}/resourceGroups/rg/providers/M.R/vaults/v/items/{name}")
    return Draft(step=WaitForJob(item_id=item, until=WaitFor.JOB, timeout_s=1), reason="r")


def _assemble(*sections: Section) -> Plan:
    return assemble("c", sections, created_at=datetime(2026, 11, 20, tzinfo=UTC), tool_version="0")


def _deleted(plan: Plan) -> list[DeleteLock]:
    return [planned.step for planned in plan.steps if isinstance(planned.step, DeleteLock)]


def _restored(plan: Plan) -> list[ManagementLock]:
    return [planned.step.lock for planned in plan.restores if isinstance(planned.step, CreateLock)]


@calmly
@given(st.lists(st.lists(st.tuples(st.integers(0, 3), st.booleans()), max_size=4), max_size=3))
def test_exactly_the_leased_locks_are_put_back(wanted: list[list[tuple[int, bool]]]) -> None:
    """Each lock goes once; it comes back if any target leased it; the first to go is first back."""
    pool = [
        ManagementLock(
            id=ResourceId.parse(f"{SUB}/providers/Microsoft.Authorization/locks/l{number}"),
            level=LockLevel.READ_ONLY,
            notes=f"n{number}",
            owners=("o",),
        )
        for number in range(4)
    ]
    asked = [(pool[number], leased) for section in wanted for number, leased in section]
    plan = _assemble(
        *(
            Section(
                target=pool[0].scope,
                drafts=(
                    *(draft_unlock(pool[n], leased=leased) for n, leased in section),
                    _wait("i"),
                ),
            )
            for section in wanted
        )
    )

    deleted = _deleted(plan)
    assert list(dict.fromkeys(lock for lock, _ in asked)) == [step.lock for step in deleted]
    assert {lock for lock, leased in asked if leased} == {s.lock for s in deleted if s.leased}
    assert [step.lock for step in deleted if step.leased] == _restored(plan)
    assert list(range(1, len(plan.steps) + 1)) == [planned.number for planned in plan.steps]
    assert len(wanted) == len([p for p in plan.steps if isinstance(p.step, WaitForJob)])


def test_the_cautious_target_decides_about_a_shared_lock() -> None:
    """A lock that one VM's plan removes for good and another's only leases is put back."""
    group = ResourceId.parse(SCOPES[1])
    lock = ManagementLock(
        id=group.child("providers", "Microsoft.Authorization", "locks", "l"),
        level=LockLevel.CAN_NOT_DELETE,
    )
    plan = _assemble(
        Section(target=group, drafts=(draft_unlock(lock, leased=False), _wait("a"))),
        Section(target=group, drafts=(draft_unlock(lock, leased=True), _wait("b"))),
    )

    assert [DeleteLock(lock=lock, leased=True)] == _deleted(plan)
    assert [lock] == _restored(plan)
    assert plan.steps[0].reason.endswith("put back at the end")


@calmly
@given(scopes, some_locks)
def test_locks_in_the_way_are_those_on_the_path(
    target: ResourceId, found: list[ManagementLock]
) -> None:
    """The path is compared part by part, without case: above the target, at it, and inside it."""

    def path(text: str) -> list[str]:
        return text.lower().split("/")[1:]

    def in_the_way(lock: ManagementLock) -> bool:
        one, other = path(str(lock.scope)), path(str(target))
        return one == other[: len(one)] or other == one[: len(other)]

    expected = tuple(lock for lock in found if in_the_way(lock))

    assert expected == locks.list_locks_in_the_way(target, found)


@calmly
@given(found=some_locks, unlock=st.booleans(), include_inherited=st.booleans())
def test_only_locks_that_the_flags_name_are_taken_off(
    found: list[ManagementLock], *, unlock: bool, include_inherited: bool
) -> None:
    """Each kind of lock has its flag, the service's own has none, and the widest goes last."""
    taken = select_allowed(found, unlock=unlock, include_inherited=include_inherited)

    assert not any(lock.name.lower() == "azurebackupprotectionlock" for lock in taken)
    assert unlock or all("/resourceGroups/" not in str(lock.scope) for lock in taken)
    assert include_inherited or all("/resourceGroups/" in str(lock.scope) for lock in taken)
    widths = [len(lock.scope.segments) for lock in taken]
    assert sorted(widths, reverse=True) == widths
