"""A protection that stands still is resumed with its policy, and seen to be resumed."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from azremedy.domain.steps import ResumeProtection
from azremedy.engine.handlers.protection import ProtectionResumption
from azremedy.errors import AzureError
from azremedy.sandbox.scenario import Fault, Match
from azremedy.sandbox.scenario_model import Failure, OperationFault
from tests.support.shop import CONTAINER, POLICY, VAULT, VM, item_of, plan_of, tools_of
from tests.support.stages import (
    ITEM_TYPE,
    Stage,
    answered,
    built_in,
    changed,
    open_stage,
    states,
    with_faults,
    without_resources,
)

if TYPE_CHECKING:
    from pathlib import Path

    from azremedy.ids import ResourceId
    from azremedy.sandbox.scenario import Scenario

PAUSED = "user-error-bcm-datasource-not-present"

PROTECT = Match(method="PUT", path="*/protectedItems/*")
READ_ITEM = Match(method="GET", path=f"*/VM;{CONTAINER}")


def resume(policy_id: ResourceId = POLICY, vm_id: ResourceId = VM) -> ResumeProtection:
    """Protect web-1 again."""
    return ResumeProtection(item_id=item_of(VAULT), vm_id=vm_id, policy_id=policy_id)


def item_state(stage: Stage) -> str:
    """Give the state of web-1's protection in its vault."""
    found = [item for item in stage.documents(ITEM_TYPE) if item["id"] == str(item_of(VAULT))]
    return str(found[0]["properties"]["protectionState"])


@pytest.mark.parametrize("state", ["ProtectionPaused", "ProtectionStopped", "BackupsSuspended"])
def test_a_protection_that_stands_still_is_resumed(tmp_path: Path, state: str) -> None:
    """One request with the policy, followed until the item is protected."""
    base = changed(built_in(PAUSED), f"VM;{CONTAINER}", {"protectionState": state})
    stage = open_stage(tmp_path, base)

    run = stage.apply(plan_of(resume()))

    assert ("done",) == states(run)
    assert "Protected" == item_state(stage)
    assert "protected by the policy 'DefaultPolicy': Protected" == run.steps[0].message
    assert run.steps[0].request_id is not None
    assert [f"put {item_of(VAULT)}".lower()] == stage.writes()


def test_an_item_without_points_waits_for_its_first_backup(tmp_path: Path) -> None:
    """IRPending is protected too."""
    bare = without_resources(built_in(PAUSED), "/recoveryPoints/")
    stage = open_stage(tmp_path, bare)

    run = stage.apply(plan_of(resume()))

    assert ("done",) == states(run)
    assert "IRPending" == item_state(stage)


def test_a_protected_item_is_left_as_it_is(tmp_path: Path) -> None:
    """Somebody was faster."""
    stage = open_stage(
        tmp_path, changed(built_in(PAUSED), f"VM;{CONTAINER}", {"protectionState": "Protected"})
    )

    run = stage.apply(plan_of(resume()))

    assert ("already",) == states(run)
    assert [] == stage.writes()


def _gone() -> Scenario:
    return without_resources(built_in(PAUSED), "/protectedItems/")


def _deleted() -> Scenario:
    return changed(built_in(PAUSED), f"VM;{CONTAINER}", {"isScheduledForDeferredDelete": True})


def _retargeted() -> Scenario:
    other = {"sourceResourceId": f"{VM}0", "virtualMachineId": f"{VM}0"}
    return changed(built_in(PAUSED), f"VM;{CONTAINER}", other)


@pytest.mark.parametrize(
    "world", [_gone(), _deleted(), _retargeted()], ids=["gone", "deleted", "other"]
)
def test_an_item_that_is_not_as_planned_is_not_resumed(tmp_path: Path, world: Scenario) -> None:
    """Gone, soft-deleted or another VM's: 7, and nothing was sent."""
    stage = open_stage(tmp_path, world)

    run = stage.apply(plan_of(resume()))

    assert ("failed",) == states(run)
    assert 7 == run.exit_code
    assert [] == stage.writes()


