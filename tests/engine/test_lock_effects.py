"""A removed lock is believed gone only when Azure says so again and again."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from azremedy import api
from azremedy.domain.events import RunEnded
from azremedy.sandbox.scenario import Timing
from tests.support.stages import (
    LOCK_TYPE,
    ROOT,
    built_in,
    lock,
    names,
    open_stage,
    path_of,
    states,
    writes_of,
)

if TYPE_CHECKING:
    from pathlib import Path

    from azremedy.domain.events import Event
    from azremedy.sandbox.scenario import Scenario
    from tests.support.stages import Stage


def test_a_lock_whose_removal_does_not_stick_is_a_failure(tmp_path: Path) -> None:
    """A policy that puts the lock back at once: it is not told that the group is free."""
    stage = open_stage(tmp_path, "restore-point-limit")
    plan = api.plan_unlock(stage.azure, api.GroupNames(names=("AzureBackupRG_westeurope_1",)))
    _put_back_always(stage)

    run = stage.apply(plan)

    assert ("failed",) == states(run)
    assert run.exit_code == 3
    assert writes_of([plan.steps[0].step]) == stage.writes()


def test_a_lock_that_is_back_after_the_deletion_is_told(tmp_path: Path) -> None:
    """The points are gone as asked; that the next clean-up will meet the lock is said."""
    stage = open_stage(tmp_path, "restore-point-limit")
    plan = api.plan_clean(stage.azure, names("web-1"), api.CleanOptions(unlock=True))
    _put_back_always(stage)

    run = stage.apply(plan)

    assert ("done", "done") == states(run)
    assert f"there again, by Azure Policy or somebody: {plan.steps[0].step.target}" in (
        run.steps[1].message
    )


def test_what_follows_a_removal_proves_it(tmp_path: Path) -> None:
    """Where a deletion comes next that the lock would refuse, nobody waits to see it gone."""
    stage = open_stage(tmp_path, "restore-point-limit")
    plan = api.plan_clean(stage.azure, names("web-1"), api.CleanOptions(unlock=True))
    asked_before = len(stage.requests())

    run = stage.apply(plan)

    removed = str(plan.steps[0].step.target).lower()
    asked = [each for each in stage.requests()[asked_before:] if removed == path_of(each).lower()]
    assert ("done", "done") == states(run)
    assert ["GET", "DELETE", "GET", "GET"] == [each["method"] for each in asked]


def test_a_lock_that_lingers_is_waited_out(tmp_path: Path) -> None:
    """ARM's caches forbid for a minute more: the deletion is tried again, and told."""
    base = built_in("restore-point-limit")
    stage = open_stage(tmp_path, _lingering(base, seconds=60))
    told: list[Event] = []
    plan = api.plan_clean(stage.azure, names("web-1"), api.CleanOptions(unlock=True))

    run = stage.apply(plan, listen=told.append)

    assert ("done", "done") == states(run)
    assert any(event.kind == "StepProgressed" for event in told)
    assert isinstance(told[-1], RunEnded)


def test_a_lock_that_lingers_too_long_is_a_failure(tmp_path: Path) -> None:
    """After the budget the refusal counts; nobody continues anyway."""
    stage = open_stage(tmp_path, _lingering(built_in("restore-point-limit"), seconds=7200))
    plan = api.plan_clean(stage.azure, names("web-1"), api.CleanOptions(unlock=True))

    run = stage.apply(plan)

    assert ("done", "failed") == states(run)
    assert run.exit_code == 3
    assert run.steps[1].error is not None
    assert run.steps[1].error.exit_code == 4


def test_a_lock_that_was_added_since_the_plan_is_not_waited_out(tmp_path: Path) -> None:
    """This run took nothing off, so there is nothing to wait for."""
    stage = open_stage(tmp_path, "healthy")
    plan = api.plan_clean(stage.azure, names("web-1"), api.CleanOptions(unlock=True))
    stage.world.documents.put(lock(ROOT, "new"))
    began = stage.world.clock.now()

    run = stage.apply(plan)

    assert ("failed",) == states(run)
    assert run.exit_code == 4
    assert (stage.world.clock.now() - began).total_seconds() < 60


def _put_back_always(stage: Stage) -> None:
    group_lock = stage.documents(LOCK_TYPE)[0]

    def put_it_back() -> None:
        stage.world.documents.put(group_lock)
        stage.world.clock.schedule(1, put_it_back)

    stage.world.clock.schedule(1, put_it_back)


def _lingering(base: Scenario, *, seconds: float) -> Scenario:
    return replace(base, operations={**base.operations, "lockRelease": Timing(seconds=seconds)})
