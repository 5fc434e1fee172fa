"""Scripts inside VMs: they tell the truth, they mend, and their trouble is told."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from azremedy import api
from azremedy.api.agent import plan_script
from azremedy.api.guest import plan_look_inside, read_guest_facts
from azremedy.domain.events import StepProgressed
from azremedy.domain.evidence import Observed, Unreadable
from azremedy.domain.guest import GuestFacts
from azremedy.domain.guest_scripts import SCRIPTS, System
from azremedy.domain.planner.agent import GuestOptions
from azremedy.domain.steps import RunGuestScript, VmRef
from azremedy.engine.handlers.base import Memory, Patience, Tools
from azremedy.engine.handlers.guest import GuestScriptRun
from azremedy.errors import AzureError, UsageError
from azremedy.gateways.vm_changes import read_output
from azremedy.sandbox import guest_facts, vm_state
from azremedy.sandbox.guest_model import Guest
from azremedy.sandbox.scenario import Fault, Match, Scenario, Timing
from tests.support.stages import (
    OTHER_SUBSCRIPTION,
    ROOT,
    VM_TYPE,
    Stage,
    answered,
    built_in,
    changed,
    entries_of,
    guards_of,
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
    from azremedy.domain.run import Run

LINUX, WINDOWS = "guest-agent-snapshot-task-status-error", "back-up-operation-failed"
LEFTOVERS = "extension-operation-failed-for-managed-disks"
ANTIVIRUS = "user-error-crp-reported-user-error"
DEAD = "user-error-guest-agent-status-unavailable"
FLEET = "fleet-small"
GROUP = f"{ROOT}/resourceGroups/rg-shop"
VM = f"{GROUP}/providers/{VM_TYPE}/web-1"
RUN = Match(method="POST", path="*/runCommand")
RESULT = Match(method="GET", path="*/operations/*", query="*monitor=true*")
SYSTEMS = {System.LINUX: LINUX, System.WINDOWS: WINDOWS}
HEALTHY_LINUX: dict[str, Any] = {
    "services": (("walinuxagent", "running"),),
    "agent_version": "2.11.1.12",
    "extensions_enabled": True,
    "provisioning_agent": "auto",
    "verbose_logging": False,
    "dhcp": True,
    "host_reachable": True,
    "leftovers": False,
}
HEALTHY_WINDOWS: dict[str, Any] = {
    "services": (("RdAgent", "running"), ("WindowsAzureGuestAgent", "running")),
    "agent_version": "2.7.41491.1155",
    "dhcp": True,
    "host_reachable": True,
    "dot_net": "4.8",
    "visual_c": True,
    "app_locker": False,
    "antivirus_excluded": True,
    "leftovers": False,
}


def run_script(stage: Stage, name: str, **allowed: Any) -> Run:
    """Run a script in web-1."""
    return stage.apply(plan_script(stage.azure, names("web-1"), name, GuestOptions(**allowed)))


def look(stage: Stage) -> GuestFacts:
    """Look inside web-1."""
    run = stage.apply(plan_look_inside(stage.azure, names("web-1")))
    (seen,) = read_guest_facts(run).values()
    assert isinstance(seen, Observed), run.steps
    facts = seen.value
    assert isinstance(facts, GuestFacts)
    return facts


def back_up(stage: Stage) -> int:
    """Back web-1 up and give the exit code."""
    return stage.apply(api.plan_backup(stage.azure, names("web-1"))).exit_code


def scripts_sent(stage: Stage) -> int:
    """Count the scripts that Azure took."""
    return sum(
        each["method"] == "POST" and path_of(each).endswith("/runCommand") and each["status"] == 202
        for each in stage.requests()
    )


def with_guest(name: str, **facts: Any) -> Scenario:
    """Give a scenario other facts inside web-1."""
    return replace(built_in(name), guest={VM: Guest(**facts)})


@pytest.mark.parametrize(
    ("system", "name"),
    [(system, script.name) for script in SCRIPTS for system in System if system in script.systems],
)
def test_every_script_reaches_its_end(tmp_path: Path, system: System, name: str) -> None:
    """Each script runs to its end on each of its systems, and the agent is Ready after it."""
    stage = open_stage(tmp_path, SYSTEMS[system])

    run = run_script(stage, name)

    assert {"done"} == set(states(run))
    assert vm_state.agent_ready(stage.world.documents.get(VM))
    assert "azremedy=done" not in "".join(result.output for result in run.steps)


@pytest.mark.parametrize(
    ("inside", "told"),
    [
        ({}, {}),
        ({"agent_version": "2.2.40"}, {"agent_version": "2.2.40"}),
        ({"conf": {"Provisioning.Agent": "disabled"}}, {"provisioning_agent": "disabled"}),
        ({"conf": {"Logs.Verbose": "y"}}, {"verbose_logging": True}),
        ({"dhcp": False}, {"dhcp": False, "host_reachable": False}),
        ({"host_reachable": False}, {"host_reachable": False}),
        ({"leftovers": True}, {"leftovers": True}),
    ],
)
def test_the_check_tells_what_is_true_in_linux(
    tmp_path: Path, inside: dict[str, Any], told: dict[str, Any]
) -> None:
    """What is wrong inside is told, and nothing else is."""
    stage = open_stage(tmp_path, with_guest(LINUX, **{"agent_version": "2.11.1.12", **inside}))

    assert GuestFacts(**{**HEALTHY_LINUX, **told}) == look(stage)


@pytest.mark.parametrize(
    ("inside", "told"),
    [
        ({}, {}),
        (
            {"services": {"RdAgent": "stopped"}},
            {"services": (("RdAgent", "stopped"), ("WindowsAzureGuestAgent", "running"))},
        ),
        (
            {"services": {"RdAgent": "disabled"}},
            {"services": (("RdAgent", "disabled"), ("WindowsAzureGuestAgent", "running"))},
        ),
        (
            {"services": {"RdAgent": "missing"}},
            {"services": (("RdAgent", "missing"), ("WindowsAzureGuestAgent", "running"))},
        ),
        ({"visual_c": False}, {"visual_c": False}),
        ({"blocker": "AppLocker"}, {"app_locker": True}),
        ({"blocker": "antivirus"}, {"antivirus_excluded": False}),
        ({"dhcp": False}, {"dhcp": False, "host_reachable": False}),
        ({"host_reachable": False}, {"host_reachable": False}),
        ({"leftovers": True}, {"leftovers": True}),
    ],
)
def test_the_check_tells_what_is_true_in_windows(
    tmp_path: Path, inside: dict[str, Any], told: dict[str, Any]
) -> None:
    """What is wrong inside is told, and nothing else is."""
    stage = open_stage(tmp_path, with_guest(WINDOWS, **inside))

    assert GuestFacts(**{**HEALTHY_WINDOWS, **told}) == look(stage)


@pytest.mark.parametrize(
    ("base", "script"),
    [
        (built_in(LINUX), "update-agent"),
        (built_in(LEFTOVERS), "deep-clean"),
        (with_guest(LINUX, agent_version="2.11.1.12", leftovers=True), "deep-clean"),
        (
            with_guest(LINUX, agent_version="2.11.1.12", conf={"Provisioning.Agent": "disabled"}),
            "enable-extensions",
        ),
        (with_guest(ANTIVIRUS, services={"RdAgent": "stopped"}), "start-agent"),
    ],
    ids=["old agent", "remains in Windows", "remains in Linux", "switched off", "stopped"],
)
def test_a_script_heals_the_backup(tmp_path: Path, base: Scenario, script: str) -> None:
    """The backup fails before, and succeeds after the script."""
    (tmp_path / "before").mkdir()
    before = back_up(open_stage(tmp_path / "before", base))
    stage = open_stage(tmp_path, base)

    run = run_script(stage, script)

    assert 11 == before
    assert {"done"} == set(states(run))
    assert 0 == back_up(stage)


def test_detailed_logging_goes_on_and_off(tmp_path: Path) -> None:
    """Each of the two undoes the other."""
    stage = open_stage(tmp_path, LINUX)

    seen = [look(stage).verbose_logging]
    for script in ("verbose-on", "verbose-off"):
        run_script(stage, script)
        seen.append(look(stage).verbose_logging)

    assert [False, True, False] == seen


@pytest.mark.parametrize("scenario", [WINDOWS, ANTIVIRUS])
def test_looking_changes_nothing(tmp_path: Path, scenario: str) -> None:
    """A check leaves everything inside as it was, and the agent undisturbed."""
    stage = open_stage(tmp_path, scenario)
    before = (inside(stage), stage.world.documents.get(VM))

    look(stage)

    assert before == (inside(stage), stage.world.documents.get(VM))


def inside(stage: Stage) -> Guest:
    """Give what is hidden in web-1, without the version that the sandbox notes when it looks."""
    return replace(guest_facts.of(stage.world, VM), agent_version="")


@pytest.mark.parametrize(
    ("scenario", "guard"), [(DEAD, "agent-not-ready"), ("agent-silent", "agent-silent")]
)
def test_a_dead_agent_runs_no_script(tmp_path: Path, scenario: str, guard: str) -> None:
    """The plan is refused, also where only an old word says Ready; nothing hangs for 90 minutes."""
    stage = open_stage(tmp_path, scenario)

    plan = plan_script(stage.azure, names("web-1"), "check")

    assert (guard,) == guards_of(plan)


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (vm_state.set_agent_unresponsive, "the VM agent is not ready: VM Agent is unresponsive."),
        (lambda _, vm: vm_state.set_power(vm, "stopped"), "the VM is stopped"),
        (lambda _, vm: vm["properties"]["instanceView"].pop("vmAgent"), "reports no agent"),
    ],
)
def test_an_agent_that_went_since_the_plan_runs_no_script(
    tmp_path: Path, change: Any, told: str
) -> None:
    """Right before the script the VM and its agent are looked at again."""
    stage = open_stage(tmp_path, LINUX)
    plan = plan_script(stage.azure, names("web-1"), "check")
    vm = stage.world.documents.get(VM)
    change(stage.world, vm)
    stage.world.documents.put(vm)

    run = stage.apply(plan)

    assert run.exit_code == 7
    assert told in run.steps[0].message
    assert 0 == scripts_sent(stage)


def test_another_vm_of_that_name_runs_no_script(tmp_path: Path) -> None:
    """A VM that was re-created since the plan is another one."""
    stage = open_stage(tmp_path, LINUX)
    plan = plan_script(stage.azure, names("web-1"), "check")
    vm: Any = stage.world.documents.get(VM)
    vm["properties"]["vmId"] = "00000000-1111-2222-3333-444444444444"
    stage.world.documents.put(vm)

    run = stage.apply(plan)

    assert run.exit_code == 7
    assert 0 == scripts_sent(stage)


def test_an_agent_that_only_looks_ready_is_told(tmp_path: Path) -> None:
    """The script hangs until Azure gives up; then the facts are unreadable, not false."""
    stage = open_stage(tmp_path, with_guest(LINUX, services={"walinuxagent": "stopped"}))

    run = stage.apply(plan_look_inside(stage.azure, names("web-1")))

    (seen,) = read_guest_facts(run).values()
    assert ("failed",) == states(run)
    assert isinstance(seen, Unreadable)
    assert "VMAgentStatusCommunicationError" in seen.why
    assert seen.answer is not None


def test_a_script_takes_its_turn(tmp_path: Path) -> None:
    """While somebody else's script runs ours waits, and then runs."""
    stage = open_stage(tmp_path, LINUX)
    plan = plan_script(stage.azure, names("web-1"), "check")
    with stage.azure.open_writer() as session:
        other = session.subscription(plan.targets[0].target.subscription_id).vm_changes
        other.run_script(plan.targets[0].target, "Linux", ("true",))
    told: list[str] = []

    run = stage.apply(plan, listen=lambda event: told.extend(messages(event)))

    assert ("done",) == states(run)
    assert "another script runs in the VM; waiting for its end" in told


