"""Conclude from what was seen which VMs are in trouble, and which soon will be. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from azremedy.domain.estate import (
    NEAR_LIMIT,
    LockedGroup,
    OrphanedCollection,
    Risk,
    ScannedVm,
)
from azremedy.domain.last_jobs import NO_BACKUPS, SymptomReader, find_risks, tell_last
from azremedy.domain.locks import (
    is_inherited,
    is_services_own,
    list_locks_in_the_way,
    stops_clean_up,
)
from azremedy.domain.sightings import SeenSubscription
from azremedy.domain.symptoms import NO_CODE

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from azremedy.domain.resources import ManagementLock
    from azremedy.domain.sightings import SeenCollection, SeenItem
    from azremedy.ids import ResourceId

GROUP_LOCKED = "point-group-locked"
POINT_LIMIT = "point-limit"
POINT_CAUSES = frozenset({GROUP_LOCKED, POINT_LIMIT})
"""Causes that the number of restore points tells about."""

FAILS_OFTEN = "fails-often"
"""The cause of a VM whose last backup went well, though several before it did not."""

WITH_WARNINGS = "ended-with-warnings"
"""The cause of a VM whose last backup ended with warnings, and with no code."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Concluded:
    """What one subscription comes to."""

    vms: tuple[ScannedVm, ...] = ()
    """VMs with a risk, each once."""
    orphans: tuple[OrphanedCollection, ...] = ()
    """Collections whose VM was not seen."""
    locked_groups: tuple[LockedGroup, ...] = ()
    """Groups of collections that are locked."""


class LockView:
    """The locks of a subscription, looked up once for each group.

    Args:
        locks: all of them, at every level.
    """

    def __init__(self, locks: Iterable[ManagementLock]) -> None:
        self._all = tuple(lock for lock in locks if not is_services_own(lock))
        self._by_group: dict[ResourceId, tuple[ManagementLock, ...]] = {}

    def of_group(self, group_id: ResourceId) -> tuple[ManagementLock, ...]:
        """Give the locks on a group, above it, and on collections in it."""
        if group_id not in self._by_group:
            self._by_group[group_id] = tuple(
                lock
                for lock in self._all
                if is_inherited(lock) or stops_clean_up(lock, group_id, ())
            )
        return self._by_group[group_id]

    def of(self, collection_id: ResourceId) -> tuple[ManagementLock, ...]:
        """Give the locks that keep a collection, or points in it, from being deleted."""
        return list_locks_in_the_way(collection_id, self.of_group(collection_id.group))


@dataclass(frozen=True, slots=True, kw_only=True)
class _View:
    seen: SeenSubscription
    locks: LockView
    reader: SymptomReader


def conclude(seen: SeenSubscription, reader: SymptomReader) -> Concluded:
    """Find the VMs of a subscription that are in trouble, by their items and collections."""
    view = _View(seen=seen, locks=LockView(seen.locks.values), reader=reader)
    items = {item.vm_id: item for item in sorted(seen.items, key=_age) if item.vm_id is not None}
    collections: dict[ResourceId, list[SeenCollection]] = {}
    for collection in seen.collections:
        collections.setdefault(collection.source_id, []).append(collection)
    found = (
        _scan_vm(view, vm_id, items.get(vm_id), tuple(collections.get(vm_id, ())))
        for vm_id in dict.fromkeys((*items, *collections))
    )
    return Concluded(
        vms=tuple(vm for vm in found if vm is not None),
        orphans=tuple(_find_orphans(seen)),
        locked_groups=tuple(_find_locked_groups(view)),
    )


def needs_points(
    collection: SeenCollection, *, locks: LockView, cause: str | None, reader: SymptomReader
) -> bool:
    """Say whether the points of a collection are worth a request each.

    Args:
        collection: the collection.
        locks: the subscription's.
        cause: the code of its VM's failure; ``None`` when it does not fail.
        reader: knows what may be behind the code.
    """
    if collection.vm is None:
        return False
    return bool(locks.of(collection.id)) or (
        cause is not None and reader.may_be_behind(cause, POINT_CAUSES)
    )


