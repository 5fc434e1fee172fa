"""Read one subscription by each service's own lists, where Resource Graph cannot be used.

It takes a list of vaults, of VMs, of collections and of locks, and for each vault one of its items
and one of its jobs: exact, and many times as many requests as a question to Resource Graph.
"""

from __future__ import annotations

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING

from azremedy.collect import lists
from azremedy.collect.readers import combine
from azremedy.domain.estate import ReadFrom
from azremedy.domain.evidence import Reading, Unreadable
from azremedy.domain.last_jobs import find_risks, is_backed_up
from azremedy.domain.naming import parse_collection_name
from azremedy.domain.ownership import parse_vm_id
from azremedy.domain.resources import BackupJob, ProtectedItem, RestorePointCollection
from azremedy.domain.sightings import (
    SeenCollection,
    SeenItem,
    SeenSubscription,
    SeenVm,
    tell_history,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from azremedy.collect.readers import Reader
    from azremedy.domain.resources import Vault, VirtualMachine
    from azremedy.ids import ResourceId


@dataclass(frozen=True, slots=True, kw_only=True)
class _Vaulted:
    """What one vault tells."""

    items: Reading[ProtectedItem]
    jobs: Reading[BackupJob]

    @property
    def seen(self) -> Iterator[tuple[ProtectedItem, tuple[BackupJob, ...]]]:
        """Give each item that is backed up, with the jobs of its name."""
        by_name: dict[str, list[BackupJob]] = {}
        for job in self.jobs.values:
            by_name.setdefault(_name_of(job), []).append(job)
        for item in self.items.values:
            if is_backed_up(item):
                name = item.container_name.rpartition(";")[2].lower()
                yield item, tuple(by_name.get(name, ()))


def read_by_services(reader: Reader, *, why: str) -> SeenSubscription:
    """Read a subscription; what cannot be read is in its gaps.

    Args:
        reader: the subscription's.
        why: why Resource Graph was not used.

    Raises:
        SignInError: nobody can go on without signing in.
    """
    with ThreadPoolExecutor() as pool:
        locking = pool.submit(lists.list_locks, reader)
        listing = pool.submit(lists.list_collections, reader)
        looking = pool.submit(reader.read, "VMs", reader.gateways.compute.list_vms)
        vaults = lists.list_vaults(reader)
        told = combine(lambda vault: _read_vault(reader, vault), vaults)
        collections, machines = listing.result(), looking.result()
    vms = {vm.id: _seen_vm(vm) for vm in machines.values}
    item_gaps = tuple(gap for each in told.values for gap in each.items.gaps)
    gaps = (*told.gaps, *item_gaps, *_job_gaps(told), *machines.gaps, *collections.gaps)
    seen = [pair for each in told.values for pair in _see_items(each, vms)]
    by_vm = {each.vm_id: each.item.id for each in seen if each.vm_id is not None}
    # ARM leaves vaults that the caller may not read out of its list, without a word.
    blind = bool(collections.gaps) and not vaults.values
    return SeenSubscription(
        id=reader.gateways.subscription_id.lower(),
        read_from=ReadFrom.NOBODY if blind else ReadFrom.SERVICES,
        why=why,
        read_at=None if blind else reader.clock.now(),
        protected=None if blind or vaults.gaps or item_gaps else len(seen),
        vms_read=machines.complete,
        locks=locking.result(),
        items=tuple(each for each in seen if find_risks(each)),
        collections=tuple(_see_collections(collections, vms, by_vm)),
        group_sizes=tuple(Counter(each.id.group for each in collections.values).items()),
        gaps=tuple(dict.fromkeys(gaps)),
    )


def _read_vault(reader: Reader, vault: Vault) -> Reading[_Vaulted]:
    items = lists.list_items(reader, vault)
    jobs: Reading[BackupJob] = Reading()
    if items.values:
        jobs = lists.list_recent_jobs(reader, vault.id)
    return Reading(values=(_Vaulted(items=items, jobs=jobs),), receipts=items.receipts)


def _job_gaps(told: Reading[_Vaulted]) -> Iterator[Unreadable]:
    return (gap for each in told.values for gap in each.jobs.gaps)


def _name_of(job: BackupJob) -> str:
    """Give the VM's name of a job, by which jobs are looked through."""
    return (job.container_name.rpartition(";")[2] or job.entity_name).lower()


def _see_items(told: _Vaulted, vms: Mapping[ResourceId, SeenVm]) -> Iterator[SeenItem]:
    for item, jobs in told.seen:
        vm_id = parse_vm_id(item.source_id)
        yield SeenItem(
            item=item,
            vm=vms.get(vm_id) if vm_id is not None else None,
            history=tell_history(jobs, item) if told.jobs.complete else None,
        )


def _see_collections(
    collections: Reading[RestorePointCollection],
    vms: Mapping[ResourceId, SeenVm],
    items: Mapping[ResourceId, ResourceId],
) -> Iterator[SeenCollection]:
    for each in collections.values:
        source = parse_vm_id(each.source_id)
        if source is not None and parse_collection_name(each.name) is not None:
            yield SeenCollection(
                id=each.id,
                location=each.location,
                source_id=source,
                vm=vms.get(source),
                item_id=items.get(source),
            )


def _seen_vm(vm: VirtualMachine) -> SeenVm:
    return SeenVm(id=vm.id, vm_id=vm.vm_id, location=vm.location)
