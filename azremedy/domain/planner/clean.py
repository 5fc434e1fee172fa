"""Plan the clean-up of a VM's restore point collections."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from azremedy.domain import guards, losses, ownership
from azremedy.domain.locks import is_inherited, list_locks_in_the_way
from azremedy.domain.planner.assemble import (
    Draft,
    Section,
    draft_unlock,
    list_idle_items,
    select_allowed,
)
from azremedy.domain.planner.backup import Pace, draft_backup, find_item
from azremedy.domain.resources import ResourceGroup
from azremedy.domain.steps import DeleteRestorePointCollection, WaitFor, WaitForCleanup

if TYPE_CHECKING:
    from azremedy.domain.ownership import Ownership
    from azremedy.domain.plan import PointLoss, Verdict
    from azremedy.domain.resources import (
        ManagementLock,
        ProtectedItem,
        RestorePointCollection,
    )
    from azremedy.domain.worlds import VmEvidence
    from azremedy.ids import ResourceId

NOT_A_FAULT = (
    "Until the next good backup the vault reports 400288 UserErrorRpCollectionDeleted for this VM: "
    "that is this deletion, not a new fault."
)
AFTERMATH = f"{NOT_A_FAULT} Run 'azremedy backup-now' next; it may take longer than usual."
BEFORE_BACKUP = f"{NOT_A_FAULT} The backup at the end may take longer than usual."
"""What is told instead where a backup follows in the same plan."""
FIRST_BACKUP_FAILS = (
    "The first backup after an unlock may fail; Azure then cleans up by itself within hours."
)


class CleanBy(StrEnum):
    """Who deletes the restore points."""

    DELETE = "delete"
    """azremedy deletes the VM's collections."""
    BACKUP = "backup"
    """A backup makes the service clean up by itself."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CleanOptions:
    """What the caller allows."""

    by: CleanBy = CleanBy.DELETE
    """Who deletes the restore points."""
    unlock: bool = False
    """Take the locks in the way off."""
    include_inherited: bool = False
    """Also those on the subscription."""
    accept_unknown_rights: bool = False
    """Lend locks although it could not be seen that the caller may put them back."""
    relock: bool = False
    """Put every lock back afterwards, also those on the service's group."""
    accept_loss: bool = False
    """Delete points that have no copy in the vault."""
    during_job: bool = False
    """Go on while a job works on the VM."""
    max_backups_per_day: int = guards.SUPPORTED_BACKUPS_PER_DAY
    """For ``CleanBy.BACKUP``."""
    retain_days: int = 7
    """For ``CleanBy.BACKUP``: days to keep the recovery point."""
    timeout_s: int = 6 * 3600
    """For ``CleanBy.BACKUP``: seconds to wait for the clean-up."""
    no_cool_down: bool = False
    """For ``CleanBy.BACKUP``: back up although another backup failed a moment ago."""


def plan_clean(evidence: VmEvidence, options: CleanOptions) -> Section:
    """Plan one VM: only collections that are proven to be the service's, for exactly this VM."""
    owned, skipped = _sort_out(evidence)
    verdicts = (*skipped, *_check_unreadable(evidence))
    if options.by is CleanBy.BACKUP:
        return _plan_by_backup(evidence, options, owned=owned, verdicts=verdicts)
    return _plan_by_delete(evidence, options, owned=owned, verdicts=verdicts)


def plan_unlocking(
    evidence: VmEvidence, in_the_way: tuple[ManagementLock, ...], options: CleanOptions
) -> Section:
    """Plan to take exactly these locks off, as far as the caller allows."""
    return Section(
        target=evidence.vm.id,
        drafts=_draft_unlocks(in_the_way, options, evidence),
        verdicts=tuple(_check_locks(in_the_way, options, evidence)),
        gaps=evidence.gaps,
    )


