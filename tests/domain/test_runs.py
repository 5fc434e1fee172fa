"""Runs and plans as a whole: exit codes, order, refusals, gaps."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest

from azremedy.domain import guards
from azremedy.domain.evidence import NOT_ASKED, Observed, Reading, Unreadable
from azremedy.domain.plan import Plan, PlannedStep, TargetPlan
from azremedy.domain.resources import ProtectedItem
from azremedy.domain.run import StepError, StepResult, StepState, find_exit_code
from azremedy.domain.steps import WaitFor, WaitForJob
from azremedy.ids import ResourceId

if TYPE_CHECKING:
    from azremedy.domain.worlds import VmEvidence

VAULT = (
    "/subscriptions/5f0c2a6e-8d41-4b7a-9c35-2e1d7a90b8f4/resourceGroups/rg-vaults/providers"
    "/Microsoft.RecoveryServices/vaults/vault-1"
)
ITEM = ResourceId.parse(f"{VAULT}/backupFabrics/Azure/protectionContainers/c;1/protectedItems/i;1")
DENIED = Unreadable(source="locks", why="missing permission")


def _result(state: StepState, exit_code: int | None = None) -> StepResult:
    error = None
    if exit_code is not None:
        error = StepError(msgid="m", message="x", advice="y", exit_code=exit_code)
    return StepResult(number=1, state=state, error=error)


@pytest.mark.parametrize(
    ("results", "expected"),
    [
        ((), 0),
        ((_result(StepState.DONE), _result(StepState.ALREADY)), 0),
        ((_result(StepState.DONE), _result(StepState.FAILED, 4), _result(StepState.SKIPPED)), 3),
        ((_result(StepState.FAILED, 4), _result(StepState.SKIPPED)), 4),
        ((_result(StepState.FAILED, 7), _result(StepState.FAILED, 7)), 7),
        ((_result(StepState.FAILED, 4), _result(StepState.FAILED, 7)), 3),
        ((_result(StepState.FAILED, 11), _result(StepState.FAILED, 7)), 11),
        ((_result(StepState.DONE), _result(StepState.SKIPPED)), 3),
        ((_result(StepState.UNKNOWN),), 3),
        ((_result(StepState.STARTED),), 3),
        ((_result(StepState.ACCEPTED),), 3),
        ((_result(StepState.PLANNED),), 3),
    ],
)
def test_a_run_is_a_success_only_when_every_step_is_settled(
    results: tuple[StepResult, ...], expected: int
) -> None:
    """The exit code is what the steps agree on; anything that was not seen to be done is none."""
    assert expected == find_exit_code(results)


def _planned(number: int) -> PlannedStep:
    step = WaitForJob(item_id=ITEM, until=WaitFor.JOB, timeout_s=1)
    return PlannedStep(number=number, step=step, reason="r")


def test_a_plan_lists_restores_last_and_refusals_of_every_target() -> None:
    """Steps are in the order of their numbers; warnings and skips forbid nothing."""
    refusal = guards.refuse("g", "x", "m")
    quiet = (guards.warn("w", "x", "m"), guards.skip("s", "x", "m"))
    plan = Plan(
        command="c",
        created_at=datetime(2026, 11, 20, tzinfo=UTC),
        tool_version="0",
        targets=(
            TargetPlan(target=ITEM, steps=(_planned(1),), verdicts=quiet),
            TargetPlan(target=ITEM, steps=(_planned(2),), verdicts=(refusal,)),
        ),
        restores=(_planned(3),),
    )

    assert (1, 2, 3) == tuple(planned.number for planned in plan.steps)  # expected first
    assert (refusal,) == plan.refusals
    assert not plan.empty
    assert replace(plan, targets=(), restores=()).empty


def test_a_list_that_nobody_read_is_incomplete() -> None:
    """Nothing can be concluded from a list that was not asked for."""
    assert not NOT_ASKED.complete
    assert Reading().complete


def test_gaps_are_told_once_and_only_for_lists_that_were_asked_for(
    base_evidence: VmEvidence,
) -> None:
    """What was not needed is no gap; what failed for two lists is one."""
    evidence = replace(
        base_evidence,
        locks=Reading(gaps=(DENIED,)),
        groups=Reading(gaps=(DENIED,)),
        extensions=NOT_ASKED,
    )

    assert (DENIED,) == evidence.gaps
    assert () == base_evidence.gaps  # expected first


def test_an_observation_tells_its_kind() -> None:
    """Observed, absent and unreadable stay apart in JSON too."""
    assert ("observed", "unreadable") == (Observed(value=1, source="x").kind, DENIED.kind)


def test_an_items_id_tells_vault_and_container() -> None:
    """Vault and container are read from the item's own id."""
    item = ProtectedItem(id=ITEM, source_id="")

    assert (VAULT, "c;1") == (str(item.vault_id), item.fabric_container_name)
