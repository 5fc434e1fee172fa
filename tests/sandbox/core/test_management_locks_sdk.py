"""Management locks through the SDK's own client."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from azure.core.exceptions import HttpResponseError, ResourceExistsError, ResourceNotFoundError
from azure.mgmt.resource.locks import ManagementLockClient
from azure.mgmt.resource.resources import ResourceManagementClient

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.sandbox.conftest import Opened, OpenWorld

GROUP = "AzureBackupRG_westeurope_1"
APP = "rg-App"


def answered(caught: pytest.ExceptionInfo[Any]) -> Any:
    """Give the error that a client raised, untyped: the SDK leaves much of it optional."""
    return caught.value


def locks_of(opened: Opened, subscription: str) -> Any:
    """Give the lock operations of a client."""
    return opened.client(ManagementLockClient, subscription).management_locks


def groups_of(opened: Opened, subscription: str) -> Any:
    """Give the resource group operations of a client."""
    return opened.client(ResourceManagementClient, subscription).resource_groups


@pytest.mark.parametrize(
    ("where", "expected"),
    [
        ("subscription", "/subscriptions/{s}"),
        ("group", "/subscriptions/{s}/resourceGroups/rg-App"),
        (
            "resource",
            "/subscriptions/{s}/resourcegroups/rg-App/providers/Microsoft.Compute/disks/data-1",
        ),
    ],
)
def test_a_lock_at_any_level_refuses_a_deletion(
    open_world: OpenWorld, small: dict[str, Any], subscription: str, where: str, expected: str
) -> None:
    """The refusal names the scope as asked for and the scope that is locked, in ARM's own words."""
    opened = open_world(small)
    locks = locks_of(opened, subscription)
    lock = {"level": "CanNotDelete"}
    if where == "subscription":
        locks.create_or_update_at_subscription_level("l", lock)
    elif where == "group":
        locks.create_or_update_at_resource_group_level(APP, "l", lock)
    else:
        locks.create_or_update_at_resource_level(
            APP, "Microsoft.Compute", "", "disks", "data-1", "l", lock
        )

    with pytest.raises(ResourceExistsError) as caught:
        groups_of(opened, subscription).begin_delete(APP)

    scope = f"/subscriptions/{subscription}/resourcegroups/rg-App"
    assert answered(caught).status_code == 409
    assert answered(caught).error.code == "ScopeLocked"
    assert answered(caught).error.message == (
        f"The scope '{scope}' cannot perform delete operation because following scope(s) are "
        f"locked: '{expected.format(s=subscription)}'. Please remove the lock and try again."
    )
    assert answered(caught).response.headers["x-ms-failure-cause"] == "gateway"


def test_several_locked_scopes_are_listed_once_each(
    open_world: OpenWorld, small: dict[str, Any], subscription: str
) -> None:
    """Two locks on one group are one scope."""
    opened = open_world(small)
    locks = locks_of(opened, subscription)
    locks.create_or_update_at_resource_group_level(GROUP, "second", {"level": "ReadOnly"})
    locks.create_or_update_at_subscription_level("third", {"level": "CanNotDelete"})

    with pytest.raises(ResourceExistsError) as caught:
        groups_of(opened, subscription).begin_delete(GROUP)

    root = f"/subscriptions/{subscription}"
    assert f"locked: '{root}/resourceGroups/{GROUP},{root}'" in answered(caught).error.message


def test_read_only_refuses_writes_and_can_not_delete_does_not(
    open_world: OpenWorld, small: dict[str, Any], subscription: str
) -> None:
    """Only ReadOnly stands in the way of a change."""
    opened = open_world(small)
    groups, locks = groups_of(opened, subscription), locks_of(opened, subscription)

    assert groups.update(GROUP, {"tags": {"a": "b"}}).tags == {"a": "b"}
    locks.create_or_update_at_resource_group_level(GROUP, "hard", {"level": "ReadOnly"})
    with pytest.raises(ResourceExistsError, match="cannot perform write operation"):
        groups.update(GROUP, {"tags": {}})


