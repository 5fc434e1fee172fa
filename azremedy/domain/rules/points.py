"""Are restore points, their groups and locks in the way?"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from azremedy.domain import guards
from azremedy.domain.evidence import Absent, Observed, Unreadable
from azremedy.domain.findings import Basis
from azremedy.domain.points import (
    VmPoints,
    count_points,
    find_home_groups,
    is_left_over,
    list_binding,
    list_closing,
    number_of,
    sort_out,
)
from azremedy.domain.remedies import Remedy
from azremedy.domain.rules.base import (
    Need,
    Rule,
    basis_in,
    basis_of,
    cannot_tell,
    confirmed,
    ruled_out,
    unread,
)
from azremedy.domain.symptom import ToldBy
from azremedy.domain.symptoms import find_told

if TYPE_CHECKING:
    from collections.abc import Iterable

    from azremedy.domain.case import Case
    from azremedy.domain.findings import Answer
    from azremedy.domain.resources import ManagementLock, RestorePointCollection

LIMIT = guards.RESTORE_POINT_LIMIT

IN_USE = "DiskRestorePointUsedByCustomer"
DELETED = "UserErrorRpCollectionDeleted"
DENIED = ("UserErrorRequestDisallowedByPolicy", "RequestDisallowedByPolicy")

_COLLECTIONS = "the VM's restore point collections"
_ITEMS = "the protected items of every vault"
_LOCKS = "the locks"
_DENIED_IN_TEXT = re.compile(r"(?<!\w)RequestDisallowedByPolicy(?!\w)", re.IGNORECASE)


def check_point_group_locked(case: Case) -> Answer:
    """Decide whether a lock keeps the service from making or deleting restore points.

    A lock against deletion hurts from the limit on: only then must the service delete before it
    can back up. A ReadOnly lock hurts at once where the next point would go.
    """
    evidence = case.as_evidence()
    if evidence is None:
        return _without_vm(case)
    points = sort_out(evidence)
    if closing := list_closing(evidence, case, points):
        message = "a ReadOnly lock lets no restore point into the place of the next one"
        return confirmed(message, *_show_locks(closing, case))
    locks = list_binding(points.proven, case)
    if not locks or points.count < LIMIT:
        return _find_harm_unseen(points, case) or _harmless(points, case)
    message = f"a lock keeps the service from deleting any of {points.count} restore points"
    return confirmed(message, *_show_locks(locks, case), *_show_counts(points.proven, case))


def check_point_limit(case: Case) -> Answer:
    """Decide whether the VM has as many restore points as the service keeps."""
    evidence = case.as_evidence()
    if evidence is None:
        return _without_vm(case)
    points = sort_out(evidence)
    basis = _show_counts(points.proven, case)
    if points.count >= LIMIT:
        message = f"{points.count} restore points: no backup can be taken from {LIMIT} on"
        return confirmed(message, *basis)
    if (answer := _find_doubt(points, case)) is not None:
        return answer
    return ruled_out(f"{points.count} restore points, below the limit of {LIMIT}", *basis)


def check_snapshot_in_use(case: Case) -> Answer:
    """Decide whether somebody holds a snapshot open, so that the service cannot delete it."""
    told = find_told(case.symptoms, IN_USE)
    if told is None:
        return _not_told(case, "no code says that a snapshot is in use")
    symptom, code = told
    basis = Basis(fact=f"code {code}", source=symptom.source, at=symptom.at)
    return confirmed("somebody was given access to a disk's restore point and still has it", basis)


def check_collection_deleted(case: Case) -> Answer:
    """Decide whether the failure is but the aftermath of a collection that somebody deleted.

    The service's own word is enough: a later backup would have replaced it. A person's is held
    against the collections that are there.
    """
    told = find_told(case.symptoms, DELETED)
    if told is None:
        return _not_told(case, "no code says that a collection was deleted")
    symptom, code = told
    basis = Basis(fact=f"code {code}", source=symptom.source, at=symptom.at)
    if symptom.told_by is not ToldBy.PERSON or symptom.source:
        return confirmed("the next backup makes a new collection, and the code goes away", basis)
    return _check_that_none_is_there(case)


def is_denial_told(case: Case) -> bool:
    """Say whether the failed backup tells that Azure Policy refused something."""
    return find_told(case.symptoms, *DENIED) is not None or _is_denied_in_text(case)


def check_group_denied(case: Case) -> Answer:
    """Decide whether Azure Policy keeps the service from making its restore point group.

    ARM's list of groups leaves out, without a word, what the caller may not read. So the group is
    asked for by its name as well, and a refusal of that is a gap.
    """
    if not is_denial_told(case):
        return _not_told(case, "no code says that Azure Policy refused something")
    evidence = case.as_evidence()
    if evidence is None:
        return _without_vm(case)
    if there := find_home_groups(evidence, case):
        fact = basis_in(f"restore point group {there[0].id.name}: there", there[0].id, case.groups)
        return ruled_out("the group exists, so that nothing must be allowed to make it", fact)
    if case.groups.gaps:
        return unread(case.groups.gaps[0], what="the resource groups")
    if isinstance(case.policy, Unreadable):
        return unread(case.policy, what="the group's name in the backup policy")
    nothing = basis_in("restore point group: none in the VM's region", "groups", case.groups)
    return confirmed("Azure Policy refused the group in which the points would lie", nothing)


def check_orphaned_points(case: Case) -> Answer:
    """Decide whether collections of an earlier protection, or of an earlier VM, are still there.

    They cost money, and points of this very VM count against its limit.
    """
    if case.items.gaps:
        return unread(case.items.gaps[0], what=_ITEMS)
    if orphans := [each for each in case.collections.values if is_left_over(each, case)]:
        message = "no vault knows these collections, so nobody cleans them up"
        return confirmed(message, *_show_counts(orphans, case))
    if case.collections.gaps:
        return unread(case.collections.gaps[0], what=_COLLECTIONS)
    return ruled_out("every collection of the VM belongs to a protected item")


def _without_vm(case: Case) -> Answer:
    if isinstance(case.vm, Absent):
        return ruled_out("there is no VM to take points of", basis_of("VM: not found", case.vm))
    assert isinstance(case.vm, Unreadable)
    return unread(case.vm, what="the VM")


def _not_told(case: Case, message: str) -> Answer:
    """Rule a cause out that only a code tells, unless the last backup's codes are not known.

    Other codes prove nothing then: only the job's text tells what an envelope holds.
    """
    if isinstance(case.last_backup, Unreadable):
        return unread(case.last_backup, what="the last backup's codes")
    return ruled_out(message, *_tell(case))


def _tell(case: Case) -> list[Basis]:
    return [
        Basis(fact=f"code {code}", source=symptom.source, at=symptom.at)
        for symptom in case.symptoms
        for code in symptom.codes
    ]


def _find_harm_unseen(points: VmPoints, case: Case) -> Answer | None:
    """Say why a lock may hurt all the same, if so: more locks or more points may be there."""
    if case.locks.gaps:
        return unread(case.locks.gaps[0], what=_LOCKS)
    bound = list_binding((*points.proven, *points.others), case)
    if points.count < LIMIT and (bound or case.collections.gaps):
        return _find_doubt(points, case)
    return None


def _harmless(points: VmPoints, case: Case) -> Answer:
    locks = list_binding((*points.proven, *points.others), case)
    if not locks:
        nothing = basis_in("locks on the VM's restore points: none", "locks", case.locks)
        return ruled_out("no lock binds the VM's restore points", nothing)
    message = f"the lock hurts from {LIMIT} restore points on; it binds none that count"
    if points.count < LIMIT:
        message = f"the lock hurts from {LIMIT} restore points on; there are {points.at_most} now"
    return ruled_out(message, *_show_locks(locks, case))


def _find_doubt(points: VmPoints, case: Case) -> Answer | None:
    """Say why there may be more points than were counted, if so."""
    if case.collections.gaps:
        return unread(case.collections.gaps[0], what=_COLLECTIONS)
    if points.at_most < LIMIT:
        return None
    if case.items.gaps:
        return unread(case.items.gaps[0], what=_ITEMS)
    message = f"{points.at_most} restore points, of which {points.count} are proven to count"
    settle = "look whose the other collections are: 'azremedy clean-rpc --dry-run' says why"
    return cannot_tell(message, *_show_counts(points.others, case), settle=settle)


def _check_that_none_is_there(case: Case) -> Answer:
    numbers = {item.data_id for item in case.items.values}
    own = [each for each in case.collections.values if number_of(each) in numbers - {""}]
    if own:
        return ruled_out("there is a collection again", *_show_counts(own, case))
    if case.collections.gaps:
        return unread(case.collections.gaps[0], what=_COLLECTIONS)
    if case.items.gaps:
        return unread(case.items.gaps[0], what=_ITEMS)
    nothing = basis_in("restore point collections: none", "collections", case.collections)
    return confirmed("the next backup makes a new collection, and the code goes away", nothing)


def _is_denied_in_text(case: Case) -> bool:
    last = case.last_backup
    if not isinstance(last, Observed) or last.value.status != "Failed":
        return False
    return _DENIED_IN_TEXT.search(last.value.dynamic_error_message) is not None


def _show_counts(collections: Iterable[RestorePointCollection], case: Case) -> list[Basis]:
    return [
        basis_in(
            f"restore points in {each.name}: {count_points([each])}", each.id, case.collections
        )
        for each in collections
    ]


def _show_locks(locks: Iterable[ManagementLock], case: Case) -> list[Basis]:
    return [
        basis_in(f"{lock.level} lock '{lock.name}' at {lock.scope}", lock.id, case.locks)
        for lock in locks
    ]


_NEEDS = frozenset({Need.VM, Need.ITEMS, Need.POINTS})

RULES: tuple[Rule, ...] = (
    Rule(
        cause="point-group-locked",
        title="A lock stops the service from making or cleaning up restore points",
        needs=_NEEDS,
        check=check_point_group_locked,
        source="learn.microsoft.com/azure/azure-resource-manager/management/lock-resources "
        "(2024-03-08)",
        remedies=(Remedy.UNLOCK, Remedy.CLEAN_POINTS),
    ),
    Rule(
        cause="point-limit",
        title="The VM has as many restore points as the service keeps",
        needs=_NEEDS,
        check=check_point_limit,
        source="learn.microsoft.com/azure/backup, agent or extension article (2025-11-12): "
        "18 over all collections and groups",
        remedies=(Remedy.CLEAN_POINTS, Remedy.CLEAN_BY_BACKUP),
    ),
    Rule(
        cause="snapshot-in-use",
        title="Somebody holds one of the VM's snapshots open",
        needs=frozenset({Need.ITEMS}),
        check=check_snapshot_in_use,
        source="learn.microsoft.com/azure/virtual-machines/restore-point-troubleshooting "
        "(2023-04-12)",
        instructions=("end-snapshot-access",),
    ),
    Rule(
        cause="collection-deleted",
        title="The VM's restore point collection was deleted by hand or by azremedy",
        needs=_NEEDS,
        check=check_collection_deleted,
        source="recorded Azure traffic, 2021: 400288 until the next good backup",
        remedies=(Remedy.BACKUP,),
    ),
    Rule(
        cause="group-denied",
        title="Azure Policy does not let the service make its restore point group",
        needs=_NEEDS,
        check=check_group_denied,
        source="learn.microsoft.com/azure/backup/backup-azure-vms-troubleshoot (2025-11-12)",
        instructions=("create-restore-point-group",),
    ),
    Rule(
        cause="orphaned-points",
        title="Restore points of an earlier protection are still there",
        needs=_NEEDS,
        check=check_orphaned_points,
        source="learn.microsoft.com/azure/backup/backup-during-vm-creation (2019-06-13): a "
        "collection stays where it was made",
        advisory=True,
    ),
)
"""In the order in which to look: a lock before the limit that it leads to."""