def messages(event: Event) -> list[str]:
    """Give what an event tells people."""
    return [event.message] if isinstance(event, StepProgressed) else []


def test_patience_with_another_script_ends(tmp_path: Path) -> None:
    """After half an hour ours is given up, without having begun."""
    stage = open_stage(tmp_path, with_guest(LINUX, agent_version="2.11.1.12", script_running=True))

    run = run_script(stage, "check")

    assert ("failed",) == states(run)
    assert run.exit_code == 3
    assert 0 == scripts_sent(stage)


def test_a_vm_that_is_off_is_not_waited_for(tmp_path: Path) -> None:
    """That the VM does not run is an answer, not a queue."""
    refusal = answered(RUN, 409, code="OperationNotAllowed", times=9)
    stage = open_stage(tmp_path, with_faults(built_in(LINUX), refusal))
    begun = stage.world.clock.now()

    run = run_script(stage, "check")

    assert ("failed",) == states(run)
    assert 60 > (stage.world.clock.now() - begun).total_seconds()


@pytest.mark.parametrize(
    ("message", "complaint"),
    [
        ("Enable succeeded: \n[stdout]\nhalf\n\n[stderr]\nno room left\n", "no room left"),
        ("Enable succeeded: \n[stdout]\nhalf", "its end"),
        ("half", "its end"),
    ],
)
def test_a_script_that_breaks_off_is_a_failure(
    tmp_path: Path, message: str, complaint: str
) -> None:
    """Azure says Succeeded, but the script did not print its last line."""
    body = {"value": [{"code": "ProvisioningState/succeeded", "message": message}]}
    stage = open_stage(tmp_path, with_faults(built_in(LINUX), answered(RESULT, 200, body=body)))

    run = run_script(stage, "check")

    assert ("failed",) == states(run)
    assert complaint in run.steps[0].message
    assert run.steps[0].output.startswith("half")


