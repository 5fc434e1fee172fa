"""Several VMs side by side: a canary first, shared locks once, and no end of an estate."""

from __future__ import annotations

from collections import deque
from dataclasses import replace
from datetime import timedelta
from threading import Barrier, get_ident
from typing import TYPE_CHECKING

import pytest

from azremedy import api
from azremedy.domain.events import StepEnded, StepStarted
from azremedy.domain.plan import TargetPlan
from azremedy.domain.ramp import ErrorBudget, Ramp
from azremedy.domain.run import RunState, StepState
from azremedy.domain.steps import DeleteLock, DeleteRestorePointCollection, TriggerBackup
from azremedy.engine.fleet import Fleet
from azremedy.engine.stop import Steering, Stop
from azremedy.ids import ResourceId
from azremedy.sandbox.scenario import Fault, FaultAnswer, Match, Timing
from tests.support.fleets import multiply, name_vm
from tests.support.stages import (
    COLLECTION_TYPE,
    LOCK_TYPE,
    ROOT,
    VM_TYPE,
    built_in,
    lock,
    names,
    open_stage,
    with_faults,
    with_resources,
)

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from azremedy.domain.events import Event
    from azremedy.domain.plan import Plan
    from azremedy.domain.run import Run
    from azremedy.sandbox.scenario import Scenario
    from tests.support.stages import Stage

LEASED = api.CleanOptions(unlock=True, include_inherited=True)


def world(count: int) -> Scenario:
    """Give a world of VMs at the limit behind one lock on their group and one above it."""
    return with_resources(multiply(built_in("restore-point-limit"), count), lock(ROOT, "all"))


def plan_all(stage: Stage, count: int) -> Plan:
    """Plan to clean all of them."""
    vms = names(*map(name_vm, range(1, count + 1)))
    return api.plan_clean(stage.azure, vms, LEASED, max_targets=count)


def run(
    stage: Stage,
    plan: Plan,
    steering: Steering,
    listen: Callable[[Event], None] = lambda _: None,
) -> Run:
    """Carry the plan out."""
    return api.apply(stage.azure, plan, state_folder=stage.state, steering=steering, listen=listen)


def refuse_deletions(*numbers: int) -> tuple[Fault, ...]:
    """Forbid the deletion of some VMs' collections."""
    return tuple(
        Fault(
            match=Match(method="DELETE", path=f"*/restorePointCollections/*{name_vm(number)}_*"),
            answer=FaultAnswer(status=403, body={"error": {"code": "AuthorizationFailed"}}),
            times=9,
        )
        for number in numbers
    )


def deletions_of(events: list[Event], kind: type) -> list[int]:
    """Tell when, counted in events, deletions of collections began or ended."""
    return [
        place
        for place, event in enumerate(events)
        if isinstance(event, kind)
        and isinstance(event, StepStarted | StepEnded)
        and isinstance(event.planned.step, DeleteRestorePointCollection)
    ]


def test_a_lock_that_vms_share_is_off_once_and_back_once(tmp_path: Path) -> None:
    """Eight VMs, two locks: two removals, two returns, eight deletions."""
    stage = open_stage(tmp_path, world(8))
    before = stage.documents(LOCK_TYPE)

    ended = run(stage, plan_all(stage, 8), Steering(ramp=Ramp(concurrency=4)))

    writes = [each.partition(" ")[0] for each in stage.writes() if "/locks/" in each]
    assert (RunState.DONE, 0) == (ended.state, ended.exit_code)
    assert ["delete", "delete", "put"] == writes[:3]
    assert [each["id"] for each in before if each["id"].startswith(f"{ROOT}/providers")] == [
        each["id"] for each in stage.documents(LOCK_TYPE)
    ]
    assert 8 == sum(each.startswith("delete") for each in stage.writes()) - 2
    assert [] == stage.documents(COLLECTION_TYPE)


