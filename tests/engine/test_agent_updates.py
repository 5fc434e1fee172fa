"""An update of the VM agent is over when it says so itself, and good when the agent is."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from azremedy import api
from azremedy.api.agent import plan_script
from azremedy.domain.events import StepProgressed
from azremedy.domain.guest_scripts import UPDATE_AGENT_END
from azremedy.domain.remedies import Remedy
from azremedy.domain.steps import RunGuestScript
from azremedy.engine.handlers.base import Memory, Patience, Tools
from azremedy.engine.handlers.guest_updates import AgentUpdateEnd
from azremedy.sandbox.guest_model import Guest
from azremedy.sandbox.scenario import Match, Timing
from tests.support.stages import (
    POLL,
    ROOT,
    VM_TYPE,
    answered,
    built_in,
    entries_of,
    kinds,
    names,
    open_stage,
    path_of,
    states,
    with_faults,
)

if TYPE_CHECKING:
    from pathlib import Path

    from azremedy.domain.events import Event
    from azremedy.domain.run import Run
    from azremedy.sandbox.scenario import Fault, Scenario
    from tests.support.stages import Stage

LINUX = "guest-agent-snapshot-task-status-error"
WEB = names("web-1")
VM = f"{ROOT}/resourceGroups/rg-shop/providers/{VM_TYPE}/web-1"
RESULT = Match(method="GET", path="*/operations/*", query="*monitor=true*")


def world(*, seconds: int = 0, **facts: Any) -> Scenario:
    """Give a VM with an agent that is too old, and say how long its package manager takes."""
    base = built_in(LINUX)
    taking = replace(base, operations={"detachedScript": Timing(seconds=seconds)})
    return replace(taking, guest={VM: Guest(**facts)}) if facts else taking


def update(stage: Stage, told: list[str] | None = None) -> Run:
    """Update the agent of web-1."""

    def listen(event: Event) -> None:
        if told is not None and isinstance(event, StepProgressed):
            told.append(event.message)

    return stage.apply(plan_script(stage.azure, WEB, "update-agent"), listen)


def scripts(stage: Stage) -> int:
    """Count the scripts that were sent."""
    return sum(each.endswith("/runcommand") for each in stage.writes())


@pytest.mark.parametrize(("seconds", "sent"), [(0, 2), (60, 2), (300, 5)])
def test_update_is_waited_for(tmp_path: Path, seconds: int, sent: int) -> None:
    """The agent says Ready all the time; only the update's own word ends the wait."""
    stage = open_stage(tmp_path, world(seconds=seconds))

    run = update(stage)

    assert ("done", "done") == states(run)
    assert "the VM agent is Ready, version 2.11.1.12 (before: 2.2.40)" == run.steps[1].message
    assert sent == scripts(stage)


def test_plan_says_that_it_looks_for_the_end(tmp_path: Path) -> None:
    """What is sent is shown before; the look changes nothing."""
    plan = plan_script(open_stage(tmp_path, LINUX).azure, WEB, "update-agent")
    steps = [p.step for p in plan.steps if isinstance(p.step, RunGuestScript)]

    assert ["update-agent", UPDATE_AGENT_END] == [step.script for step in steps]
    assert ["by-hand", "nothing"] == [step.reversible.value for step in steps]


def test_repository_with_an_old_agent_mends_nothing(tmp_path: Path) -> None:
    """The update ended well, and the agent is still older than what Azure supports."""
    stage = open_stage(tmp_path, world(repository_agent="2.2.45"))

    run = update(stage)

    assert ("done", "failed") == states(run)
    assert run.steps[1].error is not None
    assert "2.2.45, still older than 2.2.53.1" in run.steps[1].error.message


def test_repair_backs_nothing_up_with_an_old_agent(tmp_path: Path) -> None:
    """No backup is spent on what cannot succeed."""
    stage = open_stage(tmp_path, world(repository_agent="2.2.40"))
    options = api.FixOptions(allowed=frozenset({Remedy.UPDATE_AGENT}))
    plan = api.plan_fix(stage.azure, WEB, options)

    run = stage.apply(plan)

    assert ("RunGuestScript", "RunGuestScript", "TriggerBackup", "WaitForJob") == kinds(plan)
    assert ("done", "failed", "skipped", "skipped") == states(run)
    assert 0 == stage.count_jobs()


def test_newest_agent_stays(tmp_path: Path) -> None:
    """There is nothing newer, and need not be."""
    run = update(open_stage(tmp_path, "healthy"))

    assert ("done", "done") == states(run)
    assert run.steps[1].message.endswith("version 2.11.1.12, as before")


