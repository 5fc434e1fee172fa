"""See the lock gateway work on the sandbox, at all three levels."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from azremedy import errors
from azremedy.domain.resources import LockLevel, ManagementLock
from azremedy.ids import ResourceId

if TYPE_CHECKING:
    from tests.gateways.conftest import EnterWorld, Scripted

SUBSCRIPTION = ResourceId.parse("/subscriptions/5ab0e6c1-3f2d-4a7b-9c18-7d20b4f1a001")
GROUP = ResourceId.of_group(SUBSCRIPTION.subscription_id, "AzureBackupRG_westeurope_1")
VM = ResourceId.parse(
    f"{SUBSCRIPTION}/resourceGroups/rg-shop-prod/providers/Microsoft.Compute/virtualMachines/web-1"
)
SCOPES = {
    "subscription": SUBSCRIPTION,
    "group": GROUP,
    "resource": VM,
    "child": VM.child("extensions", "VMSnapshotLinux"),
}


def lock_at(scope: ResourceId) -> ManagementLock:
    """Make a lock with everything that a lock can hold."""
    return ManagementLock(
        id=scope.child("providers", "Microsoft.Authorization", "locks", "test lock"),
        level=LockLevel.CAN_NOT_DELETE,
        notes="kept for the audit",
        owners=("11111111-2222-3333-4444-555555555555",),
    )


@pytest.mark.parametrize("level", SCOPES)
def test_a_lock_comes_back_whole(enter_world: EnterWorld, level: str) -> None:
    """Created, read, deleted and created again, it is the same lock at each level."""
    locks = enter_world("healthy").azure.locks
    lock = lock_at(SCOPES[level])

    locks.create_lock(lock)
    assert lock == locks.get_lock(lock.id)
    assert lock in locks.list_locks()
    assert not locks.delete_lock(lock.id).already_gone
    with pytest.raises(errors.NotFoundError):
        locks.get_lock(lock.id)
    locks.create_lock(lock)

    assert lock == locks.get_lock(lock.id)


@pytest.mark.parametrize("level", SCOPES)
def test_deleting_an_absent_lock_says_that_it_was_gone(enter_world: EnterWorld, level: str) -> None:
    """A second deletion is no error at any level."""
    locks = enter_world("healthy").azure.locks

    assert locks.delete_lock(lock_at(SCOPES[level]).id).already_gone


def test_a_lock_of_a_vanished_resource_is_gone(enter_world: EnterWorld) -> None:
    """404 for the parent is the same good news as 204 for the lock."""
    nowhere = ResourceId.of_group(SUBSCRIPTION.subscription_id, "no-such-group")
    locks = enter_world("healthy").azure.locks

    assert locks.delete_lock(lock_at(nowhere).id).already_gone


def test_a_lock_whose_parent_azure_does_not_find_is_gone(scripted: Scripted) -> None:
    """Whatever of the path is missing: there is nothing left to remove, and the ids are kept."""
    body = {"error": {"code": "ResourceGroupNotFound", "message": "gone"}}
    reply = scripted.reply(status=404, body=body, headers={"x-ms-request-id": "r-1"})

    receipt = scripted.play(reply).locks.delete_lock(lock_at(GROUP).id)

    assert receipt.already_gone
    assert "r-1" == receipt.request_id


def test_a_lock_of_an_unknown_subscription_is_not_gone(scripted: Scripted) -> None:
    """Nothing is known about a subscription that cannot be seen."""
    reply = scripted.reply(status=404, body={"error": {"code": "SubscriptionNotFound"}})

    with pytest.raises(errors.TargetNotFoundError):
        scripted.play(reply).locks.delete_lock(lock_at(GROUP).id)


def test_a_lock_is_replaced_by_one_of_the_same_name(enter_world: EnterWorld) -> None:
    """Creating twice leaves one lock, the later one."""
    locks = enter_world("healthy").azure.locks
    later = replace(lock_at(GROUP), level=LockLevel.READ_ONLY, notes=None, owners=())

    locks.create_lock(lock_at(GROUP))
    locks.create_lock(later)

    assert [later] == [lock for lock in locks.list_locks() if lock.id == later.id]


def test_one_list_holds_all_levels(enter_world: EnterWorld) -> None:
    """The subscription's list names the locks of subscription, group, resource and child."""
    locks = enter_world("healthy").azure.locks
    made = {lock_at(scope) for scope in SCOPES.values()}

    for lock in made:
        locks.create_lock(lock)

    assert made <= set(locks.list_locks())


def test_a_groups_list_holds_the_group_and_what_is_in_it(enter_world: EnterWorld) -> None:
    """Locks of another group are not in the list."""
    locks = enter_world("healthy").azure.locks
    inside = lock_at(VM)

    locks.create_lock(inside)

    assert inside in locks.list_locks_of_group(VM.group)
    assert inside not in locks.list_locks_of_group(GROUP)


def test_receipts_name_the_requests(enter_world: EnterWorld) -> None:
    """Creation and deletion can be told to Microsoft's support."""
    locks = enter_world("healthy").azure.locks

    created = locks.create_lock(lock_at(GROUP))
    deleted = locks.delete_lock(lock_at(GROUP).id)

    ids = {created.request_id, created.correlation_id, deleted.request_id, deleted.correlation_id}
    assert None not in ids
    assert created.request_id != deleted.request_id


def test_a_lock_in_another_subscription_is_refused(enter_world: EnterWorld) -> None:
    """The SDK would delete the lock of the same name in the gateway's own subscription."""
    entered = enter_world("healthy")
    elsewhere = ResourceId.of_group("5ab0e6c1-3f2d-4a7b-9c18-7d20b4f1a002", GROUP.resource_group)

    with pytest.raises(errors.UsageError):
        entered.azure.locks.delete_lock(lock_at(elsewhere).id)

    assert [] == entered.transport.sent
