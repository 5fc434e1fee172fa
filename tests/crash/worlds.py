"""Broken worlds, each with the command that a person would give there."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from azremedy import api
from azremedy.api.agent import plan_agents
from azremedy.api.guest import plan_look_inside
from azremedy.api.keys import plan_grant_keyvault
from azremedy.api.network import plan_allow_storage
from azremedy.api.planning import plan_orphans
from azremedy.domain.plan import Plan
from azremedy.domain.planner.agent import AgentBy, AgentOptions
from azremedy.domain.planner.network import AllowBy, StorageOptions
from azremedy.domain.remedies import Remedy
from azremedy.domain.steps import CreateLock, DeleteLock
from azremedy.ids import ResourceId
from azremedy.sandbox.scenario import Scenario
from tests.support.networks import DENIAL, OURS, REMOVING, with_rules
from tests.support.shop import plan_of
from tests.support.stages import (
    ROOT,
    Stage,
    built_in,
    lock,
    names,
    with_resources,
    without_resources,
)

WEB = names("web-1")
LIMIT = "restore-point-limit"
INHERITED = api.CleanOptions(unlock=True, include_inherited=True, relock=True)
SCRIPT = "/runcommand"
"""How a request for a script ends."""

START = "/start"
"""How a request to start a VM ends: like a lock, it is given back in every ending."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Repair:
    """A broken world and the command for it."""

    world: Callable[[], Scenario]
    """The world."""
    plan: Callable[[Stage], Plan]
    """What the command plans."""
    again: tuple[str, ...] = ()
    """How requests end that may be carried out twice, because nothing in Azure tells about them:
    scripts are written so that a second run does no harm."""
    traceless: bool = False
    """Whether nothing in Azure may tell, long afterwards, that the change was made: then to say so
    is right, and to make it once more is wrong."""
    lets_clean: bool = False
    """Whether the backup service can clean up points while a dead process keeps a lock off."""
    passing: bool = False
    """Whether the trouble passes by itself in a few hours: then it is taken up at once only."""
    rare: bool = False
    """Whether it is left to the big matrix."""


def limit_below_subscription() -> Scenario:
    """Give a world at the limit, with a lock on the group and one on the subscription."""
    return with_resources(built_in(LIMIT), lock(ROOT, "corporate"))


def stuck_below_lock() -> Scenario:
    """Give a world with a stuck extension and a lock on the VM's group."""
    base = built_in("stuck-extension")
    machine = next(each["id"] for each in base.resources if each["id"].endswith("/app-1"))
    return with_resources(base, lock(machine.partition("/providers/")[0], "careful"))


def stuck_below_locks() -> Scenario:
    """Give the same world with a lock on the subscription as well."""
    return with_resources(stuck_below_lock(), lock(ROOT, "corporate"))


def fix(*allowed: Remedy, unlock: bool = False, vm: str = "web-1") -> Callable[[Stage], Plan]:
    """Make what plans a ``fix``."""
    options = api.FixOptions(allowed=frozenset(allowed), unlock=unlock, include_inherited=unlock)
    return lambda stage: api.plan_fix(stage.azure, names(vm), options)


def bring_back(by: AgentBy) -> Callable[[Stage], Plan]:
    """Make what plans to bring the agent back."""
    return lambda stage: plan_agents(stage.azure, WEB, AgentOptions(by=by))


def lock_again(stage: Stage) -> Plan:
    """Plan what undoing an ``unlock-rg`` is."""
    (unlocking,) = api.plan_unlock(stage.azure, api.GroupNames(vms=WEB)).steps
    assert isinstance(unlocking.step, DeleteLock)
    other = replace(unlocking.step.lock, id=ResourceId.parse(f"{unlocking.step.lock.id}-2"))
    return place(stage, plan_of(CreateLock(lock=other)))


def place(stage: Stage, plan: Plan) -> Plan:
    """Say of a plan made by hand that it was made where it is carried out."""
    return replace(plan, origin=stage.azure.find_origin())


