"""One backup and no more, and the truth about how it ended."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from azremedy import api
from azremedy.domain.events import StepStarted
from azremedy.engine.handlers.base import Accepted, Memory, Patience, Tools
from azremedy.engine.handlers.choose import choose_handler
from azremedy.sandbox.scenario import Backup, Fault, Match, Timing
from tests.support.stages import (
    COLLECTION_TYPE,
    JOB_TYPE,
    POINT_TYPE,
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

    from azremedy.domain.events import Event
    from azremedy.domain.run import Run
    from azremedy.sandbox.scenario import Scenario

OPERATION = Match(method="GET", path="*/backupOperations/*")
JOB = Match(method="GET", path="*/backupJobs/*")


def backup(stage: Stage, until: api.WaitFor = api.WaitFor.JOB, **options: Any) -> Run:
    """Back web-1 up."""
    asked = api.BackupOptions(until=until, **options)
    return stage.apply(api.plan_backup(stage.azure, names("web-1"), asked))


def troubled(*faults: Fault) -> Scenario:
    """Give the healthy world with trouble."""
    return with_faults(built_in("healthy"), *faults)


@pytest.mark.parametrize(
    ("until", "status", "transfer"),
    [
        (api.WaitFor.NONE, "InProgress", "NotStarted"),
        (api.WaitFor.SNAPSHOT, "InProgress", "InProgress"),
        (api.WaitFor.JOB, "Completed", "Completed"),
    ],
)
def test_a_backup_is_followed_as_far_as_asked(
    tmp_path: Path, until: api.WaitFor, status: str, transfer: str
) -> None:
    """Accepted, snapshot taken, or ended: each is what the job said when it was read last."""
    stage = open_stage(tmp_path, "healthy")

    run = backup(stage, until)

    job = run.steps[-1].job
    assert run.exit_code == 0
    assert job is not None
    assert (status, transfer) == (job.status, job.transfer)
    assert stage.count_jobs() == 1


@pytest.mark.parametrize(
    ("fault", "sent"),
    [
        (answered(TRIGGER, 429, headers={"Retry-After": "20"}), 2),
        (answered(TRIGGER, 429, times=5), 6),
        (answered(TRIGGER, 429, headers={"Retry-After": "600"}), 2),
        (Fault(match=TRIGGER, lose="response"), 0),
        (answered(OPERATION, 500, times=9), 1),
        (answered(OPERATION, 429, times=2, headers={"Retry-After": "900"}), 1),
        (answered(JOB, 500, times=9), 1),
        (answered(JOB, 429, times=2, headers={"Retry-After": "3600"}), 1),
        (Fault(match=JOB, drop=True, times=9), 1),
    ],
    ids=[
        "throttled",
        "throttled often",
        "throttled for long",
        "answer lost",
        "operation unreadable",
        "operation throttled",
        "job unreadable",
        "job throttled",
        "job unreachable",
    ],
)
def test_trouble_leads_to_exactly_one_backup(tmp_path: Path, fault: Fault, sent: int) -> None:
    """Followed to its good end, whichever answer was missing on the way."""
    stage = open_stage(tmp_path, troubled(fault))
    before = len(stage.documents(POINT_TYPE))

    run = backup(stage)

    assert ("done", "done") == states(run)
    assert stage.count_jobs() == 1
    assert len(stage.documents(POINT_TYPE)) <= before + 1
    assert sent == len(stage.writes())
    assert run.steps[1].job is not None
    assert run.steps[1].job.job_id is not None
    assert stage.has(run.steps[1].job.job_id)


@pytest.mark.parametrize(
    ("fault", "state"),
    [
        (Fault(match=TRIGGER, lose="request"), "unknown"),
        (Fault(match=TRIGGER, drop=True), "unknown"),
        (answered(TRIGGER, 500), "unknown"),
        (answered(TRIGGER, 503), "unknown"),
        (answered(TRIGGER, 429, times=99), "failed"),
        (answered(TRIGGER, 429, headers={"Retry-After": "3600"}), "failed"),
        (answered(TRIGGER, 403, code="AuthorizationFailed"), "failed"),
        (answered(TRIGGER, 409, code="Conflict"), "failed"),
    ],
    ids=[
        "request lost",
        "dropped",
        "500",
        "503",
        "throttled for ever",
        "throttled for an hour",
        "forbidden",
        "conflict",
    ],
)
def test_a_backup_that_was_not_started_is_not_started_twice(
    tmp_path: Path, fault: Fault, state: str
) -> None:
    """No request is repeated that may have been carried out; the wait is not begun."""
    stage = open_stage(tmp_path, troubled(fault))

    run = backup(stage)

    assert (state, "skipped") == states(run)
    assert run.exit_code != 0
    assert stage.count_jobs() == 0


def test_another_backup_is_not_taken_for_ours(tmp_path: Path) -> None:
    """A backup that failed seconds before, and a lost request: nothing of ours exists."""
    stage = open_stage(tmp_path, troubled(Fault(match=TRIGGER, drop=True)))
    plan = api.plan_backup(stage.azure, names("web-1"))
    earlier = stage.documents(JOB_TYPE)[0]
    earlier["id"] = earlier["id"].rpartition("/")[0] + "/11111111-2222-3333-4444-555555555555"
    earlier["name"] = "11111111-2222-3333-4444-555555555555"
    earlier["properties"] |= {
        "status": "Failed",
        "startTime": "2026-11-20T07:59:50.0000000Z",
        "endTime": "2026-11-20T07:59:55.0000000Z",
    }
    stage.world.documents.put(earlier)

    run = stage.apply(plan)

    assert ("unknown", "skipped") == states(run)


@pytest.mark.parametrize(
    ("operations", "told"),
    [
        ({"takeSnapshot": Timing(seconds=10**7, retry_after=30)}, "not confirmed in time"),
        ({"triggerBackup": Timing(seconds=10**7, retry_after=600)}, "No job was named"),
    ],
    ids=["job", "operation"],
)
def test_a_backup_that_never_ends_is_not_confirmed(
    tmp_path: Path, operations: dict[str, Timing], told: str
) -> None:
    """After the time that was given the code is 11, whatever Azure still does."""
    stage = open_stage(tmp_path, replace(built_in("healthy"), operations=operations))

    run = backup(stage, timeout_s=3600)

    assert ("done", "failed") == states(run)
    assert run.exit_code == 11
    assert told in run.steps[1].message or told in str(run.steps[1].error)


@pytest.mark.parametrize("match", [OPERATION, JOB], ids=["operation", "job"])
def test_a_backup_that_cannot_be_followed_is_not_confirmed(tmp_path: Path, match: Match) -> None:
    """Its end may be good; nobody saw it: 11."""
    stage = open_stage(tmp_path, troubled(answered(match, 503, times=9999)))

    run = backup(stage, timeout_s=600)

    assert ("done", "failed") == states(run)
    assert run.exit_code == 11
    assert stage.count_jobs() == 1


def test_a_backup_that_the_service_will_not_begin_is_told(tmp_path: Path) -> None:
    """The operation fails and names no job: the service's own code is passed on."""
    stage = open_stage(tmp_path, "healthy")
    asked = api.BackupOptions(max_backups_per_day=9)
    plan = api.plan_backup(stage.azure, names("web-1"), asked)
    done = stage.documents(JOB_TYPE)[0]
    for number in range(9):
        name = f"00000000-0000-0000-0000-00000000000{number}"
        done["id"], done["name"] = done["id"].rpartition("/")[0] + f"/{name}", name
        done["properties"] |= {"startTime": "2026-11-20T01:00:00Z", "isUserTriggered": True}
        stage.world.documents.put(done)

    run = stage.apply(plan)

    assert ("done", "failed") == states(run)
    assert run.exit_code == 11
    assert run.steps[1].error is not None
    assert run.steps[1].error.answer is not None
    assert run.steps[1].error.answer.code == "CloudDosTimeboudLimitReached"


