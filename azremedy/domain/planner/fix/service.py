"""Draft what is done about the backup service itself: jobs that run, protection that is paused."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from azremedy.domain import guards
from azremedy.domain.evidence import Reading
from azremedy.domain.jobs import is_job_of
from azremedy.domain.ownership import names_vm
from azremedy.domain.planner.assemble import Draft, list_idle_items
from azremedy.domain.resources import vault_of
from azremedy.domain.steps import CancelJob, ItemRef, ResumeProtection, WaitForIdle

if TYPE_CHECKING:
    from azremedy.domain.planner.fix.course import Course
    from azremedy.domain.planner.fix.options import FixOptions
    from azremedy.domain.resources import BackupJob, ProtectedItem
    from azremedy.domain.worlds import VmEvidence
    from azremedy.ids import ResourceId

IDLE_TIMEOUT_S = 8 * 3600
"""How long a job that runs already is waited for: at peak times the service may queue a job for
up to eight hours (learn.microsoft.com/azure/backup, VM backup FAQ, 2025-10-27)."""


def wait_for_job(course: Course, _options: FixOptions) -> Course:
    """Wait until no job works on the VM, in whichever vault.

    A backup of the very item that would be backed up is its own proof: a second one on top of it
    would tell nothing more.
    """
    return _wait(course, override="--cancel-job")


def _wait(course: Course, *, override: str | None) -> Course:
    evidence = course.evidence
    if (own := _find_own_backup(evidence)) is not None:
        message = f"a backup of this VM runs since {own.start_time}: wait for its end, which tells"
        return course.say(guards.refuse("backup-running", own.id, message, override=override))
    names = ", ".join(f"{job.operation} {job.id.name}" for job in evidence.running_jobs.values)
    step = WaitForIdle(
        vm_id=evidence.vm.id, items=list_idle_items(evidence), timeout_s=IDLE_TIMEOUT_S
    )
    return course.add(Draft(step=step, reason=f"still at work: {names}"), then=_idle(evidence))


def _find_own_backup(evidence: VmEvidence) -> BackupJob | None:
    active = {item.vault_id for item in evidence.items.values if not guards.check_item(item)}
    jobs = evidence.running_jobs.values
    return next((j for j in jobs if j.operation == "Backup" and j.id.parent in active), None)


def cancel_job(course: Course, _options: FixOptions) -> Course:
    """Cancel every backup job that runs; other jobs are somebody's restore and are waited for."""
    evidence = course.evidence
    jobs = evidence.running_jobs.values
    found = {job: _item_of(job, evidence) for job in jobs if job.operation == "Backup"}
    drafts = tuple(
        Draft(
            step=CancelJob(job_id=job.id, item=item),
            reason=f"a {job.operation} job stands in the way",
        )
        for job, item in found.items()
        if item is not None
    )
    left = tuple(job for job in jobs if found.get(job) is None)
    running = replace(evidence.running_jobs, values=left)
    course = course.add(*drafts, then=replace(evidence, running_jobs=running))
    # What is left cannot be cancelled, so that no flag helps.
    return _wait(course, override=None) if left else course


def _item_of(job: BackupJob, evidence: VmEvidence) -> ItemRef | None:
    refs = (
        ItemRef(item_id=item.id, container_name=item.container_name)
        for item in evidence.items.values
        if item.vault_id == job.id.parent and is_job_of(job, item.container_name)
    )
    return next(refs, None)


def _idle(evidence: VmEvidence) -> VmEvidence:
    """Expect that nothing runs; gaps stay gaps."""
    return replace(evidence, running_jobs=Reading(gaps=evidence.running_jobs.gaps))


def resume_protection(course: Course, options: FixOptions) -> Course:
    """Protect the one item of the VM that is paused or stopped again."""
    evidence = course.evidence
    vm_id = evidence.vm.id
    paused = [item for item in evidence.items.values if names_vm(item.source_id, vm_id)]
    if len(paused) != 1:
        names = ", ".join(item.vault_id.name for item in paused)
        message = f"which of its protections is meant cannot be told: {names}"
        return course.say(guards.refuse("several-vaults", vm_id, message))
    (item,) = paused
    if (policy_id := _choose_policy(item, options)) is None:
        message = "the item names no policy any more: say which one protects it from now on"
        return course.say(guards.refuse("no-policy", item.id, message, override="--policy"))
    step = ResumeProtection(item_id=item.id, vm_id=vm_id, policy_id=policy_id)
    draft = Draft(step=step, reason=f"protection is {item.protection_state}: no backup begins")
    resumed = replace(item, protection_state="Protected", policy_id=policy_id)
    return course.add(
        draft, then=replace(evidence, items=replace(evidence.items, values=(resumed,)))
    )


def _choose_policy(item: ProtectedItem, options: FixOptions) -> ResourceId | None:
    if options.policy_name is None:
        return item.policy_id
    return vault_of(item.id).child("backupPolicies", options.policy_name)
