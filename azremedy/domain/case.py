"""All that was read about one VM's trouble: what the rules look at."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from azremedy.domain.evidence import NOT_ASKED, UNREAD, Observation, Observed, Reading, Unreadable
from azremedy.domain.guest import GuestFacts
from azremedy.domain.keys import KeyFacts
from azremedy.domain.naming import GroupNamePattern
from azremedy.domain.network import NetworkFacts
from azremedy.domain.resources import (
    BackupJob,
    BackupPolicy,
    Disk,
    DiskEncryptionSet,
    ManagementLock,
    ProtectedItem,
    RecoveryPoint,
    ResourceGroup,
    RestorePointCollection,
    VirtualMachine,
    VmExtension,
)
from azremedy.domain.symptom import Symptom
from azremedy.domain.worlds import VmEvidence
from azremedy.ids import ResourceId


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """Everything that was read about one VM. What no rule in play needs is not asked for."""

    vm_id: ResourceId
    """The VM, whether or not it exists."""
    read_at: datetime
    """Azure's time when the last of it was read."""
    symptoms: tuple[Symptom, ...] = ()
    """The codes of its failed backup."""
    vm: Observation[VirtualMachine] = UNREAD
    """The VM with its instance view; absent when Azure knows no such VM."""
    items: Reading[ProtectedItem] = NOT_ASKED
    """The vaults' items for it; a gap is a vault that could not be read."""
    policy: Observation[BackupPolicy] = UNREAD
    """The policy of the item that protects it; absent when no active item names one."""
    last_backup: Observation[BackupJob] = UNREAD
    """Its newest backup job that has ended, with error details; absent when there is none. One
    that was cancelled tells nothing about the VM and is passed over."""
    running_jobs: Reading[BackupJob] = NOT_ASKED
    """Its jobs that have not ended, in every vault that knows it."""
    todays_backups: Reading[BackupJob] = NOT_ASKED
    """Its backup jobs since midnight UTC, in every vault that knows it."""
    locks: Reading[ManagementLock] = NOT_ASKED
    """All locks of the subscription."""
    groups: Reading[ResourceGroup] = NOT_ASKED
    """All groups of the subscription."""
    patterns: Reading[GroupNamePattern] = NOT_ASKED
    """Custom group names of all VM policies."""
    collections: Reading[RestorePointCollection] = NOT_ASKED
    """Collections whose source is this VM, with their points."""
    recovery_points: Reading[RecoveryPoint] = NOT_ASKED
    """The vaults' recovery points of it."""
    extensions: Reading[VmExtension] = NOT_ASKED
    """Its extensions in ARM's list; the instance view's are in ``vm``."""
    disks: Reading[Disk] = NOT_ASKED
    """Its managed disks; a gap is a disk that could not be read."""
    encryption_sets: Reading[DiskEncryptionSet] = NOT_ASKED
    """The disk encryption sets that its disks name."""
    keys: KeyFacts = KeyFacts()  # noqa: RUF009 - frozen
    """Key vaults; nothing is asked for when the VM is not encrypted by Azure Disk Encryption."""
    network: Observation[NetworkFacts] = UNREAD
    """The way from its primary interface to Azure Storage."""
    guest: Observation[GuestFacts] = UNREAD
    """What a check inside told; nobody looks inside without being told to."""

    @property
    def gaps(self) -> tuple[Unreadable, ...]:
        """Everything that was asked for and could not be read, each once."""
        facts = (self.vm, self.policy, self.last_backup, self.network, self.guest)
        lists: tuple[Reading[object], ...] = (
            self.items,
            self.running_jobs,
            self.todays_backups,
            self.locks,
            self.groups,
            self.patterns,
            self.collections,
            self.recovery_points,
            self.extensions,
            self.disks,
            self.keys.vaults,
            self.keys.grants,
            self.encryption_sets,
        )
        single = [fact for fact in (*facts, self.keys.principal) if isinstance(fact, Unreadable)]
        found = (*single, *(gap for reading in lists for gap in reading.gaps))
        return tuple(dict.fromkeys(gap for gap in found if gap != UNREAD))

    def as_evidence(self) -> VmEvidence | None:
        """Give what planners work on; ``None`` when the VM itself was not seen."""
        if not isinstance(self.vm, Observed):
            return None
        return VmEvidence(
            vm=self.vm.value,
            read_at=self.read_at,
            locks=self.locks,
            groups=self.groups,
            patterns=self.patterns,
            items=self.items,
            collections=self.collections,
            running_jobs=self.running_jobs,
            todays_backups=self.todays_backups,
            recovery_points=self.recovery_points,
            extensions=self.extensions,
        )
