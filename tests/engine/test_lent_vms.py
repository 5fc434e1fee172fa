"""A VM that is shut down for a while comes up again, whatever the ending."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from azremedy.api.agent import plan_agents
from azremedy.api.runs import plan_undo
from azremedy.domain.planner.agent import AgentBy, AgentOptions
from azremedy.sandbox import vm_state
from azremedy.sandbox.guest_model import Guest
from azremedy.sandbox.scenario import Match
from tests.support.crashes import Life, run_until, take_up
from tests.support.stages import (
    OTHER_SUBSCRIPTION,
    ROOT,
    VM_TYPE,
    answered,
    built_in,
    kinds,
    lock,
    names,
    open_stage,
    states,
    with_faults,
    with_resources,
)

if TYPE_CHECKING:
    from pathlib import Path

    from azremedy.domain.events import Event
    from azremedy.domain.plan import Plan
    from azremedy.sandbox.scenario import Scenario
    from tests.support.stages import Stage

DEAD = "user-error-guest-agent-status-unavailable"
GROUP = f"{ROOT}/resourceGroups/rg-shop"
VM = f"{GROUP}/providers/{VM_TYPE}/web-1"
DEALLOCATE = Match(method="POST", path="*/deallocate")
START = Match(method="POST", path="*/start")


def plan(stage: Stage, *vms: str, unlock: bool = False) -> Plan:
    """Plan to shut VMs down from outside and to start them."""
    options = AgentOptions(by=AgentBy.DEALLOCATE, unlock=unlock, include_inherited=unlock)
    return plan_agents(stage.azure, names(*(vms or ("web-1",))), options)


def power(stage: Stage) -> str:
    """Give the power state of web-1."""
    vm = stage.world.documents.get(VM)
    assert vm is not None
    return vm_state.power(vm)


def sent(stage: Stage) -> list[str]:
    """Name what was asked for, in order."""
    return [each.rpartition("/")[2] for each in stage.writes()]


class Interrupt:
    """Presses Ctrl-C when a step has ended."""

    def __init__(self) -> None:
        self.ended = 0

    def __call__(self, event: Event) -> None:
        """Interrupt once, at the first step's end."""
        self.ended += event.kind == "StepEnded"
        if self.ended == 1:
            self.ended += 1
            raise KeyboardInterrupt


def test_interrupted_run_starts_the_vm(tmp_path: Path) -> None:
    """Ctrl-C between the two: the VM is started before the run ends."""
    stage = open_stage(tmp_path, DEAD)

    run = stage.apply(plan(stage), Interrupt())

    assert 9 == run.exit_code
    assert ("done", "done") == states(run)
    assert ["deallocate", "start"] == sent(stage)
    assert "running" == power(stage)


def test_vm_is_started_before_its_lock_is_back(tmp_path: Path) -> None:
    """A ReadOnly lock would refuse the start."""
    base = with_resources(built_in(DEAD), lock(GROUP, "frozen", level="ReadOnly"))
    stage = open_stage(tmp_path, base)
    made = plan(stage, unlock=True)

    def listen(event: Event) -> None:
        if event.kind == "StepEnded" and sent(stage)[-1] == "deallocate":
            raise KeyboardInterrupt

    run = stage.apply(made, listen)

    assert ["frozen", "deallocate", "start", "frozen"] == sent(stage)
    assert ("done", "done", "done", "done") == states(run)
    assert 9 == run.exit_code


def test_start_is_tried_again(tmp_path: Path) -> None:
    """Azure has no room for a moment: that passes."""
    full = answered(START, 409, code="AllocationFailed", times=3)
    stage = open_stage(tmp_path, with_faults(built_in(DEAD), full))

    run = stage.apply(plan(stage))

    assert ("done", "done") == states(run)
    assert "running" == power(stage)


def test_vm_that_stays_off_is_told_loudly(tmp_path: Path) -> None:
    """Nothing is hidden when the start fails in the end; the command to start it is named."""
    full = answered(START, 409, code="AllocationFailed", times=999)
    stage = open_stage(tmp_path, with_faults(built_in(DEAD), full))

    run = stage.apply(plan(stage))

    assert ("done", "failed") == states(run)
    assert run.steps[1].error is not None
    assert run.steps[1].error.message.startswith("THE VM IS OFF")
    assert f"az vm start --ids {VM}" in run.steps[1].error.advice


def with_dead_agent() -> Scenario:
    """Give a VM whose agent does not come back by itself."""
    return replace(built_in(DEAD), guest={VM: Guest(services={"walinuxagent": "missing"})})


def test_agent_that_stays_away_is_no_success_of_a_second_look(tmp_path: Path) -> None:
    """The VM runs, so it is not started again, and what failed stays failed."""
    stage = open_stage(tmp_path, with_dead_agent())

    run = stage.apply(plan(stage))

    assert ("done", "failed") == states(run)
    assert run.steps[1].error is not None
    assert "OFF" not in run.steps[1].error.message
    assert ["deallocate", "start"] == sent(stage)


def test_vm_that_was_never_shut_down_is_left_alone(tmp_path: Path) -> None:
    """Azure refused the deallocation: there is nothing to give back."""
    refused = answered(DEALLOCATE, 409, code="OperationNotAllowed")
    stage = open_stage(tmp_path, with_faults(built_in(DEAD), refused))

    run = stage.apply(plan(stage))

    assert ["deallocate"] == sent(stage)
    assert "failed" == states(run)[0]
    assert "running" == power(stage)


def test_vm_is_started_after_a_crash(tmp_path: Path) -> None:
    """A process that dies between the two leaves it to whoever takes the run up."""
    lives = [Life()]
    for life in lives:
        folder = tmp_path / str(life.until)
        folder.mkdir()
        stage = open_stage(folder, DEAD)
        run_until(stage, plan(stage), life)
        if not life.until:
            lives.append(Life(until=find_end_of_first_step(life)))
    off = power(stage)

    run = take_up(stage)

    assert "deallocated" == off
    assert 0 == run.exit_code
    assert ["deallocate", "start"] == sent(stage)
    assert "running" == power(stage)


def find_end_of_first_step(life: Life) -> int:
    """Find where plan, intent, request, receipt and outcome have been written."""
    return next(number for number, mark in enumerate(life.marks, 1) if mark.written == 5)


def test_several_vms_are_started_one_by_one(tmp_path: Path) -> None:
    """None waits for the others to be shut down as well."""
    stage = open_stage(tmp_path, "fleet-small", subscription=OTHER_SUBSCRIPTION)

    run = stage.apply(plan(stage, "web-01", "web-02"))

    assert {"done"} == set(states(run))
    assert ["deallocate", "start", "deallocate", "start"] == sent(stage)


def test_undoing_does_not_shut_the_vm_down_once_more(tmp_path: Path) -> None:
    """It was lent and given back."""
    stage = open_stage(tmp_path, DEAD)
    run = stage.apply(plan(stage))

    undo = plan_undo(stage.azure, str(run.run_id), state_folder=stage.state)

    assert () == kinds(undo)
