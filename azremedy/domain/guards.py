"""May this happen? Every guard is judged before the first write, and all answers are shown.

A guard that has nothing against it answers with nothing. A refusal names the one flag that turns
it into a warning, where there is one. There is none for a collection that is not the backup
service's.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from azremedy.domain import locks
from azremedy.domain.builtin_roles import find_role
from azremedy.domain.needs import LOCK_DELETE, LOCK_WRITE, Weight
from azremedy.domain.permissions import Holding
from azremedy.domain.plan import Copy, Decision, Verdict
from azremedy.domain.recent import count_backups, find_pause

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from azremedy.domain.evidence import Reading
    from azremedy.domain.needs import Need
    from azremedy.domain.permissions import Judgement
    from azremedy.domain.plan import PointLoss
    from azremedy.domain.resources import (
        BackupJob,
        ManagementLock,
        ProtectedItem,
        RecoveryPoint,
        VirtualMachine,
    )
    from azremedy.domain.worlds import VmEvidence
    from azremedy.ids import ResourceId

ACCEPT_LOSS = "--accept-loss"
ACCEPT_UNKNOWN_RIGHTS = "--accept-unknown-rights"
AGENT_NOT_READY = "--agent-not-ready"
DURING_JOB = "--during-job"
INCLUDE_INHERITED = "--include-inherited"
MAX_BACKUPS = "--max-backups-per-day"
MAX_TARGETS = "--max-targets"
NO_COOL_DOWN = "--no-cool-down"
UNLOCK = "--unlock"

PERMISSION_MISSING = "permission-missing"
DENY_ASSIGNMENT = "deny-assignment"
LOCK_RETURN_UNKNOWN = "lock-return-unknown"
ACCESS_GUARDS = frozenset({PERMISSION_MISSING, DENY_ASSIGNMENT, LOCK_RETURN_UNKNOWN})
"""Guards that say that the caller may not, as Azure itself would."""

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


def check_budget(evidence: VmEvidence, *, max_backups: int, planned: int = 0) -> list[Verdict]:
    """Refuse more backups in a day than the service supports: the limit counts failures too.

    Scheduled backups do not count, where Azure says that they are. What journals tell of attempts
    counts as well, also of those that the service lists no longer, or not yet.

    Args:
        evidence: the VM's world.
        max_backups: as many are too many.
        planned: backups that the plan asks for before this one.
    """
    vm_id, jobs = evidence.vm.id, evidence.todays_backups
    count = count_backups(jobs.values, evidence.recent, now=evidence.read_at)
    then = f", {planned} more planned" if planned else ""
    if count.today + planned >= TRIGGERS_PER_DAY_LIMIT:
        message = f"{count.today} backups today{then}: Azure refuses more than"
        return [refuse("backups-today", vm_id, f"{message} {TRIGGERS_PER_DAY_LIMIT}")]
    if count.day + planned >= max_backups:
        when = "today" if count.day == count.today else "in the last 24 hours"
        message = f"{count.day} backups {when}{then}, the limit is {max_backups}"
        return [refuse("backups-today", vm_id, message, override=MAX_BACKUPS)]
    if not jobs.complete:
        return [warn("backups-today", vm_id, "today's backups could not be counted")]
    return []


def check_cool_down(evidence: VmEvidence, *, no_cool_down: bool) -> list[Verdict]:
    """Refuse a backup that would only fail again, or take a scheduled one's turn.

    Source: learn.microsoft.com/azure/virtual-machines, restore points (2026): three application-
    consistent points of a VM an hour.
    """
    vm_id, recent = evidence.vm.id, evidence.recent
    verdicts = [
        warn("recent-runs-unreadable", vm_id, f"the journal of run {run} cannot be read")
        for run in recent.unread
    ]
    pause = find_pause(evidence.todays_backups.values, recent, now=evidence.read_at)
    if pause is not None:
        message = f"{pause.why}: the next may come after {pause.until:%Y-%m-%d %H:%M} UTC"
        refusal = refuse("cool-down", vm_id, message, override=NO_COOL_DOWN)
        verdicts.append(overridable(refusal, given=no_cool_down))
    return verdicts


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


def check_access(
    answers: Sequence[Judgement], *, accept_unknown_rights: bool = False
) -> list[Verdict]:
    """Refuse what the caller has no right to; there is no override, and no guess.

    What could not be read is a warning, because Azure refuses by itself where a right is missing;
    but for the right to put a lent lock back: Azure would refuse that with the lock off.
    """
    verdicts = [each for answer in answers for each in _check_right(answer, answers)]
    judged = [overridable(each, given=accept_unknown_rights) for each in verdicts]
    return list(dict.fromkeys([*judged, *_tell_unread(answers)]))


def _check_right(answer: Judgement, answers: Sequence[Judgement]) -> list[Verdict]:
    need = answer.need
    give = refuse if need.weight is Weight.MUST else warn
    match answer.holding:
        case Holding.MISSING:
            return [give(PERMISSION_MISSING, need.scope, _tell_missing(answer, answers))]
        case Holding.DENIED:
            return [give(DENY_ASSIGNMENT, need.scope, _tell_denied(answer))]
        case Holding.UNKNOWN | Holding.MAYBE_DENIED if _is_way_back(need):
            message = f"{_tell_doubt(answer)}: the lock at {need.scope} may stay off"
            override = ACCEPT_UNKNOWN_RIGHTS
            return [refuse(LOCK_RETURN_UNKNOWN, need.scope, message, override=override)]
        case Holding.MAYBE_DENIED:
            return [warn(DENY_ASSIGNMENT, need.scope, _tell_doubt(answer))]
        case Holding.HAVE | Holding.UNKNOWN:
            return []


def _is_way_back(need: Need) -> bool:
    """Say whether a lock is lent by it: whoever takes one off for a while must put it back."""
    lends = need.step == "DeleteLock" and need.weight is Weight.MUST
    return lends and need.action == LOCK_WRITE


def _tell_doubt(answer: Judgement) -> str:
    if answer.holding is Holding.MAYBE_DENIED:
        return f"{_tell_denied(answer)}, if you are in a group that it names"
    why = _tell_unreadable(answer)
    return f"whether you have {answer.need.action} could not be read ({why})"


def _tell_unreadable(answer: Judgement) -> str:
    return answer.unread.why if answer.unread else "Azure knows no such place"


def _tell_missing(answer: Judgement, answers: Sequence[Judgement]) -> str:
    need = answer.need
    role = f"a role that has it: {find_role(need.action)}"
    if need.action == LOCK_WRITE and _may_delete_lock(answer, answers):
        must = need.weight is Weight.MUST
        then = "it would stay off" if must else "'azremedy undo' could not put it back"
        return (
            f"you may delete the lock at {need.scope} but not create it again, so {then}: "
            f"that needs {need.action}; {role}"
        )
    return f"{need.step} needs {need.action} at {need.scope}, which you do not have; {role}"


def _may_delete_lock(answer: Judgement, answers: Sequence[Judgement]) -> bool:
    return any(
        other.need.action == LOCK_DELETE
        and other.need.scope == answer.need.scope
        and other.holding is Holding.HAVE
        for other in answers
    )


def _tell_denied(answer: Judgement) -> str:
    """Say which deny assignment is in the way.

    Only its owner, a managed application or a deployment stack, can take it off. Source:
    learn.microsoft.com/azure/role-based-access-control/deny-assignments (2025).
    """
    need, denial = answer.need, answer.denial
    named = f"'{denial.name}' at {denial.scope}" if denial else "one"
    return f"the deny assignment {named} takes {need.action} at {need.scope} from you"


def _tell_unread(answers: Sequence[Judgement]) -> list[Verdict]:
    """Say once for each place what is not known."""
    verdicts = []
    for answer in answers:
        if answer.holding is Holding.UNKNOWN:
            why = _tell_unreadable(answer)
            message = f"your permissions could not be read ({why}): Azure may refuse"
            verdicts.append(warn("permissions-unreadable", answer.need.scope, message))
        if (unread := answer.denials_unread) is not None:
            message = f"deny assignments could not be read ({unread.why}): Azure may refuse"
            place = answer.need.scope.subscription
            verdicts.append(warn("deny-assignments-unreadable", place, message))
    return verdicts
