"""The locks that a plan takes off or puts back, and how each stands before and after."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from azremedy.domain.plan import PlannedStep
from azremedy.domain.resources import ManagementLock
from azremedy.domain.run import SETTLED, StepState
from azremedy.domain.steps import CreateLock, DeleteLock
from azremedy.ids import ResourceId
from azremedy.report.html.tones import Tone
from azremedy.report.html.world import Look

if TYPE_CHECKING:
    from collections.abc import Iterable

    from azremedy.domain.plan import Plan
    from azremedy.report.material import Material


@dataclass(frozen=True, slots=True, kw_only=True)
class LockCourse:
    """What a plan does with one lock."""

    lock: ManagementLock
    """The lock."""
    off: PlannedStep | None = None
    """The step that takes it off."""
    back: PlannedStep | None = None
    """The step that puts it back."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ledger:
    """All locks that a plan touches."""

    courses: Mapping[ResourceId, LockCourse] = field(default_factory=dict)
    """By the locks' ids, in the order of the steps."""
    by_scope: Mapping[ResourceId, tuple[ResourceId, ...]] = field(default_factory=dict)
    """The locks' ids by what they are attached to."""

    def find(self, ids: Iterable[ResourceId]) -> tuple[LockCourse, ...]:
        """Find the locks that bind some resources, each once."""
        scopes = (
            scope for each in ids for scope in (each.subscription, each.group, each.parent, each)
        )
        found = dict.fromkeys(
            lock_id for scope in dict.fromkeys(scopes) for lock_id in self.by_scope.get(scope, ())
        )
        return tuple(self.courses[lock_id] for lock_id in found)


def make_ledger(plan: Plan) -> Ledger:
    """List what a plan does with locks."""
    courses: dict[ResourceId, LockCourse] = {}
    for planned in plan.steps:
        step = planned.step
        if isinstance(step, DeleteLock | CreateLock):
            course = courses.get(step.lock.id, LockCourse(lock=step.lock))
            off = isinstance(step, DeleteLock)
            courses[step.lock.id] = (
                replace(course, off=planned) if off else replace(course, back=planned)
            )
    scopes: dict[ResourceId, tuple[ResourceId, ...]] = {}
    for lock_id, course in courses.items():
        scopes[course.lock.scope] = (*scopes.get(course.lock.scope, ()), lock_id)
    return Ledger(courses=courses, by_scope=scopes)


def look_before(course: LockCourse, *, culprit: bool) -> Look:
    """Say how a lock stood when the plan was made."""
    if course.off is None:
        return Look(detail="not there", tone=Tone.IDLE, gone=True)
    return Look(detail=course.lock.level.value, tone=Tone.BAD if culprit else Tone.WARN)


def look_after(course: LockCourse, before: Look, material: Material) -> Look:
    """Say how a lock stands after the run, or would stand."""
    if course.lock.id in {lock.id for lock in material.locks_off}:
        return Look(detail="STILL OFF, or perhaps so", tone=Tone.BAD, gone=True)
    if not material.is_run:
        return _foresee(course)
    off, back = _state_of(course.off, material), _state_of(course.back, material)
    if back in SETTLED:
        told = "was off, is back" if course.off else "put back"
        return Look(detail=told, tone=Tone.GOOD)
    if course.off is None or off not in SETTLED:
        return _tell_trouble(before, off or back)
    return Look(detail="removed", tone=Tone.CHANGE, gone=True)


def _foresee(course: LockCourse) -> Look:
    if course.off is None:
        return Look(detail="would be put back", tone=Tone.CHANGE)
    if course.back is None:
        return Look(detail="would be removed", tone=Tone.CHANGE, gone=True)
    return Look(detail="would be off for the run, then back", tone=Tone.CHANGE)


def _state_of(planned: PlannedStep | None, material: Material) -> StepState | None:
    return material.find_state(planned.number) if planned else None


def _tell_trouble(before: Look, state: StepState | None) -> Look:
    if state is StepState.UNKNOWN:
        return replace(before, detail="outcome unknown", tone=Tone.BAD)
    return before
