"""Many jobs in one vault are watched by lists, one alone by itself; no read is refused."""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from azremedy import api
from azremedy.domain.jobs import is_confirmed
from azremedy.domain.planner.backup import BackupOptions
from azremedy.domain.ramp import Ramp
from azremedy.domain.run import StepState
from azremedy.domain.steps import WaitFor, WaitForJob
from azremedy.engine.handlers.base import Patience
from azremedy.engine.stop import Steering
from azremedy.engine.watch import JobWatch, Pace
from azremedy.sandbox.scenario import Fault, FaultAnswer, Match
from azremedy.sandbox.scenario_model import Limits, Timing
from tests.support.fleets import multiply, name_vm
from tests.support.stages import SUBSCRIPTION, built_in, names, open_stage, path_of

if TYPE_CHECKING:
    from pathlib import Path

    from azremedy.domain.run import Run
    from azremedy.sandbox.scenario import Scenario
    from tests.support.stages import Json, Stage

AN_HOUR = 150
AS_IN_AZURE = {
    "takeSnapshot": Timing(seconds=480, retry_after=30),
    "transferData": Timing(seconds=1800, retry_after=30),
}
"""Recorded Azure traffic, 2024."""


def world(count: int) -> Scenario:
    """Give healthy VMs in one vault that allows as many reads as Azure's."""
    return replace(multiply(built_in("healthy"), count), limits=Limits(vault_reads=AN_HOUR))


def back_up(stage: Stage, count: int, *, until: WaitFor, at_once: int) -> Run:
    """Back all of them up and follow each to its end."""
    vms = names(*map(name_vm, range(1, count + 1)))
    plan = api.plan_backup(stage.azure, vms, BackupOptions(until=until), max_targets=count)
    steering = Steering(ramp=Ramp(concurrency=at_once, first=at_once))
    return api.apply(stage.azure, plan, state_folder=stage.state, steering=steering)


def list_job_reads(stage: Stage) -> list[Json]:
    """List the reads of jobs that the vault counts."""
    return [each for each in stage.requests() if "/backupjobs" in path_of(each).lower()]


def count_refused(stage: Stage) -> int:
    """Count what Azure refused because it was too much."""
    return sum(each["status"] == 429 for each in stage.requests())


@pytest.mark.parametrize("until", [WaitFor.SNAPSHOT, WaitFor.JOB])
def test_twenty_vms_of_a_vault_stay_below_its_limit(tmp_path: Path, until: WaitFor) -> None:
    """None is refused, and each VM's job is seen to end."""
    stage = open_stage(tmp_path, world(20))

    ended = back_up(stage, 20, until=until, at_once=20)

    waits = [each for each in ended.plan.steps if isinstance(each.step, WaitForJob)]
    results = {each.number: each for each in ended.steps}
    assert 0 == ended.exit_code
    assert 20 == len(waits) == stage.count_jobs()
    assert {StepState.DONE} == {results[each.number].state for each in waits}
    assert 20 == len({results[each.number].job.job_id for each in waits})  # type: ignore[union-attr] # each has one
    assert 0 == count_refused(stage)
    assert len(list_job_reads(stage)) <= AN_HOUR


def test_one_vm_alone_is_followed_by_its_own_job(tmp_path: Path) -> None:
    """No list is read while it waits: the job tells more."""
    stage = open_stage(tmp_path, world(1))

    back_up(stage, 1, until=WaitFor.JOB, at_once=20)

    reads = [path_of(each).lower() for each in list_job_reads(stage)]
    last_list = max(place for place, each in enumerate(reads) if each.endswith("/backupjobs"))
    assert len(reads) - last_list > 10


