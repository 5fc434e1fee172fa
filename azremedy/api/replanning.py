"""Make a kept plan anew, and tell what has moved since."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from azremedy._version import __version__
from azremedy.api.agent import plan_agents, plan_script
from azremedy.api.diagnosing import DiagnoseOptions
from azremedy.api.fixing import plan_fix
from azremedy.api.guest import plan_look_inside
from azremedy.api.keys import plan_grant_keyvault
from azremedy.api.network import plan_allow_storage
from azremedy.api.planning import (
    ORPHANED,
    plan_backup,
    plan_clean,
    plan_orphans,
    plan_reset,
    plan_unlock,
)
from azremedy.api.targets import GroupNames, VmNames
from azremedy.domain.planner.agent import AgentOptions, GuestOptions
from azremedy.domain.planner.backup import BackupOptions
from azremedy.domain.planner.clean import CleanOptions
from azremedy.domain.planner.fix.options import FixOptions
from azremedy.domain.planner.keys import GrantOptions
from azremedy.domain.planner.network import StorageOptions
from azremedy.domain.planner.reset import ResetOptions
from azremedy.domain.planner.unlock import UnlockOptions
from azremedy.domain.steps import Step
from azremedy.errors import RefusedError, StalePlanError, UsageError
from azremedy.ids import VIRTUAL_MACHINE
from azremedy.wire import from_json

if TYPE_CHECKING:
    from collections.abc import Callable

    from azremedy.api.connect import Azure
    from azremedy.domain.plan import Plan, Request


@dataclass(frozen=True, slots=True, kw_only=True)
class Moved:
    """One difference between a kept plan and the same plan made now."""

    kept: Step | None
    """The kept plan's step; ``None`` when it is new."""
    now: Step | None
    """The step now; ``None`` when it is not needed, or not possible, any more."""


def plan_again(azure: Azure, plan: Plan) -> Plan:
    """Make the same plan once more, from what was asked for then.

    Raises:
        UsageError: the plan does not say what was asked for, or not in words of this version.
        AzremedyError: as the command that made it.
    """
    if plan.request is None:
        raise UsageError(
            "This plan cannot be made anew, so nobody can tell whether it still holds",
            advice="Run its command again.",
        )
    command, _, action = plan.request.command.partition(" ")
    if plan.request.command == ORPHANED:
        command = ORPHANED
    again = _AGAIN.get(command)
    if again is None:
        raise UsageError(f"This version knows no command '{plan.request.command}'", advice="")
    return again(azure, plan.request, action)


def check_origin(azure: Azure, plan: Plan) -> None:
    """Refuse a plan that was made somewhere else, or by a newer azremedy.

    Raises:
        RefusedError: the message says what differs.
    """
    here, there = azure.find_origin(), plan.origin
    if there is None:
        raise RefusedError("The plan does not say where it was made", advice="Make it anew.")
    for what, one, other in (
        ("cloud", there.cloud, here.cloud),
        ("tenant", there.tenant_id, here.tenant_id),
        ("sandbox", there.sandbox or "none", here.sandbox or "none"),
    ):
        if one.lower() != other.lower():
            raise RefusedError(
                f"The plan was made for another {what}: {one}, and this is {other}",
                advice="Sign in where the plan was made, or make it anew here.",
            )
    if _parts(plan.tool_version) > _parts(__version__):
        raise RefusedError(
            f"The plan was made by azremedy {plan.tool_version}, and this is {__version__}",
            advice="Install that version or a newer one, or make the plan anew.",
        )


def _parts(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in version.split(".") if part.isdigit())


def find_moved(kept: Plan, now: Plan) -> tuple[Moved, ...]:
    """Find what differs: steps that went, came or changed, each told once."""
    before, after = [p.step for p in kept.steps], [p.step for p in now.steps]
    gone = [step for step in before if step not in after]
    new = [step for step in after if step not in before]
    moved = []
    for step in gone:
        same = next((n for n in new if n.kind == step.kind and n.target == step.target), None)
        if same is not None:
            new.remove(same)
        moved.append(Moved(kept=step, now=same))
    moved.extend(Moved(kept=None, now=step) for step in new)
    if not moved and before != after:
        moved.append(Moved(kept=before[0], now=after[0]))
    return tuple(moved)


