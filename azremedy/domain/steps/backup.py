"""Back a VM up, and deal with jobs and protections that stand in the way."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import ClassVar, Literal

from azremedy.domain.steps.base import ItemRef, Reversible
from azremedy.ids import ResourceId


class WaitFor(StrEnum):
    """How far a backup is followed."""

    SNAPSHOT = "snapshot"
    """Until the snapshot is taken: the failures that azremedy repairs happen before that."""
    JOB = "job"
    """Until the job has ended, the transfer to the vault included."""
    NONE = "none"
    """Until the service has accepted the backup and named its job."""


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
class WaitForIdle:
    """Wait until no job works on the VM any more, in whichever vault it runs."""

    permission: ClassVar[str] = "Microsoft.RecoveryServices/Vaults/backupJobs/read"
    reversible: ClassVar[Reversible] = Reversible.NOTHING
    repeatable: ClassVar[bool] = True

    vm_id: ResourceId
    """The VM."""
    items: tuple[ItemRef, ...]
    """Its protected items, the stopped ones in old vaults too."""
    timeout_s: int
    """Seconds after which the wait is given up."""
    kind: Literal["WaitForIdle"] = "WaitForIdle"

    @property
    def target(self) -> ResourceId:
        """The VM's id."""
        return self.vm_id


@dataclass(frozen=True, slots=True, kw_only=True)
class CancelJob:
    """Cancel a running backup job and wait until it has ended.

    The service takes it in the snapshot phase only.
    Source: learn.microsoft.com/azure/backup/backup-azure-vms-troubleshoot (2025-11-12).
    """

    permission: ClassVar[str] = "Microsoft.RecoveryServices/Vaults/backupJobs/cancel/action"
    reversible: ClassVar[Reversible] = Reversible.NO
    repeatable: ClassVar[bool] = True

    job_id: ResourceId
    """The job."""
    item: ItemRef
    """The protected item that it works on."""
    kind: Literal["CancelJob"] = "CancelJob"

    @property
    def target(self) -> ResourceId:
        """The job's id."""
        return self.job_id


@dataclass(frozen=True, slots=True, kw_only=True)
class ResumeProtection:
    """Protect a paused item again with the policy that it had, or with the one that was named.

    Source: learn.microsoft.com/azure/backup/backup-azure-manage-vms, "resume protection".
    """

    permission: ClassVar[str] = (
        "Microsoft.RecoveryServices/Vaults/backupFabrics/protectionContainers/protectedItems/write"
    )
    reversible: ClassVar[Reversible] = Reversible.NO
    repeatable: ClassVar[bool] = True

    item_id: ResourceId
    """The protected item."""
    vm_id: ResourceId
    """The VM that it protects."""
    policy_id: ResourceId
    """The policy that protects it from now on."""
    kind: Literal["ResumeProtection"] = "ResumeProtection"

    @property
    def target(self) -> ResourceId:
        """The protected item's id."""
        return self.item_id
