"""Stop a run when somebody asks for it: after the current step, or at once."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass, field
from threading import get_ident
from typing import TYPE_CHECKING

from azremedy.domain.ramp import Ramp

if TYPE_CHECKING:
    from collections.abc import Iterator


@dataclass(slots=True)
class Stop:
    """What somebody outside has asked of a run. Make one for each run."""

    requested: bool = False
    """Whether the run is to end after its current steps."""
    urgent: bool = False
    """Whether it is to end at once."""
    waiting: set[int] = field(default_factory=set)
    """Threads whose step only waits, so that it can be left at any time."""

    def ask(self) -> None:
        """Ask once: end after the current step. Ask while it waits, or twice: end at once.

        Raises:
            KeyboardInterrupt: to end at once.
        """
        if self.requested or get_ident() in self.waiting:
            self.requested = self.urgent = True
            raise KeyboardInterrupt
        self.requested = True

    def check(self) -> None:
        """Leave the calling thread's step if that was asked for: signals reach only one thread.

        Raises:
            KeyboardInterrupt: to end at once.
        """
        if self.urgent or (self.requested and get_ident() in self.waiting):
            raise KeyboardInterrupt

    def leave_if_asked(self) -> None:
        """Leave between two steps, where nothing is half done, if that was asked for.

        Raises:
            KeyboardInterrupt: somebody has asked.
        """
        if self.requested:
            raise KeyboardInterrupt

    @contextmanager
    def leaving_allowed(self) -> Iterator[None]:
        """Let the calling thread's step be left at any time inside; what was asked before counts.

        Raises:
            KeyboardInterrupt: when somebody has asked already.
        """
        self.leave_if_asked()
        self.waiting.add(get_ident())
        try:
            yield
        finally:
            self.waiting.discard(get_ident())


@dataclass(frozen=True, slots=True, kw_only=True)
class Steering:
    """How a run's targets are worked through, and how somebody outside can end it."""

    stop: Stop = field(default_factory=Stop)
    """By which it is ended early."""
    ramp: Ramp = field(default_factory=Ramp)
    """How many targets are worked on side by side, and how many may fail."""
