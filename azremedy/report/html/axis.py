"""A time axis on which long times of rest are cut short."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from azremedy.report.html.phrases import tell_duration

if TYPE_CHECKING:
    from collections.abc import Iterable

_REST = 0.5
"""A rest is cut short when it is longer than this part of all the work."""
_CUT = 36.0
_TICKS = 8
_STEPS_S = (1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14400, 28800, 86400)


@dataclass(frozen=True, slots=True, kw_only=True)
class Tick:
    """A mark on the axis."""

    x: float
    """From the left of the axis."""
    text: str
    """What stands at it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Stretch:
    """A time of work, and where it is drawn."""

    began: datetime
    """Its beginning."""
    ended: datetime
    """Its end."""
    x: float
    """Where its beginning is drawn."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Axis:
    """Where each moment is drawn."""

    stretches: tuple[Stretch, ...]
    """Times of work, the first one first."""
    scale: float
    """Units in a second."""

    def place(self, moment: datetime) -> float:
        """Say where a moment is drawn."""
        fitting = [each for each in self.stretches if each.began <= moment]
        stretch = fitting[-1] if fitting else self.stretches[0]
        inside = min(max(moment, stretch.began), stretch.ended) - stretch.began
        return round(stretch.x + inside.total_seconds() * self.scale, 1)

    @property
    def cuts(self) -> tuple[Tick, ...]:
        """Where times of rest were cut short, and how long they were."""
        pairs = zip(self.stretches, self.stretches[1:], strict=False)
        return tuple(
            Tick(x=round(late.x - _CUT / 2, 1), text=tell_duration(late.began - early.ended))
            for early, late in pairs
        )

    @property
    def ticks(self) -> tuple[Tick, ...]:
        """Marks at even times, counted from the beginning; where rests were cut, of the clock."""
        if len(self.stretches) > 1:
            return tuple(Tick(x=s.x, text=f"{s.began:%H:%M:%S}") for s in self.stretches)
        whole = self.stretches[0]
        seconds = (whole.ended - whole.began).total_seconds()
        step = next((each for each in _STEPS_S if seconds / each <= _TICKS), _STEPS_S[-1])
        moments = (timedelta(seconds=at) for at in range(0, int(seconds) + 1, step))
        return tuple(
            Tick(
                x=self.place(whole.began + each), text=f"+{tell_duration(each)}" if each else "0 s"
            )
            for each in moments
        )


def make_axis(spans: Iterable[tuple[datetime, datetime]], *, width: float) -> Axis:
    """Make an axis for times of work, of which there is at least one."""
    busy = _merge(sorted(spans))
    work = sum((ended - began for began, ended in busy), timedelta())
    joined = _join(busy, max(work * _REST, timedelta(seconds=30)))
    drawn = sum((ended - began for began, ended in joined), timedelta()).total_seconds()
    scale = (width - _CUT * (len(joined) - 1)) / max(drawn, 1.0)
    stretches, x = [], 0.0
    for began, ended in joined:
        stretches.append(Stretch(began=began, ended=ended, x=round(x, 1)))
        x += (ended - began).total_seconds() * scale + _CUT
    return Axis(stretches=tuple(stretches), scale=scale)


def _merge(spans: list[tuple[datetime, datetime]]) -> list[tuple[datetime, datetime]]:
    return _join(spans, timedelta())


def _join(
    spans: list[tuple[datetime, datetime]], rest: timedelta
) -> list[tuple[datetime, datetime]]:
    """Join times between which there is no longer rest than this."""
    joined = spans[:1]
    for began, ended in spans[1:]:
        first, last = joined[-1]
        if began - last <= rest:
            joined[-1] = (first, max(last, ended))
        else:
            joined.append((began, ended))
    return joined
