"""Decide how a backup ends, from the world as it stands."""

from __future__ import annotations

from typing import TYPE_CHECKING

from azremedy.sandbox import backup_errors, backup_names, backup_view, guest_extensions, vm_state
from azremedy.sandbox.locks_enforcement import locking_scopes

if TYPE_CHECKING:
    from azremedy.sandbox.backup_errors import BackupError
    from azremedy.sandbox.http import Json
    from azremedy.sandbox.world import World

POINT_LIMIT = 18
"""How many restore points a VM may have over all collections and groups.

Source: learn.microsoft.com/azure/backup, article
backup-azure-troubleshoot-vm-backup-fails-snapshot-timeout (2025-11-12).
"""


def failure(world: World, item: Json) -> BackupError | None:
    """Say why a backup of the item would fail now; None when it would succeed."""
    vm = backup_view.vm_of(world, item)
    if vm is None:
        return backup_errors.VM_GONE
    return _guest_failure(world, item, vm) or _compute_failure(world, item, vm)


def home_of(world: World, item: Json, location: str) -> str:
    """Give the id of the collection into which the item's next restore point goes."""
    policy = backup_view.policy_of(world, item)
    subscription = "/".join(item["properties"]["virtualMachineId"].split("/")[:3])
    group = f"{subscription}/resourceGroups/{backup_names.group_name(policy, location)}"
    name = backup_names.collection_name(item)
    return f"{group}/providers/{backup_names.COLLECTION_TYPE}/{name}"


def agentless(world: World, item: Json) -> bool:
    """Tell whether the policy asks for crash-consistent snapshots, which need no agent.

    Source: learn.microsoft.com/azure/backup/whats-new (2025-07).
    """
    policy = backup_view.policy_of(world, item) or {"properties": {}}
    return bool(policy["properties"].get("snapshotConsistencyType") == "OnlyCrashConsistent")


def cleanable(world: World, collection: Json) -> bool:
    """Tell whether no lock keeps the service from deleting restore points of a collection."""
    points = backup_view.points_of(world, collection["id"])
    return not any(locking_scopes(world, point["id"], "delete") for point in points)


def _guest_failure(world: World, item: Json, vm: Json) -> BackupError | None:
    """Look into the guest; a machine that is off is backed up without asking it.

    Source: learn.microsoft.com/azure/backup/backup-support-matrix-iaas (2025-10-27).
    """
    if vm["properties"].get("provisioningState") == "Failed":
        return backup_errors.VM_FAILED
    if vm_state.power(vm) != "running" or agentless(world, item):
        return None
    if not vm_state.agent_ready(vm):
        return backup_errors.AGENT
    return backup_errors.EXTENSION if guest_extensions.snapshot_broken(world, vm) else None


def _compute_failure(world: World, item: Json, vm: Json) -> BackupError | None:
    if locking_scopes(world, home_of(world, item, vm["location"]), "write"):
        return backup_errors.COMPUTE
    count = len(backup_view.points_of_vm(world, vm["id"]))
    return backup_errors.LIMIT if count >= POINT_LIMIT else None
