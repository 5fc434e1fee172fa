"""Judge a kept plan before it is carried out: whose it is, whether it ran, and what has moved."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from azremedy.api.agent import plan_agents, plan_script
from azremedy.api.begun import check_not_begun
from azremedy.api.diagnosing import DiagnoseOptions
from azremedy.api.fixing import plan_fix
from azremedy.api.guest import plan_look_inside
from azremedy.api.keys import plan_grant_keyvault
from azremedy.api.network import plan_allow_storage
from azremedy.api.origins import check_origin
from azremedy.api.planning import (
    ORPHANED,
    plan_backup,
    plan_clean,
    plan_orphans,
    plan_reset,
)
from azremedy.api.runs import plan_undo
from azremedy.api.targets import GroupNames, VmNames
from azremedy.api.unlocking import plan_unlock
from azremedy.domain.plan import Plan
from azremedy.domain.planner.agent import AgentOptions, GuestOptions
from azremedy.domain.planner.backup import BackupOptions
from azremedy.domain.planner.clean import CleanOptions
from azremedy.domain.planner.fix.options import FixOptions
from azremedy.domain.planner.keys import GrantOptions
from azremedy.domain.planner.network import StorageOptions
from azremedy.domain.planner.reset import ResetOptions
from azremedy.domain.planner.unlock_options import UnlockOptions
from azremedy.domain.staleness import (
    find_lost_copies,
    find_moved,
    is_built_alike,
    take_over_locks,
)
from azremedy.engine.history import check_readable, list_past
from azremedy.errors import RefusedError, StalePlanError, TargetNotFoundError, UsageError
from azremedy.ids import RESOURCE_GROUP, SUBSCRIPTION, VIRTUAL_MACHINE
from azremedy.report.stale_text import describe_lost_copy, describe_moved
from azremedy.wire import WireError, from_json

if TYPE_CHECKING:
    from azremedy.api.connect import Azure, ConnectOptions
    from azremedy.api.stores import Place
    from azremedy.domain.plan import Request

ANY_NUMBER = 1_000_000
"""Targets when a plan is made anew: how many it may have was asked when it was made first."""
_STALE = "Make it anew and look at it: what was approved is not what would be done."


@dataclass(frozen=True, slots=True, kw_only=True)
class _Command:
    """How a command for VMs makes its plan."""

    options: type[Any]
    """The class of its options."""
    plan: Callable[..., Plan]
    """Plans."""


_OF_VMS = {
    "allow-storage": _Command(options=StorageOptions, plan=plan_allow_storage),
    "backup-now": _Command(options=BackupOptions, plan=plan_backup),
    "clean-rpc": _Command(options=CleanOptions, plan=plan_clean),
    "grant-keyvault": _Command(options=GrantOptions, plan=plan_grant_keyvault),
    "look-inside": _Command(options=GuestOptions, plan=plan_look_inside),
    "reset-extension": _Command(options=ResetOptions, plan=plan_reset),
    "restart-agent": _Command(options=AgentOptions, plan=plan_agents),
}


def choose_connection(plan: Plan, given: ConnectOptions) -> ConnectOptions:
    """Connect to the plan's subscription, as far as the caller names no other.

    Raises:
        RefusedError: a rehearsal's plan for Azure, or Azure's for a rehearsal. Nothing was sent.
    """
    sandbox = plan.origin.sandbox if plan.origin is not None else ""
    if sandbox and given.sandbox is None:
        raise RefusedError(
            f"The plan was made in the sandbox '{sandbox}', and this would be Azure",
            advice="Give --sandbox with the same scenario, or make the plan anew in Azure.",
        )
    if given.sandbox is not None and not sandbox:
        raise RefusedError(
            f"The plan was made in Azure, and this would be the sandbox '{given.sandbox}'",
            advice="Leave --sandbox out, or make the plan anew in the sandbox.",
        )
    if given.subscription is not None or not plan.targets:
        return given
    return replace(given, subscription=plan.targets[0].target.subscription_id)


def plan_again(azure: Azure, plan: Plan, *, state_folder: Place | None = None) -> Plan:
    """Make the same plan once more, from what was asked for then. Changes nothing.

    A ``fix`` that rested on a look inside is made without one: nothing is run in a VM for this.

    Args:
        azure: the connection.
        plan: the kept plan.
        state_folder: for a plan that undoes a run: where that run's journal is kept.

    Raises:
        UsageError: the plan does not say what was asked for, or not in words of this version.
        AzremedyError: as the command that made it.
    """
    if plan.undoes is not None:
        return plan_undo(azure, plan.undoes, state_folder=state_folder)
    if plan.request is None:
        raise UsageError(
            "This plan cannot be made anew, so nobody can tell whether it still holds",
            advice="Run its command again.",
        )
    if not plan.request.targets:
        # Nothing was found then, and what is not named cannot be looked for.
        if plan.empty:
            return plan
        raise _other_than_made("it has steps, and nothing was asked for")
    try:
        return _plan(azure, plan.request)
    except WireError as error:
        raise UsageError(
            f"What '{plan.request.command}' was asked cannot be read: {error}",
            advice="Make the plan anew.",
        ) from error


def check_still_holds(azure: Azure, plan: Plan, *, state_folder: Place | None = None) -> Plan:
    """Refuse a plan that does not hold any more; give it with the guards' answers of now.

    A plan that a guard refuses now is given as it would be made now, so that its verdicts are
    seen; it cannot be carried out. Every other one is given exactly as it was kept, its locks with
    their whole bodies: of the secrets in notes a file holds none.

    Args:
        azure: the connection.
        plan: the kept plan.
        state_folder: where journals are kept; the connection's own place when left out.

    Raises:
        StalePlanError: the same plan made now has other steps, or loses more; each is told.
        RefusedError: it was made somewhere else, by a newer version, or was begun already; or it is
            not as it was made.
        UsageError: it does not say what was asked for, or not in words of this version.
    """
    check_origin(azure, plan)
    _check_seen(azure, plan)
    _check_not_begun(azure, plan, state_folder)
    if plan.refusals:
        return plan
    now = _plan_now(azure, plan, state_folder)
    told = (
        *map(describe_moved, find_moved(plan, now)),
        *map(describe_lost_copy, find_lost_copies(plan, now)),
    )
    if told:
        lines = "".join(f"\n  {line}" for line in told)
        raise StalePlanError(f"The plan does not hold any more:{lines}", advice=_STALE)
    _check_built(plan, now)
    return now if now.refusals else take_over_locks(plan, now)


def _check_seen(azure: Azure, plan: Plan) -> None:
    """Refuse a plan for a subscription that the caller cannot see: it is somebody else's."""
    needed = {target.target.subscription_id.lower() for target in plan.targets}
    seen = {each.id.lower() for each in azure.reader.subscriptions.list_subscriptions()}
    if unseen := sorted(needed - seen):
        raise RefusedError(
            f"The plan is for a subscription that you cannot see: {', '.join(unseen)}",
            advice="Sign in as somebody with a role there, or make the plan for one of your own.",
        )