def test_each_vm_is_told_its_own_end(tmp_path: Path) -> None:
    """Where one of five fails the others are done, and it alone is named."""
    broken = multiply(built_in("healthy"), 5)
    lost = Fault(
        match=Match(method="POST", path="*;web-3/backup"),
        answer=FaultAnswer(status=403, body={"error": {"code": "AuthorizationFailed"}}),
    )
    stage = open_stage(tmp_path, replace(broken, faults=(*broken.faults, lost)))

    ended = back_up(stage, 5, until=WaitFor.JOB, at_once=5)

    failed = [each.number for each in ended.steps if each.state is StepState.FAILED]
    (target,) = [t for t in ended.plan.targets if t.steps[0].number in failed]
    assert "web-3" == target.target.name
    assert 4 == sum(each.job is not None for each in ended.steps)


def test_lists_show_the_ends_of_jobs_that_take_as_long_as_in_azure(tmp_path: Path) -> None:
    """Twenty side by side for 38 minutes: each end is seen soon, and an hour's reads suffice."""
    scenario = replace(world(20), operations=AS_IN_AZURE)
    stage = open_stage(tmp_path, scenario)
    started = back_up(stage, 20, until=WaitFor.NONE, at_once=20)
    jobs = [each.job.job_id for each in started.steps if each.job and each.job.job_id]
    clock, began, seen = stage.azure.clock, stage.azure.clock.now(), dict[str, datetime]()
    before = len(list_job_reads(stage))

    source, watch = stage.azure.gateways(SUBSCRIPTION).backup, JobWatch()
    with ExitStack() as waiting:
        patience = Patience()
        pace = Pace(
            soonest=patience.job_soonest, at_most=patience.job_at_most, lists=patience.job_lists
        )
        followers = [
            waiting.enter_context(watch.following(job, source, clock, pace)) for job in jobs
        ]
        while len(seen) < 20:
            clock.sleep(30)
            for each in followers:
                job = each.read()
                if str(each.job_id) not in seen and job is not None and not job.running:
                    seen[str(each.job_id)] = clock.now()
                    assert "Completed" == job.status

    assert max(seen.values()) - began < timedelta(minutes=42)
    assert len(list_job_reads(stage)) - before < 100
    assert 0 == count_refused(stage)


def test_one_slow_snapshot_does_not_delay_the_news_of_others(tmp_path: Path) -> None:
    """The first took two hours: the next, of ten minutes, are seen soon after they are over."""
    slow = {**AS_IN_AZURE, "takeSnapshot": Timing(seconds=7200, retry_after=30)}
    stage = open_stage(tmp_path, replace(world(4), operations=slow))
    clock, watch = stage.azure.clock, JobWatch()
    source = stage.azure.gateways(SUBSCRIPTION).backup
    patience = Patience()
    pace = Pace(
        soonest=patience.job_soonest, at_most=patience.job_at_most, lists=patience.job_lists
    )
    started = back_up(stage, 1, until=WaitFor.NONE, at_once=1)
    (canary,) = (each.job.job_id for each in started.steps if each.job and each.job.job_id)
    with watch.following(canary, source, clock, pace) as follower:
        while not is_confirmed(follower.read_now(), WaitFor.SNAPSHOT):
            clock.sleep(600)
    stage.world.scenario = replace(
        stage.world.scenario,
        operations={**slow, "takeSnapshot": Timing(seconds=600, retry_after=30)},
    )

    began = clock.now()
    others = names(*map(name_vm, (2, 3, 4)))
    plan = api.plan_backup(stage.azure, others, BackupOptions(until=WaitFor.NONE))
    ran = api.apply(stage.azure, plan, state_folder=stage.state)
    jobs = [each.job.job_id for each in ran.steps if each.job and each.job.job_id]
    seen: set[object] = set()
    with ExitStack() as waiting:
        followers = [
            waiting.enter_context(watch.following(job, source, clock, pace, began=began))
            for job in jobs
        ]
        while len(seen) < 3:
            clock.sleep(5)
            known = [(each.job_id, each.read()) for each in followers]
            seen |= {id_ for id_, job in known if job and is_confirmed(job, WaitFor.SNAPSHOT)}

    assert clock.now() - began < timedelta(minutes=15)