def at(name: str) -> Callable[[], Scenario]:
    """Make what loads a built-in world."""
    return lambda: built_in(name)


REPAIRS = {
    "clean below two locks": Repair(
        world=limit_below_subscription,
        plan=lambda stage: api.plan_clean(stage.azure, WEB, INHERITED),
    ),
    "clean": Repair(
        world=at(LIMIT),
        plan=lambda stage: api.plan_clean(stage.azure, WEB, api.CleanOptions(unlock=True)),
        rare=True,
    ),
    "fix the limit": Repair(world=at(LIMIT), plan=fix(unlock=True)),
    "reset below two locks": Repair(
        world=stuck_below_locks,
        plan=lambda stage: api.plan_reset(
            stage.azure,
            names("app-1"),
            api.ResetOptions(unlock=True, include_inherited=True),
        ),
        rare=True,
    ),
    "fix the extension": Repair(
        world=stuck_below_lock, plan=fix(unlock=True, vm="app-1"), lets_clean=True
    ),
    "fix three causes": Repair(
        world=at("lock-points-and-extension"), plan=fix(unlock=True), rare=True
    ),
    "reapply": Repair(
        world=at("user-error-vm-provisioning-state-failed"),
        plan=bring_back(AgentBy.REAPPLY),
        traceless=True,
    ),
    "restart": Repair(
        world=at("user-error-guest-agent-status-unavailable"),
        plan=bring_back(AgentBy.RESTART),
        traceless=True,
    ),
    "redeploy": Repair(
        world=at("user-error-guest-agent-status-unavailable"),
        plan=bring_back(AgentBy.REDEPLOY),
        traceless=True,
        rare=True,
    ),
    "deallocate and start": Repair(
        world=at("vm-stopped-inside"), plan=bring_back(AgentBy.DEALLOCATE), again=(START,)
    ),
    "script": Repair(world=at("healthy"), plan=bring_back(AgentBy.RUN_COMMAND), again=(SCRIPT,)),
    "look inside": Repair(
        world=at("agent-stopped"),
        plan=lambda stage: plan_look_inside(stage.azure, WEB),
        again=(SCRIPT,),
        rare=True,
    ),
    "keys": Repair(
        world=at("user-error-keyvault-permissions-not-configured"),
        plan=lambda stage: plan_grant_keyvault(stage.azure, WEB),
    ),
    "keys by roles": Repair(
        world=at("key-vault-closed-by-roles"),
        plan=lambda stage: plan_grant_keyvault(stage.azure, WEB),
    ),
    "storage": Repair(
        world=at("storage-blocked"),
        plan=lambda stage: plan_allow_storage(stage.azure, WEB),
    ),
    "storage by endpoint": Repair(
        world=at("storage-blocked-by-route"),
        plan=lambda stage: plan_allow_storage(
            stage.azure, WEB, StorageOptions(by=AllowBy.ENDPOINT)
        ),
    ),
    "undo of storage": Repair(
        world=lambda: with_rules(DENIAL, OURS),
        plan=lambda stage: place(stage, plan_of(REMOVING)),
    ),
    "undo of an unlock": Repair(world=at(LIMIT), plan=lock_again),
    "wait for a job": Repair(world=at("user-error-backup-operation-in-progress"), plan=fix()),
    "cancel a job": Repair(
        world=at("user-error-backup-operation-in-progress"),
        plan=fix(Remedy.CANCEL_JOB),
        passing=True,
    ),
    "resume protection": Repair(
        world=at("user-error-bcm-datasource-not-present"), plan=fix(Remedy.RESUME_PROTECTION)
    ),
    "orphaned": Repair(
        world=lambda: without_resources(built_in(LIMIT), "/Microsoft.Compute/virtualMachines/"),
        plan=lambda stage: plan_orphans(stage.azure, INHERITED),
    ),
    "unlock": Repair(
        world=at(LIMIT),
        plan=lambda stage: api.plan_unlock(stage.azure, api.GroupNames(vms=WEB)),
    ),
}
