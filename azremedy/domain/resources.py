"""Azure's objects as far as azremedy needs them, each under Azure's own name.

Every object is a snapshot of one answer. Times are aware UTC. Where a field may be missing from
Azure's answer its docstring says what that means.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from azremedy.ids import ResourceId


class LockLevel(StrEnum):
    """What a management lock forbids. Source: Microsoft.Authorization/locks 2020-05-01."""

    CAN_NOT_DELETE = "CanNotDelete"
    READ_ONLY = "ReadOnly"
    NOT_SPECIFIED = "NotSpecified"


@dataclass(frozen=True, slots=True, kw_only=True)
class ManagementLock:
    """A management lock with its whole body, so that it can be put back as it was."""

    id: ResourceId
    """The lock's id; ``id.scope`` is what it is attached to."""
    level: LockLevel
    """What it forbids at its scope and below."""
    notes: str | None = None
    """Free text of whoever made it."""
    owners: tuple[str, ...] = ()
    """Application ids named in ``properties.owners``."""

    @property
    def name(self) -> str:
        """The lock's name, unique at its scope only."""
        return self.id.name

    @property
    def scope(self) -> ResourceId:
        """The subscription, group or resource that the lock is attached to."""
        return self.id.scope


@dataclass(frozen=True, slots=True, kw_only=True)
class ResourceGroup:
    """A resource group."""

    id: ResourceId
    """The group's id."""
    location: str
    """Region, as Azure spells it."""
    managed_by: str = ""
    """``managedBy`` as written; the backup service puts its namespace here since 2018."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RestorePoint:
    """One instant-restore snapshot set in a restore point collection."""

    id: ResourceId
    """The restore point's id."""
    time_created: datetime | None = None
    """``timeCreated``; missing while it is being created."""
    source_vm_id: str | None = None
    """``sourceMetadata.vmId``: the VM's unique id, which a re-created VM does not share."""

    @property
    def name(self) -> str:
        """The restore point's name."""
        return self.id.name


@dataclass(frozen=True, slots=True, kw_only=True)
class RestorePointCollection:
    """A restore point collection, with or without its points read."""

    id: ResourceId
    """The collection's id; Azure upper-cases the group in subscription-wide lists."""
    location: str
    """Region."""
    source_id: str
    """``properties.source.id`` as written; empty when Azure sends none. May name a VM that is
    gone, or another collection (a copy)."""
    restore_points: tuple[RestorePoint, ...] | None = None
    """The points; ``None`` when they were not asked for, which lists never do."""
    provisioning_state: str = ""
    """``Succeeded``, ``Deleting`` and so on; free text of Compute."""

    @property
    def name(self) -> str:
        """The collection's name."""
        return self.id.name


@dataclass(frozen=True, slots=True, kw_only=True)
class VmAgent:
    """The guest agent as the instance view reports it."""

    version: str
    """``vmAgentVersion``; ``Unknown`` before its first report."""
    status_code: str
    """Such as ``ProvisioningState/succeeded``; empty when there is no status."""
    display_status: str
    """``Ready`` or ``Not Ready``."""
    message: str = ""
    """The agent's own words."""
    reported_at: datetime | None = None
    """Time of the status; an old ``Ready`` proves little."""

    @property
    def ready(self) -> bool:
        """Whether the agent said that it is ready."""
        return self.display_status.lower() == "ready"