def _age(seen: SeenItem) -> float:
    """Order items of one VM in several vaults so that the newest word comes last."""
    time = seen.item.last_backup_time
    return time.timestamp() if time else 0.0


def _scan_vm(
    view: _View,
    vm_id: ResourceId,
    item: SeenItem | None,
    collections: tuple[SeenCollection, ...],
) -> ScannedVm | None:
    seen = view.seen
    item_id = item.item.id if item else next(filter(None, (c.item_id for c in collections)), None)
    if item_id is None and seen.protected is not None:
        return None
    held = tuple(dict.fromkeys(lock for each in collections for lock in view.locks.of(each.id)))
    points = _count(collections)
    risks = _order(item, locked=bool(held), near=(points or 0) >= NEAR_LIMIT)
    if not risks:
        return None
    vm = item.vm if item else None
    vm = vm or next(filter(None, (each.vm for each in collections)), None)
    history = item.history if item else None
    last = tell_last(item, view.reader) if item else None
    return ScannedVm(
        id=vm.id if vm else vm_id,
        vm_id=vm.vm_id if vm else "",
        exists=vm is not None if vm or seen.vms_read else None,
        location=vm.location if vm else "",
        item_id=item_id,
        vault_id=item_id.parent.parent.parent if item_id else None,
        risks=risks,
        cause=_find_cause(risks, item, view.reader),
        last_job=last,
        last_success=history.last_success if history else None,
        failures=history.failures if history else None,
        points=points,
        locks=held if seen.locks.complete else None,
        gaps=item.gaps if item else (),
        read_from=seen.read_from,
    )


def _count(collections: tuple[SeenCollection, ...]) -> int | None:
    counts = [each.points for each in collections]
    known = [count for count in counts if count is not None]
    return sum(known) if known and len(known) == len(counts) else None


def _order(item: SeenItem | None, *, locked: bool, near: bool) -> tuple[Risk, ...]:
    found = set(find_risks(item)) if item else set()
    found |= {Risk.LOCKED} if locked else set()
    found |= {Risk.NEAR_LIMIT} if near else set()
    return tuple(risk for risk in Risk if risk in found)


def _find_cause(risks: tuple[Risk, ...], item: SeenItem | None, reader: SymptomReader) -> str:
    """Name the group of a VM: what makes it fail, else its gravest risk."""
    gravest = risks[0]
    by_risk = {
        Risk.PAUSED: NO_BACKUPS,
        Risk.LOCKED: GROUP_LOCKED,
        Risk.NEAR_LIMIT: POINT_LIMIT,
        Risk.CHRONIC: FAILS_OFTEN,
    }
    if gravest in by_risk or item is None:
        return by_risk.get(gravest, NO_CODE)
    unnamed = WITH_WARNINGS if gravest is Risk.WARNINGS else NO_CODE
    symptoms = reader.read(item)
    return symptoms[0].codes[-1] if symptoms else unnamed


def _find_orphans(seen: SeenSubscription) -> Iterator[OrphanedCollection]:
    if not seen.vms_read:
        return
    for collection in seen.collections:
        if collection.vm is None:
            unknown = seen.protected is None and collection.item_id is None
            yield OrphanedCollection(
                id=collection.id,
                source_id=collection.source_id,
                location=collection.location,
                protected=None if unknown else collection.item_id is not None,
            )


def _find_locked_groups(view: _View) -> Iterator[LockedGroup]:
    for group_id, size in view.seen.group_sizes:
        if locks := view.locks.of_group(group_id):
            # Lists change the letter case of groups; locks keep it.
            written = (lock.scope for lock in locks if lock.scope == group_id)
            yield LockedGroup(id=next(written, group_id), locks=locks, collections=size)
