"""Plan the opposite of what a run did."""

from __future__ import annotations

from typing import TYPE_CHECKING

from azremedy.domain.planner.assemble import Draft, Section
from azremedy.domain.returning import list_lent
from azremedy.domain.run import SETTLED, StepState
from azremedy.domain.steps import Reversible
from azremedy.domain.steps.inverse import invert

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from azremedy.domain.plan import Plan, PlannedStep, TargetPlan
    from azremedy.domain.run import StepResult

WHY_NOT = {
    Reversible.BY_SERVICE: "Azure makes it again by itself at the next backup",
    Reversible.BY_HAND: "only a person can put it back, as the plan said",
    Reversible.NO: "what it did cannot be undone",
}


def plan_undo(
    plan: Plan, results: Mapping[int, StepResult], accepted: Collection[int] = ()
) -> tuple[Section, ...]:
    """Plan the inverse of each step that changed something, the last one first.

    That is also a step which failed after Azure had taken its request: a rule that was written and
    did not help is there. What was lent and given back is left alone. Steps that cannot be undone
    are told in the notes.

    Args:
        plan: what the run carried out.
        results: what became of its steps, by their numbers.
        accepted: numbers of the steps whose request Azure took.
    """
    over = {number for number, result in results.items() if result.state in SETTLED}
    lent = list_lent(plan, over)
    done = [
        p
        for p in plan.steps
        if p.number not in lent and _has_changed(results.get(p.number), accepted)
    ]
    return tuple(
        _plan_target(target, _list_own(target, plan, done)) for target in reversed(plan.targets)
    )


def _has_changed(result: StepResult | None, accepted: Collection[int]) -> bool:
    if result is None:
        return False
    failed_late = result.state is StepState.FAILED and result.number in accepted
    return result.state is StepState.DONE or failed_late


def _list_own(target: TargetPlan, plan: Plan, done: list[PlannedStep]) -> list[PlannedStep]:
    """List what was done for a target, the last first; restores are nobody's."""
    restores = {planned.number for planned in plan.restores}
    mine = {planned.number for planned in target.steps} - restores
    return [planned for planned in reversed(done) if planned.number in mine]


def _plan_target(target: TargetPlan, done: list[PlannedStep]) -> Section:
    drafts = tuple(draft for planned in done if (draft := _draft(planned)) is not None)
    notes = (
        f"step {planned.number} ({planned.step.kind} {planned.step.target}): "
        f"{WHY_NOT[planned.step.reversible]}"
        for planned in done
        if planned.step.reversible in WHY_NOT
    )
    return Section(target=target.target, drafts=drafts, notes=tuple(notes))


def _draft(planned: PlannedStep) -> Draft | None:
    inverse = invert(planned.step)
    return None if inverse is None else Draft(step=inverse, reason=f"undoes step {planned.number}")
