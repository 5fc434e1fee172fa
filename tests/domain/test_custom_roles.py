"""Least-privilege roles: no more than a command uses, and each kind of right in its own role."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from azremedy.cli.main import COMMANDS as CLI
from azremedy.domain.builtin_roles import ROLES, find_role
from azremedy.domain.command_needs import ALL, COMMANDS, CommandNeeds, find_commands
from azremedy.domain.custom_role import (
    CustomRole,
    Part,
    find_plan_needs,
    find_plan_scopes,
    make_roles,
)
from azremedy.domain.needs import LOCK_DELETE, LOCK_READ, LOCK_WRITE, USES, At, Use, Weight
from azremedy.domain.plan import Plan, PlannedStep, TargetPlan
from azremedy.domain.planner.agent import refer_to
from azremedy.domain.resources import VirtualMachine
from azremedy.domain.steps import AddVaultAccess, RestartVm, Step
from azremedy.errors import UsageError
from azremedy.ids import ResourceId

ROOT = "/subscriptions/5f0c2a6e-8d41-4b7a-9c35-2e1d7a90b8f4"
OTHER = "/subscriptions/6a1d3b7f-9e52-4c8b-8d46-3f2e8ba1c905"
VM = ResourceId.parse(f"{ROOT}/resourceGroups/rg/providers/Microsoft.Compute/virtualMachines/vm")
KEYS = ResourceId.parse(f"{OTHER}/resourceGroups/kv/providers/Microsoft.KeyVault/vaults/kv")
LOCAL = {"apply", "config", "completion", "demo", "docs", "explain", "plan", "playbook", "report"}
"""Commands that send nothing to Azure, or carry out what another command has planned."""
OFFLINE = {*LOCAL, "check-access", "resume", "role", "runs", "sandbox"}


def roles_for(command: str) -> dict[Part, CustomRole]:
    """Make a command's roles."""
    made = make_roles(find_commands(command), scopes=(ROOT,), prefix="backup")
    return {role.part: role for role in made}


def plan_of(command: str, *steps: Step) -> Plan:
    """Make a plan with some steps."""
    planned = tuple(PlannedStep(number=n, step=s, reason="") for n, s in enumerate(steps, 1))
    return Plan(
        command=command,
        created_at=datetime(2026, 11, 20, tzinfo=UTC),
        tool_version="1",
        targets=(TargetPlan(target=VM, steps=planned),),
    )


def restart() -> RestartVm:
    """Make a step that restarts the VM."""
    vm = VirtualMachine(id=VM, location="westeurope", vm_id="1", os_type="Linux")
    return RestartVm(vm=refer_to(vm))


@pytest.mark.parametrize("command", COMMANDS)
def test_who_diagnoses_changes_nothing(command: str) -> None:
    """The first role only reads; asking for a VM's protection is a POST that only asks."""
    actions = roles_for(command)[Part.DIAGNOSE].actions

    assert [] == [each for each in actions if not each.endswith(("/read", "/backupStatus/action"))]


@pytest.mark.parametrize("command", [*COMMANDS, ALL])
def test_who_operates_takes_no_lock_off(command: str) -> None:
    """Locks are in the third role alone, and nothing else is."""
    roles = roles_for(command)
    others = [
        each
        for part in (Part.DIAGNOSE, Part.OPERATE)
        if part in roles
        for each in roles[part].actions
    ]
    unlock = roles[Part.UNLOCK].actions if Part.UNLOCK in roles else ()

    assert not {LOCK_DELETE, LOCK_WRITE} & set(others)
    assert set(unlock) <= {LOCK_DELETE, LOCK_READ, LOCK_WRITE}


@pytest.mark.parametrize("command", [*COMMANDS, ALL])
def test_no_role_holds_more_than_is_used(command: str) -> None:
    """No wildcard, nothing twice, and nothing that no step and no read uses."""
    used = {use.action for each in find_commands(command).values() for use in each.uses}
    given = [each for role in roles_for(command).values() for each in role.actions]

    assert used == set(given)
    assert [] == [each for each in given if "*" in each]
    assert all(len(set(role.actions)) == len(role.actions) for role in roles_for(command).values())


