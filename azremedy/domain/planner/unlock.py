"""Plan the removal of locks that keep the backup service from cleaning up."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from azremedy.domain import guards, locks
from azremedy.domain.planner.assemble import Draft, Section
from azremedy.domain.steps import DeleteLock

if TYPE_CHECKING:
    from azremedy.domain.plan import Verdict
    from azremedy.domain.resources import ManagementLock
    from azremedy.domain.worlds import RestorePointGroup

WILL_COME_BACK = (
    "A lock that Azure Policy or a pipeline puts there comes back: exempt this group from it."
)


@dataclass(frozen=True, slots=True, kw_only=True)
class UnlockOptions:
    """What the caller allows."""

    include_inherited: bool = False
    """Also remove locks on the subscription, for good."""


def plan_unlock(found: RestorePointGroup, options: UnlockOptions) -> Section:
    """Plan one group. Its own locks go for good: this group should not be locked at all.

    Source: learn.microsoft.com/azure/azure-resource-manager/management/lock-resources
    (2024-03-08), which names the lock on this group as the cause of failing backups.
    """
    group = found.group.id
    at_or_below = (*found.locks, *found.resource_locks)
    own = [lock for lock in at_or_below if locks.stops_clean_up(lock, group)]
    inherited = found.inherited_locks if options.include_inherited else ()
    drafts = tuple(_draft(lock) for lock in (*inherited, *own))
    return Section(
        target=group,
        drafts=drafts,
        verdicts=(*_left_alone(found), *_inherited(found, options)),
        notes=(WILL_COME_BACK,) if drafts else (),
    )


def _draft(lock: ManagementLock) -> Draft:
    reason = f"{lock.level} lock '{lock.name}' keeps Azure Backup from deleting old restore points"
    return Draft(step=DeleteLock(lock=lock), reason=reason)


def _left_alone(found: RestorePointGroup) -> tuple[Verdict, ...]:
    return tuple(
        guards.skip(
            "services-own-lock" if locks.is_services_own(lock) else "lock-elsewhere",
            lock.id,
            "Azure Backup's own lock stays"
            if locks.is_services_own(lock)
            else "it protects something else in the group and does not stop the clean-up",
        )
        for lock in (*found.locks, *found.resource_locks)
        if not locks.stops_clean_up(lock, found.group.id)
    )


def _inherited(found: RestorePointGroup, options: UnlockOptions) -> tuple[Verdict, ...]:
    return tuple(
        guards.warn(
            "lock-inherited",
            lock.id,
            f"{lock.level} lock '{lock.name}' at the subscription protects everything in it"
            + (
                "; it is removed because of --include-inherited"
                if options.include_inherited
                else "; it still binds this group (remove it too with --include-inherited)"
            ),
        )
        for lock in found.inherited_locks
    )
