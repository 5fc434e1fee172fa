"""Decide whether a restore point collection is the backup service's, for exactly one VM.

Names are hints. Proof is ``properties.source.id``, the names that only the service gives, the VM's
unique id in the points, and the number in the collection's name, which equals the protected
item's ``protectedItemDataId`` in every recording that shows both. Other products (and people)
keep restore point collections of the same VM: those are never touched, and no flag changes that.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from azremedy.domain import naming
from azremedy.errors import MalformedIdError
from azremedy.ids import VIRTUAL_MACHINE, ResourceId

if TYPE_CHECKING:
    from collections.abc import Iterable

    from azremedy.domain.evidence import Reading
    from azremedy.domain.naming import CollectionName, GroupNamePattern
    from azremedy.domain.resources import (
        ProtectedItem,
        ResourceGroup,
        RestorePointCollection,
        VirtualMachine,
    )


_PLACE_UNREAD = (
    "its number is not the protected item's, and whether its group is the backup service's could "
    "not be read"
)


POLICYS_NAME = "policy's name"
"""The weakest sign of a restore point group: a prefix such as ``prod`` fits other groups too."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ownership:
    """Whether a collection may be treated as the backup service's, and why."""

    owned: bool
    """``True`` only on proof."""
    why: str
    """One line for people."""
    undecided: bool = False
    """Not owned only because nothing proves it: it may well be the service's."""


def names_vm(source_id: str, vm_id: ResourceId) -> bool:
    """Say whether a source id, as written by Azure, is exactly this VM's id."""
    return (source := parse_vm_id(source_id)) is not None and source == vm_id


def parse_vm_id(source_id: str) -> ResourceId | None:
    """Read a source id; ``None`` when it names no VM, as in copies of collections."""
    try:
        source = ResourceId.parse(source_id)
    except MalformedIdError:
        return None
    return source if source.is_type(VIRTUAL_MACHINE) else None


def is_restore_point_group(
    group: ResourceGroup, patterns: Iterable[GroupNamePattern]
) -> str | None:
    """Say by what a group is known as the backup service's; ``None`` when by nothing.

    A customer may have made the group by hand, so a missing ``managedBy`` proves nothing.
    """
    if naming.is_default_group_name(group.id.name):
        return "default name"
    if naming.is_managed_by_backup(group.managed_by):
        return "managedBy"
    if any(pattern.fits(group.id.name) for pattern in patterns):
        return POLICYS_NAME
    return None


def looks_like_backup(collection: RestorePointCollection) -> bool:
    """Say whether name, points and source are of the form that the service gives."""
    if parse_vm_id(collection.source_id) is None:
        return False
    return naming.parse_collection_name(collection.name) is not None and not _foreign_points(
        collection
    )


def judge_collection(
    collection: RestorePointCollection,
    *,
    vm: VirtualMachine,
    items: Reading[ProtectedItem],
    group_is_services: bool | None,
) -> Ownership:
    """Decide whether a collection whose points were read is the service's, for this VM.

    Args:
        collection: with its points.
        vm: the VM that the caller means.
        items: the protected items of all vaults that could hold this VM.
        group_is_services: whether the collection's group is a restore point group; ``None`` when
            that could not be read.
    """
    name = naming.parse_collection_name(collection.name)
    if (fault := _fault(collection, name, vm)) is not None:
        return Ownership(owned=False, why=fault)
    data_ids = {i.data_id for i in items.values if names_vm(i.source_id, vm.id)}
    if not data_ids:
        return Ownership(owned=False, why=_not_protected(items), undecided=True)
    if name is not None and name.data_id in data_ids - {""}:
        return Ownership(owned=True, why="its number is the protected item's")
    if not _is_of_this_very_vm(collection, vm):
        return _unproven(items)
    if group_is_services or _is_old_place(collection, name, vm):
        return Ownership(owned=True, why="an earlier protection of this very VM made it")
    if group_is_services is None:
        return Ownership(owned=False, why=_PLACE_UNREAD, undecided=True)
    return _unproven(items)


def _fault(
    collection: RestorePointCollection, name: CollectionName | None, vm: VirtualMachine
) -> str | None:
    if not names_vm(collection.source_id, vm.id):
        return f"its source is {collection.source_id or 'not told'}"
    if name is None or name.vm_name.lower() != vm.name.lower():
        return "its name is not of the form that the backup service gives for this VM"
    if collection.restore_points is None:
        return "its restore points could not be read"
    if foreign := _foreign_points(collection):
        return f"it holds points that the backup service did not make, such as {foreign[0]}"
    others = {
        point.source_vm_id
        for point in collection.restore_points
        if point.source_vm_id and point.source_vm_id.lower() != vm.vm_id.lower()
    }
    if others:
        return f"its points are of an earlier VM of this name (vmId {min(others)})"
    return None


def _not_protected(items: Reading[ProtectedItem]) -> str:
    if items.complete:
        return "no vault protects this VM, so nothing proves whose collection it is"
    return "not every vault could be read, so nothing proves whose collection it is"


def _is_old_place(
    collection: RestorePointCollection, name: CollectionName | None, vm: VirtualMachine
) -> bool:
    """Before autumn 2018 the collection had no number and lay in the VM's own group."""
    return name is not None and not name.data_id and collection.id.group == vm.id.group


def _is_of_this_very_vm(collection: RestorePointCollection, vm: VirtualMachine) -> bool:
    points = collection.restore_points or ()
    told = {(point.source_vm_id or "").lower() for point in points}
    return bool(vm.vm_id) and told == {vm.vm_id.lower()}


def _unproven(items: Reading[ProtectedItem]) -> Ownership:
    why = "its number is not the protected item's, and nothing else proves whose it is"
    if items.complete:
        return Ownership(owned=False, why=why)
    return Ownership(owned=False, why=f"{why}; not every vault could be read", undecided=True)


def _foreign_points(collection: RestorePointCollection) -> tuple[str, ...]:
    return tuple(
        point.name
        for point in collection.restore_points or ()
        if naming.restore_point_time(point.name) is None
    )