def _sort_out(
    evidence: VmEvidence,
) -> tuple[tuple[RestorePointCollection, ...], tuple[Verdict, ...]]:
    judged = [
        (collection, _judge(collection, evidence)) for collection in evidence.collections.values
    ]
    owned = tuple(collection for collection, answer in judged if answer.owned)
    verdicts = tuple(
        _leave_alone(collection, answer, final=not owned)
        for collection, answer in judged
        if not answer.owned
    )
    return owned, verdicts


def _judge(collection: RestorePointCollection, evidence: VmEvidence) -> Ownership:
    return ownership.judge_collection(
        collection,
        vm=evidence.vm,
        items=evidence.items,
        group_is_services=_is_services(collection.id.group, evidence),
    )


def _leave_alone(collection: RestorePointCollection, answer: Ownership, *, final: bool) -> Verdict:
    """Skip it; but "nothing to do" would be a lie where only the reading failed."""
    if answer.undecided and final:
        return guards.refuse("ownership-unknown", collection.id, answer.why)
    return guards.skip("collection-ownership", collection.id, f"left alone: {answer.why}")


def _is_services(group_id: ResourceId, evidence: VmEvidence) -> bool | None:
    """Say whether a group is the backup service's; ``None`` when too little could be read."""
    group = _find_group(group_id, evidence)
    if ownership.is_restore_point_group(group, evidence.patterns.values) is not None:
        return True
    unlisted = group not in evidence.groups.values
    if not evidence.patterns.complete or (unlisted and not evidence.groups.complete):
        return None
    return False


def _find_group(group_id: ResourceId, evidence: VmEvidence) -> ResourceGroup:
    """Find the group; one that was not listed is known by its name alone."""
    bare = ResourceGroup(id=group_id, location="")
    return next((group for group in evidence.groups.values if group.id == group_id), bare)


def _plan_by_delete(
    evidence: VmEvidence,
    options: CleanOptions,
    *,
    owned: tuple[RestorePointCollection, ...],
    verdicts: tuple[Verdict, ...],
) -> Section:
    vm_id = evidence.vm.id
    if not owned:
        return Section(target=vm_id, verdicts=verdicts, gaps=evidence.gaps)
    in_the_way = _locks_in_the_way(evidence, [collection.id for collection in owned])
    loss = _find_loss(owned, evidence)
    return Section(
        target=vm_id,
        drafts=(
            *_draft_unlocks(in_the_way, options, evidence),
            *(_draft_delete(collection, evidence, options) for collection in owned),
        ),
        verdicts=(
            *verdicts,
            *guards.check_jobs(evidence.running_jobs, vm_id=vm_id, during_job=options.during_job),
            *guards.check_file_recovery(evidence.recovery_points, during_job=options.during_job),
            *guards.check_loss(loss, vm_id=vm_id, accept_loss=options.accept_loss),
            *_check_locks(in_the_way, options, evidence),
        ),
        loss=loss,
        gaps=evidence.gaps,
        notes=(AFTERMATH,),
    )


def _check_unreadable(evidence: VmEvidence) -> list[Verdict]:
    """Refuse when collections of this VM may exist that could not be seen."""
    return [
        guards.refuse("collections-unreadable", gap.source, f"could not be read: {gap.why}")
        for gap in evidence.collections.gaps
    ]


def _plan_by_backup(
    evidence: VmEvidence,
    options: CleanOptions,
    *,
    owned: tuple[RestorePointCollection, ...],
    verdicts: tuple[Verdict, ...],
) -> Section:
    vm_id = evidence.vm.id
    total = sum(len(collection.restore_points or ()) for collection in owned)
    if total < guards.RESTORE_POINT_LIMIT:
        note = (
            f"{total} restore points are proven to be Azure Backup's, "
            f"below the limit of {guards.RESTORE_POINT_LIMIT}"
        )
        stopping = _locks_in_the_way(evidence, [collection.id for collection in owned])
        told = tuple(
            f"lock {lock.id} still stops the clean-up: 'azremedy unlock-rg'" for lock in stopping
        )
        return Section(target=vm_id, verdicts=verdicts, gaps=evidence.gaps, notes=(note, *told))
    in_the_way = _locks_in_the_way(evidence, [collection.id for collection in owned])
    pace = Pace(max_per_day=options.max_backups_per_day, no_cool_down=options.no_cool_down)
    item, about_item = find_item(evidence, pace)
    return Section(
        target=vm_id,
        drafts=(
            *_draft_unlocks(in_the_way, options, evidence),
            *(_draft_failing_backup(item, options) if item is not None else ()),
            _draft_wait(evidence, owned, options),
        ),
        verdicts=(*verdicts, *about_item, *_check_locks(in_the_way, options, evidence)),
        gaps=evidence.gaps,
        notes=(FIRST_BACKUP_FAILS,),
    )