def test_a_backup_that_fails_is_told_with_its_code_and_advice(tmp_path: Path) -> None:
    """The job's error title, and what the service recommends."""
    base = replace(
        built_in("healthy"), backup=Backup(outcome=("UserErrorGuestAgentStatusUnavailable",))
    )
    stage = open_stage(tmp_path, base)

    run = backup(stage)

    assert run.exit_code == 11
    assert "UserErrorGuestAgentStatusUnavailable" in run.steps[1].message
    assert run.steps[1].error is not None
    assert "VM agent" in run.steps[1].error.advice


def test_a_failure_without_advice_names_the_job(tmp_path: Path) -> None:
    """Where the service recommends nothing, the job is where to look."""
    base = replace(built_in("healthy"), backup=Backup(outcome=("UserErrorOfNoKnownName",)))
    stage = open_stage(tmp_path, base)

    run = backup(stage)

    assert run.steps[1].error is not None
    assert "/backupJobs/" in run.steps[1].error.advice


def test_a_clean_up_that_does_not_come_is_a_failure(tmp_path: Path) -> None:
    """Azure Backup had its six hours: the points are still there, and that is told."""
    base = replace(
        built_in("restore-point-limit"),
        operations={"cleanUpRestorePoints": Timing(seconds=10**7)},
    )
    stage = open_stage(tmp_path, base)
    options = api.CleanOptions(by=api.CleanBy.BACKUP, unlock=True)

    run = stage.apply(api.plan_clean(stage.azure, names("web-1"), options))

    assert ("done", "done", "done", "failed") == states(run)
    assert run.exit_code == 3


def test_a_clean_up_that_was_faster_than_the_wait_is_done(tmp_path: Path) -> None:
    """The service cleans up while the backup is still followed."""
    base = replace(
        built_in("restore-point-limit"),
        operations={"cleanUpRestorePoints": Timing(seconds=0)},
    )
    stage = open_stage(tmp_path, base)
    options = api.CleanOptions(by=api.CleanBy.BACKUP, unlock=True)

    run = stage.apply(api.plan_clean(stage.azure, names("web-1"), options))

    assert ("done", "done", "done", "already") == states(run)
    assert run.exit_code == 0


def test_a_collection_that_goes_meanwhile_counts_as_clean(tmp_path: Path) -> None:
    """No collection, no points."""
    stage = open_stage(tmp_path, "restore-point-limit")
    options = api.CleanOptions(by=api.CleanBy.BACKUP, unlock=True)
    plan = api.plan_clean(stage.azure, names("web-1"), options)

    def listen(event: Event) -> None:
        if isinstance(event, StepStarted) and event.planned.number == 4:
            stage.world.documents.remove(stage.documents(COLLECTION_TYPE)[0]["id"])

    run = stage.apply(plan, listen=listen)

    assert states(run)[-1] == "already"


def test_waiting_sends_nothing_that_could_be_lost(tmp_path: Path) -> None:
    """A wait that is asked what became of its request has none."""
    stage = open_stage(tmp_path, "restore-point-limit")
    options = api.CleanOptions(by=api.CleanBy.BACKUP, unlock=True)
    plan = api.plan_clean(stage.azure, names("web-1"), options)
    tools = Tools(
        session=stage.azure.reader, memory=Memory(), progress=lambda _: None, patience=Patience()
    )

    waits = [choose_handler(planned.step, tools) for planned in plan.steps[2:]]

    assert [wait.confirm() for wait in waits] == [Accepted(), Accepted()]
    assert stage.writes() == []
