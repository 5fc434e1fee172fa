"""Changes of VMs whose answer is lost: sent once, and only what is proven to be theirs counts."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from azremedy import api
from azremedy.api.agent import plan_agents
from azremedy.domain.planner.agent import AgentBy, AgentOptions
from azremedy.domain.steps import RunGuestScript
from azremedy.sandbox import vm_state
from azremedy.sandbox.scenario import Fault, Match
from tests.support.stages import (
    VM_TYPE,
    answered,
    built_in,
    names,
    open_stage,
    states,
    with_faults,
)

if TYPE_CHECKING:
    from pathlib import Path

    from azremedy.domain.run import Run
    from azremedy.sandbox.scenario import Scenario
    from tests.support.stages import Stage

WELL = "healthy"
DEAD = "user-error-guest-agent-status-unavailable"
SENT = {
    AgentBy.RESTART: "restart",
    AgentBy.REDEPLOY: "redeploy",
    AgentBy.REAPPLY: "reapply",
    AgentBy.DEALLOCATE: "deallocate",
}


def post(action: str) -> Match:
    """Match the request for a change of the VM."""
    return Match(method="POST", path=f"*/{action}")


def bring_back(stage: Stage, by: AgentBy) -> Run:
    """Bring the agent of web-1 back."""
    return stage.apply(plan_agents(stage.azure, names("web-1"), AgentOptions(by=by)))


def count_posts(stage: Stage, action: str) -> int:
    """Count the requests for a change of the VM that got an answer."""
    return sum(each.startswith("post") and each.endswith(action) for each in stage.writes())


def change(stage: Stage, state: str) -> None:
    """Let somebody else's change of web-1 begin, or end."""
    (vm,) = stage.documents(VM_TYPE)
    vm_state.set_provisioning(stage.world, vm, state)
    stage.world.documents.put(vm)


def let_somebody_change(stage: Stage, *, after_s: int) -> None:
    """Let somebody else change web-1 for a minute, some seconds from now."""
    clock = stage.world.clock
    clock.schedule(after_s, lambda: change(stage, "Updating"))
    clock.schedule(after_s + 60, lambda: change(stage, "Succeeded"))


@pytest.mark.parametrize("by", SENT)
def test_outage_does_not_repeat_a_change(tmp_path: Path, by: AgentBy) -> None:
    """Azure's 503 does not tell whether the VM is being changed: nothing is sent once more."""
    outage = answered(post(SENT[by]), 503, times=9)
    stage = open_stage(tmp_path, with_faults(built_in(DEAD), outage))

    run = bring_back(stage, by)

    assert "unknown" == states(run)[0]
    assert 1 == count_posts(stage, SENT[by])


def test_outage_does_not_repeat_a_script(tmp_path: Path) -> None:
    """The script may run already."""
    stage = open_stage(tmp_path, with_faults(built_in(WELL), answered(post("runCommand"), 500)))

    run = bring_back(stage, AgentBy.AUTO)

    assert isinstance(run.plan.steps[0].step, RunGuestScript)
    assert ("unknown",) == states(run)
    assert 1 == count_posts(stage, "runcommand")


@pytest.mark.parametrize(
    ("by", "action"), [(AgentBy.RESTART, "restart"), (AgentBy.AUTO, "runCommand")]
)
def test_throttled_change_is_sent_again(tmp_path: Path, by: AgentBy, action: str) -> None:
    """A request that was throttled was not carried out."""
    busy = answered(post(action), 429, headers={"Retry-After": "20"})
    stage = open_stage(tmp_path, with_faults(built_in(WELL), busy))

    run = bring_back(stage, by)

    assert ("done",) == states(run)
    assert 2 == count_posts(stage, action.lower())


@pytest.mark.parametrize("by", SENT)
def test_change_that_was_under_way_before_proves_nothing(tmp_path: Path, by: AgentBy) -> None:
    """Azure is at work on the VM, but for somebody who asked before."""
    lost = Fault(match=post(SENT[by]), drop=True)
    stage = open_stage(tmp_path, with_faults(built_in(DEAD), lost))
    plan = plan_agents(stage.azure, names("web-1"), AgentOptions(by=by))
    change(stage, "Updating")

    run = stage.apply(plan)

    assert "unknown" == states(run)[0]


@pytest.mark.parametrize("by", [AgentBy.RESTART, AgentBy.REDEPLOY])
def test_somebody_elses_change_is_no_restart(tmp_path: Path, by: AgentBy) -> None:
    """It began right after the lost request, and the agent was Ready all the time."""
    lost = Fault(match=post(SENT[by]), drop=True)
    stage = open_stage(tmp_path, with_faults(built_in(WELL), lost))
    plan = plan_agents(stage.azure, names("web-1"), AgentOptions(by=by))
    let_somebody_change(stage, after_s=10)

    run = stage.apply(plan)

    assert ("unknown",) == states(run)
    assert run.steps[0].error is not None
    assert "whether it was" in run.steps[0].message


def test_somebody_elses_change_is_no_deallocation(tmp_path: Path) -> None:
    """The VM still runs when that change has ended: what became of the request is not known."""
    lost = Fault(match=post("deallocate"), drop=True)
    stage = open_stage(tmp_path, with_faults(built_in(DEAD), lost))
    plan = plan_agents(stage.azure, names("web-1"), AgentOptions(by=AgentBy.DEALLOCATE))
    let_somebody_change(stage, after_s=10)

    run = stage.apply(plan)

    assert "unknown" == states(run)[0]


@pytest.mark.parametrize("scenario", [WELL, DEAD])
@pytest.mark.parametrize("by", [AgentBy.RESTART, AgentBy.REDEPLOY])
def test_restart_whose_answer_is_lost_is_followed(
    tmp_path: Path, scenario: str, by: AgentBy
) -> None:
    """The change began after the request, and the agent went away and came back."""
    stage = open_stage(tmp_path, losing_answer(built_in(scenario), SENT[by]))

    run = bring_back(stage, by)

    assert ("done",) == states(run)
    assert (
        0
        == api.apply(
            stage.azure, api.plan_backup(stage.azure, names("web-1")), state_folder=stage.state
        ).exit_code
    )


def losing_answer(base: Scenario, action: str) -> Scenario:
    """Let the answer to a change that is carried out get lost."""
    return with_faults(base, Fault(match=post(action), lose="response"))


def test_restart_that_nobody_sees_in_a_dead_agent_is_unknown(tmp_path: Path) -> None:
    """The agent stays away after somebody else's change: the restart is not blamed for that."""
    stage = open_stage(
        tmp_path, with_faults(built_in(DEAD), Fault(match=post("restart"), drop=True))
    )
    plan = plan_agents(stage.azure, names("web-1"), AgentOptions(by=AgentBy.RESTART))
    let_somebody_change(stage, after_s=10)

    assert ("unknown",) == states(stage.apply(plan))
