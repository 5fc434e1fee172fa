"""Keep a world's time, which passes only when somebody moves it."""

from __future__ import annotations

import heapq
from datetime import datetime, timedelta
from itertools import count
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable


class Clock:
    """A virtual clock with an agenda.

    Not safe for threads by itself: whoever moves it holds the world's lock.
    """

    def __init__(self, start: datetime) -> None:
        """Stand at `start`, an aware time."""
        self._now = start
        self._agenda: list[tuple[datetime, int, Callable[[], None]]] = []
        self._order = count()

    def now(self) -> datetime:
        """Give the world's time, aware and in UTC."""
        return self._now

    def text(self) -> str:
        """Give the world's time as ARM writes it."""
        return timestamp(self._now)

    def advance(self, seconds: float) -> None:
        """Move on, carrying out what falls due on the way, each at its own time."""
        goal = self._now + timedelta(seconds=max(seconds, 0.0))
        while self._agenda and self._agenda[0][0] <= goal:
            due, _, action = heapq.heappop(self._agenda)
            self._now = max(self._now, due)
            action()
        # An action may itself have moved the clock: time never runs back.
        self._now = max(self._now, goal)

    def schedule(self, after_seconds: float, action: Callable[[], None]) -> None:
        """Have `action` run when so many seconds of the world have passed."""
        due = self._now + timedelta(seconds=max(after_seconds, 0.0))
        heapq.heappush(self._agenda, (due, next(self._order), action))


def timestamp(moment: datetime) -> str:
    """Write a time as ARM does: ISO 8601 in UTC with seven decimals and `Z`."""
    return moment.strftime("%Y-%m-%dT%H:%M:%S.%f") + "0Z"


def timestamp_with_offset(moment: datetime) -> str:
    """Write a time as Compute does in the status of its operations: with `+00:00`.

    Source: recorded Azure traffic, 2018-2024.
    """
    return moment.strftime("%Y-%m-%dT%H:%M:%S.%f") + "0+00:00"