@dataclass(frozen=True, slots=True, kw_only=True)
class VmExtension:
    """A VM extension as one of Azure's three lists shows it."""

    name: str
    """The extension's ARM name, or the handler's where only the agent reports it."""
    publisher: str
    """Such as ``Microsoft.Azure.RecoveryServices``."""
    handler_type: str
    """Such as ``VMSnapshot``: the handler, not the ARM type."""
    state: str
    """Provisioning state or last status code, as Azure spells it; may be empty."""
    seen_in: str
    """``extensions`` (the ARM list), ``instanceView`` or ``handlers``."""
    id: ResourceId | None = None
    """The ARM id, where the list gives one."""
    message: str = ""
    """Its last status in its own words; codes such as ``StatusCode.FailedSnapshotLimitReached``
    stand in it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyUse:
    """A key vault that Azure Disk Encryption of a VM or disk needs."""

    vault_id: ResourceId
    """The key vault."""
    secrets: bool = False
    """Whether a disk encryption key (BEK), a secret, lies in it."""
    keys: bool = False
    """Whether a key encryption key (KEK) lies in it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AttachedDisk:
    """A disk as the VM's model names it."""

    name: str
    """The disk's name."""
    id: ResourceId | None
    """The managed disk; ``None`` when it is not a managed one."""
    size_gib: int | None
    """``diskSizeGB``, which counts in GiB; ``None`` when Azure does not say."""
    sku: str = ""
    """``storageAccountType``; empty when the VM is deallocated or the disk is unmanaged."""
    os_disk: bool = False
    """Whether the system starts from it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Disk:
    """A managed disk."""

    id: ResourceId
    """The disk's id."""
    size_gib: int | None
    """``diskSizeGB``, which counts in GiB."""
    sku: str = ""
    """Such as ``Premium_LRS``, ``StandardSSD_LRS``, ``UltraSSD_LRS``, ``PremiumV2_LRS``."""
    max_shares: int = 1
    """More than one: several VMs may attach it."""
    key_uses: tuple[KeyUse, ...] = ()
    """Azure Disk Encryption, where it is on."""
    encryption_set_id: ResourceId | None = None
    """The disk encryption set, where a customer's key encrypts it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DiskEncryptionSet:
    """A customer's key for disks."""

    id: ResourceId
    """The set's id."""
    key_vault_id: ResourceId | None = None
    """The key vault of its active key; ``None`` when Azure names none."""
    key_vault_there: bool | None = None
    """Whether that key vault exists; ``None`` when that could not be read."""


@dataclass(frozen=True, slots=True, kw_only=True)
class VirtualMachine:
    """A virtual machine with its instance view."""

    id: ResourceId
    """The VM's id."""
    vm_id: str
    """``properties.vmId``: unique for this VM's life, also among VMs of the same name."""
    location: str
    """Region."""
    os_type: str = ""
    """``Windows`` or ``Linux``."""
    provisioning_state: str = ""
    """``properties.provisioningState``."""
    power_state: str = ""
    """The part after ``PowerState/``: ``running``, ``stopped``, ``deallocated``…; empty when the
    instance view has none."""
    provisioned_at: datetime | None = None
    """When the provisioning state became what the instance view says it is."""
    vm_agent: VmAgent | None = None
    """``None``: the VM reports no agent (deallocated, never installed)."""
    extensions: tuple[VmExtension, ...] = ()
    """What the instance view shows, from its extensions and from the agent's handlers."""
    os_name: str = ""
    """The guest's own word, such as ``ubuntu``; else the image's offer; else empty."""
    interface_ids: tuple[ResourceId, ...] = ()
    """Its network interfaces, the primary one first."""
    disks: tuple[AttachedDisk, ...] = ()
    """Its disks, the system's first."""
    key_uses: tuple[KeyUse, ...] = ()
    """Azure Disk Encryption as the model or the instance view names it."""

    @property
    def name(self) -> str:
        """The VM's name."""
        return self.id.name


@dataclass(frozen=True, slots=True, kw_only=True)
class Vault:
    """A Recovery Services vault."""

    id: ResourceId
    """The vault's id."""
    location: str
    """Region; a VM's vault is in the VM's region (support matrix, 2025-10-27)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BackupPolicy:
    """A VM backup policy, as far as it names groups and keeps points."""

    id: ResourceId
    """The policy's id."""
    group_prefix: str | None = None
    """``instantRPDetails.azureBackupRGNamePrefix``; ``None`` for the default name."""
    group_suffix: str | None = None
    """``instantRPDetails.azureBackupRGNameSuffix``."""
    policy_type: str = ""
    """``V1`` (standard) or ``V2`` (enhanced)."""
    instant_retention_days: int | None = None
    """``instantRpRetentionRangeInDays``."""
    snapshot_consistency: str = ""
    """``OnlyCrashConsistent``: backups ask neither agent nor extension; else empty."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HealthDetail:
    """One entry of a protected item's health, or of a job's error details."""

    code: int | None
    """Azure's integer, such as 400239."""
    title: str
    """The symbolic code, such as ``UserErrorRpCollectionLimitReached``; may be empty."""
    message: str = ""
    """Localized text: to show, never to match."""
    recommendations: tuple[str, ...] = ()
    """Localized text: to show, never to match."""


