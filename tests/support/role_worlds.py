"""Commands with worlds in which they have something to do, for tests of what they need."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, Any, TypeAlias

from azremedy import api
from azremedy.api.agent import plan_agents, plan_script
from azremedy.api.guest import plan_look_inside
from azremedy.api.keys import plan_grant_keyvault
from azremedy.api.network import plan_allow_storage
from azremedy.api.runs import plan_undo
from azremedy.domain.command_needs import find_commands
from azremedy.domain.custom_role import make_roles
from azremedy.domain.plan import Plan
from azremedy.domain.planner.agent import AgentBy, AgentOptions, GuestOptions
from azremedy.domain.planner.keys import GrantOptions
from azremedy.domain.planner.network import StorageOptions
from azremedy.domain.remedies import FLAGS, Remedy
from azremedy.sandbox import arm_ids, generic, operation_routes
from azremedy.sandbox.http import Request
from azremedy.sandbox.providers import ROUTES
from azremedy.sandbox.routing import Router
from azremedy.sandbox.scenario import Grant
from tests.support.stages import (
    ROOT,
    Stage,
    built_in,
    forbidding,
    lock,
    open_stage,
    with_resources,
    without_resources,
)

if TYPE_CHECKING:
    from pathlib import Path

    from azremedy.sandbox.scenario import Scenario

LIMIT = "restore-point-limit"
KEYS = "user-error-keyvault-permissions-not-configured"
ROLES = "key-vault-closed-by-roles"
LENT: dict[str, Any] = {"unlock": True, "include_inherited": True}
"""Options by which a command may borrow every lock."""

Make: TypeAlias = Callable[[Stage], Plan]
"""Plans a command in a world."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rehearsal:
    """A command in one world."""

    command: str
    """As ``azremedy role --for`` names it."""
    world: str
    """The scenario."""
    make: Make
    """Plans it."""
    way: str = ""
    """What tells it from the command's others in this world."""
    locked: bool = False
    """Whether a ReadOnly lock is on the subscription, which the command is allowed to borrow."""
    orphaned: bool = False
    """Whether the VM is gone."""
    before: Make | None = None
    """What was planned and carried out before, by somebody who may do everything."""

    def __str__(self) -> str:
        return "-".join(
            filter(None, (self.command, self.way, self.world, "locked" if self.locked else ""))
        ).replace(" ", "-")

    @property
    def role(self) -> tuple[str, ...]:
        """List what the command's roles give, all of them together."""
        roles = make_roles(find_commands(self.command), scopes=(ROOT,), prefix="azremedy")
        return tuple(dict.fromkeys(action for role in roles for action in role.actions))

    def open(self, folder: Path) -> Stage:
        """Open the world for a caller who has the command's roles."""
        stage = open_stage(folder, self._find_world())
        if self.before is not None:
            assert stage.apply(self.before(stage)).exit_code == 0
        restrict(stage, *self.role)
        return stage

    def _find_world(self) -> Scenario:
        base = built_in(self.world)
        if self.orphaned:
            base = without_resources(base, "/Microsoft.Compute/virtualMachines/")
        if self.locked:
            base = with_resources(base, lock(ROOT, "frozen", level="ReadOnly"))
        return base


def restrict(stage: Stage, *actions: str, scope: str = ROOT) -> None:
    """From now on let the caller do some actions in one place, and no others."""
    grant = Grant(scope=scope, actions=actions, not_actions=())
    stage.world.scenario = replace(stage.world.scenario, caller=(grant,))


def take_away(stage: Stage, *actions: str) -> None:
    """From now on let the caller do all but some actions."""
    stage.world.scenario = forbidding(stage.world.scenario, *actions)


def list_asked(stage: Stage) -> set[str]:
    """List the actions that the world's answers so far hung on, in lower case."""
    sent = (Request(method=each["method"], url=each["url"]) for each in stage.requests())
    found = (
        (request, _ROUTER.find(request) or generic.find(stage.world, request)) for request in sent
    )
    return {
        _name_action(request, match[0].action)
        for request, match in found
        if match is not None and match[0].action is not None
    }


_ROUTER = Router((*ROUTES, *operation_routes.ROUTES))


def _name_action(request: Request, template: str) -> str:
    kind = arm_ids.type_of_path(request.path)
    named = template.format(type=kind, provider=kind.partition("/")[0], verb="read")
    return named.lower()


def vms_of(stage: Stage) -> api.VmNames:
    """Name the world's first VM by its whole id: a name is looked up in a list that hides."""
    ids = sorted(str(each["id"]) for each in stage.documents("Microsoft.Compute/virtualMachines"))
    return api.VmNames(names=tuple(ids)[:1])


def _for_vm(
    plan: Callable[..., Plan], *options: object, of: Callable[[Stage], api.VmNames] = vms_of
) -> Make:
    return lambda stage: plan(stage.azure, of(stage), *options)


def _unlock(stage: Stage) -> Plan:
    options = api.UnlockOptions(include_inherited=True)
    return api.plan_unlock(stage.azure, api.GroupNames(all_groups=True), options)


def _orphans(stage: Stage) -> Plan:
    return api.plan_orphans(stage.azure, api.CleanOptions(unlock=True, accept_loss=True))