def test_a_policy_that_is_gone_fails_the_step(tmp_path: Path) -> None:
    """The service's own refusal is told."""
    stage = open_stage(tmp_path, PAUSED)

    run = stage.apply(plan_of(resume(VAULT.child("backupPolicies", "Gone"))))

    assert ("failed",) == states(run)
    assert "ProtectionPaused" == item_state(stage)


def test_a_lost_answer_to_a_resumption_is_looked_into(tmp_path: Path) -> None:
    """The item is protected all the same once the service is done."""
    fault = Fault(match=PROTECT, lose="response", times=1)
    stage = open_stage(tmp_path, with_faults(built_in(PAUSED), fault))

    run = stage.apply(plan_of(resume()))

    assert ("done",) == states(run)
    assert "Protected" == item_state(stage)


def test_a_resumption_that_never_arrives_is_unknown(tmp_path: Path) -> None:
    """No request gets through and the item stays paused."""
    fault = Fault(match=PROTECT, lose="request", times=99)
    stage = open_stage(tmp_path, with_faults(built_in(PAUSED), fault))

    run = stage.apply(plan_of(resume()))

    assert ("unknown",) == states(run)
    assert "ProtectionPaused" == item_state(stage)


def test_an_operation_that_fails_fails_the_step(tmp_path: Path) -> None:
    """The code that the service gives is told."""
    failing = OperationFault(name="changeProtection", fails=Failure(code="UserErrorVmNotFoundV2"))
    fault = Fault(match=PROTECT, operation=failing)
    stage = open_stage(tmp_path, with_faults(built_in(PAUSED), fault))

    run = stage.apply(plan_of(resume()))

    assert ("failed",) == states(run)
    assert run.steps[0].error is not None
    assert run.steps[0].error.answer is not None
    assert "UserErrorVmNotFoundV2" == run.steps[0].error.answer.code


def test_an_item_that_stays_paused_after_the_operation_fails_the_step(tmp_path: Path) -> None:
    """Success is what the item says, not what the operation does."""
    base = built_in(PAUSED)
    (paused,) = (each for each in base.resources if each["id"].endswith(f"VM;{CONTAINER}"))
    shown = Fault(match=READ_ITEM, answer=answered(READ_ITEM, 200, body=paused).answer, times=999)
    stage = open_stage(tmp_path, with_faults(base, shown))

    run = stage.apply(plan_of(resume()))

    assert ("failed",) == states(run)
    assert run.steps[0].error is not None
    assert "is still ProtectionPaused" in run.steps[0].error.message


def test_a_resumption_is_taken_up_by_another_process(tmp_path: Path) -> None:
    """The journal's token is enough to follow it; no second request is sent."""
    stage = open_stage(tmp_path, PAUSED)
    first = ProtectionResumption(step=resume(), tools=tools_of(stage))
    accepted = first.act()
    assert accepted.operation is not None
    token = accepted.operation.token()

    second = ProtectionResumption(step=resume(), tools=tools_of(stage))
    outcome = second.finish(second.resume(token))

    assert "protected by the policy 'DefaultPolicy': Protected" == outcome.message
    assert 1 == len(stage.writes())


@pytest.mark.parametrize("token", ["", "no token"])
def test_a_damaged_token_is_told(tmp_path: Path, token: str) -> None:
    """Nothing is sent and the advice says where to look."""
    stage = open_stage(tmp_path, PAUSED)
    handler = ProtectionResumption(step=resume(), tools=tools_of(stage))

    with pytest.raises(AzureError) as caught:
        handler.resume(token)

    assert "its token is damaged" in caught.value.summary
    assert [] == stage.writes()


def test_a_protection_whose_outcome_nobody_saw_is_looked_at(tmp_path: Path) -> None:
    """After a crash the item itself tells whether the request was carried out."""
    base = changed(built_in(PAUSED), f"VM;{CONTAINER}", {"protectionState": "Protected"})
    stage = open_stage(tmp_path, base)
    handler = ProtectionResumption(step=resume(), tools=tools_of(stage))

    accepted = handler.confirm()

    assert accepted is not None
    assert handler.finish(accepted).message.endswith(": Protected")
    assert [] == stage.writes()
