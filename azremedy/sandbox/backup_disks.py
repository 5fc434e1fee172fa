"""Say whether a machine's disks keep it from being backed up."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from azremedy.sandbox import backup_errors, backup_keys

if TYPE_CHECKING:
    from azremedy.sandbox.backup_causes import Scene
    from azremedy.sandbox.backup_error import BackupError
    from azremedy.sandbox.http import Json

_TIB = 1024
"""GiB in a TiB, since Compute writes sizes in GiB."""
LARGEST_DISK_GIB = 64 * _TIB
"""Source: learn.microsoft.com/azure/backup/backup-support-matrix-iaas (2025-10-27)."""
LARGEST_TOTAL_GIB = 512 * _TIB
"""Over all disks of a VM; same source."""
LARGEST_ENCRYPTED_GIB = 4 * _TIB
"""Of a disk under Azure Disk Encryption. Source: learn.microsoft.com/azure/backup, article
backup-azure-troubleshoot-vm-backup-fails-snapshot-timeout (2025-11-12)."""
_NEED_ENHANCED = frozenset({"premiumv2_lrs", "ultrassd_lrs"})


def too_large(scene: Scene) -> BackupError | None:
    """UserErrorUnsupportedDiskSize: a disk over 64 TiB, encrypted over 4, or all over 512."""
    sizes = [_size(scene, disk) for disk in _disks(scene.vm)]
    encrypted = bool(backup_keys.settings_of(scene.world, scene.vm))
    limit = LARGEST_ENCRYPTED_GIB if encrypted else LARGEST_DISK_GIB
    over = sum(sizes) > LARGEST_TOTAL_GIB or any(size > limit for size in sizes)
    return backup_errors.DISK_SIZE if over else None


def kind_unsupported(scene: Scene) -> BackupError | None:
    """UserErrorCrpReportedUserError: a shared disk, or a kind that asks for an Enhanced policy.

    Source: learn.microsoft.com/azure/virtual-machines/restore-point-troubleshooting (2023-04-12),
    on shared disks; learn.microsoft.com/azure/backup/backup-support-matrix-iaas (2025-10-27), on
    the others. For these no text names a code: the same one is the sandbox's choice.
    """
    for disk in _disks(scene.vm):
        kind, shared = _kind(scene, disk), _shared(scene, disk)
        if shared or (kind in _NEED_ENHANCED and not scene.enhanced):
            why = "a shared disk" if shared else "a disk of a kind that the policy does not support"
            detail = f"VMRestorePointClientError: the machine has {why}."
            return replace(backup_errors.COMPUTE, detail=detail)
    return None


def key_missing(scene: Scene) -> BackupError | None:
    """UserErrorCrpReportedUserError: the key vault of a disk encryption set is gone."""
    for disk_id in backup_keys.disk_ids(scene.vm):
        if _lacks_key_vault(scene, disk_id):
            detail = "DiskRestorePointClientError: the key vault of a disk encryption set is gone."
            return replace(backup_errors.COMPUTE, detail=detail)
    return None


def _size(scene: Scene, disk: Json) -> int:
    """Give a disk's size in GiB; its own document knows better than the machine's."""
    own = _document(scene, disk).get("properties", {}).get("diskSizeGB")
    return int(own or disk.get("diskSizeGB") or 0)


def _disks(vm: Json) -> list[Json]:
    profile = vm["properties"].get("storageProfile", {})
    return [profile.get("osDisk") or {}, *(profile.get("dataDisks") or [])]


def _kind(scene: Scene, disk: Json) -> str:
    own = (_document(scene, disk).get("sku") or {}).get("name")
    return str(own or (disk.get("managedDisk") or {}).get("storageAccountType", "")).lower()


def _shared(scene: Scene, disk: Json) -> bool:
    return int(_document(scene, disk).get("properties", {}).get("maxShares") or 1) > 1


def _document(scene: Scene, disk: Json) -> Json:
    found: Json = scene.world.documents.get((disk.get("managedDisk") or {}).get("id", "") or "/")
    return found or {}


def _lacks_key_vault(scene: Scene, disk_id: str) -> bool:
    disk = scene.world.documents.get(disk_id) or {"properties": {}}
    set_id = (disk["properties"].get("encryption") or {}).get("diskEncryptionSetId", "")
    encryption_set = scene.world.documents.get(set_id) if set_id else None
    if not encryption_set:
        return False
    active = encryption_set["properties"].get("activeKey") or {}
    vault_id = (active.get("sourceVault") or {}).get("id", "")
    return bool(vault_id) and vault_id not in scene.world.documents
