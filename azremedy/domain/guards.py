"""May this happen? Every guard is judged before the first write, and all answers are shown.

A guard that has nothing against it answers with nothing. A refusal names the one flag that turns
it into a warning, where there is one. There is none for a collection that is not the backup
service's.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from azremedy.domain import locks
from azremedy.domain.plan import Copy, Decision, Verdict

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from azremedy.domain.evidence import Reading
    from azremedy.domain.plan import PointLoss
    from azremedy.domain.resources import (
        BackupJob,
        ManagementLock,
        ProtectedItem,
        RecoveryPoint,
        VirtualMachine,
    )
    from azremedy.ids import ResourceId

ACCEPT_LOSS = "--accept-loss"
AGENT_NOT_READY = "--agent-not-ready"
DURING_JOB = "--during-job"
INCLUDE_INHERITED = "--include-inherited"
MAX_BACKUPS = "--max-backups-per-day"
MAX_TARGETS = "--max-targets"
UNLOCK = "--unlock"

RESTORE_POINT_LIMIT = 18
"""Instant restore points that the service keeps for one VM over all its collections.
Source: learn.microsoft.com/azure/azure-resource-manager/management/lock-resources (2024-03-08)."""

SUPPORTED_BACKUPS_PER_DAY = 4
"""One scheduled and three on-demand backups. Source: support matrix (2025-10-27)."""

TRIGGERS_PER_DAY_LIMIT = 9
"""On-demand attempts in a UTC day, failed ones included. Source: support matrix (2025-10-27)."""


def overridable(verdict: Verdict, *, given: bool) -> Verdict:
    """Turn a refusal into a warning when it has a flag and that was given."""
    if not given or verdict.override is None:
        return verdict
    return Verdict(
        guard=verdict.guard,
        decision=Decision.WARN,
        subject=verdict.subject,
        message=f"{verdict.message}; goes on because of {verdict.override}",
    )


def refuse(guard: str, subject: object, message: str, *, override: str | None = None) -> Verdict:
    """Make a refusal."""
    return Verdict(
        guard=guard,
        decision=Decision.REFUSE,
        subject=str(subject),
        message=message,
        override=override,
    )


def warn(guard: str, subject: object, message: str) -> Verdict:
    """Make a warning."""
    return Verdict(guard=guard, decision=Decision.WARN, subject=str(subject), message=message)


def skip(guard: str, subject: object, message: str) -> Verdict:
    """Leave one thing alone."""
    return Verdict(guard=guard, decision=Decision.SKIP, subject=str(subject), message=message)


def check_jobs(jobs: Reading[BackupJob], *, vm_id: ResourceId, during_job: bool) -> list[Verdict]:
    """Refuse while a job works on the VM: it may be writing or reading what would be changed.

    Source: the service's UserErrorBackupOperationInProgress; Compute refuses changes to a VM whose
    restore point is being taken (learn.microsoft.com, restore point troubleshooting, 2023-04-12).
    """
    verdicts = [
        refuse(
            f"{job.operation.lower()}-running",
            job.id,
            f"a {job.operation} job of this VM is {job.status}",
            override=DURING_JOB,
        )
        for job in jobs.values
    ]
    if not jobs.complete:
        message = "jobs could not be read, so a running backup or restore would not be seen"
        verdicts.append(refuse("jobs-unreadable", vm_id, message, override=DURING_JOB))
    return [overridable(verdict, given=during_job) for verdict in verdicts]


def check_file_recovery(points: Reading[RecoveryPoint], *, during_job: bool) -> list[Verdict]:
    """Refuse while somebody has a recovery point mounted for file recovery."""
    return [
        overridable(
            refuse(
                "file-recovery-session",
                point.id,
                "this recovery point is mounted for file recovery",
                override=DURING_JOB,
            ),
            given=during_job,
        )
        for point in points.values
        if point.is_instant_ilr_session_active
    ]


def check_loss(loss: Sequence[PointLoss], *, vm_id: ResourceId, accept_loss: bool) -> list[Verdict]:
    """Refuse to delete points that exist nowhere else.

    Source: learn.microsoft.com/azure/backup (enhanced policy: only the day's last backup goes to
    the vault; a restore from a deleted point fails with UserErrorInstantRpNotFound).
    """
    lost = [point for point in loss if point.copy is Copy.NONE]
    unknown = [point for point in loss if point.copy is Copy.UNKNOWN]
    verdicts = []
    if lost:
        message = f"{len(lost)} of {len(loss)} restore points have no copy in the vault"
        verdicts.append(refuse("no-vault-copy", vm_id, message, override=ACCEPT_LOSS))
    if unknown:
        message = (
            f"whether {len(unknown)} of {len(loss)} restore points are in the vault is unknown"
        )
        verdicts.append(refuse("vault-copy-unknown", vm_id, message, override=ACCEPT_LOSS))
    return [overridable(verdict, given=accept_loss) for verdict in verdicts]


def check_locks(
    in_the_way: Iterable[ManagementLock], *, unlock: bool, include_inherited: bool
) -> list[Verdict]:
    """Refuse while a lock stands in the way that the caller did not say to take off."""
    return [
        verdict for lock in in_the_way for verdict in _check_lock(lock, unlock, include_inherited)
    ]


def _check_lock(lock: ManagementLock, unlock: bool, include_inherited: bool) -> list[Verdict]:  # noqa: FBT001 - one private caller
    what = f"{lock.level} lock '{lock.name}' at {lock.scope}"
    if locks.is_services_own(lock):
        message = f"{what} bears the name of Azure Backup's own locks, which always stay"
        return [refuse("services-own-lock", lock.id, message)]
    if locks.is_inherited(lock) and not include_inherited:
        message = f"{what} is inherited from the subscription and protects everything in it"
        return [refuse("lock-inherited", lock.id, message, override=INCLUDE_INHERITED)]
    if not locks.is_inherited(lock) and not unlock:
        return [refuse("lock-in-the-way", lock.id, f"{what} is in the way", override=UNLOCK)]
    return []


def check_locks_read(read: Reading[ManagementLock], *, vm_id: ResourceId) -> list[Verdict]:
    """Warn when there may be locks that nobody saw; Azure refuses by itself where there are."""
    if read.complete:
        return []
    return [warn("locks-unreadable", vm_id, "locks could not be read: Azure may refuse")]


def check_agent(vm: VirtualMachine, *, agent_not_ready: bool) -> list[Verdict]:
    """Refuse to uninstall an extension that nobody in the guest would uninstall.

    The agent does the work; with the agent dead the deletion hangs until it times out.
    Source: learn.microsoft.com/azure/virtual-machines/extensions/features-windows (2025-08-18).
    """
    fault = _agent_fault(vm)
    if fault is None:
        return []
    guard, message = fault
    return [
        overridable(refuse(guard, vm.id, message, override=AGENT_NOT_READY), given=agent_not_ready)
    ]


def _agent_fault(vm: VirtualMachine) -> tuple[str, str] | None:
    if vm.power_state != "running":
        return "vm-not-running", f"the VM is {vm.power_state or 'in an unknown power state'}"
    if vm.vm_agent is None:
        return "agent-not-ready", "the VM reports no agent"
    if not vm.vm_agent.ready:
        said = vm.vm_agent.message or vm.vm_agent.display_status
        return "agent-not-ready", f"the VM agent is not ready: {said}"
    return None


def check_budget(jobs: Reading[BackupJob], *, vm_id: ResourceId, max_backups: int) -> list[Verdict]:
    """Refuse more backups in a day than the service supports: the limit counts failures too.

    Scheduled backups do not count, where Azure says that they are.
    """
    count = sum(job.user_triggered is not False for job in jobs.values)
    if count >= TRIGGERS_PER_DAY_LIMIT:
        message = f"{count} backups today: Azure refuses more than {TRIGGERS_PER_DAY_LIMIT}"
        return [refuse("backups-today", vm_id, message)]
    if count >= max_backups:
        message = f"{count} backups today, the limit is {max_backups}"
        return [refuse("backups-today", vm_id, message, override=MAX_BACKUPS)]
    if not jobs.complete:
        return [warn("backups-today", vm_id, "today's backups could not be counted")]
    return []


def check_item(item: ProtectedItem) -> list[Verdict]:
    """Refuse a backup that the service would not take."""
    if item.is_scheduled_for_deferred_delete:
        return [refuse("item-soft-deleted", item.id, "the protected item is soft-deleted")]
    if item.protection_state in {"ProtectionStopped", "ProtectionPaused", "BackupsSuspended"}:
        message = f"protection is {item.protection_state}: resume it in the vault first"
        return [refuse("protection-stopped", item.id, message)]
    return []


def check_targets(count: int, *, max_targets: int, subject: str) -> list[Verdict]:
    """Refuse more targets at once than the caller expects."""
    if count <= max_targets:
        return []
    message = f"{count} targets, the limit is {max_targets}"
    return [refuse("too-many-targets", subject, message, override=MAX_TARGETS)]