def test_a_lock_can_be_taken_off_and_put_back(
    open_world: OpenWorld, small: dict[str, Any], subscription: str
) -> None:
    """Locks never stand in the way of lock operations; level, notes and owners come back."""
    opened = open_world(small)
    locks = locks_of(opened, subscription)

    before = locks.get_at_resource_group_level(GROUP, "KEEP")
    locks.delete_at_resource_group_level(GROUP, "keep")
    with pytest.raises(ResourceNotFoundError) as caught:
        locks.get_at_resource_group_level(GROUP, "keep")
    locks.delete_at_resource_group_level(GROUP, "keep")
    body = {"level": before.level, "notes": before.notes, "owners": [{"applicationId": "a"}]}
    after = locks.create_or_update_at_resource_group_level(GROUP, "keep", body)

    assert (answered(caught).error.code, answered(caught).error.message) == (
        "LockNotFound",
        "The lock 'keep' could not be found.",
    )
    assert (after.id, after.level, after.notes) == (before.id, before.level, before.notes)
    assert [owner.application_id for owner in after.owners] == ["a"]


def test_lists_hold_what_matters_at_their_scope(
    open_world: OpenWorld, small: dict[str, Any], subscription: str
) -> None:
    """A subscription lists all, a group its own and its resources', a resource also its group's."""
    opened = open_world(small)
    locks = locks_of(opened, subscription)
    root = f"/subscriptions/{subscription}"
    disk = (APP, "Microsoft.Compute", "", "disks", "data-1")
    locks.create_or_update_at_subscription_level("top", {"level": "CanNotDelete"})
    locks.create_or_update_at_resource_group_level(APP, "app", {"level": "CanNotDelete"})
    locks.create_or_update_at_resource_level(*disk, "disk", {"level": "ReadOnly"})

    def names(found: Any) -> list[str]:
        return sorted(lock.name for lock in found)

    assert names(locks.list_at_subscription_level()) == ["app", "disk", "keep", "top"]
    assert names(locks.list_at_resource_group_level(APP)) == ["app", "disk"]
    assert names(locks.list_at_resource_level(*disk)) == ["app", "disk", "top"]
    assert names(locks.list_at_resource_group_level(APP, filter="atScope()")) == ["app", "top"]
    assert names(locks.list_by_scope(f"{root}/resourceGroups/{GROUP}")) == ["keep"]


def test_a_lock_needs_a_known_level_and_an_existing_scope(
    open_world: OpenWorld, small: dict[str, Any], subscription: str
) -> None:
    """Neither a made-up level nor a lock on nothing is accepted."""
    locks = locks_of(open_world(small), subscription)

    with pytest.raises(HttpResponseError, match="InvalidLockLevel"):
        locks.create_or_update_at_resource_group_level(GROUP, "x", {"level": "Firm"})
    with pytest.raises(ResourceNotFoundError, match="ResourceGroupNotFound"):
        locks.create_or_update_at_resource_group_level("none", "x", {"level": "ReadOnly"})
    with pytest.raises(ResourceNotFoundError, match="ResourceNotFound"):
        locks.create_or_update_at_resource_level(
            APP, "Microsoft.Compute", "", "disks", "none", "x", {"level": "ReadOnly"}
        )


def test_a_removed_lock_can_linger(
    open_world: OpenWorld, small: dict[str, Any], subscription: str
) -> None:
    """Where the scenario says so, a removal is believed by reads at once and by deletions later."""
    opened = open_world(small | {"operations": {"lockRelease": {"seconds": 30}}})
    locks, groups = locks_of(opened, subscription), groups_of(opened, subscription)

    locks.delete_at_resource_group_level(GROUP, "keep")

    assert list(locks.list_at_resource_group_level(GROUP)) == []
    with pytest.raises(ResourceExistsError, match="ScopeLocked"):
        groups.begin_delete(GROUP)
    opened.transport.sleep(30)
    groups.begin_delete(GROUP).wait()
    assert not groups.check_existence(GROUP)


def test_lock_traffic_passes_the_contract(
    open_world: OpenWorld,
    small: dict[str, Any],
    subscription: str,
    contract_check: Callable[[Path], str],
) -> None:
    """Microsoft's documents have nothing against any of these exchanges."""
    opened = open_world(small)
    locks = locks_of(opened, subscription)
    locks.create_or_update_at_resource_group_level(APP, "x", {"level": "ReadOnly", "notes": "n"})
    list(locks.list_at_subscription_level())
    list(locks.list_by_scope(f"/subscriptions/{subscription}/resourceGroups/{APP}"))
    locks.get_at_resource_group_level(APP, "x")
    with pytest.raises(ResourceExistsError):
        groups_of(opened, subscription).begin_delete(APP)
    locks.delete_at_resource_group_level(APP, "x")
    with pytest.raises(ResourceNotFoundError):
        locks.get_at_resource_group_level(APP, "x")

    assert contract_check(opened.exchanges).endswith(" 0 violations")
