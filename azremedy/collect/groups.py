"""Find the restore point groups of a subscription, by names and by what is in them."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import TYPE_CHECKING

from azremedy.collect import lists
from azremedy.domain import ownership
from azremedy.domain.evidence import Reading, Unreadable
from azremedy.domain.locks import is_inherited
from azremedy.domain.worlds import GroupsEvidence, RestorePointGroup
from azremedy.gateways.groups import READ_GROUPS

if TYPE_CHECKING:
    from collections.abc import Iterable

    from azremedy.collect.readers import Reader
    from azremedy.domain.naming import GroupNamePattern
    from azremedy.domain.resources import ManagementLock, ResourceGroup, RestorePointCollection
    from azremedy.ids import ResourceId


def collect_groups(reader: Reader) -> GroupsEvidence:
    """Find the subscription's restore point groups.

    Raises:
        AzremedyError: when the groups themselves cannot be listed.
    """
    with ThreadPoolExecutor() as pool:
        reading_groups = pool.submit(reader.gateways.groups.list_groups)
        reading_locks = pool.submit(lists.list_locks, reader)
        reading_patterns = pool.submit(lists.list_patterns, reader)
        reading_homes = pool.submit(lists.list_homes_of_vms, reader)
        collections = _read_collections(reader)
    groups = reading_groups.result()
    locks, homes = reading_locks.result(), reading_homes.result()
    patterns = reading_patterns.result()
    found = tuple(
        replace(
            _describe(group, known_by, collections.values, locks.values),
            holds_vms=_holds_vms(group, homes),
        )
        for group in sorted(groups, key=lambda group: group.id)
        if (known_by := _known_by(group, patterns.values, collections.values))
    )
    hidden = _find_hidden_groups(groups, collections.values)
    return GroupsEvidence(
        subscription_id=reader.gateways.subscription_id,
        read_at=reader.clock.now(),
        groups=found,
        locks_read=locks.complete,
        gaps=(*locks.gaps, *patterns.gaps, *homes.gaps, *collections.gaps, *hidden),
    )


def _read_collections(reader: Reader) -> Reading[RestorePointCollection]:
    """Read all collections with points; those without points could not be read."""
    bare = lists.list_collections(reader)
    return _keep_unread(reader.gather(lambda each: lists.read_points(reader, each), bare), bare)


def _describe(
    group: ResourceGroup,
    known_by: str,
    collections: Iterable[RestorePointCollection],
    locks: Iterable[ManagementLock],
) -> RestorePointGroup:
    inside = [lock for lock in locks if group.id.contains(lock.scope)]
    return RestorePointGroup(
        group=group,
        known_by=known_by,
        locks=tuple(lock for lock in inside if lock.scope == group.id),
        resource_locks=tuple(lock for lock in inside if lock.scope != group.id),
        inherited_locks=tuple(lock for lock in locks if is_inherited(lock)),
        collections=tuple(c for c in collections if group.id.contains(c.id)),
    )


def _find_hidden_groups(
    groups: Iterable[ResourceGroup], collections: Iterable[RestorePointCollection]
) -> tuple[Unreadable, ...]:
    """Find groups that hold the service's collections and that ARM's list leaves out."""
    shown = {group.id for group in groups}
    ours = (each.id.group for each in collections if ownership.looks_like_backup(each))
    why = "the list of groups does not show it: the permission to read it may be missing"
    return tuple(
        Unreadable(source=str(group_id), why=why, action=READ_GROUPS)
        for group_id in dict.fromkeys(ours)
        if group_id not in shown
    )


def _known_by(
    group: ResourceGroup,
    patterns: Iterable[GroupNamePattern],
    collections: Iterable[RestorePointCollection],
) -> str | None:
    if (known_by := ownership.is_restore_point_group(group, patterns)) is not None:
        return known_by
    inside = (collection for collection in collections if group.id.contains(collection.id))
    return "its collections" if any(map(ownership.looks_like_backup, inside)) else None


def _holds_vms(group: ResourceGroup, homes: Reading[ResourceId]) -> bool | None:
    if group.id in homes.values:
        return True
    return False if homes.complete else None


def _keep_unread(
    read: Reading[RestorePointCollection], bare: Reading[RestorePointCollection]
) -> Reading[RestorePointCollection]:
    """Keep collections whose points could not be read: they are there all the same."""
    unread = {gap.source for gap in read.gaps}
    kept = tuple(collection for collection in bare.values if str(collection.id) in unread)
    return replace(read, values=(*read.values, *kept))
