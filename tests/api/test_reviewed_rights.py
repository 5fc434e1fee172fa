"""What is lent can be given back, or is not lent; a plan is for the place where it was made."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from azremedy import api
from azremedy.domain.events import StepStarted
from azremedy.domain.needs import LOCK_WRITE
from azremedy.domain.steps import DeleteRestorePointCollection
from azremedy.engine.stop import Steering, Stop
from azremedy.errors import EXIT_ACCESS, PermissionDeniedError, RefusedError
from azremedy.sandbox.scenario import Match
from tests.support.role_worlds import LENT, take_away
from tests.support.stages import (
    COLLECTION_TYPE,
    LOCK_TYPE,
    PUT_LOCK,
    ROOT,
    Stage,
    answered,
    built_in,
    forbidding,
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

LIMIT = with_resources(built_in("restore-point-limit"), lock(ROOT, "all"))
"""A world whose subscription has a lock, which a clean-up borrows."""
DELETE = "Microsoft.Compute/restorePointCollections/delete"
NO_ROLES = answered(Match(method="GET", path="*/roleAssignments"), 403, times=99)
CREATE = f"PUT {ROOT}/providers/{LOCK_TYPE}/all".lower()


def clean(stage: Stage, *, accept_unknown_rights: bool = False) -> Plan:
    """Plan to clean web-1 up."""
    options = api.CleanOptions(**LENT, accept_unknown_rights=accept_unknown_rights)
    return api.plan_clean(stage.azure, names("web-1"), options)


def list_locks(stage: Stage) -> list[str]:
    """Name the locks that are on."""
    return [each["name"] for each in stage.documents(LOCK_TYPE)]


def cut_off(stage: Stage) -> Run:
    """Begin a clean-up and stop it before the collection is deleted."""
    stop = Stop()

    def listen(event: Event) -> None:
        deletes = isinstance(event, StepStarted) and isinstance(
            event.planned.step, DeleteRestorePointCollection
        )
        if deletes:
            stop.ask()
            stop.ask()

    return api.apply(
        stage.azure,
        clean(stage),
        listen=listen,
        state_folder=stage.state,
        steering=Steering(stop=stop),
    )


def test_a_lock_is_not_lent_while_the_way_back_is_unknown(tmp_path: Path) -> None:
    """The right to put it back could not be read, and is missing indeed: it stays on."""
    stage = open_stage(tmp_path, with_faults(forbidding(LIMIT, LOCK_WRITE), NO_ROLES))

    run = stage.apply(clean(stage))

    (refusal,) = run.plan.refusals
    assert ("lock-return-unknown", "--accept-unknown-rights") == (refusal.guard, refusal.override)
    assert EXIT_ACCESS == run.exit_code
    assert "all" in list_locks(stage)


def test_who_knows_of_their_right_lends_all_the_same(tmp_path: Path) -> None:
    """An owner whose roles cannot be read goes on with the flag, and the lock goes back."""
    stage = open_stage(tmp_path, with_faults(LIMIT, NO_ROLES))

    refused = clean(stage)
    run = stage.apply(clean(stage, accept_unknown_rights=True))

    assert ["lock-return-unknown"] == [each.guard for each in refused.refusals]
    assert {"done"} == set(states(run))
    assert ["all"] == list_locks(stage)


def test_a_group_that_may_be_the_callers_may_keep_a_lock_off(tmp_path: Path) -> None:
    """A deny assignment of a group's right to create locks is no mere warning."""
    denial = {
        "id": f"{ROOT}/providers/Microsoft.Authorization/denyAssignments/d",
        "properties": {
            "denyAssignmentName": "stack",
            "scope": ROOT,
            "permissions": [{"actions": [LOCK_WRITE]}],
            "principals": [{"id": "a-team", "type": "Group"}],
        },
    }
    stage = open_stage(tmp_path, with_resources(LIMIT, denial))

    plan = clean(stage)

    assert ["lock-return-unknown"] == [each.guard for each in plan.refusals]


def test_a_resumed_run_lends_nothing_that_could_not_go_back(tmp_path: Path) -> None:
    """The right to put a lock back is gone since: the lock stays on."""
    stage = open_stage(tmp_path, LIMIT)
    run = cut_off(stage)
    take_away(stage, LOCK_WRITE)

    with pytest.raises(PermissionDeniedError) as caught:
        api.resume(stage.azure, str(run.run_id), state_folder=stage.state)

    assert EXIT_ACCESS == caught.value.exit_code
    assert ["all"] == list_locks(stage)


def test_a_resumed_run_that_may_not_go_on_gives_back(tmp_path: Path) -> None:
    """What is off goes back, and nothing else is tried; with the rights back it is finished."""
    stage = open_stage(tmp_path, with_faults(LIMIT, answered(PUT_LOCK, 403)))
    run = cut_off(stage)
    assert [] == list_locks(stage)
    allowed, sent = stage.world.scenario, len(stage.writes())
    take_away(stage, DELETE)

    resumed = api.resume(stage.azure, str(run.run_id), state_folder=stage.state)

    assert [CREATE] == stage.writes()[sent:]
    assert ["all"] == list_locks(stage)
    (skipped,) = (each for each in resumed.steps if each.state.value == "skipped")
    assert DELETE in skipped.message

    stage.world.scenario = replace(allowed, caller=LIMIT.caller)
    ended = api.resume(stage.azure, str(run.run_id), state_folder=stage.state)
    assert 0 == ended.exit_code
    assert (["all"], []) == (list_locks(stage), stage.documents(COLLECTION_TYPE))


def test_neither_plans_nor_runs_are_taken_elsewhere(tmp_path: Path) -> None:
    """What was made in one world is refused in another, also by the library."""
    stage = open_stage(tmp_path, LIMIT)
    (tmp_path / "elsewhere").mkdir()
    elsewhere = open_stage(tmp_path / "elsewhere", "healthy")
    plan, run = clean(stage), cut_off(stage)
    journal = (stage.state / "runs" / str(run.run_id) / "journal.jsonl").read_bytes()

    with pytest.raises(RefusedError):
        api.apply(elsewhere.azure, plan, state_folder=stage.state)
    with pytest.raises(RefusedError):
        api.resume(elsewhere.azure, str(run.run_id), state_folder=stage.state)

    assert [] == elsewhere.writes()
    assert journal == (stage.state / "runs" / str(run.run_id) / "journal.jsonl").read_bytes()
