"""Before anything is changed the caller's rights are read, and what is missing is named."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
from azure.core.exceptions import ClientAuthenticationError

from azremedy import api
from azremedy.api.agent import plan_agents
from azremedy.api.check_access import check_access
from azremedy.api.connect import Azure, WorldClock
from azremedy.domain.needs import LOCK_WRITE
from azremedy.domain.planner.agent import AgentBy, AgentOptions
from azremedy.errors import EXIT_ACCESS, EXIT_REFUSED, SignInError
from azremedy.gateways.session import Session
from azremedy.sandbox import SandboxCredential, WorldTransport
from azremedy.sandbox.scenario import Grant, Match
from azremedy.sandbox.tokens import CALLER_OBJECT
from tests.support.role_worlds import (
    LENT,
    restrict,
    take_away,
)
from tests.support.stages import (
    LOCK_TYPE,
    ROOT,
    SUBSCRIPTION,
    Stage,
    answered,
    built_in,
    guards_of,
    kinds,
    lock,
    open_stage,
    path_of,
    states,
    with_faults,
    with_resources,
)

if TYPE_CHECKING:
    from pathlib import Path

    from azremedy.domain.plan import Plan
    from azremedy.sandbox.scenario import Scenario

SILENT = "agent-silent"
"""A world in which a restart helps: one VM in one group, with its vault."""
GROUP = f"{ROOT}/resourceGroups/rg-shop"
VM = f"{GROUP}/providers/Microsoft.Compute/virtualMachines/web-1"
RESTART = "Microsoft.Compute/virtualMachines/restart/action"
DENY_TYPE = "Microsoft.Authorization/denyAssignments"
EVERYBODY = {"id": "00000000-0000-0000-0000-000000000000", "type": "SystemDefined"}
PREFLIGHT = ("/permissions", "/denyassignments", "/roleassignments", "/roledefinitions")


def list_preflight(stage: Stage) -> list[str]:
    """List the requests that ask for the caller's rights."""
    paths = (path_of(each).lower() for each in stage.requests())
    asked = (each for each in paths if any(word in each for word in PREFLIGHT))
    return [each.removeprefix(ROOT) for each in asked]


def restart(stage: Stage, **options: Any) -> Plan:
    """Plan to restart web-1."""
    chosen = AgentOptions(by=AgentBy.RESTART, **options)
    return plan_agents(stage.azure, api.VmNames(names=(VM,)), chosen)


def denying(*, scope: str = GROUP, **properties: Any) -> Scenario:
    """Give the world with a deny assignment of all but reading."""
    document = {
        "id": f"{scope}/providers/{DENY_TYPE}/2f1d3c5e-0000-4000-8000-000000000001",
        "properties": {
            "denyAssignmentName": "stack",
            "scope": scope,
            "permissions": [{"actions": ["*"], "notActions": ["*/read"]}],
            "principals": [EVERYBODY],
            **properties,
        },
    }
    return with_resources(built_in(SILENT), document)


def test_a_missing_right_refuses_before_the_first_write(tmp_path: Path) -> None:
    """The action, the place and a role are named; the exit code is that of access."""
    stage = open_stage(tmp_path, SILENT)
    take_away(stage, RESTART)

    run = stage.apply(restart(stage))

    (refusal,) = run.plan.refusals
    assert ("permission-missing", VM, None) == (refusal.guard, refusal.subject, refusal.override)
    assert (
        f"RestartVm needs {RESTART} at {VM}, which you do not have; "
        "a role that has it: Virtual Machine Contributor"
    ) == refusal.message
    assert EXIT_ACCESS == run.exit_code
    assert [] == stage.writes()
    assert not stage.state.exists()


def test_other_refusals_decide_the_exit_code(tmp_path: Path) -> None:
    """Who may not, and also should not, is told both; it is a refused plan all the same."""
    stage = open_stage(
        tmp_path, with_resources(built_in(SILENT), lock(GROUP, "l", level="ReadOnly"))
    )
    take_away(stage, RESTART)

    run = stage.apply(restart(stage))

    assert {"permission-missing", "lock-in-the-way"} == set(guards_of(run.plan))
    assert EXIT_REFUSED == run.exit_code


