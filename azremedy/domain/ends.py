"""What became of each target of a run: which VM is mended, which is not, and why."""

from __future__ import annotations

from typing import TYPE_CHECKING

from azremedy.domain.plan import Decision
from azremedy.domain.run import SETTLED, StepState, TargetEnd, TargetState

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from azremedy.domain.plan import Plan, TargetPlan
    from azremedy.domain.run import StepResult

_BAD = frozenset({StepState.FAILED, StepState.UNKNOWN})


def find_ends(plan: Plan, steps: Iterable[StepResult]) -> tuple[TargetEnd, ...]:
    """Tell for each target of a plan how far it came, in the plan's order."""
    results = {result.number: result for result in steps}
    return tuple(_find_end(target, results) for target in plan.targets)


def _find_end(target: TargetPlan, results: dict[int, StepResult]) -> TargetEnd:
    own = [results[planned.number] for planned in target.steps if planned.number in results]
    if not own:
        return _end_without_steps(target)
    # What a target shares with others stands in the section of one of them.
    lent = (results[number] for number in target.needs if number in results)
    bad = next((each for each in own if each.state in _BAD), None)
    if bad is None and any(each.state is StepState.SKIPPED for each in own):
        bad = next((each for each in lent if each.state in _BAD), None)
    if bad is not None:
        reason = bad.error.message if bad.error else bad.message
        return _tell(target, TargetState.FAILED, bad, reason=reason)
    return _end_without_failure(target, own)


def _end_without_failure(target: TargetPlan, own: Sequence[StepResult]) -> TargetEnd:
    left = next((each for each in own if each.state not in SETTLED), None)
    if left is None:
        return _tell(target, TargetState.DONE, own[-1], reason=own[-1].message)
    if left.state is StepState.PLANNED:
        return TargetEnd(target=target.target, state=TargetState.PLANNED)
    begun = [each for each in own if each.state in SETTLED]
    state = TargetState.UNFINISHED if begun else TargetState.NOT_BEGUN
    return _tell(target, state, begun[-1] if begun else None, reason=left.message)


def _end_without_steps(target: TargetPlan) -> TargetEnd:
    refusals = [each for each in target.verdicts if each.decision is Decision.REFUSE]
    if refusals:
        return _tell(target, TargetState.REFUSED, None, reason=refusals[0].message)
    gaps = target.gaps
    reason = f"not read: {gaps[0].source}: {gaps[0].why}" if gaps else ""
    return _tell(target, TargetState.NOTHING_TO_DO, None, reason=reason)


def _tell(
    target: TargetPlan, state: TargetState, last: StepResult | None, *, reason: str
) -> TargetEnd:
    number = last.number if last else None
    return TargetEnd(target=target.target, state=state, last_step=number, reason=reason)
