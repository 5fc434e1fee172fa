"""The changes and waits that a plan can hold: a closed set of values.

There is no step that deletes a resource group, and there never will be: the backup service's
groups are shared by all VMs of a region, and people keep other things in them.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import ClassVar, Literal

from azremedy.domain.resources import ManagementLock
from azremedy.ids import ResourceId


class Reversible(StrEnum):
    """Whether a step can be undone."""

    YES = "yes"
    """The inverse step puts everything back."""
    BY_SERVICE = "by-service"
    """Azure makes the thing again by itself at the next backup."""
    NO = "no"
    """What is gone is gone."""
    NOTHING = "nothing"
    """It changes nothing that could be undone."""


class WaitFor(StrEnum):
    """How far a backup is followed."""

    SNAPSHOT = "snapshot"
    """Until the snapshot is taken: the failures that azremedy repairs happen before that."""
    JOB = "job"
    """Until the job has ended, the transfer to the vault included."""
    NONE = "none"
    """Until the service has accepted the backup and named its job."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ItemRef:
    """A protected item as jobs name it."""

    item_id: ResourceId
    """The protected item."""
    container_name: str
    """``iaasvmcontainerv2;<group>;<vm>``, which its jobs carry."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DeleteLock:
    """Remove a management lock and wait until Azure no longer shows it."""

    permission: ClassVar[str] = "Microsoft.Authorization/locks/delete"
    reversible: ClassVar[Reversible] = Reversible.YES
    repeatable: ClassVar[bool] = True

    lock: ManagementLock
    """The lock as it was read, with its whole body: what would be put back."""
    leased: bool = False
    """Whether this run puts it back at its end, whatever the ending."""
    kind: Literal["DeleteLock"] = "DeleteLock"

    @property
    def target(self) -> ResourceId:
        """The lock's id."""
        return self.lock.id


@dataclass(frozen=True, slots=True, kw_only=True)
class CreateLock:
    """Put a lock back as it was, notes and owners included."""

    permission: ClassVar[str] = "Microsoft.Authorization/locks/write"
    reversible: ClassVar[Reversible] = Reversible.YES
    repeatable: ClassVar[bool] = True

    lock: ManagementLock
    """The lock's whole body."""
    kind: Literal["CreateLock"] = "CreateLock"

    @property
    def target(self) -> ResourceId:
        """The lock's id."""
        return self.lock.id


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
class DeleteExtension:
    """Uninstall the backup service's snapshot extension; the next backup installs it again.

    Source: learn.microsoft.com/azure/backup/backup-azure-manage-vms.
    """

    permission: ClassVar[str] = "Microsoft.Compute/virtualMachines/extensions/delete"
    reversible: ClassVar[Reversible] = Reversible.BY_SERVICE
    repeatable: ClassVar[bool] = True

    extension_id: ResourceId
    """The extension's ARM id."""
    vm_unique_id: str
    """The VM's ``vmId``: a VM re-created under the same name is not the target."""
    agent_may_be_dead: bool = False
    """Whether it is tried although the VM, or its agent, cannot do its part."""
    idle_items: tuple[ItemRef, ...] = ()
    """Protected items for which no job may run right before the deletion."""
    kind: Literal["DeleteExtension"] = "DeleteExtension"

    @property
    def target(self) -> ResourceId:
        """The extension's id."""
        return self.extension_id


@dataclass(frozen=True, slots=True, kw_only=True)
class TriggerBackup:
    """Start an on-demand backup, once.

    Not repeatable: a second request is a second backup, or UserErrorBackupOperationInProgress.
    """

    permission: ClassVar[str] = (
        "Microsoft.RecoveryServices/Vaults/backupFabrics/protectionContainers"
        "/protectedItems/backup/action"
    )
    reversible: ClassVar[Reversible] = Reversible.NO
    repeatable: ClassVar[bool] = False

    item_id: ResourceId
    """The protected item."""
    container_name: str
    """The item's container as jobs name it."""
    retain_days: int
    """Days after which the service may delete the recovery point."""
    kind: Literal["TriggerBackup"] = "TriggerBackup"

    @property
    def target(self) -> ResourceId:
        """The protected item's id."""
        return self.item_id


@dataclass(frozen=True, slots=True, kw_only=True)
class WaitForJob:
    """Follow the backup that was triggered just before to the end that is asked for."""

    permission: ClassVar[str] = "Microsoft.RecoveryServices/Vaults/backupJobs/read"
    reversible: ClassVar[Reversible] = Reversible.NOTHING
    repeatable: ClassVar[bool] = True

    item_id: ResourceId
    """The protected item."""
    until: WaitFor
    """What counts as the end."""
    timeout_s: int
    """Seconds after which the backup counts as not confirmed."""
    failure_expected: bool = False
    """Whether a failed job is part of the plan: the first backup after an unlock may fail
    (learn.microsoft.com/azure/backup, "agent or extension" article, 2025-11-12)."""
    kind: Literal["WaitForJob"] = "WaitForJob"

    @property
    def target(self) -> ResourceId:
        """The protected item's id."""
        return self.item_id


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


Step = (
    DeleteLock
    | CreateLock
    | DeleteRestorePointCollection
    | DeleteExtension
    | TriggerBackup
    | WaitForJob
    | WaitForCleanup
)
