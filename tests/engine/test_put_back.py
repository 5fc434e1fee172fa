"""Putting locks back: all at once, against a removal on its way, and loudly when it fails."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING, Any

import pytest

from azremedy import api
from azremedy.domain.events import StepEnded, StepProgressed
from azremedy.domain.locks import describe_put_back
from azremedy.domain.resources import LockLevel, ManagementLock
from azremedy.ids import ResourceId
from azremedy.sandbox.scenario import Fault, Match
from tests.support.role_worlds import take_away
from tests.support.stages import (
    DELETE_LOCK,
    LOCK_TYPE,
    PUT_LOCK,
    ROOT,
    Stage,
    answered,
    built_in,
    lock,
    names,
    open_stage,
    path_of,
    states,
    with_faults,
    with_resources,
)

if TYPE_CHECKING:
    from pathlib import Path

    from azremedy.domain.events import Event
    from azremedy.domain.plan import Plan
    from azremedy.domain.run import Run
    from azremedy.sandbox.scenario import Scenario

GROUP = f"{ROOT}/resourceGroups/rg-app"
TEAM = f"{GROUP}/providers/{LOCK_TYPE}/team"
GET_LOCK = Match(method="GET", path="*/locks/*")


def locked(*faults: Fault) -> Scenario:
    """Give a VM with a stuck extension behind a lock on its group and one on the subscription."""
    locks = (lock(ROOT, "corporate"), lock(GROUP, "team", level="ReadOnly"))
    return with_faults(with_resources(built_in("stuck-extension"), *locks), *faults)


def plan_leased(stage: Stage) -> Plan:
    """Plan to reset the extension with both locks leased."""
    options = api.ResetOptions(unlock=True, include_inherited=True)
    return api.plan_reset(stage.azure, names("app-1"), options)


def bodies(stage: Stage) -> dict[str, Any]:
    """Give the body of each lock."""
    return {each["id"].lower(): each["properties"] for each in stage.documents(LOCK_TYPE)}


def take_team_off(stage: Stage) -> None:
    """Let the group's lock disappear."""
    stage.world.documents.remove(TEAM)


def put_backs(run: Run) -> list[str]:
    """Give the states of the steps that put locks back."""
    return list(states(run)[-2:])


@pytest.mark.parametrize("delay", [3, 12])
def test_a_removal_that_takes_effect_late_is_put_back(tmp_path: Path, delay: int) -> None:
    """Azure carries the lost DELETE out after the put-back began: the lock still stands."""
    stage = open_stage(tmp_path, locked(Fault(match=DELETE_LOCK, lose="request", times=9999)))
    before, plan = bodies(stage), plan_leased(stage)
    begun: list[Event] = []

    def listen(event: Event) -> None:
        if event.kind == "StepStarted" and len(begun) < 2:
            begun.append(event)
            if len(begun) == 2:
                stage.world.clock.schedule(delay, lambda: take_team_off(stage))

    run = stage.apply(plan, listen=listen)

    assert before == bodies(stage)
    assert ["done", "already"] == put_backs(run)
    assert "unknown" == states(run)[0]
    assert any(write.startswith("put") for write in stage.writes())


def test_all_locks_are_sent_before_the_first_is_watched(tmp_path: Path) -> None:
    """Both requests follow each other; only then are effects waited for."""
    stage = open_stage(tmp_path, locked())

    stage.apply(plan_leased(stage))

    asked = [each["method"] for each in stage.requests() if "/locks/" in path_of(each)]
    first = asked.index("PUT")
    assert ["PUT", "GET", "PUT", "GET"] == asked[first : first + 4]
    assert "PUT" not in asked[first + 3 :]


@pytest.mark.parametrize(
    "fault",
    [
        answered(PUT_LOCK, 409, times=20, code="Conflict"),
        answered(PUT_LOCK, 409, times=20, code="ScopeLocked"),
        answered(PUT_LOCK, 429, times=60),
        answered(PUT_LOCK, 503, times=60),
    ],
    ids=["conflict", "locked", "throttled", "unavailable"],
)
def test_what_may_pass_is_waited_out(tmp_path: Path, fault: Fault) -> None:
    """Minutes of refusals leave no lock off."""
    stage = open_stage(tmp_path, locked(fault))
    before = bodies(stage)

    run = stage.apply(plan_leased(stage))

    assert before == bodies(stage)
    assert 0 == run.exit_code


