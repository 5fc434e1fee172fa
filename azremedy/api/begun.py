"""Tell from journals whether a plan was begun, and whether another run was at its targets since."""

from __future__ import annotations

from typing import TYPE_CHECKING

from azremedy.domain.steps import Reversible
from azremedy.errors import RefusedError, StalePlanError

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from azremedy.domain.plan import Origin, Plan, PlannedStep, TargetPlan
    from azremedy.engine.history import Past
    from azremedy.ids import ResourceId


def check_not_begun(plan: Plan, runs: Iterable[Past]) -> None:
    """Refuse to carry a plan, or a part of it, out twice: it was approved once.

    Args:
        plan: the plan, or a shard of it.
        runs: the runs that are known.

    Raises:
        RefusedError: the message names the run; its advice says how to go on.
    """
    past = next((past for past in runs if _shares_part(past.plan, plan) and _has_sent(past)), None)
    if past is None:
        return
    if past.open:
        raise RefusedError(
            f"Run {past.run_id} has carried out part of this plan",
            advice=f"'azremedy resume {past.run_id}' takes it up; 'azremedy runs show "
            f"{past.run_id}' tells how far it came.",
        )
    whole = _list_targets(plan) <= _list_targets(past.plan)
    what = "this plan" if whole else "part of this plan"
    raise RefusedError(
        f"Run {past.run_id} has carried {what} out already",
        advice=f"See 'azremedy runs show {past.run_id}', or make the plan anew.",
    )


def check_not_overtaken(plan: Plan, runs: Iterable[Past]) -> None:
    """Refuse a plan if a run was at one of its targets after it was made.

    Args:
        plan: the plan.
        runs: the runs that are known.

    Raises:
        StalePlanError: the message names the run and the target.
    """
    mine = _list_targets(plan)
    for past in runs:
        if not _is_one_place(past.plan.origin, plan.origin):
            continue
        for section in past.plan.targets:
            if section.target in mine and _was_at(section, past, plan.created_at):
                raise StalePlanError(
                    f"Run {past.run_id} has worked on {section.target} since this plan was made"
                )


def _shares_part(one: Plan, other: Plan) -> bool:
    """Say whether two plans are one, or shards of one that have a target in common."""
    made = (one.command, one.created_at, one.undoes)
    same = made == (other.command, other.created_at, other.undoes)
    shared = not _list_targets(one).isdisjoint(_list_targets(other))
    return same and shared and _is_one_place(one.origin, other.origin)


def _list_targets(plan: Plan) -> frozenset[ResourceId]:
    return frozenset(section.target for section in plan.targets)


def _has_sent(past: Past) -> bool:
    return any(_was_sent(planned, past) for planned in past.plan.steps)


def _was_sent(planned: PlannedStep, past: Past) -> bool:
    changes = planned.step.reversible is not Reversible.NOTHING
    return changes and planned.number in past.intended


def _was_at(section: TargetPlan, past: Past, moment: datetime) -> bool:
    """Say whether a run sent something for a target and was at it, or followed it, after a moment.

    A section's last step may only follow what was sent, such as a backup.
    """
    sent = [past.sent_at[p.number] for p in section.steps if _was_sent(p, past)]
    results = (past.results.get(planned.number) for planned in section.steps)
    seen = (result.ended_at for result in results if result is not None and result.ended_at)
    return bool(sent) and max((*sent, *seen)) > moment


def _is_one_place(one: Origin | None, other: Origin | None) -> bool:
    """Say whether two plans are of one world; of one without a place nobody knows."""
    if one is None or other is None:
        return True
    pairs = ((one.cloud, other.cloud), (one.tenant_id, other.tenant_id))
    return one.sandbox == other.sandbox and all(a.lower() == b.lower() for a, b in pairs)