def test_a_lock_that_could_not_go_back_is_not_lent(tmp_path: Path) -> None:
    """Who may delete the lock but not create it again is told so, and it stays on."""
    stage = open_stage(
        tmp_path, with_resources(built_in(SILENT), lock(GROUP, "l", level="ReadOnly"))
    )
    take_away(stage, LOCK_WRITE)

    run = stage.apply(restart(stage, unlock=True))

    (refusal,) = run.plan.refusals
    assert (
        f"you may delete the lock at {GROUP} but not create it again, so it would stay off: that "
        f"needs {LOCK_WRITE}; a role that has it: User Access Administrator"
    ) == refusal.message
    assert ["l"] == [each["name"] for each in stage.documents(LOCK_TYPE)]


@pytest.mark.parametrize(
    ("properties", "expected"),
    [
        ({}, ["refuse"]),
        ({"principals": [{"id": CALLER_OBJECT, "type": "ServicePrincipal"}]}, ["refuse"]),
        ({"scope": VM}, ["refuse"]),
        ({"scope": ROOT}, ["refuse"]),
        ({"excludePrincipals": [{"id": CALLER_OBJECT, "type": "ServicePrincipal"}]}, []),
        ({"principals": [{"id": "somebody", "type": "User"}]}, []),
        ({"principals": [{"id": "a-team", "type": "Group"}]}, ["warn"]),
        ({"doNotApplyToChildScopes": True}, []),
        ({"permissions": [{"actions": ["*/delete"]}]}, []),
    ],
)
def test_a_deny_assignment_refuses_whom_it_means(
    properties: dict[str, Any], expected: list[str], tmp_path: Path
) -> None:
    """No role outweighs it; one that is about others, or elsewhere, stops nobody."""
    stage = open_stage(tmp_path, denying(**properties))

    plan = restart(stage)
    run = stage.apply(plan)

    told = [each for each in plan.targets[0].verdicts if each.guard == "deny-assignment"]
    assert expected == [each.decision.value for each in told]
    assert (EXIT_ACCESS if expected == ["refuse"] else 0) == run.exit_code


def test_rights_in_single_groups_are_enough(tmp_path: Path) -> None:
    """Who has a role in the VM's group alone is asked there, and not warned of anything."""
    stage = open_stage(tmp_path, SILENT)
    restrict(stage, "*", scope=GROUP)

    plan = restart(stage)

    assert [] == [each for each in plan.targets[0].verdicts if "assignments" in each.guard]
    assert () == plan.refusals
    assert [
        "/providers/microsoft.authorization/denyassignments",
        "/resourcegroups/rg-shop/providers/microsoft.authorization/denyassignments",
        "/resourcegroups/rg-shop/providers/microsoft.authorization/permissions",
    ] == sorted(list_preflight(stage))


def test_rights_at_the_resource_alone_are_found(tmp_path: Path) -> None:
    """Where the group's answer is no the resource itself is asked."""
    stage = open_stage(tmp_path, SILENT)
    reading = Grant(scope="/", actions=("*/read",))
    own = Grant(scope=VM, actions=(RESTART,))
    stage.world.scenario = replace(stage.world.scenario, caller=(reading, own))

    run = stage.apply(restart(stage))

    assert ("done",) == states(run)


def test_rights_at_the_subscription_are_found_by_roles(tmp_path: Path) -> None:
    """Azure lists no permissions for subscriptions; roles from above count, others' do not."""
    base = with_resources(built_in(SILENT), lock(ROOT, "corporate", level="ReadOnly"))
    stage = open_stage(tmp_path, base)
    below = Grant(scope=GROUP, actions=("*",))
    reading = Grant(scope="/", actions=("*/read", "Microsoft.Compute/*"))
    stage.world.scenario = replace(base, caller=(reading, below))

    plan = restart(stage, **LENT)
    stage.world.scenario = replace(base, caller=(Grant(scope="/", actions=("*",)),))
    allowed = restart(stage, **LENT)

    assert {ROOT} == {each.subject for each in plan.refusals}
    assert {"permission-missing"} == set(guards_of(plan))
    assert () == allowed.refusals


@pytest.mark.parametrize("path", ["*/rg-shop/*/permissions", "*/denyAssignments"])
def test_rights_that_cannot_be_read_are_a_warning(path: str, tmp_path: Path) -> None:
    """Nobody is refused for what was not read; Azure itself decides."""
    fault = answered(Match(method="GET", path=path), 403, times=99)
    stage = open_stage(tmp_path, with_faults(built_in(SILENT), fault))

    plan = restart(stage)
    run = stage.apply(plan)

    unread = [each.decision.value for each in plan.targets[0].verdicts if "unread" in each.guard]
    assert {"warn"} == set(unread)
    assert ("done",) == states(run)


