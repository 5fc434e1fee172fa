"""After Azure has taken a backup, whatever keeps it from being followed is not its failure."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from azremedy import api
from azremedy.sandbox.scenario import Fault, Match
from tests.support.stages import (
    JOB_TYPE,
    TRIGGER,
    Stage,
    answered,
    built_in,
    names,
    open_stage,
    states,
    with_faults,
)

if TYPE_CHECKING:
    from pathlib import Path

OPERATION = Match(method="GET", path="*/backupOperations/*")
JOB = Match(method="GET", path="*/backupJobs/*")
JOBS = Match(method="GET", path="*/backupJobs")
JOB_NAME = "11111111-2222-3333-4444-555555555555"


def put_finished_job(stage: Stage) -> None:
    """Let a good backup of web-1 begin now and be over."""
    job = stage.documents(JOB_TYPE)[0]
    job |= {"id": f"{job['id'].rpartition('/')[0]}/{JOB_NAME}", "name": JOB_NAME}
    job["properties"] |= {
        "status": "Completed",
        "startTime": stage.world.clock.text(),
        "endTime": stage.world.clock.text(),
    }
    stage.world.documents.put(job)


@pytest.mark.parametrize("status", [401, 403, 404, 409])
@pytest.mark.parametrize(
    ("match", "place"),
    [(OPERATION, "/backupOperations/"), (JOB, "/backupJobs/")],
    ids=["operation", "job"],
)
def test_a_backup_that_may_not_be_followed_is_not_confirmed(
    tmp_path: Path, match: Match, place: str, status: int
) -> None:
    """It goes on in Azure: 11, where to look, and no second backup."""
    base = with_faults(built_in("healthy"), answered(match, status, times=9999))
    stage = open_stage(tmp_path, base)

    run = stage.apply(api.plan_backup(stage.azure, names("web-1")))

    assert ("done", "failed") == states(run)
    assert 11 == run.exit_code
    assert run.steps[1].error is not None
    assert "do not start another" in run.steps[1].error.advice
    assert place in run.steps[1].error.advice
    assert run.steps[1].error.answer is not None
    assert 1 == stage.count_jobs()


@pytest.mark.parametrize("match", [OPERATION, JOB], ids=["operation", "job"])
def test_a_fresh_operation_may_be_unknown_for_a_moment(tmp_path: Path, match: Match) -> None:
    """404 means "not yet" for a minute."""
    base = with_faults(built_in("healthy"), answered(match, 404, times=4))
    stage = open_stage(tmp_path, base)

    run = stage.apply(api.plan_backup(stage.azure, names("web-1")))

    assert ("done", "done") == states(run)


def test_an_accepted_backup_without_an_operation_is_found_by_its_job(tmp_path: Path) -> None:
    """The answer is 202 and names nothing: the job that appears afterwards is the backup's."""
    stage = open_stage(tmp_path, with_faults(built_in("healthy"), answered(TRIGGER, 202)))
    plan = api.plan_backup(stage.azure, names("web-1"))
    stage.world.clock.schedule(45, lambda: put_finished_job(stage))

    run = stage.apply(plan)

    assert ("done", "done") == states(run)
    assert run.steps[1].job is not None
    assert run.steps[1].job.job_id is not None
    assert JOB_NAME == run.steps[1].job.job_id.name
    assert run.steps[0].request_id is not None
    assert 1 == len(stage.writes())


def test_an_accepted_backup_without_an_operation_or_a_job_is_unknown(tmp_path: Path) -> None:
    """Azure took it and nobody can say where it is."""
    stage = open_stage(tmp_path, with_faults(built_in("healthy"), answered(TRIGGER, 202)))

    run = stage.apply(api.plan_backup(stage.azure, names("web-1")))

    assert ("unknown", "skipped") == states(run)
    assert 11 == run.exit_code
    assert 1 == len(stage.writes())


@pytest.mark.parametrize("status", [403, 429])
def test_a_look_that_fails_leaves_a_lost_backup_unknown(tmp_path: Path, status: int) -> None:
    """The request's answer was lost and the jobs cannot be read: unknown, 11, never "denied"."""
    faults = (
        Fault(match=TRIGGER, lose="response"),
        Fault(match=JOBS, answer=answered(JOBS, status).answer, after=2, times=9999),
    )
    stage = open_stage(tmp_path, with_faults(built_in("healthy"), *faults))
    plan = api.plan_backup(stage.azure, names("web-1"))

    run = stage.apply(plan)

    assert ("unknown", "skipped") == states(run)
    assert 11 == run.exit_code
    assert run.steps[0].error is not None
    assert "backup-unknown" == run.steps[0].error.msgid


def test_a_look_that_fails_once_is_repeated(tmp_path: Path) -> None:
    """The second look finds the job of the lost request."""
    faults = (
        Fault(match=TRIGGER, lose="response"),
        Fault(match=JOBS, answer=answered(JOBS, 403).answer, after=2, times=1),
    )
    stage = open_stage(tmp_path, with_faults(built_in("healthy"), *faults))

    run = stage.apply(api.plan_backup(stage.azure, names("web-1")))

    assert ("done", "done") == states(run)
    assert 1 == stage.count_jobs()
