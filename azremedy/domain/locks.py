"""Which locks stand in the way of a deletion, and which of them may be taken off.

Source: learn.microsoft.com/azure/azure-resource-manager/management/lock-resources (2024-03-08):
locks are inherited downwards and bind every caller; recorded ``ScopeLocked`` answers name locks
above the resource and on resources inside it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from azremedy.domain.naming import PROTECTION_LOCK_NAME
from azremedy.ids import RESTORE_POINT_COLLECTION

if TYPE_CHECKING:
    from collections.abc import Iterable

    from azremedy.domain.resources import ManagementLock
    from azremedy.ids import ResourceId


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
    """Say whether Azure Backup made the lock to protect a storage account: never removed."""
    return lock.name.lower() == PROTECTION_LOCK_NAME.lower()


def stops_clean_up(lock: ManagementLock, group: ResourceId) -> bool:
    """Say whether a lock at or below a group keeps restore points from being deleted.

    A lock on something else that lies in the group (people keep other things there) does not.
    """
    if not group.contains(lock.scope) or is_services_own(lock):
        return False
    return lock.scope == group or RESTORE_POINT_COLLECTION.lower() in lock.scope.key
