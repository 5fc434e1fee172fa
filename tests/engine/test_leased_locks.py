"""A leased lock is back in every ending, and while it is off the exit code is not 0."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import pytest

from azremedy import api
from azremedy.domain.events import Event, StepEnded, StepStarted
from azremedy.domain.steps import DeleteExtension
from azremedy.sandbox.scenario import Fault
from tests.support.stages import (
    DELETE_EXTENSION,
    DELETE_LOCK,
    LOCK_TYPE,
    POLL,
    PUT_LOCK,
    ROOT,
    Stage,
    answered,
    built_in,
    entries_of,
    lock,
    names,
    open_stage,
    states,
    with_faults,
    with_resources,
    writes_of,
)

if TYPE_CHECKING:
    from pathlib import Path

    from azremedy.domain.plan import Plan
    from azremedy.sandbox.scenario import Scenario

GROUP = f"{ROOT}/resourceGroups/rg-app"
CORPORATE = f"{ROOT}/providers/{LOCK_TYPE}/corporate".lower()
TEAM = f"{GROUP}/providers/{LOCK_TYPE}/team".lower()
EXTENSION_FAILS = {"status": "Failed", "error": {"code": "VMExtensionError", "message": "no"}}
EVENTS = 11
"""A run over two locks tells the beginning and end of five steps, and its own end."""


def locked_world(*faults: Fault) -> Scenario:
    """Give a VM with a stuck extension behind a lock on its group and one on the subscription."""
    base = with_resources(
        built_in("stuck-extension"), lock(ROOT, "corporate"), lock(GROUP, "team", level="ReadOnly")
    )
    return with_faults(base, *faults)


def plan_behind_locks(stage: Stage) -> Plan:
    """Plan to reset the extension with both locks leased."""
    options = api.ResetOptions(unlock=True, include_inherited=True)
    return api.plan_reset(stage.azure, names("app-1"), options)


def all_locks(stage: Stage) -> dict[str, Any]:
    """Give the body of each lock."""
    return {each["id"].lower(): each["properties"] for each in stage.documents(LOCK_TYPE)}


@dataclass(slots=True, kw_only=True)
class Saboteur:
    """A listener that raises at one event, or at that and all later ones."""

    at: int
    error: BaseException
    always: bool = False
    told: list[Event] = field(default_factory=list)

    def __call__(self, event: Event) -> None:
        """Count, and raise."""
        self.told.append(event)
        number = len(self.told)
        if number == self.at or (self.always and number > self.at):
            raise self.error


def test_locks_are_back_after_success(tmp_path: Path) -> None:
    """Level, notes and owners are as before; the widest is off for the shortest time."""
    stage = open_stage(tmp_path, locked_world())
    before, plan = all_locks(stage), plan_behind_locks(stage)

    run = stage.apply(plan)

    assert before == all_locks(stage)
    assert run.exit_code == 0
    assert stage.writes() == writes_of([planned.step for planned in plan.steps])
    assert [TEAM, CORPORATE, TEAM, CORPORATE] == [
        planned.step.target.key for planned in plan.steps if "Lock" in planned.step.kind
    ]


@pytest.mark.parametrize(
    "fault",
    [
        answered(DELETE_EXTENSION, 403, code="AuthorizationFailed"),
        answered(DELETE_EXTENSION, 409, code="Conflict"),
        answered(DELETE_EXTENSION, 500, times=20),
        answered(DELETE_EXTENSION, 429, times=20),
        answered(POLL, 200, body=EXTENSION_FAILS),
        answered(DELETE_LOCK, 403, code="AuthorizationFailed"),
        Fault(match=DELETE_LOCK, lose="response"),
        Fault(match=DELETE_LOCK, lose="response", times=20),
        Fault(match=DELETE_LOCK, drop=True, times=20),
        Fault(match=DELETE_EXTENSION, drop=True, times=20),
    ],
    ids=lambda fault: f"{fault.match.method} {fault.answer and fault.answer.status} {fault.times}",
)
def test_locks_are_back_after_a_failure(tmp_path: Path, fault: Fault) -> None:
    """Whatever fails on the way, both locks stand as before."""
    stage = open_stage(tmp_path, locked_world(fault))
    before = all_locks(stage)

    run = stage.apply(plan_behind_locks(stage))

    assert before == all_locks(stage)
    settled = {"done", "already"}
    assert (run.exit_code == 0) == (set(states(run)) <= settled)
    assert set(states(run)[-2:]) <= settled


def test_locks_are_back_when_the_agent_died(tmp_path: Path) -> None:
    """Nobody would uninstall it any more, so it is not begun; the locks come back."""
    stage = open_stage(tmp_path, locked_world())
    before, plan = all_locks(stage), plan_behind_locks(stage)
    machine = str(plan.targets[0].target)
    document = stage.world.documents.get(machine)
    assert document is not None
    document["properties"]["instanceView"]["vmAgent"]["statuses"][0]["displayStatus"] = "Not Ready"
    stage.world.documents.put(document)

    run = stage.apply(plan)

    assert before == all_locks(stage)
    assert ("done", "done", "failed", "done", "done") == states(run)
    assert run.exit_code == 3
    assert not any("/extensions/" in write for write in stage.writes())


@pytest.mark.parametrize(
    ("at", "always"),
    [*((at, False) for at in range(1, EVENTS + 1)), (4, True), (5, True), (8, True)],
)
def test_locks_are_back_after_ctrl_c_at_any_event(tmp_path: Path, at: int, *, always: bool) -> None:
    """Ctrl-C stops the run, not the return of what it took off."""
    stage = open_stage(tmp_path, locked_world())
    before, plan = all_locks(stage), plan_behind_locks(stage)
    saboteur = Saboteur(at=at, error=KeyboardInterrupt(), always=always)

    run = stage.apply(plan, listen=saboteur)

    assert before == all_locks(stage)
    assert run.exit_code == (0 if at == EVENTS else 9)


@pytest.mark.parametrize("at", range(2, EVENTS + 1, 3))
def test_a_closed_console_stops_the_run_but_not_the_locks(tmp_path: Path, at: int) -> None:
    """Consoles answer a reader that has gone with SystemExit."""
    stage = open_stage(tmp_path, locked_world())
    before, plan = all_locks(stage), plan_behind_locks(stage)

    run = stage.apply(plan, listen=Saboteur(at=at, error=SystemExit(1)))

    assert before == all_locks(stage)
    assert run.exit_code == (0 if at == EVENTS else 9)


@pytest.mark.parametrize("at", range(2, EVENTS + 1, 3))
def test_a_defect_leaves_no_lock_off(tmp_path: Path, at: int) -> None:
    """What is no error of ours is not swallowed, but the locks come back first."""
    stage = open_stage(tmp_path, locked_world())
    before, plan = all_locks(stage), plan_behind_locks(stage)
    saboteur = Saboteur(at=at, error=LookupError("a defect"))

    with pytest.raises(LookupError):
        stage.apply(plan, listen=saboteur)

    assert before == all_locks(stage)


def test_a_listener_that_cannot_write_stops_nothing(tmp_path: Path) -> None:
    """A full or closed log is no reason to stop half way."""
    stage = open_stage(tmp_path, locked_world())
    plan = plan_behind_locks(stage)

    run = stage.apply(plan, listen=Saboteur(at=1, error=BrokenPipeError(), always=True))

    assert ("done",) * 5 == states(run)


def test_an_interrupted_run_says_what_it_knows(tmp_path: Path) -> None:
    """A step whose effect nobody saw is unknown, one that was not begun is skipped; code 9."""
    stage = open_stage(tmp_path, locked_world())
    saboteur = Saboteur(at=0, error=KeyboardInterrupt())

    def listen(event: Event) -> None:
        if isinstance(event, StepStarted) and event.planned.number == 3:
            raise saboteur.error

    run = stage.apply(plan_behind_locks(stage), listen=listen)

    assert ("unknown", "unknown", "skipped", "done", "done") == states(run)
    assert ("interrupted", 9) == (run.state.value, run.exit_code)
    assert entries_of(run, stage.state)[-1]["exitCode"] == 9


def test_an_interrupt_while_a_request_is_out_leaves_it_unknown(tmp_path: Path) -> None:
    """Nobody saw how the uninstallation ended, nor whether the locks were gone everywhere."""
    stage = open_stage(
        tmp_path, locked_world(answered(DELETE_EXTENSION, 409, times=3, code="ScopeLocked"))
    )

    def listen(event: Event) -> None:
        if event.kind == "StepProgressed":
            raise KeyboardInterrupt

    run = stage.apply(plan_behind_locks(stage), listen=listen)

    assert ("unknown", "unknown", "unknown", "done", "done") == states(run)
    assert run.exit_code == 9


def test_another_lock_of_that_name_is_not_overwritten(tmp_path: Path) -> None:
    """What somebody made meanwhile stays, and the run says that the lock is not as it was."""
    stage = open_stage(tmp_path, locked_world())
    other = {"level": "CanNotDelete", "notes": "mine"}

    def listen(event: Event) -> None:
        if isinstance(event, StepStarted) and isinstance(event.planned.step, DeleteExtension):
            stage.world.documents.put({"id": TEAM, "properties": other})

    run = stage.apply(plan_behind_locks(stage), listen=listen)

    assert other == all_locks(stage)[TEAM]
    assert CORPORATE in all_locks(stage)
    assert run.steps[3].state.value == "failed"
    assert run.steps[3].error is not None
    assert "STILL OFF" not in run.steps[3].error.message
    assert run.exit_code != 0


def test_a_lock_that_somebody_put_back_is_put_back_all_the_same(tmp_path: Path) -> None:
    """Who made it cannot be seen, and a removal on its way would take it again."""
    stage = open_stage(tmp_path, locked_world())
    body = all_locks(stage)[CORPORATE]

    def listen(event: Event) -> None:
        if isinstance(event, StepEnded) and isinstance(event.planned.step, DeleteExtension):
            stage.world.documents.put({"id": CORPORATE, "properties": body})

    run = stage.apply(plan_behind_locks(stage), listen=listen)

    assert ("done",) * 5 == states(run)
    assert run.exit_code == 0


def test_a_lock_that_was_gone_before_is_not_put_back(tmp_path: Path) -> None:
    """Only what this run took off goes back on."""
    stage = open_stage(tmp_path, locked_world())
    plan = plan_behind_locks(stage)
    stage.world.documents.remove(TEAM)

    run = stage.apply(plan)

    assert ("already", "done", "done", "already", "done") == states(run)
    assert TEAM not in all_locks(stage)


@pytest.mark.parametrize(
    "fault",
    [
        answered(PUT_LOCK, 500, times=12),
        answered(PUT_LOCK, 429, times=12),
        Fault(match=PUT_LOCK, lose="response"),
        Fault(match=PUT_LOCK, lose="response", times=6),
        Fault(match=PUT_LOCK, lose="request", times=6),
        Fault(match=PUT_LOCK, drop=True, times=10),
    ],
    ids=["500", "429", "lost answer", "lost answers", "lost requests", "dropped"],
)
def test_putting_a_lock_back_outlasts_an_outage(tmp_path: Path, fault: Fault) -> None:
    """More failures than the SDK repeats do not leave a lock off."""
    stage = open_stage(tmp_path, locked_world(fault))
    before = all_locks(stage)

    run = stage.apply(plan_behind_locks(stage))

    assert before == all_locks(stage)
    assert run.exit_code == 0


@pytest.mark.parametrize(
    ("fault", "code"),
    [
        (answered(PUT_LOCK, 403, times=99, code="AuthorizationFailed"), 5),
        (answered(PUT_LOCK, 503, times=9999), 3),
        (Fault(match=PUT_LOCK, drop=True, times=9999), 3),
    ],
    ids=["forbidden", "unavailable", "unreachable"],
)
def test_while_a_lock_is_off_the_exit_code_is_not_0(
    tmp_path: Path, fault: Fault, code: int
) -> None:
    """The plan's own step is done, and yet the run failed."""
    stage = open_stage(tmp_path, locked_world(fault))

    run = stage.apply(plan_behind_locks(stage))

    assert states(run)[:3] == ("done",) * 3
    assert code == run.exit_code
    assert run.state.value == "failed"


