"""Plan the opposite of what a run did."""

from __future__ import annotations

from typing import TYPE_CHECKING

from azremedy.domain.planner.assemble import Draft, Section
from azremedy.domain.run import StepState
from azremedy.domain.steps import CreateLock, DeleteLock, Reversible
from azremedy.domain.steps.inverse import invert

if TYPE_CHECKING:
    from collections.abc import Mapping

    from azremedy.domain.plan import Plan, PlannedStep, TargetPlan
    from azremedy.domain.run import StepResult
    from azremedy.ids import ResourceId

WHY_NOT = {
    Reversible.BY_SERVICE: "Azure makes it again by itself at the next backup",
    Reversible.BY_HAND: "only a person can put it back, as the plan said",
    Reversible.NO: "what it did cannot be undone",
}


def plan_undo(plan: Plan, results: Mapping[int, StepResult]) -> tuple[Section, ...]:
    """Plan the inverse of each step that was done, the last one first.

    What was lent and given back is left alone. Steps that cannot be undone are told in the notes.

    Args:
        plan: what the run carried out.
        results: what became of its steps, by their numbers.
    """
    done = [p for p in plan.steps if _is_done(results.get(p.number))]
    returned = {p.step.lock.id for p in done if isinstance(p.step, CreateLock)}
    return tuple(
        _plan_target(target, _list_own(target, plan, done), returned)
        for target in reversed(plan.targets)
    )


def _is_done(result: StepResult | None) -> bool:
    return result is not None and result.state is StepState.DONE


def _list_own(target: TargetPlan, plan: Plan, done: list[PlannedStep]) -> list[PlannedStep]:
    """List what was done for a target, the last first; restores are nobody's."""
    restores = {planned.number for planned in plan.restores}
    mine = {planned.number for planned in target.steps} - restores
    return [planned for planned in reversed(done) if planned.number in mine]


def _plan_target(target: TargetPlan, done: list[PlannedStep], returned: set[ResourceId]) -> Section:
    lent = [p for p in done if isinstance(p.step, DeleteLock) and p.step.lock.id in returned]
    open_ = [planned for planned in done if planned not in lent]
    drafts = tuple(draft for planned in open_ if (draft := _draft(planned)) is not None)
    notes = (
        f"step {planned.number} ({planned.step.kind} {planned.step.target}): "
        f"{WHY_NOT[planned.step.reversible]}"
        for planned in open_
        if planned.step.reversible in WHY_NOT
    )
    return Section(target=target.target, drafts=drafts, notes=tuple(notes))


def _draft(planned: PlannedStep) -> Draft | None:
    inverse = invert(planned.step)
    return None if inverse is None else Draft(step=inverse, reason=f"undoes step {planned.number}")
