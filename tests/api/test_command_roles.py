"""With just the roles that `azremedy role` prints a command works; without an action it says so.

Of each command's worlds every action of its roles is taken away once, so that none is in them for
nothing, and none is missed silently.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from azremedy import api
from azremedy.api.scan import ScanOptions, scan
from azremedy.domain.command_needs import COMMANDS, GROUP_READ
from azremedy.domain.needs import VAULT_READ, Weight, list_needs
from azremedy.errors import AzremedyError
from tests.support.role_worlds import (
    LIMIT,
    REHEARSALS,
    Rehearsal,
    list_asked,
    restrict,
    vms_of,
)
from tests.support.stages import SUBSCRIPTION, Stage, open_stage, path_of, states

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from azremedy.domain.needs import Need
    from azremedy.domain.plan import Plan

STATUS = "Microsoft.RecoveryServices/locations/backupStatus/action"
HIDING = {VAULT_READ.lower(), GROUP_READ.lower(), "microsoft.compute/virtualmachines/read"}
"""Without these ARM answers lists that leave things out, instead of an error."""

DIAGNOSING = {use.action for use in COMMANDS["diagnose"].reads}
MAY_DIAGNOSE = {use.action for use in COMMANDS["diagnose"].reads if use.weight is Weight.MAY}
SHOWN_ELSEWHERE = {
    # The groups' names still tell whose they are.
    "clean-rpc": {GROUP_READ},
    "clean-rpc --by backup": {GROUP_READ},
    "clean-rpc --orphaned": {GROUP_READ},
    # A vault that ARM's list hides leaves no trace; collections and usual names still do.
    "unlock-rg": {VAULT_READ},
    # `diagnose` and the commands for single remedies show these.
    "diagnose --look-inside": DIAGNOSING,
    "fix": {*DIAGNOSING, "Microsoft.Network/virtualNetworks/subnets/write"},
    # Only where the lock that goes back is the subscription's.
    "undo": {"Microsoft.Authorization/roleDefinitions/read"},
}
"""What is left out for a command, and why that is all right."""


def tell(plan: Plan) -> str:
    """Give all that a plan says about what could not be done, or not be read."""
    verdicts = (each for target in plan.targets for each in target.verdicts)
    gaps = (gap for target in plan.targets for gap in target.gaps)
    return "\n".join(
        (*(each.message for each in verdicts), *(f"{gap.why} {gap.action}" for gap in gaps))
    )


def plan_or_tell(rehearsal: Rehearsal, stage: Stage) -> tuple[Plan | None, str]:
    """Plan; an error tells what is missing as well as a plan does."""
    try:
        plan = rehearsal.make(stage)
    except AzremedyError as error:
        return None, f"{error} {error.advice}"
    return plan, tell(plan)


@pytest.mark.parametrize("command", dict.fromkeys(each.command for each in REHEARSALS))
def test_a_commands_roles_are_enough_and_each_action_is_missed(
    command: str, tmp_path: Path
) -> None:
    """Without any one action it is named before a write; with exactly all the work is done."""
    uses = COMMANDS[command].uses
    left = {use.action for use in uses if use.weight is not Weight.MAY} - {STATUS}
    left -= SHOWN_ELSEWHERE.get(command, set())
    for rehearsal in (each for each in REHEARSALS if each.command == command):
        folder = tmp_path / str(rehearsal)
        folder.mkdir()
        stage = rehearsal.open(folder)
        plan = rehearsal.make(stage)
        left -= _list_missed(rehearsal, stage, plan, left)
        _check_enough(rehearsal, stage, plan)

    assert set() == left


def _check_enough(rehearsal: Rehearsal, stage: Stage, plan: Plan) -> None:
    restrict(stage, *rehearsal.role)
    before = len(stage.requests())
    assert {"done"} == set(states(stage.apply(plan))), rehearsal
    assert [] == [path_of(each) for each in stage.requests()[before:] if each["status"] == 403]


def _list_missed(
    rehearsal: Rehearsal, stage: Stage, full: Plan, actions: Iterable[str]
) -> set[str]:
    """List the actions without which a command cannot do in this world what it does with them."""
    asked = list_asked(stage) | HIDING | {need.action.lower() for need in _list_needs(full)}
    writes, missed = stage.writes(), set()
    for action in sorted(each for each in actions if each.lower() in asked):
        restrict(stage, *(each for each in rehearsal.role if each != action))
        plan, told = plan_or_tell(rehearsal, stage)
        missed |= {action} if action in told else set()
        musts = {need.action for need in _list_needs(plan) if need.weight is Weight.MUST}
        assert action not in musts or _refusing(plan, action)
    assert writes == stage.writes()
    return missed


def _list_needs(plan: Plan | None) -> tuple[Need, ...]:
    steps = plan.steps if plan is not None else ()
    return tuple(need for planned in steps for need in list_needs(planned.step))


def _refusing(plan: Plan | None, action: str) -> list[str]:
    return [each.guard for each in plan.refusals if action in each.message] if plan else []


@pytest.mark.parametrize(
    "command",
    ["backup-now", "clean-rpc", "clean-rpc --by backup", "guest", "reset-extension"],
)
def test_who_may_not_ask_the_service_is_told_so(command: str, tmp_path: Path) -> None:
    """Where no vault shows the VM the service is asked; who may not ask it sees a gap."""
    chosen = next(each for each in REHEARSALS if each.command == command)
    rehearsal = replace(chosen, world="not-protected", locked=False)
    stage = rehearsal.open(tmp_path)

    asked = tell(rehearsal.make(stage))
    restrict(stage, *(each for each in rehearsal.role if each != STATUS))
    told = tell(rehearsal.make(stage))

    assert (False, True) == (STATUS in asked, STATUS in told)


def test_what_diagnose_may_not_read_is_told(tmp_path: Path) -> None:
    """Without any one of its actions `diagnose` names it, and confirms no cause on less."""
    worlds = ("disk-key-missing", "storage-blocked-by-route", "key-vault-closed-by-roles", LIMIT)
    left = DIAGNOSING - {STATUS, GROUP_READ}
    for world in worlds:
        stage = open_stage(tmp_path, world)
        restrict(stage, *DIAGNOSING)
        (full,) = api.diagnose(stage.azure, vms_of(stage))
        used = {each for each in left if each.lower() in list_asked(stage) | HIDING}
        assert () == full.diagnosis.gaps
        left -= {action for action in used if action in _diagnose_without(action, stage, full)}

    role = "Microsoft.Authorization/roleDefinitions/read"
    assert MAY_DIAGNOSE | {role} == left


def _diagnose_without(action: str, stage: Stage, full: api.Examined) -> str:
    restrict(stage, *(DIAGNOSING - {action}))
    (seen,) = api.diagnose(stage.azure, vms_of(stage))
    assert _causes(seen) <= _causes(full)
    return _tell_open(seen)


def _tell_open(examined: api.Examined) -> str:
    """Give all that a diagnosis says about what could not be read."""
    settled = (str(finding.settle) for finding in examined.diagnosis.findings)
    return "\n".join((*settled, *(str(gap.action) for gap in examined.diagnosis.gaps)))


def _causes(examined: api.Examined) -> set[str]:
    return {finding.cause for finding in examined.diagnosis.confirmed}


def test_scan_sees_with_its_role_what_an_owner_sees(tmp_path: Path) -> None:
    """By Resource Graph and by the services; without any one action one of the two sees less."""
    role = {use.action for use in COMMANDS["scan"].uses}
    stage = open_stage(tmp_path, "lock-points-and-extension")
    left = set(role)
    for fresh in (False, True):
        asked = ScanOptions(subscriptions=(SUBSCRIPTION,), fresh=fresh)
        restrict(stage, "*")
        owners = scan(stage.azure, asked).vms
        restrict(stage, *role)
        assert owners == scan(stage.azure, asked).vms
        for action in sorted(left):
            restrict(stage, *(role - {action}))
            left -= {action} if owners != scan(stage.azure, asked).vms else set()

    assert set() == left
