"""Read a VM's managed disks, and the disk encryption sets that they name."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

from azremedy.domain.evidence import Absent, Observed, Reading
from azremedy.gateways.observing import as_reading, observe

if TYPE_CHECKING:
    from azremedy.domain.evidence import Observation
    from azremedy.domain.resources import Disk, DiskEncryptionSet, VirtualMachine
    from azremedy.gateways.session import Gateways
    from azremedy.ids import ResourceId

WORKERS = 8
"""Reads at a time: a VM has up to 64 disks, and Azure allows 25 reads a second."""


def read_disks(gateways: Gateways, vm: VirtualMachine) -> Reading[Disk]:
    """Read the managed disks that a VM's model names; a gap is one that could not be read.

    A disk that Azure does not know is left out. Permission: ``Microsoft.Compute/disks/read``.

    Raises:
        SignInError: nobody can go on without signing in.
    """
    ids = tuple(dict.fromkeys(disk.id for disk in vm.disks if disk.id is not None))
    with ThreadPoolExecutor(WORKERS) as pool:
        return as_reading(pool.map(partial(_read_disk, gateways), ids))


def read_encryption_sets(gateways: Gateways, disks: Reading[Disk]) -> Reading[DiskEncryptionSet]:
    """Read the disk encryption sets that disks name, and whether their key vaults exist.

    A disk that could not be read may name another, so its gap is kept. Permissions:
    ``Microsoft.Compute/diskEncryptionSets/read`` and ``Microsoft.KeyVault/vaults/read``; without
    the latter ``key_vault_there`` is ``None``.

    Raises:
        SignInError: nobody can go on without signing in.
    """
    named = (disk.encryption_set_id for disk in disks.values)
    ids = tuple(dict.fromkeys(set_id for set_id in named if set_id is not None))
    with ThreadPoolExecutor(WORKERS) as pool:
        found = as_reading(pool.map(partial(_read_set, gateways), ids))
    return replace(found, gaps=(*disks.gaps, *found.gaps))


def _read_disk(gateways: Gateways, disk_id: ResourceId) -> Observation[Disk]:
    return observe(gateways.trace, disk_id, lambda: gateways.disks.get_disk(disk_id))


def _read_set(gateways: Gateways, set_id: ResourceId) -> Observation[DiskEncryptionSet]:
    found = observe(gateways.trace, set_id, lambda: gateways.disks.get_encryption_set(set_id))
    if not isinstance(found, Observed):
        return found
    there = _is_there(gateways, found.value.key_vault_id)
    return replace(found, value=replace(found.value, key_vault_there=there))


def _is_there(gateways: Gateways, vault_id: ResourceId | None) -> bool | None:
    if vault_id is None:
        return None
    seen = observe(gateways.trace, vault_id, lambda: gateways.key_vaults.get_vault(vault_id))
    if isinstance(seen, Absent):
        return False
    return True if isinstance(seen, Observed) else None
