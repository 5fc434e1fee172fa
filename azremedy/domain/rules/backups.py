"""Is the VM protected, and is something already working on it?"""

from __future__ import annotations

from typing import TYPE_CHECKING

from azremedy.domain import guards
from azremedy.domain.evidence import Absent, Observed, Unreadable
from azremedy.domain.ownership import names_vm
from azremedy.domain.remedies import Remedy
from azremedy.domain.rules.base import (
    Need,
    Rule,
    basis_in,
    basis_of,
    confirmed,
    ruled_out,
    unread,
)

if TYPE_CHECKING:
    from collections.abc import Iterable

    from azremedy.domain.case import Case
    from azremedy.domain.findings import Answer, Basis
    from azremedy.domain.resources import BackupJob, ProtectedItem

_ITEMS = "the protected items of every vault"


def check_vm_gone(case: Case) -> Answer:
    """Decide whether a vault goes on backing up a VM that Azure no longer knows."""
    if isinstance(case.vm, Unreadable):
        return unread(case.vm, what="the VM")
    if isinstance(case.vm, Observed):
        return ruled_out("the VM exists", basis_of("VM: found", case.vm))
    gone = basis_of("VM: not found", case.vm)
    if active := _list_active(case):
        message = "the VM was deleted, moved or renamed, and a vault still tries to back it up"
        return confirmed(message, gone, *_show(active, case))
    if case.items.gaps:
        return unread(case.items.gaps[0], what=_ITEMS)
    return ruled_out("no vault tries to back up the VM, which does not exist", gone)


def check_not_protected(case: Case) -> Answer:
    """Decide whether no vault knows the VM."""
    if isinstance(case.vm, Absent):
        return ruled_out("there is no VM to protect", basis_of("VM: not found", case.vm))
    if known := _list_mine(case):
        return ruled_out("a vault knows the VM", *_show(known, case))
    if case.items.gaps:
        return unread(case.items.gaps[0], what=_ITEMS)
    nothing = basis_in("protected items of the VM: none", "vaults", case.items)
    return confirmed("no vault of the VM's region protects it", nothing)


def check_item_soft_deleted(case: Case) -> Answer:
    """Decide whether all that is left of the VM's protection is a soft-deleted item."""
    deleted = [item for item in _list_mine(case) if item.is_scheduled_for_deferred_delete]
    return _check_standstill(case, deleted, message="the VM's protected item is soft-deleted")


def check_protection_paused(case: Case) -> Answer:
    """Decide whether the VM's protection is stopped, paused or suspended."""
    stopped = [
        item
        for item in _list_mine(case)
        if guards.check_item(item) and not item.is_scheduled_for_deferred_delete
    ]
    return _check_standstill(case, stopped, message="no backup begins until protection is resumed")


def check_job_running(case: Case) -> Answer:
    """Decide whether a job works on the VM, in its own vault or in one that protected it before.

    While it does, another backup fails at once.
    """
    jobs = case.running_jobs
    if jobs.values:
        message = "Azure Backup works on one job of a VM at a time, whichever vault it is in"
        return confirmed(message, *(basis_in(_tell(job), job.id, jobs) for job in jobs.values))
    if jobs.gaps:
        return unread(jobs.gaps[0], what="the running jobs of every vault")
    return ruled_out("no job works on the VM", basis_in("running jobs: none", "jobs", jobs))


def check_too_many_backups(case: Case) -> Answer:
    """Decide whether Azure takes no more on-demand backups of the VM today.

    Jobs that Azure calls scheduled do not count; where it does not say, they do.
    """
    jobs, limit = case.todays_backups, guards.TRIGGERS_PER_DAY_LIMIT
    count = sum(job.user_triggered is not False for job in jobs.values)
    fact = basis_in(f"on-demand backups since midnight UTC: {count}", "jobs", jobs)
    if count >= limit:
        message = f"Azure takes at most {limit} on-demand backups of a VM in a UTC day"
        return confirmed(message, fact)
    if jobs.gaps:
        return unread(jobs.gaps[0], what="today's backups in every vault")
    return ruled_out(f"Azure takes up to {limit} on-demand backups of a VM in a UTC day", fact)


