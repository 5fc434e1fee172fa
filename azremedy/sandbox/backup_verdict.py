"""Decide how a backup ends, from the world as it stands.

Codes by the world that triggers them, in the order in which they are asked for; the first that
applies is the backup's end. `guest` is the scenario's section of hidden facts.

| code | the world |
| --- | --- |
| UserErrorBcmDatasourceNotPresent | protection stopped, paused or suspended: no job begins |
| CloudDosTimeboudLimitReached | nine on-demand backups began this UTC day: no job begins |
| UserErrorBackupOperationInProgress | a job of the VM runs, in this or in another vault |
| UserErrorRpCollectionDeleted | the collection was deleted while the snapshot was taken |
| UserErrorVmNotFoundV2 | the VM does not exist |
| UserErrorVmProvisioningStateFailed | the VM's provisioningState is Failed |
| UserErrorVmNotInDesirableState | the VM's provisioningState is one of a change under way |
| UserErrorUnsupportedDiskSize | a disk over 64 TiB, one over 4 under ADE, or all over 512 |
| UserErrorKeyvaultPermissionsNotConfigured | ADE, and a key vault without rights for Backup |
| UserErrorCrpReportedUserError | a shared disk, or Premium SSD v2 or Ultra without an Enhanced
  policy (VMRestorePointClientError in the job's text) |
| UserErrorGuestAgentStatusUnavailable | VM running and the agent not Ready |
| ExtensionSnapshotFailedNoNetwork | guest: no DHCP; or the host's way closed (agent too old, or
  guest: hostReachable false) and Storage blocked by rule, route or private subnet |
| GuestAgentSnapshotTaskStatusError | agent Ready, but Linux: outdated or switched off in
  waagent.conf; or guest: services not running, shutDown (also of a stopped VM), AppLocker |
| ExtensionStuckInDeletionState | backup extension in state Deleting |
| ExtensionOperationFailedForManagedDisks | backup extension not Succeeded, another one Failed, or
  guest: leftovers |
| UserErrorCrpReportedUserError | guest: antivirus (VMRestorePointInternalError in the job's text);
  or a disk encryption set whose key vault is gone (DiskRestorePointClientError) |
| ExtensionFailedVssServiceInBadState | guest: service VSS not running |
| ExtensionSnapshotFailedCOM | guest: service COMSysApp not running |
| ExtensionInstallationFailedMDTC | guest: service MSDTC not running |
| BackUpOperationFailed | guest: visualC false |
| UserErrorRequestDisallowedByPolicy | a policy denies the service's group, which is not there |
| BackUpOperationFailedV2 | a ReadOnly lock on the service's group or above |
| UserErrorCrpReportedUserError | 18 points, and somebody reads one (DiskRestorePointUsedByCustomer
  in the job's text) |
| UserErrorRpCollectionLimitReached | 18 points over all collections, with or without a lock |
| UserErrorStandardSSDNotSupported | none: Standard SSD is supported today, so scripted only |

A machine that is off, and one whose policy asks for crash-consistent points only, is backed up
without asking its guest. Which of the two spellings of BackUpOperationFailed a cause gets is the
sandbox's choice: Microsoft's texts do not tell them apart.
Source: learn.microsoft.com/azure/backup, articles
backup-azure-troubleshoot-vm-backup-fails-snapshot-timeout and backup-azure-vms-troubleshoot
(2025-11-12).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from azremedy.sandbox import (
    backup_causes,
    backup_disks,
    backup_errors,
    backup_names,
    backup_view,
    guest_facts,
    vm_state,
)
from azremedy.sandbox.locks_enforcement import locking_scopes

if TYPE_CHECKING:
    from azremedy.sandbox.backup_error import BackupError
    from azremedy.sandbox.http import Json
    from azremedy.sandbox.world import World

_MODEL = (
    backup_causes.vm_failed,
    backup_causes.vm_changing,
    backup_disks.too_large,
    backup_causes.keys_closed,
    backup_disks.kind_unsupported,
    backup_causes.shut_down_inside,
)
_GUEST = (
    backup_causes.agent_silent,
    backup_causes.no_network,
    backup_causes.no_snapshot_status,
    backup_causes.extension_being_deleted,
    backup_causes.extension_broken,
    backup_causes.other_extension_failed,
    backup_causes.program_killed,
    backup_causes.service_down,
    backup_causes.runtime_mismatch,
)
_COMPUTE = (
    backup_disks.key_missing,
    backup_causes.group_denied,
    backup_causes.group_read_only,
    backup_causes.points_in_use,
    backup_causes.too_many_points,
)


def failure(world: World, item: Json) -> BackupError | None:
    """Say why a backup of the item would fail now; None when it would succeed.

    Source of the guest being left out: learn.microsoft.com/azure/backup/backup-support-matrix-iaas
    (2025-10-27).
    """
    vm = backup_view.vm_of(world, item)
    if vm is None:
        return backup_errors.VM_GONE
    scene = backup_causes.Scene(
        world=world,
        vm=vm,
        guest=guest_facts.of(world, vm["id"]),
        home=home_of(world, item, vm["location"]),
        enhanced=_policy_type(world, item) == "V2",
    )
    asks_guest = vm_state.power(vm) == "running" and not agentless(world, item)
    causes = (*_MODEL, *(_GUEST if asks_guest else ()), *_COMPUTE)
    return next(filter(None, (cause(scene) for cause in causes)), None)


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


def _policy_type(world: World, item: Json) -> str:
    policy = backup_view.policy_of(world, item) or {"properties": {}}
    return str(policy["properties"].get("policyType", "V1"))


def cleanable(world: World, collection: Json) -> bool:
    """Tell whether no lock keeps the service from deleting restore points of a collection."""
    points = backup_view.points_of(world, collection["id"])
    return not any(locking_scopes(world, point["id"], "delete") for point in points)
