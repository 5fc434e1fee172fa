"""A backup's job: what confirms it, and how it is told."""

from __future__ import annotations

from typing import cast

import pytest

from azremedy.domain.jobs import describe_job, is_confirmed, job_outcome
from azremedy.domain.resources import BackupJob, HealthDetail, JobTask
from azremedy.domain.run import JobOutcome
from azremedy.domain.steps import WaitFor
from azremedy.ids import ResourceId

JOB = ResourceId.parse(
    "/subscriptions/5f0c2a6e-8d41-4b7a-9c35-2e1d7a90b8f4/resourceGroups/rg-vaults/providers"
    "/Microsoft.RecoveryServices/vaults/vault-1/backupJobs/j1"
)


def _job(status: str, snapshot: str = "", transfer: str = "") -> BackupJob:
    tasks = (("Take Snapshot", snapshot), ("Transfer data to vault", transfer))
    return BackupJob(
        id=JOB,
        operation="Backup",
        status=status,
        tasks=tuple(JobTask(name=name, status=state) for name, state in tasks if state),
    )


@pytest.mark.parametrize(
    ("job", "snapshot", "whole"),
    [
        (_job("InProgress"), False, False),
        (_job("InProgress", "InProgress"), False, False),
        (_job("InProgress", "Completed", "InProgress"), True, False),
        (_job("Completed", "Completed", "Completed"), True, True),
        (_job("Completed"), True, True),
        (_job("CompletedWithWarnings", "Completed", "Failed"), True, False),
        (_job("CompletedWithWarnings", "Completed", "Completed"), True, True),
        (_job("CompletedWithWarnings"), False, False),
        (_job("Failed", "Failed", "NotStarted"), False, False),
        (_job("Failed", "Completed", "Failed"), True, False),
        (_job("Cancelled", "Completed", "Cancelled"), True, False),
    ],
)
def test_a_backup_counts_from_what_was_asked_for(
    job: BackupJob, *, snapshot: bool, whole: bool
) -> None:
    """A good snapshot confirms the snapshot; only a good transfer confirms the job."""
    assert (job.status not in {"Failed", "Cancelled"}) == is_confirmed(job, WaitFor.NONE)
    assert snapshot == is_confirmed(job, WaitFor.SNAPSHOT)
    assert whole == is_confirmed(job, WaitFor.JOB)


def test_an_unknown_end_confirms_nothing() -> None:
    """A way of waiting that nobody wrote a rule for is a defect, never a success."""
    with pytest.raises(AssertionError):
        is_confirmed(_job("Completed"), cast("WaitFor", "someday"))


@pytest.mark.parametrize(
    ("status", "running"),
    [
        ("InProgress", True),
        ("Cancelling", True),
        ("Completed", False),
        ("CompletedWithWarnings", False),
        ("Failed", False),
        ("Cancelled", False),
        ("SomethingNew", True),
    ],
)
def test_a_job_runs_until_it_has_ended(status: str, *, running: bool) -> None:
    """A job that is being cancelled still works on the VM, and so may a word that is new."""
    assert running == _job(status).running


def test_a_task_is_found_whatever_its_case() -> None:
    """Azure's spelling of a task's name does not hide it."""
    job = BackupJob(
        id=JOB,
        operation="Backup",
        status="InProgress",
        tasks=(JobTask(name="take snapshot", status="Completed"),),
    )

    assert is_confirmed(job, WaitFor.SNAPSHOT)


def test_an_outcome_holds_what_the_job_said() -> None:
    """Status, both tasks and the errors are told, missing ones as nothing."""
    error = HealthDetail(code=400001, title="UserErrorVmNotFound")
    job = BackupJob(
        id=JOB,
        operation="Backup",
        status="Failed",
        tasks=(JobTask(name="Take Snapshot", status="Failed"),),
        errors=(error,),
    )
    expected = JobOutcome(job_id=JOB, status="Failed", snapshot="Failed", errors=(error,))

    assert expected == job_outcome(job)


def test_a_job_is_told_in_one_line_with_its_codes() -> None:
    """Titles come before numbers, localized text never."""
    job = BackupJob(
        id=JOB,
        operation="Backup",
        status="Failed",
        tasks=(JobTask(name="Take Snapshot", status="Failed"),),
        errors=(
            HealthDetail(code=1, title="UserErrorX", message="localized"),
            HealthDetail(code=2, title=""),
            HealthDetail(code=None, title="", message="localized"),
        ),
    )

    assert "job Failed; Take Snapshot: Failed; UserErrorX, 2" == describe_job(job)  # expected first


def test_a_job_of_which_nothing_is_known_is_told_by_its_status() -> None:
    """No empty parts are told."""
    assert "job InProgress" == describe_job(_job("InProgress"))  # expected first
