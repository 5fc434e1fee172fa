"""Tell what differs between a kept plan and the same plan made now."""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import pairwise
from typing import TYPE_CHECKING

from azremedy.domain.plan import Copy, PlannedStep
from azremedy.domain.steps import CreateLock, DeleteLock, DeleteRestorePointCollection
from azremedy.redaction import redact

if TYPE_CHECKING:
    from collections.abc import Callable

    from azremedy.domain.plan import Plan, PointLoss
    from azremedy.domain.resources import ManagementLock
    from azremedy.domain.steps import Step
    from azremedy.ids import ResourceId


@dataclass(frozen=True, slots=True, kw_only=True)
class Moved:
    """One difference between a kept plan and the same plan made now."""

    kept: PlannedStep | None
    """The kept plan's step; ``None`` when it is new."""
    now: PlannedStep | None
    """The step now; ``None`` when it is not needed, or not possible, any more."""


def find_moved(kept: Plan, now: Plan) -> tuple[Moved, ...]:
    """Find the steps that went, changed or came, each told once.

    Where all are the same and only their order is not, the first place that differs is told.
    Reasons do not count: they are words for people.
    """
    left = list(now.steps)
    lost = [planned for planned in kept.steps if _take(left, planned, _equal) is None]
    went = [Moved(kept=planned, now=_take(left, planned, _alike)) for planned in lost]
    came = [Moved(kept=None, now=planned) for planned in left]
    return (*went, *came) or _find_reordered(kept, now)


def is_built_alike(kept: Plan, now: Plan) -> bool:
    """Say whether what holds the steps together is the same in two plans of the same steps.

    That is the numbers' order, whose steps they are, what targets need of others, and what comes
    back at the end. Numbers need not begin with 1: a shard keeps the whole plan's. Targets for
    which nothing is done do not count.
    """
    outline = _outline(kept)
    return outline is not None and outline == _outline(now)


def find_lost_copies(kept: Plan, now: Plan) -> tuple[PointLoss, ...]:
    """Find the points that had a copy in the vault by the kept loss sheet, and have none now."""
    safe = {
        loss.restore_point_id
        for target in kept.targets
        for loss in target.loss
        if loss.copy is Copy.VAULT
    }
    return tuple(
        loss
        for target in now.targets
        for loss in target.loss
        if loss.copy is not Copy.VAULT and loss.restore_point_id in safe
    )


def take_over_locks(kept: Plan, now: Plan) -> Plan:
    """Give a kept plan its locks as they are now: a file does not hold the secrets in notes.

    Whatever else differs in a lock has been told by ``find_moved``.
    """
    known = {
        planned.step.lock.id: planned.step.lock
        for planned in now.steps
        if isinstance(planned.step, CreateLock | DeleteLock)
    }
    targets = tuple(
        replace(target, steps=_with_locks(target.steps, known)) for target in kept.targets
    )
    return replace(kept, targets=targets, restores=_with_locks(kept.restores, known))


def _outline(plan: Plan) -> tuple[object, ...] | None:
    """Give each target with the count of its steps and the places of what it needs.

    ``None`` where numbers do not tell steps apart, or are not in order.
    """
    numbers = [planned.number for planned in plan.steps]
    if any(later <= earlier for earlier, later in pairwise((0, *numbers))):
        return None
    places = {number: place for place, number in enumerate(numbers, 1)}
    return tuple(
        (target.target, len(target.steps), frozenset(places.get(each) for each in target.needs))
        for target in plan.targets
        if target.steps or target.needs
    )


def _with_locks(
    steps: tuple[PlannedStep, ...], known: dict[ResourceId, ManagementLock]
) -> tuple[PlannedStep, ...]:
    return tuple(
        replace(planned, step=replace(step, lock=known.get(step.lock.id, step.lock)))
        if isinstance(step := planned.step, CreateLock | DeleteLock)
        else planned
        for planned in steps
    )


def _take(
    left: list[PlannedStep], wanted: PlannedStep, fits: Callable[[Step, Step], bool]
) -> PlannedStep | None:
    """Take the first step that fits out of a list: two steps alike are still two."""
    found = next((each for each in left if fits(each.step, wanted.step)), None)
    if found is not None:
        left.remove(found)
    return found


def _find_reordered(kept: Plan, now: Plan) -> tuple[Moved, ...]:
    pairs = zip(kept.steps, now.steps, strict=True)
    differing = (Moved(kept=a, now=b) for a, b in pairs if not _equal(a.step, b.step))
    first = next(differing, None)
    return () if first is None else (first,)


def _equal(one: Step, other: Step) -> bool:
    return _settle(one) == _settle(other)


def _alike(one: Step, other: Step) -> bool:
    return one.kind == other.kind and one.target == other.target


def _settle(step: Step) -> Step:
    """Put points into one order: Azure promises none, and the deletion takes them all.

    Notes are compared as far as files hold them.
    """
    if isinstance(step, DeleteRestorePointCollection):
        return replace(step, restore_points=tuple(sorted(step.restore_points)))
    if isinstance(step, CreateLock | DeleteLock) and step.lock.notes:
        return replace(step, lock=replace(step.lock, notes=redact(step.lock.notes)))
    return step