def test_complaints_are_kept(tmp_path: Path) -> None:
    """What a script printed as errors is told, and kept behind what it printed."""
    statuses = [
        {"code": "ComponentStatus/StdOut/succeeded", "message": "a=1\nazremedy=done"},
        {"code": "ComponentStatus/StdErr/succeeded", "message": "not found\nat line 3"},
    ]
    fault = answered(RESULT, 200, body={"value": statuses})
    stage = open_stage(tmp_path, with_faults(built_in(WINDOWS), fault))

    run = run_script(stage, "check")

    assert ("done",) == states(run)
    assert run.steps[0].message == "the script ran to its end; it complained: not found"
    assert run.steps[0].output == "a=1\n[stderr]\nnot found\nat line 3"


def test_an_agent_that_does_not_come_back_is_a_failure(tmp_path: Path) -> None:
    """What was left to a task inside took the agent down for good: that is told."""
    base = replace(built_in(LINUX), operations={"agentStart": Timing(seconds=86400)})
    stage = open_stage(tmp_path, base)

    run = run_script(stage, "start-agent")

    assert ("failed",) == states(run)
    assert run.steps[0].error is not None
    assert "--by restart" in run.steps[0].error.advice


def test_an_agent_that_is_gone_is_a_failure(tmp_path: Path) -> None:
    """After the script the VM reports no agent any more."""
    base = replace(built_in(LINUX), operations={"agentStart": Timing(seconds=86400)})
    stage = open_stage(tmp_path, base)

    def listen(event: Event) -> None:
        if messages(event):
            vm: Any = stage.world.documents.get(VM)
            vm["properties"]["instanceView"].pop("vmAgent")
            stage.world.documents.put(vm)

    run = stage.apply(plan_script(stage.azure, names("web-1"), "start-agent"), listen=listen)

    assert ("failed",) == states(run)
    assert run.steps[0].message == "the VM reports no agent"


