"""What Azure Backup says about a VM when it is asked whether it protects it."""

from __future__ import annotations

from dataclasses import dataclass

from azremedy.ids import ResourceId


@dataclass(frozen=True, slots=True, kw_only=True)
class BackupProtection:
    """What the service says about a VM: whether, and where, it is protected."""

    protection_status: str
    """``Protected``, ``NotProtected``, ``Protecting`` or ``ProtectionFailed``."""
    vault_id: ResourceId | None
    """``None`` when not protected."""
    fabric_name: str = ""
    """Usually ``Azure``."""
    container_name: str = ""
    """The container's name as it stands in URLs; answered even when not protected."""
    item_name: str = ""
    """The item's name as it stands in URLs; answered even when not protected."""