def end_word(word: str) -> Fault:
    """Let the look print another end than the guest would."""
    message = f"Enable succeeded: \n[stdout]\n{word}\nazremedy=done\n\n[stderr]\n"
    body = {"value": [{"code": "ProvisioningState/succeeded", "message": message}]}
    return replace(answered(RESULT, 200, body=body), after=1)


def test_package_manager_that_fails_is_told(tmp_path: Path) -> None:
    """Whatever the agent says, the update did not work."""
    stage = open_stage(tmp_path, with_faults(world(), end_word("update=failed")))

    run = update(stage)

    assert ("done", "failed") == states(run)
    assert run.steps[1].error is not None
    assert "package manager" in run.steps[1].error.message
    assert "azremedy.log" in run.steps[1].error.advice


@pytest.mark.parametrize("word", ["", "xupdate=ended", "update=ended now", "[stderr]"])
def test_other_words_are_no_end(tmp_path: Path, word: str) -> None:
    """It is looked once more."""
    stage = open_stage(tmp_path, with_faults(world(), end_word(word)))

    assert ("done", "done") == states(update(stage))
    assert 3 == scripts(stage)


def test_patience_ends(tmp_path: Path) -> None:
    """A package manager that hangs is told as one that goes on."""
    run = update(open_stage(tmp_path, world(seconds=86400)))

    assert ("done", "failed") == states(run)
    assert run.steps[1].error is not None
    assert "has not ended" in run.steps[1].error.message


def test_look_that_gets_lost_is_taken_again(tmp_path: Path) -> None:
    """The update restarts the agent under it."""
    lost = {"status": "Failed", "error": {"code": "VMAgentStatusCommunicationError"}}
    fault = replace(answered(POLL, 200, body=lost), after=polls_of_one_script(tmp_path / "one"))
    stage, told = open_stage(tmp_path, with_faults(world(), fault)), list[str]()

    run = update(stage, told)

    assert ("done", "done") == states(run)
    assert any(each.endswith("looking again") for each in told)


def polls_of_one_script(folder: Path) -> int:
    """Count how often a script is asked for its end."""
    folder.mkdir()
    stage = open_stage(folder, LINUX)
    stage.apply(plan_script(stage.azure, WEB, "check"))
    return sum("/operations/" in path_of(each) for each in stage.requests())


def test_agent_that_goes_away_after_all_is_told(tmp_path: Path) -> None:
    """The update had said that it was over."""
    base = world(seconds=150)
    slow = replace(base, operations={**base.operations, "agentStart": Timing(seconds=86400)})
    stage = open_stage(tmp_path, with_faults(slow, end_word("update=ended")))

    run = update(stage)

    assert ("done", "failed") == states(run)
    assert run.steps[1].error is not None
    assert "--by restart" in run.steps[1].error.advice


def test_other_machine_of_that_name_is_not_judged(tmp_path: Path) -> None:
    """It was re-created while the update ran."""
    stage = open_stage(tmp_path, world())

    def listen(event: Event) -> None:
        if event.kind == "StepEnded":
            (vm,) = stage.documents(VM_TYPE)
            vm["properties"]["vmId"] = "00000000-1111-2222-3333-444444444444"
            stage.world.documents.put(vm)

    run = stage.apply(plan_script(stage.azure, WEB, "update-agent"), listen)

    assert ("done", "failed") == states(run)
    assert "re-created" in run.steps[1].message


def test_look_of_a_process_that_died_is_taken_up(tmp_path: Path) -> None:
    """Its operation tells what it saw; one that got no answer is taken again."""
    stage = open_stage(tmp_path, world())
    run = update(stage)
    token = [e["operationToken"] for e in entries_of(run, stage.state) if e.get("operationToken")]
    step = run.plan.steps[1].step
    assert isinstance(step, RunGuestScript)

    with stage.azure.open_writer() as session:
        tools = Tools(
            session=session, memory=Memory(), progress=lambda _: None, patience=Patience()
        )
        handler = AgentUpdateEnd(step=step, tools=tools)
        unseen, seen = handler.confirm(), handler.finish(handler.resume(token[1]))

    assert unseen is None
    assert "the VM agent is Ready, version 2.11.1.12" == seen.message
    assert 2 == scripts(stage)


def test_agent_that_does_not_come_back_is_told(tmp_path: Path) -> None:
    """Nobody can look inside then."""
    base = world()
    slow = replace(base, operations={**base.operations, "agentStart": Timing(seconds=86400)})

    run = update(open_stage(tmp_path, slow))

    assert ("done", "failed") == states(run)
    assert run.steps[1].error is not None
    assert "--by restart" in run.steps[1].error.advice
