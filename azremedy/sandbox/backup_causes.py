"""Say of each error code of the backup service whether a world causes it.

One function a code: it reads documents and hidden facts and changes nothing. In which order they
are asked, and the table of what triggers which code, stands in `backup_verdict`.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from azremedy.sandbox import (
    backup_errors,
    backup_keys,
    backup_network,
    backup_view,
    guest_extensions,
    guest_facts,
    vm_state,
)
from azremedy.sandbox.locks_enforcement import locking_scopes

if TYPE_CHECKING:
    from azremedy.sandbox.backup_errors import BackupError
    from azremedy.sandbox.guest_model import Guest  # noqa: TC004 # Scene only names it
    from azremedy.sandbox.http import Json  # noqa: TC004 # Scene only names it
    from azremedy.sandbox.world import World  # noqa: TC004 # Scene only names it

POINT_LIMIT = 18
"""How many restore points a VM may have over all collections and groups.

Source: learn.microsoft.com/azure/backup, article
backup-azure-troubleshoot-vm-backup-fails-snapshot-timeout (2025-11-12).
"""
_TIB = 1024
"""GiB in a TiB, since Compute writes sizes in GiB."""
LARGEST_DISK_GIB = 64 * _TIB
"""Source: learn.microsoft.com/azure/backup/backup-support-matrix-iaas (2025-10-27)."""
LARGEST_TOTAL_GIB = 512 * _TIB
"""Over all disks of a VM; same source."""
LARGEST_ENCRYPTED_GIB = 4 * _TIB
"""Of a disk under Azure Disk Encryption. Source: the article of `POINT_LIMIT`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Scene:
    """One machine at the moment of its backup."""

    world: World
    """Everything around it; only read."""
    vm: Json
    """The machine's document, with its instance view."""
    guest: Guest
    """What is hidden inside it."""
    home: str
    """The id of the collection into which the next restore point would go."""


def vm_failed(scene: Scene) -> BackupError | None:
    """UserErrorVmProvisioningStateFailed: the machine's provisioning state is Failed."""
    failed = scene.vm["properties"].get("provisioningState") == "Failed"
    return backup_errors.VM_FAILED if failed else None


def disk_too_large(scene: Scene) -> BackupError | None:
    """UserErrorUnsupportedDiskSize: a disk over 64 TiB, encrypted over 4, or all over 512."""
    sizes = _sizes(scene)
    encrypted = bool(backup_keys.settings_of(scene.world, scene.vm))
    limit = LARGEST_ENCRYPTED_GIB if encrypted else LARGEST_DISK_GIB
    too_large = sum(sizes) > LARGEST_TOTAL_GIB or any(size > limit for size in sizes)
    return backup_errors.DISK_SIZE if too_large else None


def keys_closed(scene: Scene) -> BackupError | None:
    """UserErrorKeyvaultPermissionsNotConfigured: encrypted, and the vault lets no backup in."""
    closed = backup_keys.locked_out(scene.world, scene.vm)
    return backup_errors.KEY_VAULT if closed else None


def agent_silent(scene: Scene) -> BackupError | None:
    """UserErrorGuestAgentStatusUnavailable: the VM agent is not Ready."""
    return None if vm_state.agent_ready(scene.vm) else backup_errors.AGENT


def no_network(scene: Scene) -> BackupError | None:
    """ExtensionSnapshotFailedNoNetwork: neither the host's way to a snapshot nor the guest's.

    The host's needs a supported agent that reaches it, the guest's needs Storage; without DHCP the
    guest has neither.
    Source: github.com/Azure/azure-linux-extensions, VMBackup (2026-08).
    """
    if not scene.guest.dhcp:
        return backup_errors.NO_NETWORK
    by_host = scene.guest.host_reachable and not _outdated(scene)
    by_guest = not backup_network.storage_blocked(scene.world, scene.vm)
    return None if by_host or by_guest else backup_errors.NO_NETWORK


