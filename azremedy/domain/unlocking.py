"""Which removals of locks need no long look of their own: the step after them shows their effect.

A change of a lock reaches Azure's regions one after the other, so a removal is believed after
several reads that agree. Where a deletion follows that the lock would refuse, and that is tried
again while it does, its success is the better proof, and nothing has to be waited for.
"""

from __future__ import annotations

from itertools import dropwhile
from typing import TYPE_CHECKING

from azremedy.domain.steps import DeleteExtension, DeleteLock, DeleteRestorePointCollection

if TYPE_CHECKING:
    from azremedy.domain.plan import Plan, PlannedStep, TargetPlan


def list_proven(plan: Plan) -> frozenset[int]:
    """List the numbers of the lock removals whose effect the same target's next step shows."""
    return frozenset(
        planned.number
        for target in plan.targets
        for planned in target.steps
        if isinstance(planned.step, DeleteLock) and _is_proven(planned, target)
    )


def _is_proven(removal: PlannedStep, target: TargetPlan) -> bool:
    """Say whether the first step after the removal that is no removal itself shows its effect."""
    later = (each.step for each in target.steps if each.number > removal.number)
    follows = next(dropwhile(lambda step: isinstance(step, DeleteLock), later), None)
    if not isinstance(follows, DeleteRestorePointCollection | DeleteExtension):
        return False
    return removal.step.target.scope.contains(follows.target)