def test_what_only_reads_needs_one_role() -> None:
    """A part that would be empty is left out."""
    assert [Part.DIAGNOSE] == list(roles_for("find-rg"))


def test_a_role_is_written_as_the_azure_cli_takes_it() -> None:
    """All that `az role definition create` asks for is there, and nothing that it does not know."""
    role = roles_for("unlock-rg")[Part.UNLOCK]

    assert {
        "Name": "backup unlock",
        "Description": "Take management locks off and put them back: unlock-rg.",
        "Actions": [LOCK_DELETE, LOCK_READ, LOCK_WRITE],
        "NotActions": [],
        "DataActions": [],
        "NotDataActions": [],
        "AssignableScopes": [ROOT],
    } == role.document


def test_roles_for_everything_say_so_shortly() -> None:
    """A description of all commands does not list them."""
    assert roles_for(ALL)[Part.DIAGNOSE].description.endswith(": all commands.")


@pytest.mark.parametrize("name", sorted(set(CLI) - OFFLINE))
def test_every_command_that_asks_azure_has_its_needs(name: str) -> None:
    """Nobody adds a command and forgets what it needs."""
    assert name in {each.partition(" ")[0] for each in COMMANDS}


def test_every_kind_of_step_is_some_commands() -> None:
    """A step that no command's role gives could never be carried out with least privilege."""
    given = {kind for each in COMMANDS.values() for kind in (*each.steps, *each.optional)}

    assert set(USES) - {"Manual"} == given


def test_a_command_that_nobody_knows_is_a_usage_error() -> None:
    """The advice names those that are known."""
    with pytest.raises(UsageError, match="no command that needs permissions") as caught:
        find_commands("explain")

    assert "clean-rpc --by backup" in caught.value.advice


def test_the_heavier_weight_decides() -> None:
    """What a step must have is not made lighter by a read; what a flag allows is not a must."""
    read = "Microsoft.Compute/virtualMachines/read"
    needs = CommandNeeds(
        reads=(Use(action=read, at=At.VM, weight=Weight.SHOULD),),
        steps=("RestartVm",),
        optional=("DeleteLock",),
    )

    weights = {(use.action, use.at): use.weight for use in needs.uses}

    assert Weight.MUST == weights[read, At.VM]
    assert Weight.SHOULD == weights[LOCK_DELETE, At.LOCK]


def test_a_plan_needs_its_own_steps_only() -> None:
    """A role for a kept plan does not give what the command might have done otherwise."""
    (role,) = (
        each
        for each in make_roles(
            find_plan_needs(plan_of("restart-agent", restart())), scopes=(ROOT,), prefix="p"
        )
        if each.part is Part.OPERATE
    )

    assert ("Microsoft.Compute/virtualMachines/restart/action",) == role.actions


@pytest.mark.parametrize(
    ("command", "read"),
    [
        ("clean-rpc --by backup", "Microsoft.RecoveryServices/Vaults/backupPolicies/read"),
        ("guest check", "Microsoft.RecoveryServices/Vaults/backupJobs/read"),
        ("look-inside", "Microsoft.RecoveryServices/Vaults/backupJobs/read"),
        ("undo", "Microsoft.Authorization/denyAssignments/read"),
        ("of-tomorrow", "Microsoft.Authorization/denyAssignments/read"),
    ],
)
def test_a_plan_is_made_anew_before_it_is_carried_out(command: str, read: str) -> None:
    """So whoever applies it reads what its command reads."""
    (needs,) = find_plan_needs(plan_of(command, restart())).values()

    assert read in {use.action for use in needs.uses}


def test_a_plans_roles_reach_all_that_it_changes() -> None:
    """A key vault of another subscription needs rights there too."""
    access = AddVaultAccess(vault_id=KEYS, tenant_id="t", object_id="o", keys=(), secrets=())

    assert (ROOT, OTHER) == find_plan_scopes(plan_of("grant-keyvault", restart(), access))


def test_every_action_is_some_built_in_roles() -> None:
    """Whoever lacks an action is told a role; Owner, which has all, only where nothing less has."""
    uses = {use.action for each in COMMANDS.values() for use in each.uses}

    assert {find_role(each) for each in uses} <= {name for name, _ in ROLES} - {"Owner"}
