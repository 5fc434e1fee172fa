"""Read a VM and what a changing command needs about it."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING, Never, TypeVar

from azremedy.collect import backups, lists
from azremedy.collect.readers import select
from azremedy.domain.evidence import NOT_ASKED, Reading
from azremedy.domain.naming import GroupNamePattern
from azremedy.domain.ownership import names_vm
from azremedy.domain.resources import (
    ManagementLock,
    RecoveryPoint,
    ResourceGroup,
    RestorePointCollection,
    VmExtension,
)
from azremedy.domain.worlds import VmEvidence
from azremedy.errors import NotFoundError, TargetNotFoundError

if TYPE_CHECKING:
    from collections.abc import Callable

    from azremedy.collect.needs import Needs
    from azremedy.collect.readers import Reader
    from azremedy.domain.resources import ProtectedItem, VirtualMachine
    from azremedy.ids import ResourceId

ItemT = TypeVar("ItemT")


@dataclass(frozen=True, slots=True, kw_only=True)
class VmLists:
    """Lists about a VM that do not hang on what is in it."""

    locks: Reading[ManagementLock]
    """All locks of the subscription."""
    groups: Reading[ResourceGroup]
    """All groups of the subscription."""
    patterns: Reading[GroupNamePattern]
    """Custom group names of all VM policies."""
    collections: Reading[RestorePointCollection]
    """Collections whose source is the VM, with their points."""
    recovery_points: Reading[RecoveryPoint]
    """The vaults' recovery points of it."""
    extensions: Reading[VmExtension]
    """Its extensions in ARM's list."""


def collect_vm(reader: Reader, vm_id: ResourceId, needs: Needs) -> VmEvidence:
    """Read a VM and what a command needs about it.

    Raises:
        TargetNotFoundError: when the VM does not exist.
        AzremedyError: when the VM itself cannot be read.
    """
    vm = get_vm(reader, vm_id)
    with ThreadPoolExecutor() as pool:
        finding = pool.submit(backups.list_items_of, reader, vm.id, vm.location)
        reading = pool.submit(read_lists, reader, vm.id, items=finding.result, needs=needs)
        items = finding.result()
        jobs = backups.list_jobs_of(reader, items)
        lists_read = reading.result()
    return VmEvidence(
        vm=vm,
        read_at=reader.clock.now(),
        locks=lists_read.locks,
        groups=lists_read.groups,
        patterns=lists_read.patterns,
        items=items,
        collections=lists_read.collections,
        running_jobs=select(jobs, lambda job: job.running),
        todays_backups=backups.select_todays_backups(reader, jobs),
        recovery_points=lists_read.recovery_points,
        extensions=lists_read.extensions,
    )


def get_vm(reader: Reader, vm_id: ResourceId) -> VirtualMachine:
    """Read a VM with its instance view.

    Raises:
        TargetNotFoundError: when it does not exist.
        AzremedyError: when it cannot be read.
    """
    try:
        return reader.gateways.compute.get_vm(vm_id)
    except NotFoundError as error:
        raise TargetNotFoundError(f"There is no VM {vm_id}", answer=error.answer) from error


def read_lists(
    reader: Reader,
    vm_id: ResourceId,
    *,
    items: Callable[[], Reading[ProtectedItem]],
    needs: Needs,
) -> VmLists:
    """Read what a command needs about a VM, side by side.

    Args:
        reader: the subscription's.
        vm_id: the VM.
        items: gives its items as soon as they are known.
        needs: which lists; the others are not asked for.
    """
    points = needs.collections
    with ThreadPoolExecutor() as pool:
        locks = start(pool, lambda: lists.list_locks(reader), wanted=points or needs.locks)
        groups = start(pool, lambda: lists.list_groups(reader), wanted=points)
        patterns = start(pool, lambda: lists.list_patterns(reader), wanted=points)
        collections = start(pool, lambda: list_collections_of(reader, vm_id), wanted=points)
        vaulted = start(pool, lambda: backups.list_points_of(reader, items()), wanted=points)
        extensions = start(pool, lambda: list_extensions(reader, vm_id), wanted=needs.extensions)
        return VmLists(
            locks=locks(),
            groups=groups(),
            patterns=patterns(),
            collections=collections(),
            recovery_points=vaulted(),
            extensions=extensions(),
        )


def start(
    pool: ThreadPoolExecutor, read: Callable[[], Reading[ItemT]], *, wanted: bool
) -> Callable[[], Reading[ItemT]]:
    """Start to read a list; what comes back waits for it. Without need it is not asked for."""
    if not wanted:
        return _not_asked
    return pool.submit(read).result


def _not_asked() -> Reading[Never]:
    return NOT_ASKED


def list_collections_of(reader: Reader, vm_id: ResourceId) -> Reading[RestorePointCollection]:
    """List the collections whose source is the VM, with their points."""
    found = lists.list_collections(reader)
    mine = select(found, lambda collection: names_vm(collection.source_id, vm_id))
    return reader.gather(lambda collection: lists.read_points(reader, collection), mine)


def list_extensions(reader: Reader, vm_id: ResourceId) -> Reading[VmExtension]:
    """List the VM's extensions in ARM's list."""
    return reader.read(vm_id, lambda: reader.gateways.compute.list_extensions(vm_id))