def _check_standstill(case: Case, standing: list[ProtectedItem], *, message: str) -> Answer:
    """Confirm that items stand still, unless some vault backs the VM up, or may do so unseen."""
    if isinstance(case.vm, Absent):
        return ruled_out("there is no VM to back up", basis_of("VM: not found", case.vm))
    if active := _list_active(case):
        return ruled_out("a vault backs the VM up", *_show(active, case))
    if case.items.gaps:
        return unread(case.items.gaps[0], what=_ITEMS)
    if standing:
        return confirmed(message, *_show(standing, case))
    others = _show(_list_mine(case), case)
    return ruled_out("no protected item of the VM is in that state", *others)


def _list_mine(case: Case) -> tuple[ProtectedItem, ...]:
    return tuple(item for item in case.items.values if names_vm(item.source_id, case.vm_id))


def _list_active(case: Case) -> tuple[ProtectedItem, ...]:
    return tuple(item for item in _list_mine(case) if not guards.check_item(item))


def _show(items: Iterable[ProtectedItem], case: Case) -> list[Basis]:
    return [basis_in(_describe(item), item.id, case.items) for item in items]


def _describe(item: ProtectedItem) -> str:
    state = item.protection_state or "no state"
    if item.is_scheduled_for_deferred_delete:
        state = "soft-deleted"
    return f"protected item in vault '{item.vault_id.name}': {state}"


def _tell(job: BackupJob) -> str:
    return f"{job.operation} job in vault '{job.id.parent.name}': {job.status}"


RULES: tuple[Rule, ...] = (
    Rule(
        cause="vm-gone",
        title="The VM does not exist any more, but a vault still protects it",
        needs=frozenset({Need.VM, Need.ITEMS}),
        check=check_vm_gone,
        source="learn.microsoft.com/azure/backup/backup-azure-vms-troubleshoot (2025-11-12): "
        "320001, 400094, UserErrorVmNotFoundV2",
        instructions=("stop-protection-keep-data",),
    ),
    Rule(
        cause="not-protected",
        title="No vault protects the VM",
        needs=frozenset({Need.VM, Need.ITEMS}),
        check=check_not_protected,
        source="learn.microsoft.com/azure/backup/backup-support-matrix-iaas (2025-10-27): "
        "VM and vault are in one region and subscription",
        instructions=("protect-vm",),
    ),
    Rule(
        cause="item-soft-deleted",
        title="The VM's protection was deleted and waits for its final deletion",
        needs=frozenset({Need.VM, Need.ITEMS}),
        check=check_item_soft_deleted,
        source="learn.microsoft.com/azure/backup/secure-by-default (2025-11-10)",
        instructions=("undelete-item",),
    ),
    Rule(
        cause="protection-paused",
        title="The VM's protection is stopped, paused or suspended",
        needs=frozenset({Need.VM, Need.ITEMS}),
        check=check_protection_paused,
        source="learn.microsoft.com/azure/backup, agent or extension article (2025-11-12): "
        "UserErrorBcmDatasourceNotPresent",
        remedies=(Remedy.RESUME_PROTECTION,),
        instructions=("resume-protection-portal",),
    ),
    Rule(
        cause="job-running",
        title="A job already works on the VM",
        needs=frozenset({Need.ITEMS}),
        check=check_job_running,
        source="learn.microsoft.com/azure/backup, agent or extension article (2025-11-12): "
        "UserErrorBackupOperationInProgress, also in an old vault",
        remedies=(Remedy.WAIT_FOR_JOB, Remedy.CANCEL_JOB),
    ),
    Rule(
        cause="too-many-backups",
        title="Azure takes no more on-demand backups of the VM today",
        needs=frozenset({Need.ITEMS}),
        check=check_too_many_backups,
        source="learn.microsoft.com/azure/backup/backup-support-matrix-iaas (2025-10-27): "
        "nine attempts in a UTC day, failed ones included",
        instructions=("wait-until-tomorrow",),
    ),
)
"""In the order in which to look."""