def _check_not_begun(azure: Azure, plan: Plan, state_folder: Place | None) -> None:
    """Refuse to carry a plan out twice, and where a journal of since then hides whether it was.

    Only journals in this place are known, and each rehearsal has a world of its own.
    """
    if azure.sandbox:
        return
    store = azure.find_store(state_folder)
    check_readable(store, since=plan.created_at)
    check_not_begun(plan, list_past(store, since=plan.created_at))


def _check_built(plan: Plan, now: Plan) -> None:
    """Refuse a plan of the right steps that somebody has put together anew."""
    if not is_built_alike(plan, now):
        raise _other_than_made("its numbers, its targets or what they share would be others now")


def _other_than_made(what: str) -> RefusedError:
    return RefusedError(
        f"The plan is not as it was made: {what}",
        advice="Make the plan anew; do not edit it.",
    )


def _plan_now(azure: Azure, plan: Plan, state_folder: Place | None) -> Plan:
    try:
        return plan_again(azure, plan, state_folder=state_folder)
    except TargetNotFoundError as error:
        raise StalePlanError(
            f"What the plan is about is gone: {error.summary}", advice=_STALE, answer=error.answer
        ) from error


def _plan(azure: Azure, request: Request) -> Plan:
    command, _, action = request.command.partition(" ")
    if request.command == ORPHANED:
        options = from_json(CleanOptions, request.options)
        return plan_orphans(azure, options, max_targets=ANY_NUMBER)
    if command == "unlock-rg":
        return _plan_unlock(azure, request)
    if command == "fix":
        return _plan_fix(azure, request)
    if command == "guest":
        chosen = from_json(GuestOptions, request.options)
        return plan_script(azure, _vms(request), action, chosen, max_targets=ANY_NUMBER)
    if (made := _OF_VMS.get(request.command)) is None:
        raise UsageError(
            f"This version knows no command '{request.command}'", advice="Make the plan anew."
        )
    options = from_json(made.options, request.options)
    return made.plan(azure, _vms(request), options, max_targets=ANY_NUMBER)


def _plan_fix(azure: Azure, request: Request) -> Plan:
    return plan_fix(
        azure,
        _vms(request),
        from_json(FixOptions, request.options),
        how=from_json(DiagnoseOptions, request.how),
        max_targets=ANY_NUMBER,
    )


def _plan_unlock(azure: Azure, request: Request) -> Plan:
    """Plan the groups that were found then; a subscription stands for all that it has."""
    asked = GroupNames(
        names=_list_targets(request, RESOURCE_GROUP),
        vms=VmNames(names=_list_targets(request, VIRTUAL_MACHINE)),
        all_groups=bool(_list_targets(request, SUBSCRIPTION)),
    )
    options = from_json(UnlockOptions, request.options)
    return plan_unlock(azure, asked, options, max_targets=ANY_NUMBER)


def _list_targets(request: Request, resource_type: str) -> tuple[str, ...]:
    return tuple(str(target) for target in request.targets if target.is_type(resource_type))


def _vms(request: Request) -> VmNames:
    return VmNames(names=tuple(map(str, request.targets)))