def no_snapshot_status(scene: Scene) -> BackupError | None:
    """GuestAgentSnapshotTaskStatusError: the agent looks Ready and does not carry out."""
    linux = vm_state.os_type(scene.vm) == "linux"
    dead = not guest_facts.agent_runs(scene.guest, scene.vm)
    causes = (linux and _outdated(scene), linux and _switched_off(scene.guest), dead)
    blocked = scene.guest.blocker == "AppLocker"
    return backup_errors.SNAPSHOT_STATUS if blocked or any(causes) else None


def extension_broken(scene: Scene) -> BackupError | None:
    """ExtensionOperationFailedForManagedDisks: the backup extension is failed or stuck."""
    broken = guest_extensions.snapshot_broken(scene.world, scene.vm)
    return backup_errors.EXTENSION if broken else None


def program_killed(scene: Scene) -> BackupError | None:
    """UserErrorCrpReportedUserError: an antivirus kills the backup extension's program."""
    if scene.guest.blocker != "antivirus":
        return None
    detail = "VMRestorePointInternalError: the snapshot failed because IaaSBcdrExtension.exe ended."
    return replace(backup_errors.COMPUTE, detail=detail)


def runtime_mismatch(scene: Scene) -> BackupError | None:
    """BackUpOperationFailed: the Visual C++ runtime does not fit iaasvmprovider.dll."""
    return None if scene.guest.visual_c else backup_errors.INTERNAL


def disk_key_missing(scene: Scene) -> BackupError | None:
    """UserErrorCrpReportedUserError: the key vault of a disk encryption set is gone."""
    for disk_id in backup_keys.disk_ids(scene.vm):
        if _lacks_key_vault(scene, disk_id):
            detail = "DiskRestorePointClientError: the key vault of a disk encryption set is gone."
            return replace(backup_errors.COMPUTE, detail=detail)
    return None


def group_read_only(scene: Scene) -> BackupError | None:
    """BackUpOperationFailedV2: a ReadOnly lock lets no restore point into the service's group."""
    locked = locking_scopes(scene.world, scene.home, "write")
    return backup_errors.INTERNAL_V2 if locked else None


def too_many_points(scene: Scene) -> BackupError | None:
    """UserErrorRpCollectionLimitReached: 18 points over all collections, locked or not."""
    count = len(backup_view.points_of_vm(scene.world, scene.vm["id"]))
    return backup_errors.LIMIT if count >= POINT_LIMIT else None


def _sizes(scene: Scene) -> list[int]:
    profile = scene.vm["properties"].get("storageProfile", {})
    disks = [profile.get("osDisk") or {}, *(profile.get("dataDisks") or [])]
    return [_size(scene, disk) for disk in disks]


def _size(scene: Scene, disk: Json) -> int:
    """Give a disk's size in GiB; its own document knows better than the machine's."""
    document = scene.world.documents.get((disk.get("managedDisk") or {}).get("id", "") or "/")
    own = document["properties"].get("diskSizeGB") if document else None
    return int(own or disk.get("diskSizeGB") or 0)


def _outdated(scene: Scene) -> bool:
    return guest_facts.agent_outdated(scene.world, scene.vm)


def _switched_off(guest: Guest) -> bool:
    """Tell whether waagent.conf keeps extensions from running.

    Source: the article of `POINT_LIMIT`, which calls the switch `Extensions.Enable`.
    """
    switches = guest_facts.switches(guest)
    enabled = switches["Extensions.Enabled"].lower() == "y"
    return not enabled or switches["Provisioning.Agent"].lower() not in {"auto", "waagent"}


def _lacks_key_vault(scene: Scene, disk_id: str) -> bool:
    disk = scene.world.documents.get(disk_id) or {"properties": {}}
    set_id = (disk["properties"].get("encryption") or {}).get("diskEncryptionSetId", "")
    encryption_set = scene.world.documents.get(set_id) if set_id else None
    if not encryption_set:
        return False
    active = encryption_set["properties"].get("activeKey") or {}
    vault_id = (active.get("sourceVault") or {}).get("id", "")
    return bool(vault_id) and vault_id not in scene.world.documents