def test_logs_of_an_unknown_system_are_refused(tmp_path: Path) -> None:
    """Where Azure does not say what runs in the VM no place of logs is known."""
    base = built_in(LINUX)
    vm = next(each for each in base.resources if each["id"] == VM)
    disk = vm["properties"]["storageProfile"]["osDisk"]
    profile = {"osDisk": {name: value for name, value in disk.items() if name != "osType"}}
    stage = open_stage(tmp_path, changed(base, "/web-1", {"storageProfile": profile}))

    plan = plan_script(stage.azure, names("web-1"), "collect-logs")

    assert ("wrong-system",) == guards_of(plan)


def test_a_lost_script_is_unknown(tmp_path: Path) -> None:
    """Nothing tells whether a script has begun whose request got no answer."""
    stage = open_stage(tmp_path, with_faults(built_in(LINUX), Fault(match=RUN, lose="response")))

    run = run_script(stage, "check")

    assert ("unknown",) == states(run)


def test_patience_with_a_script_ends(tmp_path: Path) -> None:
    """A script that does not end in two hours is told as one that goes on."""
    base = replace(built_in(LINUX), operations={"runCommand": Timing(seconds=86400)})

    run = run_script(open_stage(tmp_path, base), "check")

    assert ("unknown",) == states(run)
    assert run.steps[0].error is not None
    assert "90 minutes" in run.steps[0].error.advice


