"""Plan the removal of locks that keep the backup service from cleaning up."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from azremedy.domain import guards, locks, ownership
from azremedy.domain.planner.assemble import Draft, Section
from azremedy.domain.steps import DeleteLock

if TYPE_CHECKING:
    from collections.abc import Iterable

    from azremedy.domain.plan import Verdict
    from azremedy.domain.planner.unlock_options import UnlockOptions
    from azremedy.domain.resources import ManagementLock
    from azremedy.domain.worlds import RestorePointGroup

WILL_COME_BACK = (
    "A lock that Azure Policy or a pipeline puts there comes back: exempt this group from it."
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Reason:
    """Why a lock stays."""

    guard: str
    """The guard's stable name."""
    message: str
    """One line for people."""


_SERVICES_OWN = Reason(
    guard="services-own-lock",
    message="it bears the name of Azure Backup's own locks, which always stay",
)
_ELSEWHERE = Reason(
    guard="lock-elsewhere",
    message="it protects something else in the group and does not stop the clean-up",
)
_UNPROVEN = Reason(
    guard="group-unproven",
    message="only the group's name, which fits a policy's, says that it is Azure Backup's: "
    "its lock is not removed for good",
)
_AT_HOME = Reason(
    guard="lock-protects-vms",
    message="VMs live in this group, so its lock is not removed for good; "
    "'azremedy clean-rpc --unlock' takes it off and puts it back",
)


def plan_unlock(found: RestorePointGroup, options: UnlockOptions) -> Section:
    """Plan one group. Its own locks go for good: this group should not be locked at all.

    Source: learn.microsoft.com/azure/azure-resource-manager/management/lock-resources
    (2024-03-08), which names the lock on this group as the cause of failing backups.
    """
    at_or_below = (*found.locks, *found.resource_locks)
    judged = [(lock, _find_reason_to_stay(lock, found)) for lock in at_or_below]
    own = [lock for lock, reason in judged if reason is None]
    above = [lock for lock in found.inherited_locks if lock.scope.contains(found.group.id)]
    inherited = [lock for lock in above if not locks.is_services_own(lock)]
    drafts = tuple(
        _draft(lock) for lock in (*(inherited if options.include_inherited else ()), *own)
    )
    return Section(
        target=found.group.id,
        drafts=drafts,
        verdicts=(
            *(_leave_alone(lock, reason) for lock, reason in judged if reason is not None),
            *(_leave_alone(lock, _SERVICES_OWN) for lock in above if locks.is_services_own(lock)),
            *_inherited(inherited, options),
        ),
        notes=(WILL_COME_BACK,) if drafts else (),
    )


def _draft(lock: ManagementLock) -> Draft:
    reason = f"{lock.level} lock '{lock.name}' keeps Azure Backup from deleting old restore points"
    return Draft(step=DeleteLock(lock=lock), reason=reason)


def _find_reason_to_stay(lock: ManagementLock, found: RestorePointGroup) -> Reason | None:
    if locks.is_services_own(lock):
        return _SERVICES_OWN
    if not locks.stops_clean_up(lock, found.group.id, found.collections):
        return _ELSEWHERE
    if lock.scope == found.group.id and _is_home_of_vms(found):
        return _AT_HOME
    if lock.scope == found.group.id and not _is_proven(found):
        return _UNPROVEN
    return None


def _is_home_of_vms(found: RestorePointGroup) -> bool:
    """Say whether VMs live beside the collections, as all did before autumn 2018."""
    sources = (ownership.parse_vm_id(collection.source_id) for collection in found.collections)
    beside = any(source is not None and source.group == found.group.id for source in sources)
    return beside or bool(found.holds_vms)


def _is_proven(found: RestorePointGroup) -> bool:
    """Say whether more than a policy's name shows that the group is the service's."""
    if found.known_by != ownership.POLICYS_NAME:
        return True
    ours = any(
        collection.restore_points is not None and ownership.looks_like_backup(collection)
        for collection in found.collections
    )
    return ours and found.holds_vms is False


def _leave_alone(lock: ManagementLock, reason: Reason) -> Verdict:
    return guards.skip(reason.guard, lock.id, reason.message)


def _inherited(above: Iterable[ManagementLock], options: UnlockOptions) -> tuple[Verdict, ...]:
    return tuple(
        guards.warn(
            "lock-inherited",
            lock.id,
            f"{lock.level} lock '{lock.name}' at the subscription protects everything in it"
            + (
                "; it is removed for good because of --include-inherited"
                if options.include_inherited
                else "; it still binds this group (remove it too with --include-inherited)"
            ),
        )
        for lock in above
    )
