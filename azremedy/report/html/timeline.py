"""When each step was asked for, worked on and done, as a Gantt chart."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from azremedy.domain.run import SETTLED
from azremedy.domain.steps import WaitForCleanup, WaitForIdle, WaitForJob
from azremedy.report.html.axis import Axis, Tick, make_axis
from azremedy.report.html.phrases import (
    clean,
    name_step,
    shorten,
    tell_clock,
    tell_duration,
    tell_moment,
)
from azremedy.report.html.tones import Tone, describe_step

if TYPE_CHECKING:
    from collections.abc import Iterator

    from azremedy.domain.plan import PlannedStep
    from azremedy.report.html.locks_by_scope import Ledger
    from azremedy.report.material import Material, Span

LABELS = 330
"""Width of the labels, in the chart's units."""
PLOT = 620
"""Width of the time axis."""
_ENDS = 90
"""Room for a duration behind a bar."""
_TOP = 28
_TALL = 26
_FLAT = 17
_LEAST = 3.0
_CHARACTERS = 43
_WAITS = (WaitForJob, WaitForCleanup, WaitForIdle)


@dataclass(frozen=True, slots=True, kw_only=True)
class Bar:
    """A time at which something was going on."""

    x: float
    """From the left of the axis."""
    width: float
    """Never too small to be seen."""
    look: str
    """Its class in the style sheet."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Lane:
    """One line of the chart."""

    label: str
    """What it is about, shortened to fit."""
    told: str
    """Its times in words."""
    y: int
    """From the top."""
    bars: tuple[Bar, ...]
    """What was going on."""
    end: float
    """Where the duration stands."""
    duration: str
    """How long it took in all."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Timeline:
    """The whole chart."""

    began: str
    """When its axis begins."""
    took: str
    """From the first intent to the last outcome."""
    width: int
    """Its width."""
    height: int
    """Its height."""
    lane_height: int
    """A lane's height."""
    left: int
    """Where the axis begins."""
    lanes: tuple[Lane, ...]
    """The lines, from the top."""
    ticks: tuple[Tick, ...]
    """Marks of the axis."""
    cuts: tuple[Tick, ...]
    """Where a rest was cut short."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Piece:
    """A time of one line, before it is drawn."""

    began: datetime
    """Its beginning."""
    ended: datetime
    """Its end."""
    look: str
    """Its class in the style sheet."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Line:
    """A line, before it is drawn."""

    label: str
    """What it is about."""
    pieces: tuple[_Piece, ...]
    """What was going on, in order."""


def draw_timeline(
    material: Material, ledger: Ledger, *, by_target: bool = False, brief: bool = False
) -> Timeline | None:
    """Draw a run's chart; ``None`` when nothing was begun.

    Args:
        material: what the report is made of.
        ledger: the plan's locks.
        by_target: draw one line for each target instead of each step.
        brief: draw one bar in each line.
    """
    end = material.ended
    if not material.spans or end is None:
        return None
    lines = (*_list_work(material, end, by_target=by_target), *_list_leases(material, ledger, end))
    axis = make_axis(
        ((span.began, span.ended or end) for span in material.spans),
        width=PLOT,
    )
    size = _FLAT if by_target else _TALL
    return Timeline(
        began=tell_moment(axis.stretches[0].began),
        took=tell_duration(axis.stretches[-1].ended - axis.stretches[0].began),
        width=LABELS + PLOT + _ENDS,
        height=_TOP + size * len(lines) + 6,
        lane_height=size,
        left=LABELS,
        lanes=tuple(
            _draw(_join(line) if brief else line, _TOP + size * at, axis)
            for at, line in enumerate(lines)
        ),
        ticks=axis.ticks,
        cuts=axis.cuts,
    )


def _list_work(material: Material, end: datetime, *, by_target: bool) -> Iterator[_Line]:
    """List the lines of the steps, or of the targets, in the plan's order."""
    spans: dict[int, list[Span]] = {}
    for span in material.spans:
        spans.setdefault(span.number, []).append(span)
    restores = [[each] for each in material.plan.restores]
    groups = [list(target.steps) for target in material.plan.targets] if by_target else None
    singles = [[each] for target in material.plan.targets for each in target.steps]
    for at, planned in enumerate([*(singles if groups is None else groups), *restores]):
        pieces = tuple(
            piece
            for each in planned
            for span in spans.get(each.number, ())
            for piece in _cut(each, span, end)
        )
        if pieces:
            whole = groups is not None and at < len(groups)
            label = material.plan.targets[at].target.name if whole else _name(planned[0])
            yield _Line(label=clean(label), pieces=pieces)


def _name(planned: PlannedStep) -> str:
    return f"{planned.number}. {name_step(planned.step)}"


def _cut(planned: PlannedStep, span: Span, end: datetime) -> Iterator[_Piece]:
    """Cut an attempt in two: until Azure took the request, and until it was done."""
    tone = describe_step(span.state).tone if span.state else Tone.BAD
    work = "wait" if isinstance(planned.step, _WAITS) else "work"
    taken = span.accepted or span.began
    if taken > span.began:
        yield _Piece(began=span.began, ended=taken, look=f"ask {tone}")
    yield _Piece(began=taken, ended=max(span.ended or end, taken), look=f"{work} {tone}")


def _list_leases(material: Material, ledger: Ledger, end: datetime) -> Iterator[_Line]:
    """List for how long each lent lock was off, or has been since."""
    ends: dict[int, datetime] = {
        span.number: span.ended
        for span in material.spans
        if span.ended is not None and span.state in SETTLED
    }
    still = {lock.id for lock in material.locks_off}
    for course in ledger.courses.values():
        if course.off is None or course.back is None or course.off.number not in ends:
            continue
        off = course.lock.id in still
        back = end if off else ends.get(course.back.number, end)
        began = ends[course.off.number]
        look = f"lease {Tone.BAD if off else Tone.WARN}"
        piece = _Piece(began=began, ended=max(back, began), look=look)
        told = "is STILL OFF" if off else "was off"
        yield _Line(label=clean(f"Lock {course.lock.name} {told}"), pieces=(piece,))


def _join(line: _Line) -> _Line:
    """Draw a line's times as one, in the worst of their tones."""
    worst = max(line.pieces, key=lambda piece: piece.look.endswith(Tone.BAD))
    piece = _Piece(
        began=min(each.began for each in line.pieces),
        ended=max(each.ended for each in line.pieces),
        look=worst.look,
    )
    return _Line(label=line.label, pieces=(piece,))


def _draw(line: _Line, y: int, axis: Axis) -> Lane:
    bars = tuple(_draw_bar(piece, axis) for piece in line.pieces)
    began = min(piece.began for piece in line.pieces)
    ended = max(piece.ended for piece in line.pieces)
    first = axis.stretches[0].began
    return Lane(
        label=shorten(line.label, _CHARACTERS),
        told=f"{tell_clock(began, first)} to {tell_clock(ended, first)}",
        y=y,
        bars=bars,
        end=round(max(bar.x + bar.width for bar in bars) + 6, 1),
        duration=tell_duration(ended - began),
    )


def _draw_bar(piece: _Piece, axis: Axis) -> Bar:
    x = axis.place(piece.began)
    width = round(max(axis.place(piece.ended) - x, _LEAST), 1)
    return Bar(x=x, width=width, look=piece.look)
