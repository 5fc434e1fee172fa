"""Changes of whole VMs: what they look at, what they mend, and how they end in trouble."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from azremedy import api
from azremedy.api.agent import plan_agents
from azremedy.domain.events import StepEnded, StepProgressed
from azremedy.domain.planner.agent import AgentBy, AgentOptions, refer_to
from azremedy.domain.steps import DeallocateVm, RestartVm, StartVm
from azremedy.engine.handlers.base import Accepted, Memory, Patience, Tools
from azremedy.engine.handlers.vms import VmChange
from azremedy.errors import AzureError
from azremedy.sandbox import guest_facts, vm_state
from azremedy.sandbox.guest_model import Guest
from azremedy.sandbox.scenario import Fault, Match, Scenario, Timing
from tests.support.role_worlds import take_away
from tests.support.stages import (
    LOCK_TYPE,
    POLL,
    ROOT,
    VM_TYPE,
    Stage,
    answered,
    built_in,
    entries_of,
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
    from azremedy.domain.run import Run

DEAD = "user-error-guest-agent-status-unavailable"
FAILED = "user-error-vm-provisioning-state-failed"
GROUP = f"{ROOT}/resourceGroups/rg-shop"
VM = f"{GROUP}/providers/{VM_TYPE}/web-1"
RESTART = Match(method="POST", path="*/restart")
START = Match(method="POST", path="*/start")
DEALLOCATE = Match(method="POST", path="*/deallocate")
REPORTED = "2026-11-20T07:58:41+00:00"


def plan(stage: Stage, by: AgentBy, **allowed: Any) -> Plan:
    """Plan to bring the agent of web-1 back."""
    return plan_agents(stage.azure, names("web-1"), AgentOptions(by=by, **allowed))


def bring_back(stage: Stage, by: AgentBy = AgentBy.RESTART, **allowed: Any) -> Run:
    """Bring the agent of web-1 back."""
    return stage.apply(plan(stage, by, **allowed))


def back_up(stage: Stage) -> Run:
    """Back web-1 up."""
    return stage.apply(api.plan_backup(stage.azure, names("web-1")))


def vm_of(stage: Stage) -> Any:
    """Give the document of web-1."""
    return stage.world.documents.get(VM)


def set_power(stage: Stage, state: str) -> None:
    """Change the power state behind the plan's back."""
    vm = vm_of(stage)
    vm_state.set_power(vm, state)
    stage.world.documents.put(vm)


def posts(stage: Stage) -> list[str]:
    """List the changes of the VM that were answered, in order."""
    return [write.rpartition("/")[2] for write in stage.writes() if f"{VM}/".lower() in write]


def with_guest(base: Scenario, **facts: Any) -> Scenario:
    """Give a scenario other facts inside web-1."""
    return replace(base, guest={VM: Guest(**facts)})


@pytest.mark.parametrize(
    ("scenario", "by", "sent"),
    [
        (DEAD, AgentBy.RESTART, ["restart"]),
        (DEAD, AgentBy.REDEPLOY, ["redeploy"]),
        (DEAD, AgentBy.DEALLOCATE, ["deallocate", "start"]),
        (FAILED, AgentBy.REAPPLY, ["reapply"]),
    ],
)
def test_a_change_heals_the_backup(
    tmp_path: Path, scenario: str, by: AgentBy, sent: list[str]
) -> None:
    """The backup fails before, the change is sent once, and the backup succeeds after it."""
    (tmp_path / "before").mkdir()
    before = back_up(open_stage(tmp_path / "before", scenario))
    stage = open_stage(tmp_path, scenario)

    run = bring_back(stage, by)
    after = back_up(stage)

    assert 11 == before.exit_code
    assert {"done"} == set(states(run))
    assert sent == posts(stage)
    assert 0 == after.exit_code


def test_the_end_is_a_ready_agent(tmp_path: Path) -> None:
    """A restart is not over when Azure has restarted the VM, but when its agent has reported."""
    stage = open_stage(tmp_path, DEAD)

    run = bring_back(stage)

    assert "the VM agent is Ready, version 2.11.1.12" == run.steps[0].message
    assert vm_state.agent_ready(vm_of(stage))


