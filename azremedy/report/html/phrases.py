"""Times, durations, ids and steps in the words of the page."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING

from azremedy.domain.steps import Manual
from azremedy.redaction import redact
from azremedy.report.step_words import would

if TYPE_CHECKING:
    from datetime import datetime, timedelta

    from azremedy.domain.steps import Step

_MINUTE = 60
_HOUR = 3600
_DAY = 86400
# Not printable, or made to show other words than are there: no text needs them on a page.
_HIDDEN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")


@lru_cache(maxsize=8192)
def clean(text: str) -> str:
    """Take secrets out of a text, and what no browser shows or what turns writing around."""
    return _HIDDEN.sub("\N{REPLACEMENT CHARACTER}", redact(text))


def capitalize(text: str) -> str:
    """Begin a text with a capital letter and leave the rest as it is."""
    return text[:1].upper() + text[1:]


def name_step(step: Step) -> str:
    """Name a step by what it does, in the imperative."""
    if isinstance(step, Manual):
        return f"By hand: {step.instructions.title}"
    return capitalize(would(step).removeprefix("would "))


def tell_moment(moment: datetime | None) -> str:
    """Write a time to the second, in UTC; nothing for none."""
    return f"{moment:%Y-%m-%d %H:%M:%S}" if moment else ""


def tell_clock(moment: datetime | None, day: datetime | None) -> str:
    """Write a time without its date where that is the day which the reader knows already."""
    if moment is None or day is None or moment.date() != day.date():
        return tell_moment(moment)
    return f"{moment:%H:%M:%S}"


def tell_duration(span: timedelta) -> str:
    """Write how long something took, in at most two units."""
    seconds = span.total_seconds()
    if seconds < 1:
        return "under 1 s"
    whole = round(seconds)
    if whole < _MINUTE:
        return f"{whole} s"
    if whole < _HOUR:
        return _two(whole, _MINUTE, ("min", "s"))
    if whole < _DAY:
        return _two(whole // _MINUTE, 60, ("h", "min"))
    return _two(whole // _HOUR, 24, ("d", "h"))


def _two(count: int, size: int, units: tuple[str, str]) -> str:
    large, small = divmod(count, size)
    return f"{large} {units[0]} {small} {units[1]}" if small else f"{large} {units[0]}"


def shorten(text: str, length: int) -> str:
    """Leave the middle of a text out where it is longer than there is room."""
    if len(text) <= length:
        return text
    head = (length - 1) * 2 // 3
    tail = length - 1 - head
    return f"{text[:head]}…{text[-tail:]}" if tail else f"{text[:head]}…"
