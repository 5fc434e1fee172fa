"""What was read about a VM or a subscription: the evidence that guards and planners work on."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from azremedy.domain.evidence import NOT_ASKED, Reading, Unreadable
from azremedy.domain.naming import GroupNamePattern
from azremedy.domain.recent import NOTHING, Recent
from azremedy.domain.resources import (
    BackupJob,
    ManagementLock,
    ProtectedItem,
    RecoveryPoint,
    ResourceGroup,
    RestorePointCollection,
    VirtualMachine,
    VmExtension,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class VmEvidence:
    """Everything that was read about one VM. What a command does not need is ``NOT_ASKED``."""

    vm: VirtualMachine
    """The VM with its instance view."""
    read_at: datetime
    """Azure's time when the last of it was read."""
    locks: Reading[ManagementLock] = NOT_ASKED
    """All locks of the VM's subscription, at every level."""
    groups: Reading[ResourceGroup] = NOT_ASKED
    """All groups of the subscription."""
    patterns: Reading[GroupNamePattern] = NOT_ASKED
    """Custom group names of all VM policies; a gap is a vault that could not be read."""
    items: Reading[ProtectedItem] = NOT_ASKED
    """The vaults' items for this VM; a gap is a vault that could not be read."""
    collections: Reading[RestorePointCollection] = NOT_ASKED
    """Collections whose source is this VM, with their points."""
    running_jobs: Reading[BackupJob] = NOT_ASKED
    """This VM's jobs that have not ended, in every vault that protects it."""
    todays_backups: Reading[BackupJob] = NOT_ASKED
    """This VM's backup jobs since midnight UTC, in every vault that protects it."""
    recovery_points: Reading[RecoveryPoint] = NOT_ASKED
    """The vaults' recovery points of this VM."""
    extensions: Reading[VmExtension] = NOT_ASKED
    """The VM's extensions in ARM's list; the instance view's are in ``vm``."""
    recent: Recent = NOTHING
    """What azremedy did about its backup in the last day, as journals tell."""

    @property
    def gaps(self) -> tuple[Unreadable, ...]:
        """Everything that could not be read, each once."""
        readings: tuple[Reading[object], ...] = (
            self.locks,
            self.groups,
            self.patterns,
            self.items,
            self.collections,
            self.running_jobs,
            self.todays_backups,
            self.recovery_points,
            self.extensions,
        )
        asked = [reading for reading in readings if reading is not NOT_ASKED]
        return tuple(dict.fromkeys(gap for reading in asked for gap in reading.gaps))


@dataclass(frozen=True, slots=True, kw_only=True)
class RestorePointGroup:
    """A group in which the backup service keeps restore point collections."""

    group: ResourceGroup
    """The group."""
    known_by: str
    """``default name``, ``policy's name``, ``managedBy`` or ``its collections``."""
    locks: tuple[ManagementLock, ...] = ()
    """Locks at the group itself."""
    resource_locks: tuple[ManagementLock, ...] = ()
    """Locks on resources in the group."""
    holds_vms: bool | None = None
    """Whether VMs live in it, so that its lock is theirs too; ``None`` when that was not read."""
    inherited_locks: tuple[ManagementLock, ...] = ()
    """Locks on the subscription, which bind the group too."""
    collections: tuple[RestorePointCollection, ...] = ()
    """The collections in it, of whichever product, with their points where they could be read."""


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupsEvidence:
    """The restore point groups of one subscription."""

    subscription_id: str
    """The subscription."""
    read_at: datetime
    """Azure's time when the last of it was read."""
    groups: tuple[RestorePointGroup, ...] = ()
    """What was found, by name."""
    locks_read: bool = True
    """Whether the locks could be read: otherwise none are shown, whatever there is."""
    gaps: tuple[Unreadable, ...] = ()
    """What could not be read: there may be more groups, locks or points than shown."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OrphansEvidence:
    """The collections of a subscription whose VM does not exist any more."""

    subscription_id: str
    """The subscription."""
    read_at: datetime
    """Azure's time when the last of it was read."""
    collections: Reading[RestorePointCollection] = NOT_ASKED
    """Collections, with points, whose source is a VM id for which Azure answered 404."""
    vms: Reading[VirtualMachine] = NOT_ASKED
    """The VMs of the subscription: one that was moved lives on under another id."""
    items: Reading[ProtectedItem] = NOT_ASKED
    """The items of all vaults."""
    groups: Reading[ResourceGroup] = NOT_ASKED
    """All groups."""
    patterns: Reading[GroupNamePattern] = NOT_ASKED
    """Custom group names of all VM policies."""
    locks: Reading[ManagementLock] = NOT_ASKED
    """All locks."""
    running_jobs: Reading[BackupJob] = NOT_ASKED
    """Jobs that have not ended, of the items whose VM is gone."""
    recovery_points: Reading[RecoveryPoint] = NOT_ASKED
    """The vaults' recovery points of those items."""

    @property
    def gaps(self) -> tuple[Unreadable, ...]:
        """Everything that could not be read, each once."""
        lists: tuple[Reading[object], ...] = (
            self.collections,
            self.vms,
            self.items,
            self.groups,
            self.patterns,
            self.locks,
            self.running_jobs,
            self.recovery_points,
        )
        asked = [reading for reading in lists if reading is not NOT_ASKED]
        return tuple(dict.fromkeys(gap for reading in asked for gap in reading.gaps))