def test_an_old_report_is_not_believed(tmp_path: Path) -> None:
    """Azure shows for a while what the agent said before the restart: that proves nothing."""
    stage = open_stage(tmp_path, DEAD)

    def listen(event: Event) -> None:
        if isinstance(event, StepProgressed) and "waiting" in event.message:
            show_old_report(stage)

    run = stage.apply(plan(stage, AgentBy.RESTART), listen=listen)

    ended = run.steps[0].ended_at
    assert ("done",) == states(run)
    assert ended is not None
    assert reported_at(stage) != REPORTED
    assert reported_at(stage)[:19] <= ended.isoformat()


def show_old_report(stage: Stage) -> None:
    """Let the agent of web-1 look as it did before the restart, and not report on."""
    guest_facts.change(stage.world, VM, services={"walinuxagent": "stopped"})
    vm = vm_of(stage)
    vm_state.set_agent_ready(stage.world, vm)
    vm["properties"]["instanceView"]["vmAgent"]["statuses"][0]["time"] = REPORTED
    stage.world.documents.put(vm)


def reported_at(stage: Stage) -> str:
    """Give when the agent of web-1 reported."""
    time: str = vm_of(stage)["properties"]["instanceView"]["vmAgent"]["statuses"][0]["time"]
    return time


@pytest.mark.parametrize(
    ("facts", "by", "advice"),
    [
        ({"services": {"walinuxagent": "missing"}}, AgentBy.RESTART, "--by redeploy"),
        ({"services": {"walinuxagent": "disabled"}}, AgentBy.REDEPLOY, "boot diagnostics"),
    ],
)
def test_an_agent_that_stays_away_is_a_failure(
    tmp_path: Path, facts: dict[str, Any], by: AgentBy, advice: str
) -> None:
    """After a quarter of an hour the run says that the agent is still away, and what is next."""
    stage = open_stage(tmp_path, with_guest(built_in(DEAD), **facts))
    begun = stage.world.clock.now()

    run = bring_back(stage, by)

    assert ("failed",) == states(run)
    assert run.exit_code == 3
    assert run.steps[0].error is not None
    assert advice in run.steps[0].error.advice
    assert 900 <= (stage.world.clock.now() - begun).total_seconds() < 1800


def test_an_agent_that_only_looks_ready_is_a_failure(tmp_path: Path) -> None:
    """An agent that never reports after the restart is told apart from one that does."""
    base = with_guest(built_in(DEAD), services={"walinuxagent": "missing"})
    stage = open_stage(tmp_path, replace(base, operations={"agentStart": Timing(seconds=86400)}))

    def listen(event: Event) -> None:
        if isinstance(event, StepProgressed):
            show_old_report(stage)

    run = stage.apply(plan(stage, AgentBy.RESTART), listen=listen)

    assert ("failed",) == states(run)
    assert run.steps[0].error is not None
    assert "before the change" in run.steps[0].error.message


@pytest.mark.parametrize("by", [AgentBy.RESTART, AgentBy.REDEPLOY])
def test_a_vm_that_went_off_is_not_touched(tmp_path: Path, by: AgentBy) -> None:
    """A VM that was shut down since the plan stays as somebody wanted it."""
    stage = open_stage(tmp_path, DEAD)
    planned = plan(stage, by)
    set_power(stage, "deallocated")

    run = stage.apply(planned)

    assert run.exit_code == 7
    assert [] == posts(stage)


def test_another_vm_of_that_name_is_not_touched(tmp_path: Path) -> None:
    """A VM that was re-created since the plan is another one."""
    stage = open_stage(tmp_path, DEAD)
    planned = plan(stage, AgentBy.RESTART)
    vm = vm_of(stage)
    vm["properties"]["vmId"] = "00000000-1111-2222-3333-444444444444"
    stage.world.documents.put(vm)

    run = stage.apply(planned)

    assert run.exit_code == 7
    assert [] == posts(stage)


