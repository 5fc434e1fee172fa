"""Read a VM's case: first what names the symptom, then what the rules in play look at."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from azremedy.collect import backups
from azremedy.collect.disks import read_disks, read_encryption_sets
from azremedy.collect.keys import read_keys
from azremedy.collect.needs import Needs
from azremedy.collect.network import read_network
from azremedy.collect.readers import select
from azremedy.collect.vms import read_lists
from azremedy.domain.case import Case
from azremedy.domain.evidence import (
    NOT_ASKED,
    UNREAD,
    Absent,
    Observation,
    Observed,
    Reading,
    Unreadable,
)
from azremedy.domain.keys import KeyFacts
from azremedy.domain.network import NetworkFacts
from azremedy.domain.points import find_home_groups, name_home_group
from azremedy.domain.resources import Disk, DiskEncryptionSet
from azremedy.domain.rules.base import Need
from azremedy.domain.rules.points import is_denial_told
from azremedy.errors import TargetNotFoundError

if TYPE_CHECKING:
    from collections.abc import Collection

    from azremedy.collect.readers import Reader
    from azremedy.domain.resources import ResourceGroup, VirtualMachine
    from azremedy.ids import ResourceId


@dataclass(frozen=True, slots=True, kw_only=True)
class Surroundings:
    """What hangs on the VM's own document."""

    disks: Reading[Disk] = NOT_ASKED
    """Its managed disks."""
    encryption_sets: Reading[DiskEncryptionSet] = NOT_ASKED
    """The disk encryption sets that its disks name."""
    keys: KeyFacts = KeyFacts()  # noqa: RUF009 - frozen
    """Its key vaults."""
    network: Observation[NetworkFacts] = UNREAD
    """Its way to Azure Storage."""


def collect_case(reader: Reader, vm_id: ResourceId) -> Case:
    """Read the VM, its items, its jobs, its policy and its last failure: what names the symptom.

    Raises:
        TargetNotFoundError: there is no such VM, and no vault protects one of that id.
        SignInError: nobody can go on without signing in.
    """
    vm = reader.observe(vm_id, lambda: reader.gateways.compute.get_vm(vm_id))
    region = vm.value.location if isinstance(vm, Observed) else None
    items = backups.list_items_of(reader, vm_id, region)
    if isinstance(vm, Absent) and items.complete and not items.values:
        raise TargetNotFoundError(f"There is no VM {vm_id}, and no vault protects one")
    with ThreadPoolExecutor() as pool:
        policy = pool.submit(backups.read_policy, reader, items)
        jobs = backups.list_jobs_of(reader, items)
        last_backup = backups.read_last_backup(reader, items, jobs)
    return Case(
        vm_id=vm_id,
        read_at=reader.clock.now(),
        vm=vm,
        items=items,
        policy=policy.result(),
        last_backup=last_backup,
        running_jobs=select(jobs, lambda job: job.running),
        todays_backups=backups.select_todays_backups(reader, jobs),
    )


def complete_case(reader: Reader, case: Case, needs: Collection[Need]) -> Case:
    """Read what the rules in play look at, and nothing else.

    Raises:
        SignInError: nobody can go on without signing in.
    """
    there = not isinstance(case.vm, Absent)
    wanted = Needs(collections=Need.POINTS in needs, extensions=Need.EXTENSIONS in needs and there)
    with ThreadPoolExecutor() as pool:
        around = pool.submit(_read_surroundings, reader, case.vm, needs)
        lists = read_lists(reader, case.vm_id, items=lambda: case.items, needs=wanted)
        found = around.result()
    groups = lists.groups
    if Need.POINTS in needs and is_denial_told(case):
        groups = _add_home_group(reader, replace(case, patterns=lists.patterns), groups)
    return replace(
        case,
        read_at=reader.clock.now(),
        locks=lists.locks,
        groups=groups,
        patterns=lists.patterns,
        collections=lists.collections,
        recovery_points=lists.recovery_points,
        extensions=lists.extensions if there else Reading(),
        disks=found.disks,
        encryption_sets=found.encryption_sets,
        keys=found.keys,
        network=found.network,
    )