def test_a_read_only_lock_is_leased(tmp_path: Path) -> None:
    """Also a script that only looks is a POST, which a ReadOnly lock refuses."""
    base = with_resources(built_in(LINUX), lock(GROUP, "frozen", level="ReadOnly"))
    stage = open_stage(tmp_path, base)

    refused = plan_script(stage.azure, names("web-1"), "check")
    run = run_script(stage, "check", unlock=True)

    assert ("lock-in-the-way",) == guards_of(refused)
    assert ("done", "done", "done") == states(run)


def test_a_look_leaves_out_what_cannot_be_looked_into(tmp_path: Path) -> None:
    """Of several VMs those whose agent is dead are left out, with the reason; the others run."""
    stage = open_stage(tmp_path, FLEET, subscription=OTHER_SUBSCRIPTION)

    plan = plan_look_inside(stage.azure, names("web-01", "web-05", "web-08"))
    run = stage.apply(plan)

    assert ("done",) == states(run)
    assert ["web-01"] == [vm_id.name for vm_id in read_guest_facts(run)]
    assert [[], ["agent-not-ready"], ["vm-not-running"]] == [
        [verdict.guard for verdict in target.verdicts] for target in plan.targets
    ]


def test_a_look_that_was_not_carried_out_tells_nothing(tmp_path: Path) -> None:
    """A plan that nobody carried out gives no facts."""
    stage = open_stage(tmp_path, LINUX)
    plan = plan_look_inside(stage.azure, names("web-1"))

    (seen,) = read_guest_facts(api.preview(plan, dry_run=True)).values()

    assert isinstance(seen, Unreadable)
    assert "not carried out" in seen.why


def test_a_script_can_be_taken_up_by_another_process(tmp_path: Path) -> None:
    """The journal's token lets another process read what the script printed, without a new run."""
    stage = open_stage(tmp_path, LINUX)
    run = run_script(stage, "check")
    token = next(
        entry["operationToken"]
        for entry in entries_of(run, stage.state)
        if entry.get("operationToken")
    )
    vm_id = run.plan.targets[0].target

    with stage.azure.open_writer() as session:
        changes = session.subscription(vm_id.subscription_id).vm_changes
        operation = changes.resume_script(vm_id, token)
        word = operation.wait()

    assert word == "Succeeded"
    assert read_output(operation).stdout.startswith(run.steps[0].output)
    assert 1 == scripts_sent(stage)


def test_a_result_of_another_form_is_an_error(tmp_path: Path) -> None:
    """What is no list of statuses is not guessed at."""
    fault = answered(RESULT, 200, body={"value": [{"code": {}, "message": {}}, {}]})
    stage = open_stage(tmp_path, with_faults(built_in(LINUX), fault))

    run = run_script(stage, "check")

    assert ("failed",) == states(run)
    assert run.steps[0].error is not None
    assert AzureError.msgid == run.steps[0].error.msgid


def test_a_step_for_no_system_sends_nothing(tmp_path: Path) -> None:
    """A step from a saved plan that names no script of the VM's system is refused."""
    stage = open_stage(tmp_path, WINDOWS)
    vm_id = plan_script(stage.azure, names("web-1"), "check").targets[0].target
    vm = VmRef(id=vm_id, unique_id="", os_type="Windows")
    tools = Tools(
        session=stage.azure.reader,
        memory=Memory(),
        progress=lambda _: None,
        patience=Patience(),
    )

    with pytest.raises(UsageError):
        GuestScriptRun(step=RunGuestScript(vm=vm, script="update-agent"), tools=tools).act()

    assert 0 == scripts_sent(stage)