def check_still_holds(azure: Azure, plan: Plan) -> Plan:
    """Refuse a plan that does not hold any more; give it with the guards' answers of now.

    Raises:
        StalePlanError: the same plan made now has other steps; ``args`` hold each difference.
        RefusedError: it was made somewhere else, or by a newer version.
    """
    check_origin(azure, plan)
    now = plan_again(azure, plan)
    if moved := find_moved(plan, now):
        told = "; ".join(map(_tell, moved))
        raise StalePlanError(
            f"The plan does not hold any more: {told}",
            advice="Make it anew and look at it. If a run of this plan was cut off, "
            "'azremedy runs' lists it and 'azremedy resume' takes it up.",
        )
    return now if now.refusals else plan


def _tell(moved: Moved) -> str:
    if moved.now is None and moved.kept is not None:
        return f"not needed now: {moved.kept.kind} {moved.kept.target}"
    if moved.kept is None and moved.now is not None:
        return f"new: {moved.now.kind} {moved.now.target}"
    assert moved.kept is not None
    assert moved.now is not None
    fields = (
        name
        for name in moved.kept.__dataclass_fields__
        if getattr(moved.kept, name) != getattr(moved.now, name, None)
    )
    return f"changed: {moved.kept.kind} {moved.kept.target} ({', '.join(fields) or 'order'})"


def _vms(request: Request) -> VmNames:
    return VmNames(names=tuple(str(target) for target in request.targets))


def _unlock(azure: Azure, request: Request, _action: str) -> Plan:
    vms = tuple(str(t) for t in request.targets if t.is_type(VIRTUAL_MACHINE))
    groups = tuple(str(t) for t in request.targets if not t.is_type(VIRTUAL_MACHINE))
    asked = GroupNames(names=groups, vms=VmNames(names=vms))
    options = from_json(UnlockOptions, request.options)
    return plan_unlock(azure, asked, options, max_targets=len(request.targets))


def _clean(azure: Azure, request: Request, _action: str) -> Plan:
    options = from_json(CleanOptions, request.options)
    return plan_clean(azure, _vms(request), options, max_targets=len(request.targets))


def _orphans(azure: Azure, request: Request, _action: str) -> Plan:
    options = from_json(CleanOptions, request.options)
    return plan_orphans(azure, options, max_targets=len(request.targets))


def _reset(azure: Azure, request: Request, _action: str) -> Plan:
    options = from_json(ResetOptions, request.options)
    return plan_reset(azure, _vms(request), options, max_targets=len(request.targets))


def _backup(azure: Azure, request: Request, _action: str) -> Plan:
    options = from_json(BackupOptions, request.options)
    return plan_backup(azure, _vms(request), options, max_targets=len(request.targets))


def _fix(azure: Azure, request: Request, _action: str) -> Plan:
    return plan_fix(
        azure,
        _vms(request),
        from_json(FixOptions, request.options),
        how=from_json(DiagnoseOptions, request.how),
        max_targets=len(request.targets),
    )


def _agents(azure: Azure, request: Request, _action: str) -> Plan:
    options = from_json(AgentOptions, request.options)
    return plan_agents(azure, _vms(request), options, max_targets=len(request.targets))


def _guest(azure: Azure, request: Request, action: str) -> Plan:
    options = from_json(GuestOptions, request.options)
    return plan_script(azure, _vms(request), action, options, max_targets=len(request.targets))


def _look(azure: Azure, request: Request, _action: str) -> Plan:
    options = from_json(GuestOptions, request.options)
    return plan_look_inside(azure, _vms(request), options, max_targets=len(request.targets))


def _storage(azure: Azure, request: Request, _action: str) -> Plan:
    options = from_json(StorageOptions, request.options)
    return plan_allow_storage(azure, _vms(request), options, max_targets=len(request.targets))


def _keys(azure: Azure, request: Request, _action: str) -> Plan:
    options = from_json(GrantOptions, request.options)
    return plan_grant_keyvault(azure, _vms(request), options, max_targets=len(request.targets))


_AGAIN: dict[str, Callable[[Azure, Request, str], Plan]] = {
    "allow-storage": _storage,
    "backup-now": _backup,
    "clean-rpc": _clean,
    ORPHANED: _orphans,
    "fix": _fix,
    "grant-keyvault": _keys,
    "guest": _guest,
    "look-inside": _look,
    "reset-extension": _reset,
    "restart-agent": _agents,
    "unlock-rg": _unlock,
}
