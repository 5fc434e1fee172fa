"""Which removals of locks are looked at while the deletion after them is under way.

A change of a lock reaches Azure's regions one after the other, so a removal is believed after
several reads that agree. A deletion that the lock would refuse is tried again while it does, so it
need not wait for them: it is sent at once, and Azure works on it while the lock is looked at.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from azremedy.domain.steps import DeleteExtension, DeleteLock, DeleteRestorePointCollection

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator

    from azremedy.domain.plan import PlannedStep

Together = tuple["PlannedStep", ...]
"""Removals of locks and the deletion right after them; or one step alone."""


def group_steps(steps: Iterable[PlannedStep], *, alone: Collection[int]) -> Iterator[Together]:
    """Give steps in order, each deletion together with the removals right before it.

    Args:
        steps: what one target needs, others' steps too.
        alone: numbers of steps that are not put together with others.
    """
    removals: list[PlannedStep] = []
    for planned in steps:
        if planned.number not in alone and isinstance(planned.step, DeleteLock):
            removals.append(planned)
        elif planned.number not in alone and _is_bound(planned, removals):
            yield (*removals, planned)
            removals = []
        else:
            yield from ((removal,) for removal in removals)
            removals = []
            yield (planned,)
    yield from ((removal,) for removal in removals)


def _is_bound(planned: PlannedStep, removals: list[PlannedStep]) -> bool:
    """Say whether each of the locks would refuse this deletion."""
    if not isinstance(planned.step, DeleteRestorePointCollection | DeleteExtension):
        return False
    target = planned.step.target
    return bool(removals) and all(each.step.target.scope.contains(target) for each in removals)
