"""Put sections together into one plan: steps numbered, shared steps once, leases returned."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from azremedy.domain.evidence import Unreadable
from azremedy.domain.findings import Diagnosis
from azremedy.domain.locks import is_inherited, is_services_own
from azremedy.domain.plan import Mend, Plan, PlannedStep, PointLoss, TargetPlan, Verdict
from azremedy.domain.steps import CreateLock, DeleteLock, ItemRef, Step
from azremedy.ids import ResourceId

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from azremedy.domain.resources import ManagementLock
    from azremedy.domain.worlds import VmEvidence


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """A step that has no number yet."""

    step: Step
    """What is done."""
    reason: str
    """Why, in one line."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """What one target needs, before the sections are put together."""

    target: ResourceId
    """The VM, or the group."""
    drafts: tuple[Draft, ...] = ()
    """Steps in order."""
    verdicts: tuple[Verdict, ...] = ()
    """The guards' answers."""
    loss: tuple[PointLoss, ...] = ()
    """The loss sheet."""
    gaps: tuple[Unreadable, ...] = ()
    """What could not be read."""
    notes: tuple[str, ...] = ()
    """What to expect afterwards."""
    diagnosis: Diagnosis | None = None
    """What the steps rest on, where a cause was looked for."""
    mends: tuple[Mend, ...] = ()
    """Which remedy is for which cause."""


def assemble(
    command: str, sections: tuple[Section, ...], *, created_at: datetime, tool_version: str
) -> Plan:
    """Make the plan.

    A lock that two targets share is taken off once, at the first of them, and put back if either
    says so, when both are done.
    """
    leased = {lock.id for lock in _list_leased(sections)}
    sections = _share(sections)
    removals: dict[ResourceId, int] = {}
    targets = []
    number = 0
    for section in sections:
        target = _number(section, removals, leased=leased, after=number)
        number += len(target.steps)
        targets.append(target)
    return Plan(
        command=command,
        created_at=created_at,
        tool_version=tool_version,
        targets=tuple(targets),
        restores=_restores(targets, number),
    )


def draft_unlock(lock: ManagementLock, *, leased: bool) -> Draft:
    """Draft the removal of a lock that stands in the way."""
    back = ", put back at the end" if leased else ""
    return Draft(
        step=DeleteLock(lock=lock, leased=leased),
        reason=f"{lock.level} lock '{lock.name}' stops the deletion{back}",
    )


def list_idle_items(evidence: VmEvidence) -> tuple[ItemRef, ...]:
    """List the items whose jobs must not run while something of the VM is deleted."""
    return tuple(
        ItemRef(item_id=item.id, container_name=item.container_name)
        for item in evidence.items.values
    )


def select_allowed(
    in_the_way: Iterable[ManagementLock], *, unlock: bool, include_inherited: bool
) -> tuple[ManagementLock, ...]:
    """Pick the locks that the caller's flags allow to take off, the narrowest scope first.

    The wider a lock, the more it protects, so it is off for the shortest time.
    """
    allowed = [
        lock
        for lock in in_the_way
        if not is_services_own(lock) and (include_inherited if is_inherited(lock) else unlock)
    ]
    return tuple(sorted(allowed, key=lambda lock: -len(lock.scope.segments)))


def _number(
    section: Section, removals: dict[ResourceId, int], *, leased: set[ResourceId], after: int
) -> TargetPlan:
    """Give a section's steps their numbers; a lock that is removed already is only needed."""
    steps: list[PlannedStep] = []
    needs = []
    for draft in section.drafts:
        number = after + len(steps) + 1
        if isinstance(draft.step, DeleteLock):
            lock = draft.step.lock.id
            if lock in removals:
                # What this target itself has removed is off already when its turn comes.
                needs += [removals[lock]] if removals[lock] <= after else []
                continue
            removals[lock] = number
        chosen = _lease(draft, leased)
        steps.append(PlannedStep(number=number, step=chosen.step, reason=chosen.reason))
    return TargetPlan(
        target=section.target,
        steps=tuple(steps),
        verdicts=section.verdicts,
        loss=section.loss,
        gaps=section.gaps,
        notes=section.notes,
        diagnosis=section.diagnosis,
        needs=tuple(dict.fromkeys(needs)),
        mends=section.mends,
    )


def _lease(draft: Draft, leased: set[ResourceId]) -> Draft:
    """Put a lock back if any target asks for that: the cautious one decides."""
    step = draft.step
    if isinstance(step, DeleteLock) and step.lock.id in leased:
        return draft if step.leased else draft_unlock(step.lock, leased=True)
    return draft


def _list_leased(sections: tuple[Section, ...]) -> list[ManagementLock]:
    return [
        draft.step.lock
        for section in sections
        for draft in section.drafts
        if isinstance(draft.step, DeleteLock) and draft.step.leased
    ]


def _share(sections: tuple[Section, ...]) -> tuple[Section, ...]:
    """Leave it to the end to put back what several targets need off."""
    users = Counter(
        lock_id
        for section in sections
        for lock_id in {d.step.lock.id for d in section.drafts if isinstance(d.step, DeleteLock)}
    )
    return tuple(
        replace(section, drafts=tuple(d for d in section.drafts if not _returns_shared(d, users)))
        for section in sections
    )


def _returns_shared(draft: Draft, users: Counter[ResourceId]) -> bool:
    return isinstance(draft.step, CreateLock) and users[draft.step.lock.id] > 1


def _restores(targets: list[TargetPlan], number: int) -> tuple[PlannedStep, ...]:
    steps = [planned.step for target in targets for planned in target.steps]
    returned = {step.lock.id for step in steps if isinstance(step, CreateLock)}
    leased = [
        step.lock
        for step in steps
        if isinstance(step, DeleteLock) and step.leased and step.lock.id not in returned
    ]
    # The narrowest first: a wide ReadOnly lock that is back could refuse the others.
    leased.sort(key=lambda lock: -len(lock.scope.segments))
    return tuple(
        PlannedStep(
            number=number + index,
            step=CreateLock(lock=lock),
            reason="taken off for this run only; put back in every ending",
        )
        for index, lock in enumerate(leased, start=1)
    )
