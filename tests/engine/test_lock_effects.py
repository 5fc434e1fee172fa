"""A removed lock is believed gone only when Azure says so again and again."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from azremedy import api
from azremedy.domain.events import RunEnded
from azremedy.sandbox.scenario import Timing
from tests.support.stages import (
    COLLECTION_TYPE,
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


def test_a_lock_that_is_back_during_the_deletion_is_a_failure(tmp_path: Path) -> None:
    """The points are gone as asked; that the next clean-up will meet the lock is told."""
    stage = open_stage(tmp_path, "restore-point-limit")
    plan = api.plan_clean(stage.azure, names("web-1"), api.CleanOptions(unlock=True))
    _put_back_always(stage)

    run = stage.apply(plan)

    assert ("failed", "done") == states(run)
    assert 3 == run.exit_code
    assert "there again after its removal" in run.steps[0].message


def test_a_lock_is_looked_at_while_azure_deletes(tmp_path: Path) -> None:
    """The deletion does not wait for the looks: the lock would refuse it, and it is repeated."""
    stage = open_stage(tmp_path, "restore-point-limit")
    plan = api.plan_clean(stage.azure, names("web-1"), api.CleanOptions(unlock=True))
    asked_before, began = len(stage.requests()), stage.world.clock.now()

    run = stage.apply(plan)

    removed = str(plan.steps[0].step.target).lower()
    asked = [(e["method"], path_of(e).lower()) for e in stage.requests()[asked_before:]]
    looks = [at for at, (method, path) in enumerate(asked) if ("GET", removed) == (method, path)]
    (deleted,) = (
        at for at, (method, path) in enumerate(asked) if method == "DELETE" and path != removed
    )
    assert ("done", "done") == states(run)
    assert 6 == len(looks)
    assert looks[0] < deleted < looks[1]
    assert (stage.world.clock.now() - began).total_seconds() < 45


def test_a_deletion_that_cannot_be_sent_leaves_the_lock_told(tmp_path: Path) -> None:
    """The removal is looked at all the same, and the step that failed is named."""
    stage = open_stage(tmp_path, "restore-point-limit")
    plan = api.plan_clean(stage.azure, names("web-1"), api.CleanOptions(unlock=True))
    (collection,) = stage.documents(COLLECTION_TYPE)
    point = f"{collection['id']}/restorePoints/AzureBackup_20261120_080000"
    stage.world.documents.put({"id": point, "properties": {}})

    run = stage.apply(plan)

    assert ("done", "failed") == states(run)
    assert 3 == run.exit_code
    assert [] == stage.documents(LOCK_TYPE)


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
