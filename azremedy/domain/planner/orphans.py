"""Plan the deletion of restore point collections whose VM is gone."""

from __future__ import annotations

from typing import TYPE_CHECKING

from azremedy.domain import guards, losses, naming, ownership
from azremedy.domain.locks import is_inherited, list_locks_in_the_way
from azremedy.domain.planner.assemble import Draft, Section, draft_unlock, select_allowed
from azremedy.domain.resources import ResourceGroup
from azremedy.domain.steps import DeleteRestorePointCollection, ItemRef

if TYPE_CHECKING:
    from azremedy.domain.plan import Verdict
    from azremedy.domain.planner.clean import CleanOptions
    from azremedy.domain.resources import ManagementLock, ProtectedItem, RestorePointCollection
    from azremedy.domain.worlds import OrphansEvidence
    from azremedy.ids import ResourceId

NOTE = "The VM is gone: nothing makes these snapshots again."


def plan_orphans(evidence: OrphansEvidence, options: CleanOptions) -> tuple[Section, ...]:
    """Plan each VM that is gone.

    With the VM gone its unique id proves nothing any more, so name, points and place must all be
    the service's, and where a vault still knows the VM the number must be the item's.
    """
    gone = sorted({id_ for each in evidence.collections.values if (id_ := _source(each))})
    return tuple(_plan_one(vm_id, evidence, options) for vm_id in gone)


def _plan_one(vm_id: ResourceId, evidence: OrphansEvidence, options: CleanOptions) -> Section:
    mine = [each for each in evidence.collections.values if _source(each) == vm_id]
    items = [i for i in evidence.items.values if ownership.names_vm(i.source_id, vm_id)]
    faults = {each.id: _fault(each, vm_id, items, evidence) for each in mine}
    owned = [each for each in mine if faults[each.id] is None]
    skipped = [
        guards.skip("collection-ownership", id_, f"left alone: {why}")
        for id_, why in faults.items()
        if why is not None
    ]
    if not owned:
        return Section(target=vm_id, verdicts=tuple(skipped), gaps=evidence.gaps)
    in_the_way = _list_locks(owned, evidence)
    points = [point for each in owned for point in each.restore_points or ()]
    loss = losses.find_losses(points, evidence.recovery_points)
    return Section(
        target=vm_id,
        drafts=(
            *_draft_unlocks(in_the_way, options, evidence),
            *(_draft_delete(each, vm_id, items, options) for each in owned),
        ),
        verdicts=(
            *skipped,
            *_check_jobs(vm_id, items, evidence, options),
            *guards.check_file_recovery(evidence.recovery_points, during_job=options.during_job),
            *guards.check_loss(loss, vm_id=vm_id, accept_loss=options.accept_loss),
            *guards.check_locks(
                in_the_way, unlock=options.unlock, include_inherited=options.include_inherited
            ),
            *guards.check_locks_read(evidence.locks, vm_id=vm_id),
        ),
        loss=loss,
        gaps=evidence.gaps,
        notes=(NOTE,),
    )


def _source(collection: RestorePointCollection) -> ResourceId | None:
    return ownership.parse_vm_id(collection.source_id)


def _fault(
    collection: RestorePointCollection,
    vm_id: ResourceId,
    items: list[ProtectedItem],
    evidence: OrphansEvidence,
) -> str | None:
    """Say why a collection is not proven to be the service's; ``None`` when it is."""
    name = naming.parse_collection_name(collection.name)
    if name is None or name.vm_name.lower() != vm_id.name.lower():
        return "its name is not of the form that the backup service gives for this VM"
    if collection.restore_points is None:
        return "its restore points could not be read"
    if not ownership.looks_like_backup(collection):
        return "it holds points that the backup service did not make"
    if why := _find_living(collection, evidence):
        return why
    if not _is_in_services_group(collection, evidence):
        return "its group is not known to be the backup service's"
    if not evidence.items.complete and not items:
        return "not every vault could be read, so one may still know the VM"
    if items and name.data_id not in {item.data_id for item in items}:
        return "its number is not the protected item's"
    return None


def _find_living(collection: RestorePointCollection, evidence: OrphansEvidence) -> str | None:
    """Say whether the VM of the points lives on under another id: it was moved.

    Source: learn.microsoft.com/azure/virtual-machines/create-restore-points: a VM that is moved
    leaves ``source.id`` stale, while its unique id stays.
    """
    told = {(point.source_vm_id or "").lower() for point in collection.restore_points or ()} - {""}
    living = next((vm for vm in evidence.vms.values if vm.vm_id.lower() in told), None)
    if living is not None:
        return f"its VM was moved and lives on as {living.id}"
    return None if evidence.vms.complete else "whether its VM lives on elsewhere cannot be told"


def _is_in_services_group(collection: RestorePointCollection, evidence: OrphansEvidence) -> bool:
    bare = ResourceGroup(id=collection.id.group, location="")
    group = next((g for g in evidence.groups.values if g.id == collection.id.group), bare)
    return ownership.is_restore_point_group(group, evidence.patterns.values) is not None


def _list_locks(
    owned: list[RestorePointCollection], evidence: OrphansEvidence
) -> tuple[ManagementLock, ...]:
    found = (
        lock for each in owned for lock in list_locks_in_the_way(each.id, evidence.locks.values)
    )
    return tuple(dict.fromkeys(found))


def _draft_unlocks(
    in_the_way: tuple[ManagementLock, ...], options: CleanOptions, evidence: OrphansEvidence
) -> tuple[Draft, ...]:
    allowed = select_allowed(
        in_the_way, unlock=options.unlock, include_inherited=options.include_inherited
    )
    return tuple(
        draft_unlock(lock, leased=options.relock or not _is_on_services_group(lock, evidence))
        for lock in allowed
    )


def _is_on_services_group(lock: ManagementLock, evidence: OrphansEvidence) -> bool:
    if is_inherited(lock):
        return False
    bare = ResourceGroup(id=lock.scope.group, location="")
    group = next((g for g in evidence.groups.values if g.id == lock.scope.group), bare)
    return ownership.is_restore_point_group(group, ()) is not None


def _check_jobs(
    vm_id: ResourceId,
    items: list[ProtectedItem],
    evidence: OrphansEvidence,
    options: CleanOptions,
) -> list[Verdict]:
    """Nothing runs for a VM that no vault knows."""
    if not items:
        return []
    return guards.check_jobs(evidence.running_jobs, vm_id=vm_id, during_job=options.during_job)


def _draft_delete(
    collection: RestorePointCollection,
    vm_id: ResourceId,
    items: list[ProtectedItem],
    options: CleanOptions,
) -> Draft:
    idle = [ItemRef(item_id=item.id, container_name=item.container_name) for item in items]
    points = tuple(point.name for point in collection.restore_points or ())
    return Draft(
        step=DeleteRestorePointCollection(
            collection_id=collection.id,
            source_id=vm_id,
            source_gone=True,
            restore_points=points,
            idle_items=() if options.during_job else tuple(idle),
        ),
        reason=f"{len(points)} restore points of a VM that is gone",
    )
