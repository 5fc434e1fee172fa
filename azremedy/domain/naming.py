"""What names tell, which is never proof by itself.

Sources: learn.microsoft.com/azure/backup/backup-during-vm-creation (group names and their custom
form), learn.microsoft.com/azure/azure-resource-manager/management/move-limitations (collection
names), recorded Azure traffic 2018-2024 (restore point names, the number in a collection's name).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime

BACKUP_SERVICE = "microsoft.recoveryservices"
PROTECTION_LOCK_NAME = "AzureBackupProtectionLock"

_DEFAULT_GROUP = re.compile(r"AzureBackupRG_(?P<geo>[^/]+)_(?P<number>\d+)", re.IGNORECASE)
_COLLECTION = re.compile(r"AzureBackup(?:RG)?_(?P<vm>.+?)(?:_(?P<number>\d{6,}))?", re.IGNORECASE)
_RESTORE_POINT = re.compile(r"AzureBackup_(\d{8}_\d{6})", re.IGNORECASE)


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupNamePattern:
    """The group name that a policy asks for: ``<prefix><number><suffix>``."""

    prefix: str
    """``azureBackupRGNamePrefix``, never empty."""
    suffix: str = ""
    """``azureBackupRGNameSuffix``."""

    def fits(self, group_name: str) -> bool:
        """Say whether a group's name has this form, without case."""
        pattern = re.escape(self.prefix) + r"\d+" + re.escape(self.suffix)
        return re.fullmatch(pattern, group_name, re.IGNORECASE) is not None


@dataclass(frozen=True, slots=True, kw_only=True)
class CollectionName:
    """The two parts of the name that the backup service gives a collection."""

    vm_name: str
    """The VM's name, mostly lower-cased."""
    data_id: str
    """The protected item's ``protectedItemDataId``; empty in names of before 2018."""


def is_default_group_name(group_name: str) -> bool:
    """Say whether a group is named ``AzureBackupRG_<geo>_<number>``."""
    return _DEFAULT_GROUP.fullmatch(group_name) is not None


def is_managed_by_backup(managed_by: str) -> bool:
    """Say whether ``managedBy`` names the backup service.

    It is written ``subscriptions/<id>/providers/Microsoft.RecoveryServices/`` on groups made since
    September 2018 (recorded Azure traffic) and missing on older ones.
    """
    return managed_by.strip("/").lower().endswith(f"/providers/{BACKUP_SERVICE}")


def parse_collection_name(name: str) -> CollectionName | None:
    """Split a collection's name at its last ``_``; ``None`` when the service did not give it."""
    if (match := _COLLECTION.fullmatch(name)) is None:
        return None
    return CollectionName(vm_name=match["vm"], data_id=match["number"] or "")


def restore_point_time(name: str) -> datetime | None:
    """Read the UTC time in a restore point's name; ``None`` when the service did not give it."""
    if (match := _RESTORE_POINT.fullmatch(name)) is None:
        return None
    try:
        return datetime.fromisoformat(match[1].replace("_", "T")).replace(tzinfo=UTC)
    except ValueError:
        return None