def vault_of(item_id: ResourceId) -> ResourceId:
    """Give the vault of a protected item: above it are its container and its fabric."""
    return item_id.parent.parent.parent


@dataclass(frozen=True, slots=True, kw_only=True)
class ProtectedItem:
    """A VM as a vault protects it."""

    id: ResourceId
    """The item's id, with container and item names of one kind."""
    source_id: str
    """``sourceResourceId`` or ``virtualMachineId``: the protected VM's id as written."""
    data_id: str = ""
    """``protectedItemDataId``: the number at the end of its collections' names."""
    container_name: str = ""
    """``properties.containerName``, which jobs repeat (without the ``IaasVMContainer;`` of ids)."""
    protection_state: str = ""
    """``Protected``, ``IRPending``, ``ProtectionStopped``…"""
    health_status: str = ""
    """``Passed``, ``ActionRequired``, ``ActionSuggested``."""
    last_backup_status: str = ""
    """``Completed``, ``CompletedWithWarnings``, ``Failed`` or empty."""
    last_backup_time: datetime | None = None
    """``None`` when there was none (Azure writes the year 2001 then)."""
    policy_id: ResourceId | None = None
    """The policy; ``None`` when protection is stopped."""
    is_scheduled_for_deferred_delete: bool = False
    """Whether the item is soft-deleted."""
    health_details: tuple[HealthDetail, ...] = ()
    """Why it is unhealthy."""

    @property
    def vault_id(self) -> ResourceId:
        """The vault that the item lies in."""
        return vault_of(self.id)

    @property
    def fabric_container_name(self) -> str:
        """The container's name as it stands in URLs, such as ``IaasVMContainer;…``."""
        return self.id.segments[11]


@dataclass(frozen=True, slots=True, kw_only=True)
class RecoveryPointTier:
    """Where a copy of a recovery point lies, and whether it can be used."""

    tier: str
    """``InstantRP``, ``HardenedRP`` (the vault), ``ArchivedRP``; old answers send a number."""
    status: str
    """``Valid``, ``Deleted``, ``Disabled``…; old answers send a number."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RecoveryPoint:
    """A point in the vault's list."""

    id: ResourceId
    """The recovery point's id."""
    time: datetime
    """``recoveryPointTime``: one to three seconds after the time in the restore point's name
    (recorded Azure traffic, 2021 to 2024)."""
    tiers: tuple[RecoveryPointTier, ...] = ()
    """Empty when Azure sent no tier details: where it lies is then not known."""
    is_instant_ilr_session_active: bool = False
    """Whether somebody has it mounted for file recovery."""


@dataclass(frozen=True, slots=True, kw_only=True)
class JobTask:
    """One phase of a backup job."""

    name: str
    """``Take Snapshot`` or ``Transfer data to vault`` for a backup."""
    status: str
    """``NotStarted``, ``InProgress``, ``Completed``, ``Failed``, ``Cancelled``."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BackupJob:
    """A job of a vault. Lists give neither tasks nor, as a rule, error details."""

    id: ResourceId
    """The job's id."""
    operation: str
    """``Backup``, ``Restore``, ``ConfigureBackup``…"""
    status: str
    """``InProgress``, ``Cancelling``, ``Completed``, ``CompletedWithWarnings``, ``Failed``,
    ``Cancelled``."""
    start_time: datetime | None = None
    """When it started."""
    end_time: datetime | None = None
    """``None`` while it runs (Azure writes the year 1)."""
    user_triggered: bool | None = None
    """``isUserTriggered``: whether it was on demand; ``None`` when Azure does not say."""
    entity_name: str = ""
    """``entityFriendlyName``: the VM's name, a hint only."""
    container_name: str = ""
    """``iaasvmcontainerv2;<group>;<vm>``: which VM the job is for; empty in some answers."""
    tasks: tuple[JobTask, ...] = ()
    """Phases; empty in lists."""
    errors: tuple[HealthDetail, ...] = ()
    """``errorDetails``."""
    dynamic_error_message: str = ""
    """``extendedInfo.dynamicErrorMessage``, which Azure documents as not localized."""

    @property
    def running(self) -> bool:
        """Whether the job has not ended yet."""
        # A word that is new to us means work, not rest.
        return self.status not in {"Completed", "CompletedWithWarnings", "Failed", "Cancelled"}