def _undo(stage: Stage) -> Plan:
    (run,) = (stage.state / "runs").iterdir()
    return plan_undo(stage.azure, run.name, state_folder=stage.state)


def _fix(stage: Stage, *, allowed: frozenset[Remedy]) -> Plan:
    options = api.FixOptions(
        allowed=allowed,
        unlock=True,
        include_inherited=True,
        accept_loss=True,
        agent_not_ready=True,
    )
    return api.plan_fix(stage.azure, vms_of(stage), options)


_RELOCK = api.CleanOptions(unlock=True, include_inherited=True, relock=True, accept_loss=True)
_CLEAN = _for_vm(api.plan_clean, _RELOCK)
_BY_BACKUP = _for_vm(
    api.plan_clean, api.CleanOptions(unlock=True, include_inherited=True, by=api.CleanBy.BACKUP)
)
_RESET = _for_vm(api.plan_reset, api.ResetOptions(**LENT))
_CHECK = _for_vm(plan_script, "check", GuestOptions(**LENT))
_ALLOW = _for_vm(plan_allow_storage, StorageOptions(**LENT))
_GRANT = _for_vm(plan_grant_keyvault, GrantOptions(**LENT))
_FIX = partial(_fix, allowed=frozenset(FLAGS))
_REDEPLOY = partial(_fix, allowed=frozenset({Remedy.REDEPLOY_VM}))
_RESTART = partial(_fix, allowed=frozenset({Remedy.RESTART_VM}))
_DEAD = "user-error-guest-agent-status-unavailable"
_SICK = "guest-agent-snapshot-task-status-error"
_WAIT = partial(_fix, allowed=frozenset())
_FIXES = (
    *("lock-on-subscription", "lock-points-and-extension", "vm-stopped-inside"),
    *("storage-blocked", KEYS, ROLES, "user-error-backup-operation-in-progress"),
    *("user-error-vm-provisioning-state-failed", _SICK, "user-error-bcm-datasource-not-present"),
)
_WAYS = (AgentBy.REAPPLY, AgentBy.REDEPLOY, AgentBy.DEALLOCATE)


def _agents(by: AgentBy) -> Make:
    return _for_vm(plan_agents, AgentOptions(by=by, **LENT))


def _undone(world: str, before: Make) -> Rehearsal:
    return Rehearsal(command="undo", world=world, make=_undo, before=before)


REHEARSALS = (
    Rehearsal(command="unlock-rg", world=LIMIT, make=_unlock),
    Rehearsal(command="unlock-rg", world="lock-on-subscription", make=_unlock),
    Rehearsal(command="clean-rpc", world=LIMIT, make=_CLEAN),
    Rehearsal(command="clean-rpc", world="lock-on-subscription", make=_CLEAN),
    Rehearsal(command="clean-rpc --by backup", world=LIMIT, make=_BY_BACKUP),
    Rehearsal(command="clean-rpc --by backup", world="lock-on-subscription", make=_BY_BACKUP),
    Rehearsal(command="clean-rpc --orphaned", world=LIMIT, make=_orphans, orphaned=True),
    Rehearsal(command="reset-extension", world="stuck-extension", make=_RESET),
    Rehearsal(
        command="reset-extension",
        world="stuck-extension",
        make=_RESET,
        locked=True,
    ),
    Rehearsal(command="backup-now", world="healthy", make=_for_vm(api.plan_backup)),
    Rehearsal(
        command="restart-agent",
        way="restart",
        world="agent-silent",
        make=_agents(AgentBy.RESTART),
        locked=True,
    ),
    *(
        Rehearsal(command="restart-agent", way=by.value, world="agent-silent", make=_agents(by))
        for by in _WAYS
    ),
    Rehearsal(command="restart-agent", world=_SICK, make=_agents(AgentBy.RUN_COMMAND)),
    Rehearsal(command="guest", world="healthy", make=_CHECK),
    Rehearsal(command="guest", world="healthy", make=_CHECK, locked=True),
    Rehearsal(
        command="diagnose --look-inside",
        world="healthy",
        make=_for_vm(plan_look_inside, GuestOptions(**LENT)),
        locked=True,
    ),
    Rehearsal(command="allow-storage", world="storage-blocked", make=_ALLOW, locked=True),
    Rehearsal(command="allow-storage", world="storage-blocked-by-route", make=_ALLOW),
    Rehearsal(command="grant-keyvault", world=KEYS, make=_GRANT, locked=True),
    Rehearsal(command="grant-keyvault", world=ROLES, make=_GRANT),
    *(Rehearsal(command="fix", world=world, make=_FIX) for world in _FIXES),
    Rehearsal(command="fix", way="redeploy", world=_DEAD, make=_REDEPLOY),
    Rehearsal(command="fix", way="restart", world=_DEAD, make=_RESTART),
    Rehearsal(
        command="fix", way="wait", world="user-error-backup-operation-in-progress", make=_WAIT
    ),
    _undone(LIMIT, _unlock),
    _undone("storage-blocked", _ALLOW),
    _undone("storage-blocked-by-route", _ALLOW),
    _undone(KEYS, _GRANT),
    _undone(ROLES, _GRANT),
    _undone("vm-stopped-inside", _FIX),
)
"""Every changing command, with a world for each way that it goes."""