def _draft_failing_backup(item: ProtectedItem, options: CleanOptions) -> tuple[Draft, ...]:
    return draft_backup(
        item,
        retain_days=options.retain_days,
        until=WaitFor.JOB,
        timeout_s=options.timeout_s,
        failure_expected=True,
    )


def _draft_wait(
    evidence: VmEvidence, owned: tuple[RestorePointCollection, ...], options: CleanOptions
) -> Draft:
    return Draft(
        step=WaitForCleanup(
            vm_id=evidence.vm.id,
            collection_ids=tuple(collection.id for collection in owned),
            below=guards.RESTORE_POINT_LIMIT,
            timeout_s=options.timeout_s,
        ),
        reason="Azure Backup deletes expired restore points by itself once nothing stops it",
    )


def _find_loss(
    owned: tuple[RestorePointCollection, ...], evidence: VmEvidence
) -> tuple[PointLoss, ...]:
    points = [point for collection in owned for point in collection.restore_points or ()]
    return losses.find_losses(points, evidence.recovery_points)


def _locks_in_the_way(
    evidence: VmEvidence, targets: list[ResourceId]
) -> tuple[ManagementLock, ...]:
    found = (
        lock for target in targets for lock in list_locks_in_the_way(target, evidence.locks.values)
    )
    return tuple(dict.fromkeys(found))


def _check_locks(
    in_the_way: tuple[ManagementLock, ...], options: CleanOptions, evidence: VmEvidence
) -> list[Verdict]:
    return [
        *guards.check_locks(
            in_the_way, unlock=options.unlock, include_inherited=options.include_inherited
        ),
        *guards.check_locks_read(evidence.locks, vm_id=evidence.vm.id),
    ]


def _draft_unlocks(
    in_the_way: tuple[ManagementLock, ...], options: CleanOptions, evidence: VmEvidence
) -> tuple[Draft, ...]:
    allowed = select_allowed(
        in_the_way, unlock=options.unlock, include_inherited=options.include_inherited
    )
    return tuple(
        draft_unlock(lock, leased=options.relock or not _is_on_services_group(lock, evidence))
        for lock in allowed
    )


def _is_on_services_group(lock: ManagementLock, evidence: VmEvidence) -> bool:
    """A lock on the service's group is the root cause; any other is somebody's protection."""
    if is_inherited(lock) or lock.scope.group == evidence.vm.id.group:
        return False
    # A group that only fits a policy's name may be somebody's own: its lock comes back.
    group = _find_group(lock.scope.group, evidence)
    return ownership.is_restore_point_group(group, ()) is not None


def _draft_delete(
    collection: RestorePointCollection, evidence: VmEvidence, options: CleanOptions
) -> Draft:
    points = tuple(point.name for point in collection.restore_points or ())
    return Draft(
        step=DeleteRestorePointCollection(
            collection_id=collection.id,
            source_id=evidence.vm.id,
            restore_points=points,
            idle_items=() if options.during_job else list_idle_items(evidence),
        ),
        reason=f"{_count(len(points))}; the next backup makes a new collection",
    )


def _count(points: int) -> str:
    return "1 restore point" if points == 1 else f"{points} restore points"
