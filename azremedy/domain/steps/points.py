"""Delete restore point collections, or let the service clean them up."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Literal

from azremedy.domain.steps.base import ItemRef, Reversible
from azremedy.ids import ResourceId


@dataclass(frozen=True, slots=True, kw_only=True)
class DeleteRestorePointCollection:
    """Delete a restore point collection with all restore points in it.

    Only instant-restore snapshots are lost, never data in the vault.
    Source: learn.microsoft.com/azure/backup/backup-azure-vm-backup-faq (2025-10-27).
    """

    permission: ClassVar[str] = "Microsoft.Compute/restorePointCollections/delete"
    reversible: ClassVar[Reversible] = Reversible.NO
    repeatable: ClassVar[bool] = True

    collection_id: ResourceId
    """The collection."""
    source_id: ResourceId
    """The VM that ``properties.source.id`` must still name right before the deletion."""
    source_gone: bool = False
    """Whether that VM must be gone right before the deletion, instead of being there."""
    restore_points: tuple[str, ...]
    """Names of the points shown in the loss sheet: no other may be there at the deletion."""
    idle_items: tuple[ItemRef, ...] = ()
    """Protected items for which no job may run right before the deletion."""
    kind: Literal["DeleteRestorePointCollection"] = "DeleteRestorePointCollection"

    @property
    def target(self) -> ResourceId:
        """The collection's id."""
        return self.collection_id


@dataclass(frozen=True, slots=True, kw_only=True)
class WaitForCleanup:
    """Wait until the backup service has deleted old restore points by itself."""

    permission: ClassVar[str] = "Microsoft.Compute/restorePointCollections/read"
    reversible: ClassVar[Reversible] = Reversible.NOTHING
    repeatable: ClassVar[bool] = True

    vm_id: ResourceId
    """The VM."""
    collection_ids: tuple[ResourceId, ...]
    """Its collections."""
    below: int
    """The clean-up is done when fewer points than this are left in all of them together."""
    timeout_s: int
    """Seconds after which the clean-up counts as not confirmed."""
    kind: Literal["WaitForCleanup"] = "WaitForCleanup"

    @property
    def target(self) -> ResourceId:
        """The VM's id."""
        return self.vm_id
