"""Jobs are waited for or cancelled, and a person is handed what only a person can do."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from azremedy.domain.playbook import Instructions, Place
from azremedy.domain.steps import CancelJob, Manual, WaitForIdle
from azremedy.engine.handlers.base import Accepted
from azremedy.engine.handlers.choose import choose_handler
from azremedy.engine.handlers.jobs import JobCancellation
from azremedy.errors import ReadOnlyError
from azremedy.sandbox.scenario import Fault, Match
from tests.support.shop import OLD_VAULT, VAULT, VM, plan_of, ref, tools_of
from tests.support.stages import (
    JOB_TYPE,
    Stage,
    answered,
    built_in,
    changed,
    entries_of,
    forbidding,
    lock,
    open_stage,
    states,
    with_faults,
    with_resources,
)

if TYPE_CHECKING:
    from pathlib import Path

    from azremedy.domain.events import Event
    from azremedy.domain.steps import Step
    from azremedy.ids import ResourceId

BUSY = "user-error-backup-operation-in-progress"

JOB = OLD_VAULT.child("backupJobs", "74570415-e04f-4c81-a82c-9161e1b73358")

CANCEL = Match(method="POST", path="*/backupJobs/*/cancel")
LIST_JOBS = Match(method="GET", path="*/backupJobs")
READ_JOB = Match(method="GET", path="*/backupJobs/*")


def cancel(job_id: ResourceId = JOB) -> CancelJob:
    """Cancel the job in the old vault."""
    return CancelJob(job_id=job_id, item=ref(OLD_VAULT))


def wait(timeout_s: int = 3600) -> WaitForIdle:
    """Wait until nothing works on web-1 in either vault."""
    return WaitForIdle(vm_id=VM, items=(ref(VAULT), ref(OLD_VAULT)), timeout_s=timeout_s)


def job_status(stage: Stage, job_id: ResourceId = JOB) -> str:
    """Give the status that a job has in the world."""
    found = [job for job in stage.documents(JOB_TYPE) if job["id"] == str(job_id)]
    return str(found[0]["properties"]["status"])


def stage_with_job(folder: Path, **properties: object) -> Stage:
    """Open the busy world with a job that is changed."""
    return open_stage(folder, changed(built_in(BUSY), JOB.name, properties))


def test_a_job_is_cancelled_and_followed_to_its_end(tmp_path: Path) -> None:
    """One request, and the step is done when the job has ended."""
    stage = open_stage(tmp_path, BUSY)

    run = stage.apply(plan_of(cancel()))

    assert ("done",) == states(run)
    assert 0 == run.exit_code
    assert "CompletedWithWarnings" == job_status(stage)
    assert run.steps[0].message.startswith("job CompletedWithWarnings")
    assert run.steps[0].request_id is not None
    assert [f"post {JOB}/cancel".lower()] == stage.writes()


def test_a_snapshot_that_is_being_taken_is_cancelled(tmp_path: Path) -> None:
    """Without a snapshot the job ends cancelled."""
    tasks = [
        {"taskId": "Take Snapshot", "status": "InProgress"},
        {"taskId": "Transfer data to vault", "status": "NotStarted"},
    ]
    stage = stage_with_job(tmp_path, extendedInfo={"tasksList": tasks})

    run = stage.apply(plan_of(cancel()))

    assert ("done",) == states(run)
    assert "Cancelled" == job_status(stage)


def test_a_job_that_has_ended_is_not_cancelled(tmp_path: Path) -> None:
    """Nothing is sent for a job that is over."""
    stage = stage_with_job(tmp_path, status="Completed", endTime="2026-11-20T07:59:00Z")

    run = stage.apply(plan_of(cancel()))

    assert ("already",) == states(run)
    assert [] == stage.writes()


@pytest.mark.parametrize("actions", [None, []])
def test_a_job_that_cannot_be_cancelled_is_left_alone(
    tmp_path: Path, actions: list[str] | None
) -> None:
    """A job that names no such action, as changes of protection do, is not as planned."""
    stage = stage_with_job(tmp_path, operation="ConfigureBackup", actionsInfo=actions)

    run = stage.apply(plan_of(cancel()))

    assert ("failed",) == states(run)
    assert 7 == run.exit_code
    assert [] == stage.writes()


def test_an_action_that_is_a_number_counts(tmp_path: Path) -> None:
    """Until 2022 the service wrote the action as 1."""
    stage = stage_with_job(tmp_path, actionsInfo=[1])

    assert ("done",) == states(stage.apply(plan_of(cancel())))


def test_a_job_that_somebody_else_cancels_is_followed(tmp_path: Path) -> None:
    """The service refuses a second cancellation; the job's end is all that matters."""
    stage = stage_with_job(tmp_path, status="Cancelling")

    run = stage.apply(plan_of(cancel()))

    assert ("done",) == states(run)
    assert "CompletedWithWarnings" == job_status(stage)


