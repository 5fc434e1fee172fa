"""Which restore points count against a VM's limit, and where does its next one go?"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from azremedy.domain import guards, naming, ownership
from azremedy.domain.evidence import Observed, Unreadable
from azremedy.domain.locks import list_locks_in_the_way
from azremedy.domain.resources import LockLevel, ResourceGroup, RestorePointCollection

if TYPE_CHECKING:
    from collections.abc import Iterable

    from azremedy.domain.case import Case
    from azremedy.domain.resources import ManagementLock, VirtualMachine
    from azremedy.domain.worlds import VmEvidence
    from azremedy.ids import ResourceId


@dataclass(frozen=True, slots=True, kw_only=True)
class VmPoints:
    """A VM's collections that have the form that the backup service gives."""

    proven: tuple[RestorePointCollection, ...]
    """Those that are proven to be the service's, for exactly this VM."""
    others: tuple[RestorePointCollection, ...]
    """Those that look like it, or whose points could not be read."""

    @property
    def count(self) -> int:
        """The points in what is proven."""
        return count_points(self.proven)

    @property
    def at_most(self) -> int:
        """The points in all of them, as far as they could be read."""
        return count_points((*self.proven, *self.others))


def sort_out(evidence: VmEvidence) -> VmPoints:
    """Tell the collections that are proven to be the service's from those that only look so."""
    alike = [each for each in evidence.collections.values if ownership.looks_like_backup(each)]
    proven = [each for each in alike if _is_proven(each, evidence)]
    others = (each for each in alike if each not in proven)
    return VmPoints(proven=tuple(proven), others=tuple(others))


def find_homes(evidence: VmEvidence, case: Case, points: VmPoints) -> list[ResourceId]:
    """Find where the VM's next point goes: its collection, else the group, else somewhere new."""
    active = {item.data_id for item in case.items.values if not guards.check_item(item)}
    own = [
        each.id
        for each in points.proven
        if number_of(each) in active and _is_policys(each.id.group.name, case)
    ]
    groups = [group.id for group in find_home_groups(evidence, case)]
    return own or groups or [evidence.vm.id.subscription]


def find_home_groups(evidence: VmEvidence, case: Case) -> list[ResourceGroup]:
    """Find the groups in the VM's region that are named as its backup policy says.

    Source: learn.microsoft.com/azure/backup/backup-during-vm-creation: the default name or the
    policy's, and a further group when the first is full.
    """
    region = _plain(evidence.vm.location)
    return [
        group
        for group in evidence.groups.values
        if _plain(group.location) == region and _is_policys(group.id.name, case)
    ]


def name_home_group(vm: VirtualMachine, case: Case) -> ResourceId | None:
    """Name the group that the service makes first for a VM's points; ``None``: it is not known.

    Source: learn.microsoft.com/azure/backup/backup-during-vm-creation: the default name or the
    policy's, each with a number from 1.
    """
    if isinstance(case.policy, Unreadable):
        return None
    policy = case.policy.value if isinstance(case.policy, Observed) else None
    name = f"AzureBackupRG_{_plain(vm.location)}_1"
    if policy is not None and policy.group_prefix:
        name = f"{policy.group_prefix}1{policy.group_suffix or ''}"
    return vm.id.subscription.child("resourceGroups", name)


def list_binding(collections: Iterable[RestorePointCollection], case: Case) -> list[ManagementLock]:
    """List the locks that refuse the deletion of a collection."""
    found = (
        lock for each in collections for lock in list_locks_in_the_way(each.id, case.locks.values)
    )
    return list(dict.fromkeys(found))


def list_closing(evidence: VmEvidence, case: Case, points: VmPoints) -> list[ManagementLock]:
    """List the locks that let nothing be made where the VM's next point goes."""
    homes = find_homes(evidence, case, points)
    return [
        lock
        for lock in case.locks.values
        if lock.level is LockLevel.READ_ONLY and all(map(lock.scope.contains, homes))
    ]


def count_points(collections: Iterable[RestorePointCollection]) -> int:
    """Count the points in collections; those that were not read count for nothing."""
    return sum(len(each.restore_points or ()) for each in collections)


def number_of(collection: RestorePointCollection) -> str:
    """Give the number in a collection's name; empty when there is none."""
    name = naming.parse_collection_name(collection.name)
    return name.data_id if name else ""


def is_left_over(collection: RestorePointCollection, case: Case) -> bool:
    """Say whether a collection has the service's form and a number that no known item has."""
    known = {item.data_id for item in case.items.values}
    number = number_of(collection)
    return bool(number) and number not in known and ownership.looks_like_backup(collection)


def _is_proven(collection: RestorePointCollection, evidence: VmEvidence) -> bool:
    judged = ownership.judge_collection(
        collection,
        vm=evidence.vm,
        items=evidence.items,
        group_is_services=_is_services(collection.id.group, evidence),
    )
    return judged.owned


def _is_services(group_id: ResourceId, evidence: VmEvidence) -> bool | None:
    """Say whether a group is the backup service's; ``None`` when too little could be read."""
    listed = {group.id: group for group in evidence.groups.values}
    group = listed.get(group_id, ResourceGroup(id=group_id, location=""))
    if ownership.is_restore_point_group(group, evidence.patterns.values) is not None:
        return True
    seen = group_id in listed or evidence.groups.complete
    return False if seen and evidence.patterns.complete else None


def _is_policys(group_name: str, case: Case) -> bool:
    """Say whether the backup policy would have a group of this name; any, if it is not known."""
    policy = case.policy.value if isinstance(case.policy, Observed) else None
    if policy is not None and policy.group_prefix:
        suffix = policy.group_suffix or ""
        return naming.GroupNamePattern(prefix=policy.group_prefix, suffix=suffix).fits(group_name)
    if naming.is_default_group_name(group_name):
        return True
    return policy is None and any(pattern.fits(group_name) for pattern in case.patterns.values)


def _plain(region: str) -> str:
    return region.replace(" ", "").lower()