def test_a_canary_goes_first_and_alone(tmp_path: Path) -> None:
    """No second deletion begins before the first has ended."""
    stage = open_stage(tmp_path, world(4))
    events: list[Event] = []

    run(stage, plan_all(stage, 4), Steering(ramp=Ramp(concurrency=4)), events.append)

    ended, started = deletions_of(events, StepEnded), deletions_of(events, StepStarted)
    assert 4 == len(ended) == len(started)
    assert ended[0] < started[1]


def test_a_broken_rule_stops_after_the_canaries(tmp_path: Path) -> None:
    """When every deletion is refused, two VMs are tried and ten are left alone."""
    stage = open_stage(tmp_path, with_faults(world(12), *refuse_deletions(*range(1, 13))))

    ended = run(stage, plan_all(stage, 12), Steering(ramp=Ramp(concurrency=4)))

    tried = [each for each in stage.writes() if "/restorepointcollections/" in each]
    assert 5 == ended.exit_code
    assert 2 == len(tried)
    assert len(stage.documents(COLLECTION_TYPE)) == 12
    untold = [each.message for each in ended.steps if each.state is StepState.SKIPPED]
    assert "not begun: too many VMs had failed before" in untold


def test_failures_within_the_budget_do_not_stop_the_others(tmp_path: Path) -> None:
    """Two of eight fail; the other six are healed, and the exit code says that not all is well."""
    stage = open_stage(tmp_path, with_faults(world(8), *refuse_deletions(3, 6)))
    ramp = Ramp(concurrency=4, budget=ErrorBudget(number=2))

    ended = run(stage, plan_all(stage, 8), Steering(ramp=ramp))

    assert 5 == ended.exit_code
    assert 2 == len(stage.documents(COLLECTION_TYPE))


def test_no_failure_is_allowed_when_nobody_may_fail(tmp_path: Path) -> None:
    """With a budget of zero the first failure is the last."""
    stage = open_stage(tmp_path, with_faults(world(4), *refuse_deletions(1)))
    ramp = Ramp(concurrency=4, budget=ErrorBudget(number=0))

    run(stage, plan_all(stage, 4), Steering(ramp=ramp))

    assert 4 == len(stage.documents(COLLECTION_TYPE))


def test_a_shared_lock_that_cannot_be_removed_keeps_all_vms_from_being_tried(
    tmp_path: Path,
) -> None:
    """Nobody sends a deletion that must be refused; the removal is asked for once."""
    refused = Fault(
        match=Match(method="DELETE", path="*/locks/no-deletes"),
        answer=FaultAnswer(status=403, body={"error": {"code": "AuthorizationFailed"}}),
        times=9,
    )
    stage = open_stage(tmp_path, with_faults(world(4), refused))
    ramp = Ramp(concurrency=4, first=4, budget=ErrorBudget(number=9))

    ended = run(stage, plan_all(stage, 4), Steering(ramp=ramp))

    assert 0 != ended.exit_code
    assert 1 == sum("/locks/no-deletes" in each and "delete" in each for each in stage.writes())
    assert 4 == len(stage.documents(COLLECTION_TYPE))


def test_asked_to_stop_every_vm_ends_its_step_and_no_other_begins(tmp_path: Path) -> None:
    """What is left is taken up by ``resume``, and ends as if nobody had asked."""
    stage, stop, seen = open_stage(tmp_path, world(6)), Stop(), list[int]()

    def listen(event: Event) -> None:
        if isinstance(event, StepStarted) and isinstance(
            event.planned.step, DeleteRestorePointCollection
        ):
            seen.append(get_ident())
            if len(seen) == 2:
                stop.requested = True

    ended = run(stage, plan_all(stage, 6), Steering(stop=stop, ramp=Ramp(concurrency=3)), listen)
    kept = [each["id"] for each in stage.documents(LOCK_TYPE)]
    left = len(stage.documents(COLLECTION_TYPE))
    again = api.resume(stage.azure, str(ended.run_id), state_folder=stage.state)

    assert (RunState.INTERRUPTED, 9) == (ended.state, ended.exit_code)
    assert f"{ROOT}/providers/Microsoft.Authorization/locks/all" in kept
    assert left > 0
    assert 0 == again.exit_code
    assert [] == stage.documents(COLLECTION_TYPE)