def test_a_refusal_of_a_running_job_is_told(tmp_path: Path) -> None:
    """The service says no and the job goes on: the step has failed."""
    fault = answered(CANCEL, 400, code="UserErrorJobNotCancellable", message="no")
    stage = open_stage(tmp_path, with_faults(built_in(BUSY), fault))

    run = stage.apply(plan_of(cancel()))

    assert ("failed",) == states(run)
    assert 3 == run.exit_code
    assert run.steps[0].error is not None
    assert run.steps[0].error.answer is not None
    assert "UserErrorJobNotCancellable" == run.steps[0].error.answer.code
    assert "InProgress" == job_status(stage)


def test_a_read_only_lock_refuses_the_cancellation(tmp_path: Path) -> None:
    """Cancelling is a POST, which a ReadOnly lock on the vault forbids."""
    locked = with_resources(built_in(BUSY), lock(str(OLD_VAULT), "frozen", level="ReadOnly"))
    stage = open_stage(tmp_path, locked)

    run = stage.apply(plan_of(cancel()))

    assert ("failed",) == states(run)
    assert 4 == run.exit_code


def test_a_missing_permission_is_told(tmp_path: Path) -> None:
    """The action that is missing is named."""
    action = "Microsoft.RecoveryServices/Vaults/backupJobs/cancel/action"
    stage = open_stage(tmp_path, forbidding(built_in(BUSY), action))

    run = stage.apply(plan_of(cancel()))

    assert ("failed",) == states(run)
    assert 5 == run.exit_code
    assert run.steps[0].error is not None
    assert action in run.steps[0].error.message + run.steps[0].error.advice


def test_a_throttled_cancellation_is_sent_again(tmp_path: Path) -> None:
    """429 means that nothing was done."""
    fault = answered(CANCEL, 429, times=2, headers={"Retry-After": "20"})
    stage = open_stage(tmp_path, with_faults(built_in(BUSY), fault))

    run = stage.apply(plan_of(cancel()))

    assert ("done",) == states(run)
    assert 3 == len(stage.writes())


def test_a_cancellation_whose_answer_is_lost_is_not_repeated(tmp_path: Path) -> None:
    """The job itself tells that it is being cancelled; no request but the lost one is sent."""
    fault = Fault(match=CANCEL, lose="response")
    stage = open_stage(tmp_path, with_faults(built_in(BUSY), fault))

    run = stage.apply(plan_of(cancel()))

    assert ("done",) == states(run)
    assert "CompletedWithWarnings" == job_status(stage)
    assert [] == stage.writes()


def test_a_cancellation_that_never_arrived_is_unknown(tmp_path: Path) -> None:
    """The job goes on as before: the request was lost on its way."""
    fault = Fault(match=CANCEL, lose="request")
    stage = open_stage(tmp_path, with_faults(built_in(BUSY), fault))

    run = stage.apply(plan_of(cancel()))

    assert ("unknown",) == states(run)
    assert 3 == run.exit_code
    assert "InProgress" == job_status(stage)


def test_a_cancellation_that_outlasts_patience_has_failed(tmp_path: Path) -> None:
    """After an hour the job still shows that it is being cancelled."""
    base = built_in(BUSY)
    slow = changed(base, JOB.name, {"status": "Cancelling", "operation": "Restore"})
    stage = open_stage(tmp_path, slow)

    run = stage.apply(plan_of(cancel()))

    assert ("failed",) == states(run)
    assert run.steps[0].error is not None
    assert "is still Cancelling" in run.steps[0].error.message


