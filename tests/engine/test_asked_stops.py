"""Somebody asks a run to stop: once, it ends in good order; while it waits, or twice, at once."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from azremedy import api
from azremedy.domain.events import StepProgressed, StepStarted
from azremedy.domain.steps import DeleteRestorePointCollection, WaitForJob
from azremedy.engine.stop import Steering, Stop
from tests.support.stages import (
    COLLECTION_TYPE,
    LOCK_TYPE,
    ROOT,
    built_in,
    lock,
    names,
    open_stage,
    states,
    with_resources,
)

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from azremedy.domain.events import Event
    from azremedy.domain.run import Run
    from tests.support.stages import Stage


def fix(stage: Stage, stop: Stop, listen: Callable[[Event], None]) -> Run:
    """Fix a world with a lock that is only lent."""
    options = api.FixOptions(unlock=True, include_inherited=True)
    plan = api.plan_fix(stage.azure, names("web-1"), options)
    return api.apply(
        stage.azure, plan, listen=listen, state_folder=stage.state, steering=Steering(stop=stop)
    )


def open_locked(folder: Path) -> Stage:
    """Open a world at the limit, with a lock on the subscription."""
    return open_stage(folder, with_resources(built_in("restore-point-limit"), lock(ROOT, "all")))


def test_asked_once_the_run_ends_after_its_step(tmp_path: Path) -> None:
    """The deletion is seen to its end, the lent lock goes back, and the rest can be taken up."""
    stage, stop = open_locked(tmp_path), Stop()

    def listen(event: Event) -> None:
        if isinstance(event, StepStarted) and isinstance(
            event.planned.step, DeleteRestorePointCollection
        ):
            stop.ask()

    run = fix(stage, stop, listen)
    collections, locks = stage.documents(COLLECTION_TYPE), stage.documents(LOCK_TYPE)
    again = api.resume(stage.azure, str(run.run_id), state_folder=stage.state)

    assert 9 == run.exit_code
    assert ("done", "done", "done", "skipped", "skipped", "done") == states(run)
    assert [] == collections
    assert ["all"] == [each["name"] for each in locks]
    assert 0 == again.exit_code
    assert 1 == stage.count_jobs()


def test_asked_while_it_waits_the_run_ends_at_once(tmp_path: Path) -> None:
    """A wait changes nothing; the backup goes on in Azure, and its end can be waited for again."""
    stage, stop = open_locked(tmp_path), Stop()

    def listen(event: Event) -> None:
        if isinstance(event, StepProgressed) and isinstance(event.planned.step, WaitForJob):
            stop.ask()

    run = fix(stage, stop, listen)
    again = api.resume(stage.azure, str(run.run_id), state_folder=stage.state)

    assert 9 == run.exit_code
    assert 0 == again.exit_code
    assert 1 == stage.count_jobs()


def test_asked_twice_the_run_ends_in_the_middle_of_a_step(tmp_path: Path) -> None:
    """Locks go back all the same, and the deletion is not sent again when the run is taken up."""
    stage, stop = open_locked(tmp_path), Stop()
    base = len(stage.documents(LOCK_TYPE))

    def listen(event: Event) -> None:
        if isinstance(event, StepStarted) and isinstance(
            event.planned.step, DeleteRestorePointCollection
        ):
            stop.ask()
            stop.ask()

    run = fix(stage, stop, listen)
    again = api.resume(stage.azure, str(run.run_id), state_folder=stage.state)
    deletions = [each for each in stage.writes() if "restorepointcollections" in each]

    assert 9 == run.exit_code
    assert 2 == base
    assert 0 == again.exit_code
    assert 1 == len(deletions)


def test_asked_before_a_wait_it_is_not_begun() -> None:
    """What was asked during a change counts before the wait that follows."""
    stop = Stop()
    stop.ask()

    with pytest.raises(KeyboardInterrupt), stop.leaving_allowed():
        pytest.fail("the wait was begun")