@pytest.mark.parametrize("concurrency", [1, 5])
def test_side_by_side_or_one_by_one_the_world_ends_the_same(
    tmp_path: Path, concurrency: int
) -> None:
    """Every VM has its backup, once."""
    stage = open_stage(tmp_path, world(5))
    vms = names(*map(name_vm, range(1, 6)))
    options = api.FixOptions(unlock=True, include_inherited=True)
    plan = api.plan_fix(stage.azure, vms, options)

    ended = run(stage, plan, Steering(ramp=Ramp(concurrency=concurrency)))

    assert 0 == ended.exit_code
    assert 5 == stage.count_jobs()
    assert 5 == sum(isinstance(planned.step, TriggerBackup) for planned in plan.steps)
    assert 2 == sum(isinstance(planned.step, DeleteLock) for planned in plan.steps)


def test_asked_twice_nobody_waits_for_a_long_deletion(tmp_path: Path) -> None:
    """Signals reach one thread only; the others leave their polling too, and locks go back."""
    slow = {"deleteRestorePointCollection": Timing(seconds=7200, retry_after=10)}
    stage, stop = open_stage(tmp_path, replace(world(2), operations=slow)), Stop()
    began = stage.azure.clock.now()

    def listen(event: Event) -> None:
        if isinstance(event, StepStarted) and isinstance(
            event.planned.step, DeleteRestorePointCollection
        ):
            stop.requested = stop.urgent = True

    ended = run(stage, plan_all(stage, 2), Steering(stop=stop, ramp=Ramp(first=2)), listen)

    kept = [each["id"] for each in stage.documents(LOCK_TYPE)]
    assert RunState.INTERRUPTED is ended.state
    assert f"{ROOT}/providers/Microsoft.Authorization/locks/all" in kept
    assert stage.azure.clock.now() - began < timedelta(minutes=15)


def test_one_vm_s_own_trouble_does_not_stop_the_others(tmp_path: Path) -> None:
    """A lock of its own cannot be taken off; those that all share are, and the others are done."""
    own = lock(
        f"{ROOT}/resourceGroups/AzureBackupRG_westeurope_1/providers/{COLLECTION_TYPE}/"
        "AzureBackup_web-1_991698409459952",
        "mine",
    )
    refused = Fault(
        match=Match(method="DELETE", path="*/locks/mine"),
        answer=FaultAnswer(status=403, body={"error": {"code": "AuthorizationFailed"}}),
        times=9,
    )
    stage = open_stage(tmp_path, with_faults(with_resources(world(4), own), refused))

    run(stage, plan_all(stage, 4), Steering(ramp=Ramp(concurrency=2)))

    assert ["AzureBackup_web-1_991698409459952"] == [
        each["id"].rpartition("/")[2] for each in stage.documents(COLLECTION_TYPE)
    ]


def test_a_defect_in_one_thread_is_not_hidden_by_an_interrupt_in_another() -> None:
    """Whoever runs it has to know."""
    together = Barrier(2)

    def work(target: TargetPlan) -> bool:
        together.wait(timeout=30)
        if target.target.name == "web-1":
            raise KeyboardInterrupt
        raise KeyError(target.target.name)

    left = deque(
        TargetPlan(
            target=ResourceId.parse(
                f"{ROOT}/resourceGroups/g/providers/{VM_TYPE}/{name_vm(number)}"
            )
        )
        for number in (1, 2)
    )
    fleet = Fleet(ramp=Ramp(first=2), stop=Stop(), work=work, left=left)

    with pytest.raises(KeyError, match="web-2"):
        fleet.run()