def test_what_is_so_already_is_not_sent(tmp_path: Path) -> None:
    """A VM that was deallocated since the plan is only started."""
    stage = open_stage(tmp_path, DEAD)
    planned = plan(stage, AgentBy.DEALLOCATE)
    set_power(stage, "deallocated")

    run = stage.apply(planned)

    assert ("already", "done") == states(run)
    assert ["start"] == posts(stage)


def test_a_vm_that_runs_is_not_started(tmp_path: Path) -> None:
    """Somebody started the VM right after its deallocation."""
    stage = open_stage(tmp_path, DEAD)

    def listen(event: Event) -> None:
        if isinstance(event, StepEnded):
            set_power(stage, "running")

    run = stage.apply(plan(stage, AgentBy.DEALLOCATE), listen=listen)

    assert ("done", "already") == states(run)
    assert ["deallocate"] == posts(stage)


def test_a_change_that_ends_early_is_waited_for(tmp_path: Path) -> None:
    """The operation says that it has succeeded while the VM is still being changed."""
    early = answered(POLL, 200, times=9, body={"status": "Succeeded"})
    stage = open_stage(tmp_path, with_faults(built_in(DEAD), early))

    run = bring_back(stage, AgentBy.DEALLOCATE)

    assert ("done", "done") == states(run)
    assert vm_state.agent_ready(vm_of(stage))


def test_a_vm_that_is_not_deallocated_is_a_failure(tmp_path: Path) -> None:
    """Azure says that it is done, but the VM runs: that is told, and nothing is started."""
    stage = open_stage(tmp_path, with_faults(built_in(DEAD), answered(DEALLOCATE, 200, body={})))

    run = bring_back(stage, AgentBy.DEALLOCATE)

    assert ("failed", "skipped") == states(run)
    assert run.steps[0].error is not None
    assert "is running after its deallocation" in run.steps[0].error.message


@pytest.mark.parametrize(
    ("fault", "by", "expected"),
    [
        (Fault(match=RESTART, lose="response"), AgentBy.RESTART, ("done",)),
        (Fault(match=RESTART, drop=True), AgentBy.RESTART, ("unknown",)),
        (Fault(match=DEALLOCATE, lose="response"), AgentBy.DEALLOCATE, ("done", "done")),
        (Fault(match=START, drop=True), AgentBy.DEALLOCATE, ("done", "done")),
    ],
    ids=[
        "restart under way",
        "restart without a mark",
        "deallocation under way",
        "start sent again",
    ],
)
def test_a_lost_answer_is_looked_after(
    tmp_path: Path, fault: Fault, by: AgentBy, expected: tuple[str, ...]
) -> None:
    """Whether a change is under way shows in the VM; where nothing shows, nothing is claimed.

    A VM that was shut down for a while is started in every ending.
    """
    stage = open_stage(tmp_path, with_faults(built_in(DEAD), fault))

    run = bring_back(stage, by)

    assert expected == states(run)


@pytest.mark.parametrize(
    ("kind", "power", "expected"),
    [
        (DeallocateVm, "running", None),
        (DeallocateVm, "deallocated", Accepted()),
        (StartVm, "running", Accepted()),
        (StartVm, "deallocated", None),
        (RestartVm, "running", None),
    ],
)
def test_the_power_state_shows_what_is_over(
    tmp_path: Path, kind: type[DeallocateVm | StartVm | RestartVm], power: str, expected: object
) -> None:
    """After a lost answer the power state says whether the VM was deallocated, or started."""
    stage = open_stage(tmp_path, DEAD)
    set_power(stage, power)
    vm = stage.azure.gateways().compute.get_vm(plan(stage, AgentBy.RESTART).targets[0].target)
    tools = Tools(
        session=stage.azure.reader,
        memory=Memory(),
        progress=lambda _: None,
        patience=Patience(),
    )

    handler = VmChange(step=kind(vm=refer_to(vm)), tools=tools)

    assert expected == handler.confirm()