def test_a_lock_that_goes_again_is_put_back_again(tmp_path: Path) -> None:
    """What is seen to be off once more after its PUT gets another one."""
    stage = open_stage(tmp_path, locked())
    before = bodies(stage)
    gone: list[str] = []

    def listen(event: Event) -> None:
        ended = isinstance(event, StepEnded) and event.planned.number == 3
        if ended and not gone:
            gone.append(TEAM)
            stage.world.clock.schedule(8, lambda: take_team_off(stage))

    run = stage.apply(plan_leased(stage), listen=listen)

    assert before == bodies(stage)
    assert ["done", "done"] == put_backs(run)


def test_what_is_forbidden_is_not_waited_out(tmp_path: Path) -> None:
    """A missing permission does not come by waiting."""
    stage = open_stage(tmp_path, locked(answered(PUT_LOCK, 403, times=9999)))
    told: list[Event] = []

    run = stage.apply(plan_leased(stage), listen=told.append)

    assert ["failed", "failed"] == put_backs(run)
    assert not any(isinstance(event, StepProgressed) for event in told)


@pytest.mark.parametrize("status", [403, 503])
def test_a_lock_that_is_still_off_is_told_with_the_way_back(tmp_path: Path, status: int) -> None:
    """Level, whole id and the very command; one end is told for each lock."""
    stage = open_stage(tmp_path, locked(answered(PUT_LOCK, status, times=9999)))
    told: list[Event] = []

    run = stage.apply(plan_leased(stage), listen=told.append)

    error = run.steps[3].error
    assert error is not None
    assert f"STILL OFF: the ReadOnly lock {TEAM}" in error.message
    assert f"az lock create --name team --lock-type ReadOnly --resource-group rg-app {NOTES}" in (
        error.advice
    )
    assert [1, 2, 3, 4, 5] == [e.planned.number for e in told if isinstance(e, StepEnded)]


NOTES = f"--notes 'team: kept for the audit' --subscription {ROOT.rpartition('/')[2]}"


def test_who_may_write_no_locks_is_not_told_that_one_is_off(tmp_path: Path) -> None:
    """Neither the removal nor the return was allowed any more: the lock never went."""
    stage = open_stage(tmp_path, locked())
    before, plan = bodies(stage), plan_leased(stage)
    take_away(stage, f"{LOCK_TYPE}/delete", f"{LOCK_TYPE}/write")

    run = stage.apply(plan)

    assert before == bodies(stage)
    assert ("failed", "skipped", "skipped", "done", "already") == states(run)
    assert 5 == run.exit_code


def test_a_look_that_fails_does_not_hide_that_the_outcome_is_unknown(tmp_path: Path) -> None:
    """The removal's answer was lost and then reading is throttled: unknown, not throttled."""
    faults = (
        Fault(match=DELETE_LOCK, lose="response", times=6),
        Fault(match=GET_LOCK, answer=answered(GET_LOCK, 403).answer, after=1, times=1),
    )
    stage = open_stage(tmp_path, locked(*faults))

    run = stage.apply(plan_leased(stage))

    assert "unknown" == states(run)[0]
    assert run.steps[0].error is not None
    assert "connection-failed" == run.steps[0].error.msgid


def test_interrupts_do_not_prolong_the_wait(tmp_path: Path) -> None:
    """Ten minutes after the run they are over, however often somebody presses Ctrl-C."""
    stage = open_stage(tmp_path, locked(answered(PUT_LOCK, 503, times=9999)))
    began = stage.world.clock.now()

    def listen(event: Event) -> None:
        if isinstance(event, StepProgressed):
            raise KeyboardInterrupt

    run = stage.apply(plan_leased(stage), listen=listen)

    assert ("interrupted", 3) == (run.state.value, run.exit_code)
    assert (stage.world.clock.now() - began).total_seconds() < 1800


@pytest.mark.parametrize(
    ("scope", "where"),
    [
        (ROOT, []),
        (GROUP, ["--resource-group", "rg-app"]),
        (
            f"{GROUP}/providers/Microsoft.Compute/virtualMachines/app-1",
            ["--resource", f"{GROUP}/providers/Microsoft.Compute/virtualMachines/app-1"],
        ),
    ],
    ids=["subscription", "group", "resource"],
)
def test_the_way_back_is_one_command(scope: str, where: list[str]) -> None:
    """A shell reads the notes as one word, whatever is in them."""
    body = ManagementLock(
        id=ResourceId.parse(f"{scope}/providers/{LOCK_TYPE}/it"),
        level=LockLevel.CAN_NOT_DELETE,
        notes="don't; $touch",
    )

    command = shlex.split(describe_put_back(body))

    assert ["az", "lock", "create", "--name", "it", "--lock-type", "CanNotDelete"] == command[:7]
    subscription = ["--subscription", ROOT.rpartition("/")[2]]
    assert [*where, "--notes", "don't; $touch", *subscription] == command[7:]
