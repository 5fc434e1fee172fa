"""A step that several VMs need is carried out once, and nobody waits for it for ever."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from threading import Event, Thread
from typing import TYPE_CHECKING

import pytest

from azremedy import api
from azremedy.domain.events import StepEnded
from azremedy.domain.planner.fix.options import FixOptions
from azremedy.domain.ramp import Ramp
from azremedy.domain.steps import DeleteLock, DeleteRestorePointCollection, WaitForJob
from azremedy.engine.fleet import Shared
from azremedy.engine.stop import Steering, Stop
from tests.support.fleets import multiply, name_vm
from tests.support.stages import LOCK_TYPE, built_in, names, open_stage

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from azremedy.domain.events import Event as Happening
    from azremedy.domain.plan import Plan, PlannedStep
    from azremedy.domain.run import Run
    from tests.support.stages import Stage

PATIENCE_S = 60
FIX = FixOptions(unlock=True, relock=True)


@pytest.fixture
def stage(tmp_path: Path) -> Stage:
    """Two VMs with too many restore points each, behind one lock."""
    return open_stage(tmp_path, multiply(built_in("restore-point-limit"), 2))


def plan_both(stage: Stage) -> Plan:
    """Plan to mend both, and to put the lock back."""
    return api.plan_fix(stage.azure, names(name_vm(1), name_vm(2)), FIX)


def find_removal(plan: Plan) -> PlannedStep:
    """Give the removal that both need."""
    (removal,) = (p for p in plan.steps if isinstance(p.step, DeleteLock))
    return removal


def within_a_minute(work: Callable[[], Run]) -> Run:
    """Do what must not hang."""
    ended: list[Run] = []
    thread = Thread(target=lambda: ended.append(work()), daemon=True)
    thread.start()
    thread.join(PATIENCE_S)
    assert ended
    return ended[0]


def test_two_causes_name_a_shared_lock_once(stage: Stage) -> None:
    """Both the lock and the points want it off; the second VM needs one removal of the first."""
    plan = plan_both(stage)

    assert (find_removal(plan).number,) == plan.targets[1].needs


def test_who_comes_second_waits_for_the_request_and_not_for_its_effect(stage: Stage) -> None:
    """It goes on while the first still looks at the lock, and sends nothing again."""
    plan = plan_both(stage)
    removal, shared = find_removal(plan), Shared.of(plan, Stop())

    def come_second() -> bool:
        with shared.coming_first(removal) as is_first:
            shared.wait_until_sent(removal)
            return is_first

    with ThreadPoolExecutor() as pool, shared.coming_first(removal) as is_first:
        second = pool.submit(come_second)
        shared.tell_sent(removal)
        was_first = second.result(timeout=PATIENCE_S)

    assert (True, False) == (is_first, was_first)


def test_a_step_is_over_however_its_first_leaves_it(stage: Stage) -> None:
    """An interrupt before anything was sent lets the others go, too."""
    plan = plan_both(stage)
    removal, shared = find_removal(plan), Shared.of(plan, Stop())

    with pytest.raises(KeyboardInterrupt), shared.coming_first(removal):
        raise KeyboardInterrupt
    with ThreadPoolExecutor() as pool:
        pool.submit(shared.wait_until_sent, removal).result(timeout=PATIENCE_S)
        pool.submit(shared.wait_until_over, removal).result(timeout=PATIENCE_S)
    with shared.coming_first(removal) as is_first:
        assert not is_first


def test_who_waits_for_another_hears_a_stop(stage: Stage) -> None:
    """It leaves, although the other one's request is still on its way."""
    plan, stop, waits = plan_both(stage), Stop(), Event()
    removal, shared = find_removal(plan), Shared.of(plan, stop)

    def wait() -> None:
        waits.set()
        shared.wait_until_over(removal)

    with ThreadPoolExecutor() as pool, shared.coming_first(removal):
        waiting = pool.submit(wait)
        waits.wait(PATIENCE_S)
        stop.requested = True
        with pytest.raises(KeyboardInterrupt):
            waiting.result(timeout=PATIENCE_S)


@pytest.mark.parametrize("at_once", [1, 2])
@pytest.mark.parametrize("after", [DeleteRestorePointCollection, WaitForJob])
def test_a_run_that_lends_a_shared_lock_once_more_ends(
    stage: Stage, after: type, at_once: int
) -> None:
    """The first VM is through and needs it no more; the other one does, and gets through, too."""
    plan, stop = plan_both(stage), Stop()

    def listen(event: Happening) -> None:
        if isinstance(event, StepEnded) and isinstance(event.planned.step, after):
            stop.requested = True

    steering = Steering(stop=stop, ramp=Ramp(concurrency=at_once))
    cut = within_a_minute(
        lambda: api.apply(
            stage.azure, plan, state_folder=stage.state, steering=steering, listen=listen
        )
    )
    again = within_a_minute(
        lambda: api.resume(
            stage.azure,
            str(cut.run_id),
            state_folder=stage.state,
            steering=Steering(ramp=Ramp(concurrency=at_once)),
        )
    )

    assert (9, 0) == (cut.exit_code, again.exit_code)
    assert 2 == sum(
        "/restorepointcollections/" in each.lower() and each.startswith("delete")
        for each in stage.writes()
    )
    assert 1 == len(stage.documents(LOCK_TYPE))


@pytest.mark.parametrize("at_once", [1, 2])
def test_a_kept_plan_that_names_a_need_twice_is_carried_out(stage: Stage, at_once: int) -> None:
    """Older plans and journals do."""
    plan = plan_both(stage)
    first, second = plan.targets
    twice = replace(plan, targets=(first, replace(second, needs=(*second.needs, *second.needs))))
    steering = Steering(ramp=Ramp(concurrency=at_once, first=at_once))

    ended = within_a_minute(
        lambda: api.apply(stage.azure, twice, state_folder=stage.state, steering=steering)
    )

    assert 0 == ended.exit_code
    assert 1 == sum("/locks/" in each and each.startswith("delete") for each in stage.writes())