def test_a_failed_operation_is_a_failure(tmp_path: Path) -> None:
    """Azure's own failure is told with its code."""
    body = {"status": "Failed", "error": {"code": "AllocationFailed", "message": "No room."}}
    stage = open_stage(tmp_path, with_faults(built_in(DEAD), answered(POLL, 200, body=body)))

    run = bring_back(stage, AgentBy.REDEPLOY)

    assert ("failed",) == states(run)
    assert run.steps[0].error is not None
    assert run.steps[0].error.answer is not None
    assert run.steps[0].error.answer.code == "AllocationFailed"


@pytest.mark.parametrize("by", [AgentBy.RESTART, AgentBy.REAPPLY])
def test_patience_ends(tmp_path: Path, by: AgentBy) -> None:
    """A change that does not end in two hours is left to Azure, and that is said."""
    base = replace(built_in(DEAD), operations={f"{by}VirtualMachine": Timing(seconds=86400)})
    stage = open_stage(tmp_path, base)

    run = bring_back(stage, by)

    assert ("unknown",) == states(run)
    assert run.steps[0].error is not None
    assert "goes on in Azure" in run.steps[0].error.advice


def test_a_reapply_that_does_not_help_names_the_extension(tmp_path: Path) -> None:
    """With a dead agent the failed extension stays failed, and so does the VM."""
    base = built_in(FAILED)
    stage = open_stage(tmp_path, base)
    vm = vm_of(stage)
    vm_state.set_agent_unresponsive(stage.world, vm)
    stage.world.documents.put(vm)

    run = bring_back(stage, AgentBy.REAPPLY)

    assert ("failed",) == states(run)
    assert run.steps[0].error is not None
    assert "Failed extensions: " in run.steps[0].error.advice
    assert run.steps[0].message == "the VM's provisioning state is Failed"


def test_a_missing_permission_is_named(tmp_path: Path) -> None:
    """Who may not restart the VM any more is told which action is missing."""
    action = "Microsoft.Compute/virtualMachines/restart/action"
    stage = open_stage(tmp_path, DEAD)
    planned = plan(stage, AgentBy.RESTART)
    take_away(stage, action)

    run = stage.apply(planned)

    assert run.exit_code == 5
    assert run.steps[0].error is not None
    assert action in run.steps[0].error.advice


def test_a_lock_in_the_way_is_leased(tmp_path: Path) -> None:
    """A ReadOnly lock refuses the restart; with --unlock it is off for as long as that takes."""
    base = with_resources(built_in(DEAD), lock(GROUP, "frozen", level="ReadOnly"))
    stage = open_stage(tmp_path, base)

    refused = plan(stage, AgentBy.RESTART)
    run = bring_back(stage, unlock=True)

    assert ["lock-in-the-way"] == [verdict.guard for verdict in refused.refusals]
    assert ("DeleteLock", "RestartVm", "CreateLock") == kinds(run.plan)
    assert ("done", "done", "done") == states(run)
    assert ["frozen"] == [each["name"] for each in stage.documents(LOCK_TYPE)]


def test_a_change_can_be_taken_up_by_another_process(tmp_path: Path) -> None:
    """The journal's token lets another process follow the change; nothing is sent twice."""
    stage = open_stage(tmp_path, DEAD)
    run = bring_back(stage)
    token = next(
        entry["operationToken"]
        for entry in entries_of(run, stage.state)
        if entry.get("operationToken")
    )
    vm_id = run.plan.targets[0].target

    with stage.azure.open_writer() as session:
        changes = session.subscription(vm_id.subscription_id).vm_changes
        word = changes.resume_change(vm_id, token).wait()

    assert word == "Succeeded"
    assert ["restart"] == posts(stage)


@pytest.mark.parametrize("token", ["", "damaged"])
def test_a_damaged_token_is_an_error(tmp_path: Path, token: str) -> None:
    """A token that cannot be read starts nothing."""
    stage = open_stage(tmp_path, DEAD)
    vm_id = plan(stage, AgentBy.RESTART).targets[0].target

    with stage.azure.open_writer() as session, pytest.raises(AzureError) as failed:
        session.subscription(vm_id.subscription_id).vm_changes.resume_change(vm_id, token)

    assert "token" in failed.value.summary
    assert [] == posts(stage)
