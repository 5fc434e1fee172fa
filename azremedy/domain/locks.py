"""Which locks stand in the way of a deletion, and which of them may be taken off.

Source: learn.microsoft.com/azure/azure-resource-manager/management/lock-resources (2024-03-08):
locks are inherited downwards and bind every caller; recorded ``ScopeLocked`` answers name locks
above the resource and on resources inside it.
"""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING

from azremedy.domain.naming import PROTECTION_LOCK_NAME, parse_collection_name
from azremedy.domain.ownership import looks_like_backup
from azremedy.ids import RESOURCE_GROUP, RESTORE_POINT_COLLECTION, SUBSCRIPTION, ResourceId

if TYPE_CHECKING:
    from collections.abc import Iterable

    from azremedy.domain.resources import ManagementLock, RestorePointCollection


def list_locks_in_the_way(
    target: ResourceId, locks: Iterable[ManagementLock]
) -> tuple[ManagementLock, ...]:
    """Pick the locks that refuse a deletion of the target: at it, above it and inside it."""
    return tuple(
        lock for lock in locks if lock.scope.contains(target) or target.contains(lock.scope)
    )


def is_inherited(lock: ManagementLock) -> bool:
    """Say whether the lock is attached above all resource groups: to the subscription."""
    return not lock.scope.resource_group


def is_services_own(lock: ManagementLock) -> bool:
    """Say whether the lock is named as those that Azure Backup puts on storage accounts.

    It is never removed, wherever it is.
    """
    return lock.name.lower() == PROTECTION_LOCK_NAME.lower()


def stops_clean_up(
    lock: ManagementLock, group: ResourceId, collections: Iterable[RestorePointCollection]
) -> bool:
    """Say whether a lock at or below a group keeps the service from deleting restore points.

    A lock on something else that lies in the group (people keep other things there, other products
    their own collections) does not. A collection that could not be read is judged by its name.
    """
    if not group.contains(lock.scope) or is_services_own(lock):
        return False
    if lock.scope == group:
        return True
    if (holder := _collection_of(lock.scope)) is None:
        return False
    read = [collection for collection in collections if collection.id == holder]
    if read:
        return looks_like_backup(read[0])
    return parse_collection_name(holder.name) is not None


def _collection_of(scope: ResourceId) -> ResourceId | None:
    """Give the collection that a scope is or lies in."""
    top = ResourceId("/" + "/".join(scope.segments[:8]))
    return top if top.is_type(RESTORE_POINT_COLLECTION) else None


def describe_put_back(lock: ManagementLock) -> str:
    """Give the Azure CLI's command that puts a lock back, without its owners.

    Source: learn.microsoft.com/cli/azure/lock (``az lock create``), which takes a resource's whole
    id and cannot set owners.
    """
    scope = lock.scope
    words = ["az", "lock", "create", "--name", lock.name, "--lock-type", lock.level.value]
    if scope.is_type(RESOURCE_GROUP):
        words += ["--resource-group", scope.resource_group]
    elif not scope.is_type(SUBSCRIPTION):
        words += ["--resource", str(scope)]
    if lock.notes:
        words += ["--notes", lock.notes]
    return shlex.join([*words, "--subscription", scope.subscription_id])
