"""Tell the time as Azure tells it, and wait."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Protocol

_SECOND = timedelta(seconds=1)


class Clock(Protocol):
    """What a session needs to know about time; a sandbox brings its own."""

    def now(self) -> datetime:
        """Return the time, aware and in UTC."""

    def sleep(self, seconds: float) -> None:
        """Let this many seconds pass."""


class SystemClock:
    """The local machine's clock."""

    def now(self) -> datetime:
        """Return the local machine's time in UTC."""
        return datetime.fromtimestamp(time.time(), UTC)

    def sleep(self, seconds: float) -> None:
        """Block for this many seconds."""
        time.sleep(seconds)  # the one real wait: all else waits through the Clock it is given


class AzureClock:
    """Azure's clock, known from the ``Date`` header of its answers.

    Ages of Azure's own times ("reported 3 minutes ago") are wrong by as much as the local clock
    is; Azure's own ``Date`` is not. Until the first answer it is the local clock.
    """

    def __init__(self, local: Clock | None = None) -> None:
        self._local: Clock = local or SystemClock()
        self._offset = timedelta(0)

    @property
    def offset(self) -> timedelta:
        """How far Azure's clock is ahead of the local one; whole seconds are all it is good for."""
        return self._offset

    def now(self) -> datetime:
        """Return Azure's time."""
        return self._local.now() + self._offset

    def sleep(self, seconds: float) -> None:
        """Let this many seconds pass."""
        self._local.sleep(seconds)

    def observe(self, date_header: str) -> None:
        """Remember the difference to the time in an answer; what is no date is passed over.

        An answer that agrees with the clock changes nothing: a date is only good for its second,
        and two runs one after the other tell by their times which was first.
        """
        try:
            azure_time = parsedate_to_datetime(date_header)
        except ValueError:
            return
        if azure_time.tzinfo is None:
            return
        least = azure_time.astimezone(UTC) - self._local.now()
        if not least <= self._offset < least + _SECOND:
            self._offset = least