def test_a_dry_runs_pipeline_refuses_to_cancel(tmp_path: Path) -> None:
    """What only reads cannot cancel, whatever calls it."""
    stage = open_stage(tmp_path, BUSY)
    handler = JobCancellation(step=cancel(), tools=tools_of(stage, reading=True))

    with pytest.raises(ReadOnlyError):
        handler.act()

    assert [] == stage.writes()


def test_a_job_in_an_old_vault_is_waited_for(tmp_path: Path) -> None:
    """The job that blocks the VM runs in the vault that protected it before."""
    stage = open_stage(tmp_path, BUSY)
    told: list[Event] = []

    run = stage.apply(plan_of(wait()), told.append)

    assert ("done",) == states(run)
    assert "the Backup job has ended: Completed" == run.steps[0].message
    assert "Completed" == job_status(stage)
    assert [] == stage.writes()
    assert any("InProgress" in getattr(event, "message", "") for event in told)


def test_a_vm_at_rest_is_not_waited_for(tmp_path: Path) -> None:
    """Nothing works on it already."""
    stage = stage_with_job(tmp_path, status="Completed", endTime="2026-11-20T07:59:00Z")

    run = stage.apply(plan_of(wait()))

    assert ("already",) == states(run)
    assert "no job works on the VM" == run.steps[0].message


def test_one_job_after_the_other_is_waited_for(tmp_path: Path) -> None:
    """A job that begins while another is waited for counts too."""
    stage = open_stage(tmp_path, BUSY)
    job = next(each for each in stage.documents(JOB_TYPE) if each["id"] == str(JOB))
    second = OLD_VAULT.child("backupJobs", "11111111-2222-3333-4444-555555555555")
    begun = {**job, "id": str(second), "name": second.name}
    stage.world.clock.schedule(60, lambda: stage.world.documents.put(begun))
    ended = {**begun, "properties": {**job["properties"], "status": "Failed"}}
    stage.world.clock.schedule(1500, lambda: stage.world.documents.put(ended))

    run = stage.apply(plan_of(wait()))

    assert ("done",) == states(run)
    assert "the Backup job has ended: Failed" == run.steps[0].message


def test_a_job_that_outlasts_the_wait_has_failed_the_step(tmp_path: Path) -> None:
    """Told with the job, and nothing after it is done."""
    stage = open_stage(tmp_path, BUSY)

    run = stage.apply(plan_of(wait(timeout_s=120), cancel()))

    assert ("failed", "skipped") == states(run)
    assert 3 == run.exit_code
    assert run.steps[0].error is not None
    assert str(JOB) in run.steps[0].error.advice
    assert [] == stage.writes()


def test_a_wait_survives_an_outage(tmp_path: Path) -> None:
    """Reads that fail while the job runs are repeated."""
    faults = (
        Fault(match=READ_JOB, answer=answered(READ_JOB, 503).answer, times=8),
        Fault(match=LIST_JOBS, answer=answered(LIST_JOBS, 503).answer, after=2, times=8),
    )
    stage = open_stage(tmp_path, with_faults(built_in(BUSY), *faults))

    assert ("done",) == states(stage.apply(plan_of(wait())))


def test_what_a_person_must_do_is_handed_over(tmp_path: Path) -> None:
    """The step is done when it is told; nothing is sent, and the journal holds the words."""
    stage = open_stage(tmp_path, "healthy")
    asked = Instructions(
        name="protect-vm", title="Protect the VM", place=Place.PORTAL, lines=("Open the vault.",)
    )

    run = stage.apply(plan_of(Manual(vm_id=VM, instructions=asked)))

    assert ("done",) == states(run)
    assert "left to a person (portal): Protect the VM" == run.steps[0].message
    assert [] == stage.writes()
    intents = [each for each in entries_of(run, stage.state) if each["entry"] == "intent"]
    assert ["Open the vault."] == intents[0]["step"]["instructions"]["lines"]


@pytest.mark.parametrize(
    "step",
    [
        wait(),
        Manual(
            vm_id=VM,
            instructions=Instructions(name="n", title="t", place=Place.SUPPORT, lines=("l",)),
        ),
    ],
    ids=["wait", "manual"],
)
def test_what_sends_nothing_loses_nothing(tmp_path: Path, step: Step) -> None:
    """After a crash a wait or a handover is simply taken up."""
    stage = open_stage(tmp_path, BUSY)

    assert Accepted() == choose_handler(step, tools_of(stage)).confirm()
