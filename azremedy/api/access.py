"""Ask Azure what the caller may do, before anything is changed."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING

from azremedy.collect.access import collect_access
from azremedy.domain import guards
from azremedy.domain.needs import Need, Weight, list_needs
from azremedy.domain.permissions import judge
from azremedy.domain.plan import Decision

if TYPE_CHECKING:
    from collections.abc import Iterable

    from azremedy.api.connect import Azure
    from azremedy.domain.permissions import Access, Judgement
    from azremedy.domain.plan import Plan, PlannedStep, TargetPlan, Verdict


def check_permissions(azure: Azure, plan: Plan, *, known: Access | None = None) -> Plan:
    """Give the plan with what the caller's rights say to it; without needs nothing is read.

    Each permission is told once, at the first target that needs it.

    Args:
        azure: the connection.
        plan: the plan.
        known: what was read of the rights already.

    Raises:
        SignInError: no credential worked.
    """
    needs = merge_needs(need for planned in plan.steps for need in list_needs(planned.step))
    if not needs:
        return plan
    answers = {_key(each.need): each for each in judge_needs(azure, needs, known=known)}
    accepts_unknown = _accepts_unknown_rights(plan)
    targets = []
    for index, target in enumerate(plan.targets):
        keys = _list_keys(target, plan, last=index == len(plan.targets) - 1)
        mine = [answers.pop(key) for key in keys if key in answers]
        verdicts = guards.check_access(mine, accept_unknown_rights=accepts_unknown)
        targets.append(replace(target, verdicts=(*target.verdicts, *verdicts)))
    return replace(plan, targets=tuple(targets))


def list_refusals(azure: Azure, plan: Plan, left: Iterable[PlannedStep]) -> tuple[Verdict, ...]:
    """List what the caller's rights of now refuse of a plan's steps that are left.

    Raises:
        SignInError: no credential worked.
    """
    needs = merge_needs(need for planned in left for need in list_needs(planned.step))
    verdicts = guards.check_access(
        judge_needs(azure, needs), accept_unknown_rights=_accepts_unknown_rights(plan)
    )
    return tuple(verdict for verdict in verdicts if verdict.decision is Decision.REFUSE)


def judge_needs(
    azure: Azure, needs: Iterable[Need], *, known: Access | None = None
) -> tuple[Judgement, ...]:
    """Read the caller's rights and say of each need whether they have it.

    Raises:
        SignInError: no credential worked.
    """
    asked = tuple(needs)
    access = read_access(azure, asked, known=known)
    return tuple(judge(need, access) for need in asked)


def read_access(azure: Azure, needs: Iterable[Need], *, known: Access | None = None) -> Access:
    """Read the caller's rights where something is needed, but for what is known.

    Raises:
        SignInError: no credential worked.
    """
    object_id = azure.reader.find_caller().object_id
    return collect_access(azure.gateways, needs, object_id=object_id, known=known)


def merge_needs(needs: Iterable[Need]) -> tuple[Need, ...]:
    """Keep each action at each place once; whoever must have it decides."""
    merged: dict[Need, Need] = {}
    for need in needs:
        known = merged.setdefault(_key(need), need)
        if known.weight is not Weight.MUST and need.weight is Weight.MUST:
            merged[_key(need)] = need
    return tuple(merged.values())


def _accepts_unknown_rights(plan: Plan) -> bool:
    """Say whether the plan was asked for with the flag that lends locks all the same."""
    asked = json.loads(plan.request.options) if plan.request is not None else {}
    return asked.get("acceptUnknownRights") is True


def _key(need: Need) -> Need:
    return Need(action=need.action, scope=need.scope)


def _list_keys(target: TargetPlan, plan: Plan, *, last: bool) -> list[Need]:
    """List what a target needs; what nobody told goes with the last: locks that go back at the end.

    Where a lock is taken off tells that already.
    """
    own = [*target.steps, *plan.restores] if last else target.steps
    return [_key(need) for planned in own for need in list_needs(planned.step)]
