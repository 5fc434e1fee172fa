"""How deletions end: not yet, seen late, unknown to Azure, and unfit to be begun."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from azremedy import api
from azremedy.domain.steps import DeleteExtension
from azremedy.sandbox.scenario import Fault, Timing
from tests.support.stages import (
    COLLECTION_TYPE,
    DELETE_COLLECTION,
    DELETE_EXTENSION,
    EXTENSION_TYPE,
    VM_TYPE,
    Stage,
    answered,
    built_in,
    names,
    open_stage,
    states,
    with_faults,
)

if TYPE_CHECKING:
    from pathlib import Path

    from azremedy.domain.plan import Plan

GONE_LATE = {
    COLLECTION_TYPE: answered(DELETE_COLLECTION, 204),
    EXTENSION_TYPE: answered(DELETE_EXTENSION, 204),
}


def plan_deletion(stage: Stage, resource_type: str) -> Plan:
    """Plan to delete what web-1 has of a type."""
    if resource_type == COLLECTION_TYPE:
        return api.plan_clean(stage.azure, names("web-1"))
    return api.plan_reset(stage.azure, names("web-1"))


def change_view(stage: Stage, **view: Any) -> None:
    """Change what the VM's instance view shows."""
    machine = stage.documents(VM_TYPE)[0]
    machine["properties"]["instanceView"] |= view
    stage.world.documents.put(machine)


@pytest.mark.parametrize("name", ["deleteRestorePointCollection", "deleteExtension"])
def test_a_deletion_that_outlasts_patience_goes_on(tmp_path: Path, name: str) -> None:
    """It is told as what it is: not ended, and to be looked at again."""
    base = replace(built_in("healthy"), operations={name: Timing(seconds=86400)})
    stage = open_stage(tmp_path, base)
    kind = COLLECTION_TYPE if "Collection" in name else EXTENSION_TYPE

    run = stage.apply(plan_deletion(stage, kind))

    assert ("unknown",) == states(run)
    assert run.steps[0].error is not None
    assert "still deleting" in run.steps[0].error.message
    assert "again" in run.steps[0].error.advice


@pytest.mark.parametrize("kind", GONE_LATE)
def test_what_is_shown_a_little_longer_is_gone(tmp_path: Path, kind: str) -> None:
    """Reads lag behind a deletion that succeeded."""
    stage = open_stage(tmp_path, with_faults(built_in("healthy"), GONE_LATE[kind]))
    plan = plan_deletion(stage, kind)

    def take_away() -> None:
        stage.world.documents.remove(stage.documents(kind)[0]["id"])
        if kind == EXTENSION_TYPE:
            change_view(stage, extensions=[], vmAgent={})

    stage.world.clock.schedule(60, take_away)

    run = stage.apply(plan)

    assert ("done",) == states(run)


def test_a_collection_that_stays_after_its_deletion_is_told(tmp_path: Path) -> None:
    """After some minutes of looking, "still there" is true."""
    stage = open_stage(tmp_path, with_faults(built_in("healthy"), GONE_LATE[COLLECTION_TYPE]))
    began = stage.world.clock.now()

    run = stage.apply(plan_deletion(stage, COLLECTION_TYPE))

    assert ("failed",) == states(run)
    assert "still there" in run.steps[0].message
    assert (stage.world.clock.now() - began).total_seconds() >= 180


def test_an_extension_that_azure_does_not_know_is_told_so(tmp_path: Path) -> None:
    """204, and the agent goes on reporting it: only the guest can help."""
    stage = open_stage(tmp_path, with_faults(built_in("healthy"), GONE_LATE[EXTENSION_TYPE]))

    run = stage.apply(plan_deletion(stage, EXTENSION_TYPE))

    assert ("failed",) == states(run)
    assert "Azure knows no extension" in run.steps[0].message


NOT_READY = [{"code": "ProvisioningState/Unavailable", "displayStatus": "Not Ready"}]


@pytest.mark.parametrize(
    "view",
    [
        {"statuses": [{"code": "PowerState/deallocated"}]},
        {"vmAgent": {"vmAgentVersion": "Unknown", "statuses": NOT_READY}},
    ],
    ids=["off", "agent dead"],
)
def test_a_vm_that_became_unfit_is_left_alone(tmp_path: Path, view: dict[str, Any]) -> None:
    """An uninstallation that nobody would carry out hangs for an hour and a half."""
    stage = open_stage(tmp_path, "healthy")
    plan = plan_deletion(stage, EXTENSION_TYPE)
    change_view(stage, **view)

    run = stage.apply(plan)

    assert 7 == run.exit_code
    assert [] == stage.writes()


def test_who_was_told_to_try_tries(tmp_path: Path) -> None:
    """With --agent-not-ready the step says so, and the agent is not asked again."""
    stage = open_stage(tmp_path, "healthy")
    options = api.ResetOptions(agent_not_ready=True)
    plan = api.plan_reset(stage.azure, names("web-1"), options)
    machine = stage.documents(VM_TYPE)[0]
    machine["properties"]["instanceView"]["vmAgent"]["statuses"] = NOT_READY
    stage.world.documents.put(machine)

    run = stage.apply(plan)

    step = plan.steps[0].step
    assert isinstance(step, DeleteExtension)
    assert step.agent_may_be_dead
    assert ("failed",) == states(run)
    assert 1 == len(stage.writes())


def test_a_lost_uninstallation_with_an_unreadable_vm_is_unknown(tmp_path: Path) -> None:
    """Neither the answer nor the look arrived."""
    read_vm = replace(DELETE_EXTENSION, method="GET", path="*/extensions")
    faults = (
        Fault(match=DELETE_EXTENSION, lose="response", times=99),
        Fault(match=read_vm, answer=answered(read_vm, 403).answer, after=2, times=99),
    )
    stage = open_stage(tmp_path, with_faults(built_in("healthy"), *faults))

    run = stage.apply(plan_deletion(stage, EXTENSION_TYPE))

    assert ("unknown",) == states(run)