def test_an_interrupted_run_with_a_lock_off_is_a_failure(tmp_path: Path) -> None:
    """9 means resumable and harmless; with a lock off it is 3."""
    stage = open_stage(tmp_path, locked_world(answered(PUT_LOCK, 403, times=99)))

    def listen(event: Event) -> None:
        if isinstance(event, StepStarted) and isinstance(event.planned.step, DeleteExtension):
            raise KeyboardInterrupt

    run = stage.apply(plan_behind_locks(stage), listen=listen)

    assert ("interrupted", 3) == (run.state.value, run.exit_code)


def test_a_lock_on_the_vm_itself_is_leased_too(tmp_path: Path) -> None:
    """A lock on the resource stops the deletion of what is in it."""
    machine = f"{GROUP}/providers/Microsoft.Compute/virtualMachines/app-1"
    stage = open_stage(
        tmp_path, with_resources(built_in("stuck-extension"), lock(machine, "machine"))
    )
    before = all_locks(stage)
    plan = api.plan_reset(stage.azure, names("app-1"), api.ResetOptions(unlock=True))

    run = stage.apply(plan)

    assert ("done",) * 3 == states(run)
    assert before == all_locks(stage)


def test_relock_leases_also_the_services_group(tmp_path: Path) -> None:
    """With --relock the root cause is put back, because somebody said so."""
    stage = open_stage(tmp_path, "restore-point-limit")
    before = all_locks(stage)
    options = api.CleanOptions(unlock=True, relock=True)

    run = stage.apply(api.plan_clean(stage.azure, names("web-1"), options))

    assert ("done",) * 3 == states(run)
    assert before == all_locks(stage)