def test_a_token_without_a_name_is_no_reason_to_refuse(tmp_path: Path) -> None:
    """Who cannot be looked up at the subscription is warned, and may be meant by any denial."""
    base = with_resources(denying(principals=[{"id": "x", "type": "User"}]), lock(ROOT, "c"))
    stage = open_stage(tmp_path, base)
    nameless = replace(stage, azure=_connect(stage, Nameless()))
    accepting = api.ResetOptions(**LENT, accept_unknown_rights=True)

    plan = api.plan_reset(nameless.azure, api.VmNames(names=(VM,)), accepting)

    guards = {each.guard: each.decision.value for each in plan.targets[0].verdicts}
    assert "warn" == guards["permissions-unreadable"]
    assert "warn" == guards["deny-assignment"]
    assert "warn" == guards["lock-return-unknown"]
    assert () == plan.refusals


def test_who_cannot_sign_in_is_told_just_that(tmp_path: Path) -> None:
    """Nobody is told that all permissions are missing when the sign-in is."""
    azure = _connect(open_stage(tmp_path, SILENT), Refused())

    with pytest.raises(SignInError):
        check_access(azure, api.VmNames(names=(VM,)), "backup-now")


class Nameless(SandboxCredential):
    """Signs in with a token that nobody can read."""

    def get_token(self, *scopes: str, **options: Any) -> Any:
        """Give the token with what it says about the caller cut out."""
        return super().get_token(*scopes, **options)._replace(token="opaque")


class Refused(SandboxCredential):
    """Cannot sign in."""

    def get_token(self, *_scopes: str, **_options: Any) -> Any:
        """Fail as a credential does."""
        raise ClientAuthenticationError(message="no")


def _connect(stage: Stage, credential: SandboxCredential) -> Azure:
    transport = WorldTransport(stage.app)
    return Azure(
        lambda options: Session(
            credential, transport=transport, clock=WorldClock(stage.world), options=options
        ),
        lambda _: SUBSCRIPTION,
        sandbox=SILENT,
    )


def test_a_plan_without_steps_asks_for_no_rights(tmp_path: Path) -> None:
    """What needs nothing costs nothing."""
    stage = open_stage(tmp_path, "healthy")

    plan = api.plan_unlock(stage.azure, api.GroupNames(all_groups=True))

    assert plan.empty
    assert [] == list_preflight(stage)


def test_each_place_is_asked_once(tmp_path: Path) -> None:
    """A plan for several VMs asks each group once, however many steps are in it."""
    stage = open_stage(tmp_path, "fleet-small")
    vms = [each["id"] for each in stage.documents("Microsoft.Compute/virtualMachines")]
    before = json.dumps(vms).count(SUBSCRIPTION)

    plan = api.plan_backup(
        stage.azure, api.VmNames(names=tuple(v for v in vms if SUBSCRIPTION in v))
    )

    asked = list_preflight(stage)
    assert before > 1
    assert len(kinds(plan)) > 2
    assert sorted(set(asked)) == sorted(asked)
    assert len(asked) < 1 + len(plan.targets)


def test_a_right_that_all_lack_is_told_once(tmp_path: Path) -> None:
    """Two VMs of one vault do not say the same thing twice."""
    stage = open_stage(tmp_path, "fleet-small")
    backup = "Microsoft.RecoveryServices/Vaults/backupFabrics/protectionContainers/protectedItems"
    take_away(stage, f"{backup}/backup/action")
    vms = [each["id"] for each in stage.documents("Microsoft.Compute/virtualMachines")]

    plan = api.plan_backup(
        stage.azure, api.VmNames(names=tuple(v for v in vms if SUBSCRIPTION in v))
    )

    subjects = [each.subject for each in plan.refusals if each.guard == "permission-missing"]
    assert sorted(set(subjects)) == sorted(subjects)
    assert subjects
    told_at = {each.target: each.verdicts for each in plan.targets if each.verdicts}
    assert any(each.guard == "permission-missing" for each in told_at[plan.targets[0].target])