def _add_home_group(
    reader: Reader, case: Case, groups: Reading[ResourceGroup]
) -> Reading[ResourceGroup]:
    """Add the group in which the service keeps a VM's points, if the list leaves it out.

    ARM's list leaves out what the caller may not read; only 404 says that a group is not there.
    """
    seen = replace(case, groups=groups).as_evidence()
    if seen is None or find_home_groups(seen, case):
        return groups
    group_id = name_home_group(seen.vm, case)
    if group_id is None:
        return groups
    found = reader.observe(group_id, lambda: reader.gateways.groups.get_group(group_id))
    if isinstance(found, Unreadable):
        return replace(groups, gaps=(*groups.gaps, found))
    values = (found.value,) if isinstance(found, Observed) else ()
    return replace(groups, values=(*groups.values, *values))


def _read_surroundings(
    reader: Reader, vm: Observation[VirtualMachine], needs: Collection[Need]
) -> Surroundings:
    """Read disks, keys and network: where the VM is not known neither are they."""
    if isinstance(vm, Absent):
        return _surroundings_of_nothing(vm)
    if isinstance(vm, Unreadable):
        return _unread_surroundings(vm, needs)
    with ThreadPoolExecutor() as pool:
        network = pool.submit(_read_network, reader, vm.value, needs)
        disks = _list_disks(reader, vm.value, needs)
        sets = pool.submit(_list_encryption_sets, reader, disks, needs)
        keys = _read_keys(reader, vm.value, disks=disks, needs=needs)
    return Surroundings(
        disks=disks, encryption_sets=sets.result(), keys=keys, network=network.result()
    )


def _surroundings_of_nothing(vm: Absent) -> Surroundings:
    """Say that what is gone has no disks, keys or network: nothing is left to be asked for."""
    none = KeyFacts(principal=vm, vaults=Reading(), grants=Reading())
    return Surroundings(disks=Reading(), encryption_sets=Reading(), keys=none, network=vm)


def _unread_surroundings(vm: Unreadable, needs: Collection[Need]) -> Surroundings:
    """Say why what is needed could not even be asked for."""
    disks: Reading[Disk] = Reading(gaps=(vm,)) if _needs_disks(needs) else NOT_ASKED
    sets: Reading[DiskEncryptionSet] = Reading(gaps=(vm,)) if Need.DISKS in needs else NOT_ASKED
    keys = KeyFacts(vaults=Reading(gaps=(vm,))) if Need.KEYS in needs else KeyFacts()
    network = vm if Need.NETWORK in needs else UNREAD
    return Surroundings(disks=disks, encryption_sets=sets, keys=keys, network=network)


def _needs_disks(needs: Collection[Need]) -> bool:
    """Say whether disks are wanted: which key vaults there are stands in them."""
    return Need.DISKS in needs or Need.KEYS in needs


def _read_network(
    reader: Reader, vm: VirtualMachine, needs: Collection[Need]
) -> Observation[NetworkFacts]:
    if Need.NETWORK not in needs:
        return UNREAD
    reader.gateways.trace.forget()
    return reader.stamp(read_network(reader.gateways, vm))


def _list_disks(reader: Reader, vm: VirtualMachine, needs: Collection[Need]) -> Reading[Disk]:
    return read_disks(reader.gateways, vm) if _needs_disks(needs) else NOT_ASKED


def _list_encryption_sets(
    reader: Reader, disks: Reading[Disk], needs: Collection[Need]
) -> Reading[DiskEncryptionSet]:
    return read_encryption_sets(reader.gateways, disks) if Need.DISKS in needs else NOT_ASKED


def _read_keys(
    reader: Reader, vm: VirtualMachine, *, disks: Reading[Disk], needs: Collection[Need]
) -> KeyFacts:
    return read_keys(reader.gateways, vm, disks) if Need.KEYS in needs else KeyFacts()
