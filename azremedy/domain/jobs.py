"""Read a backup job: how far it is, and whether that is what was asked for."""

from __future__ import annotations

from typing import TYPE_CHECKING, assert_never

from azremedy.domain.run import JobOutcome
from azremedy.domain.steps import WaitFor

if TYPE_CHECKING:
    from azremedy.domain.resources import BackupJob

SNAPSHOT = "Take Snapshot"
TRANSFER = "Transfer data to vault"


# What the first backup after an unlock may fail with: the clean-up it needs has not happened yet.
# Source: learn.microsoft.com/azure/backup, "agent or extension" article (2025-11-12).
_CLEAN_UP_PENDING = frozenset(
    {"usererrorrpcollectionlimitreached", "backupoperationfailed", "backupoperationfailedv2"}
)


def is_job_of(job: BackupJob, container_name: str) -> bool:
    """Say whether a job is of the item with this container.

    Another VM may have the same name; only the container's name tells them apart. Some answers name
    no container: the VM's name is then all there is, and too many jobs are better than too few.
    """
    if job.container_name:
        return _bare(job.container_name) == _bare(container_name)
    return job.entity_name.lower() == container_name.rpartition(";")[2].lower()


def _bare(container_name: str) -> str:
    """Ids write ``IaasVMContainer;`` before the name that jobs and items carry."""
    return container_name.lower().removeprefix("iaasvmcontainer;")


def is_clean_up_pending(job: BackupJob) -> bool:
    """Say whether a failed job failed for nothing but too many restore points."""
    titles = {error.title.lower() for error in job.errors if error.title}
    return job.status == "Failed" and titles <= _CLEAN_UP_PENDING


def task_status(job: BackupJob, name: str) -> str:
    """Give a task's status; empty when the job does not list it."""
    return next((task.status for task in job.tasks if task.name.lower() == name.lower()), "")


def is_confirmed(job: BackupJob, until: WaitFor) -> bool:
    """Say whether a job got as far as was asked for.

    A job whose transfer failed after a good snapshot ends ``CompletedWithWarnings`` (recorded Azure
    traffic): that confirms the snapshot, not the job.
    """
    match until:
        case WaitFor.NONE:
            return job.status not in {"Failed", "Cancelled"}
        case WaitFor.SNAPSHOT:
            return task_status(job, SNAPSHOT) == "Completed" or job.status == "Completed"
        case WaitFor.JOB:
            if job.status == "CompletedWithWarnings":
                return task_status(job, TRANSFER) == "Completed"
            return job.status == "Completed"
        case _:
            assert_never(until)


def job_outcome(job: BackupJob) -> JobOutcome:
    """Give what a report tells of a job."""
    return JobOutcome(
        job_id=job.id,
        status=job.status,
        snapshot=task_status(job, SNAPSHOT),
        transfer=task_status(job, TRANSFER),
        errors=job.errors,
    )


def describe_job(job: BackupJob) -> str:
    """Say in one line how far a job is, with its error codes."""
    tasks = ", ".join(f"{task.name}: {task.status}" for task in job.tasks)
    codes = ", ".join(e.title or str(e.code) for e in job.errors if e.title or e.code)
    parts = (f"job {job.status}", tasks, codes)
    return "; ".join(part for part in parts if part)
