"""Find the restore point collections whose VM is gone."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

from azremedy.collect import backups, lists
from azremedy.collect.readers import combine, select
from azremedy.domain.evidence import Absent, Reading, Unreadable
from azremedy.domain.ownership import parse_vm_id
from azremedy.domain.worlds import OrphansEvidence

if TYPE_CHECKING:
    from azremedy.collect.readers import Reader
    from azremedy.domain.evidence import Observation
    from azremedy.domain.resources import (
        ProtectedItem,
        RestorePointCollection,
        VirtualMachine,
    )
    from azremedy.ids import ResourceId


def collect_orphans(reader: Reader) -> OrphansEvidence:
    """Read the subscription's orphaned collections and what a deletion of them needs to know.

    A VM counts as gone only when Azure answers 404 for it: lists leave out, without a word, what
    the caller may not read.
    """
    bare = lists.list_collections(reader)
    gone, unsure = _find_gone(reader, bare)
    orphans = select(bare, lambda each: parse_vm_id(each.source_id) in gone)
    with ThreadPoolExecutor() as pool:
        reading_vms = pool.submit(reader.read, "VMs", reader.gateways.compute.list_vms)
        reading_locks = pool.submit(lists.list_locks, reader)
        reading_groups = pool.submit(lists.list_groups, reader)
        reading_patterns = pool.submit(lists.list_patterns, reader)
        items = combine(lambda vault: lists.list_items(reader, vault), lists.list_vaults(reader))
        mine = select(items, lambda item: parse_vm_id(item.source_id) in gone)
        read = reader.gather(lambda each: lists.read_points(reader, each), orphans)
    return OrphansEvidence(
        subscription_id=reader.gateways.subscription_id,
        read_at=reader.clock.now(),
        collections=Reading(values=read.values, gaps=(*read.gaps, *unsure), receipts=read.receipts),
        vms=reading_vms.result(),
        items=items,
        groups=reading_groups.result(),
        patterns=reading_patterns.result(),
        locks=reading_locks.result(),
        running_jobs=select(backups.list_jobs_of(reader, _known(mine)), lambda job: job.running),
        recovery_points=backups.list_points_of(reader, _known(mine)),
    )


def _find_gone(
    reader: Reader, collections: Reading[RestorePointCollection]
) -> tuple[frozenset[ResourceId], tuple[Unreadable, ...]]:
    """Look at each source once; give the VMs that are gone, and those that cannot be looked at."""
    sources = (parse_vm_id(each.source_id) for each in collections.values)
    vm_ids = tuple(dict.fromkeys(id_ for id_ in sources if id_ is not None))
    with ThreadPoolExecutor() as pool:
        seen = dict(zip(vm_ids, pool.map(lambda id_: _look(reader, id_), vm_ids), strict=True))
    gone = frozenset(id_ for id_, vm in seen.items() if isinstance(vm, Absent))
    return gone, tuple(vm for vm in seen.values() if isinstance(vm, Unreadable))


def _look(reader: Reader, vm_id: ResourceId) -> Observation[VirtualMachine]:
    if vm_id.subscription_id.lower() != reader.gateways.subscription_id.lower():
        why = "it is in another subscription, which this command does not look into"
        return Unreadable(source=str(vm_id), why=why)
    return reader.observe(vm_id, lambda: reader.gateways.compute.get_vm(vm_id))


def _known(items: Reading[ProtectedItem]) -> Reading[ProtectedItem]:
    """Ask only the vaults of these items; that others could not be read is told already."""
    return Reading(values=items.values, receipts=items.receipts)
