"""What has moved since a plan was kept, and where the plan is from, in words."""

from __future__ import annotations

from dataclasses import fields, is_dataclass
from typing import TYPE_CHECKING, Any

from azremedy.ids import ResourceId
from azremedy.report import words
from azremedy.report.step_words import would

if TYPE_CHECKING:
    from collections.abc import Iterator

    from azremedy.domain.plan import Plan, PlannedStep, PointLoss
    from azremedy.domain.staleness import Moved

_AGAIN = "the VM was made again under its name"
_TELLING = {
    "vm_unique_id": _AGAIN,
    "unique_id": _AGAIN,
    "idle_items": "the VM's protected items are others",
    "instructions": "the instructions are others",
}
"""Fields whose values tell people nothing."""


def describe_moved(moved: Moved) -> str:
    """Say one difference in one line."""
    kept, now = moved.kept, moved.now
    if kept is None:
        assert now is not None
        return f"{would(now.step)}: new, not in the kept plan"
    if now is None:
        return f"step {kept.number}, {would(kept.step)}: not planned any more"
    return f"step {kept.number}, {would(kept.step)}: {_describe_change(kept, now)}"


def describe_lost_copy(loss: PointLoss) -> str:
    """Say that a point which was in the vault too is, as far as can be seen, not there now."""
    return f"restore point {loss.restore_point_id.name}: {words.COPIES[loss.copy]}"


def describe_kept(plan: Plan, fingerprint: str) -> str:
    """Say in one line which plan it is, by whom it was made, and when."""
    caller = plan.origin.caller if plan.origin is not None else ""
    by = f" by {caller}" if caller else ""
    when = f"{plan.created_at:%Y-%m-%d %H:%M} UTC"
    return f"Plan of '{plan.command}', made {when}{by}, fingerprint {fingerprint}"


def _describe_change(kept: PlannedStep, now: PlannedStep) -> str:
    if (kept.step.kind, kept.step.target) != (now.step.kind, now.step.target):
        return "its place in the order is another"
    return "; ".join(dict.fromkeys(_list_changes(kept.step, now.step)))


def _list_changes(before: Any, after: Any) -> Iterator[str]:
    """Name each field that differs, also those of what a step holds, such as a lock."""
    for field in fields(before):
        old, new = getattr(before, field.name), getattr(after, field.name)
        if old == new:
            continue
        if field.name in _TELLING:
            yield _TELLING[field.name]
        elif field.name == "restore_points":
            yield from _list_points(old, new)
        elif _is_group_of_fields(old) and _is_group_of_fields(new):
            yield from _list_changes(old, new)
        else:
            yield f"{field.name.replace('_', ' ')} was {_tell(old)}, is {_tell(new)}"


def _is_group_of_fields(value: object) -> bool:
    return is_dataclass(value) and not isinstance(value, ResourceId)


def _list_points(old: tuple[str, ...], new: tuple[str, ...]) -> Iterator[str]:
    if made := sorted(set(new) - set(old)):
        yield f"made since: {', '.join(made)}"
    if gone := sorted(set(old) - set(new)):
        yield f"gone since: {', '.join(gone)}"


def _tell(value: object) -> str:
    if isinstance(value, tuple):
        return ", ".join(map(str, value)) or "none"
    return "none" if value is None or value == "" else str(value)
