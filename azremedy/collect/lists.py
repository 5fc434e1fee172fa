"""Lists of the whole subscription, each read once for all VMs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from azremedy.collect.readers import combine
from azremedy.domain.evidence import Reading
from azremedy.domain.naming import GroupNamePattern
from azremedy.errors import NotFoundError
from azremedy.gateways.backup import JobFilter
from azremedy.ids import VIRTUAL_MACHINE

if TYPE_CHECKING:
    from azremedy.collect.readers import Reader
    from azremedy.domain.resources import (
        BackupJob,
        BackupPolicy,
        ManagementLock,
        ProtectedItem,
        ResourceGroup,
        RestorePointCollection,
        Vault,
    )
    from azremedy.ids import ResourceId


def list_locks(reader: Reader) -> Reading[ManagementLock]:
    """List all locks of the subscription, at every level."""
    return reader.read_once("locks", reader.gateways.locks.list_locks)


def list_groups(reader: Reader) -> Reading[ResourceGroup]:
    """List all groups of the subscription."""
    return reader.read_once("resource groups", reader.gateways.groups.list_groups)


def list_collections(reader: Reader) -> Reading[RestorePointCollection]:
    """List all restore point collections of the subscription, without their points."""
    return reader.read_once("restore point collections", reader.gateways.compute.list_collections)


def read_points(
    reader: Reader, collection: RestorePointCollection
) -> tuple[RestorePointCollection, ...]:
    """Read a collection with its points; one that has gone meanwhile is none."""
    try:
        return (reader.gateways.compute.get_collection(collection.id),)
    except NotFoundError:
        return ()


def list_vaults(reader: Reader) -> Reading[Vault]:
    """List all vaults of the subscription."""
    return reader.read_once("vaults", reader.gateways.groups.list_vaults)


def list_items(reader: Reader, vault: Vault) -> Reading[ProtectedItem]:
    """List the VMs that a vault protects."""
    backup = reader.gateways.backup
    return reader.read_once(vault.id, lambda: backup.list_items(vault.id))


def list_policies(reader: Reader, vault_id: ResourceId) -> Reading[BackupPolicy]:
    """List a vault's VM policies."""
    backup = reader.gateways.backup

    def read() -> Reading[BackupPolicy]:
        return reader.read(vault_id, lambda: backup.list_policies(vault_id))

    return reader.memo.once(f"policies of {vault_id}".lower(), read)


def list_recent_jobs(reader: Reader, vault_id: ResourceId) -> Reading[BackupJob]:
    """List a week's jobs of a vault, of all its VMs: the service is sparing with reads of jobs."""
    recent = JobFilter.recent(reader.clock.now())
    backup = reader.gateways.backup

    def read() -> Reading[BackupJob]:
        return reader.read(vault_id, lambda: backup.list_jobs(vault_id, recent))

    return reader.memo.once(f"jobs of {vault_id}".lower(), read)


def list_patterns(reader: Reader) -> Reading[GroupNamePattern]:
    """List the group names that the policies of all vaults give."""
    policies = combine(lambda vault: list_policies(reader, vault.id), list_vaults(reader))
    patterns = dict.fromkeys(_pattern(policy) for policy in policies.values)
    return Reading(
        values=tuple(pattern for pattern in patterns if pattern is not None),
        gaps=policies.gaps,
        receipts=policies.receipts,
    )


def list_homes_of_vms(reader: Reader) -> Reading[ResourceId]:
    """List the groups that VMs live in, once for each VM."""
    found = reader.read("VMs", lambda: reader.gateways.groups.list_resources(VIRTUAL_MACHINE))
    return Reading(
        values=tuple(vm.id.group for vm in found.values), gaps=found.gaps, receipts=found.receipts
    )


def _pattern(policy: BackupPolicy) -> GroupNamePattern | None:
    if not policy.group_prefix:
        return None
    return GroupNamePattern(prefix=policy.group_prefix, suffix=policy.group_suffix or "")
