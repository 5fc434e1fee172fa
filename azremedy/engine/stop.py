"""Stop a run when somebody asks for it: after the current step, or at once."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator


@dataclass(slots=True)
class Stop:
    """What somebody outside has asked of a run. Make one for each run."""

    requested: bool = False
    """Whether the run is to end after its current step."""
    waiting: bool = False
    """Whether the current step only waits, so that it can be left at any time."""

    def ask(self) -> None:
        """Ask once: end after the current step. Ask while it waits, or twice: end at once.

        Raises:
            KeyboardInterrupt: to end at once.
        """
        if self.requested or self.waiting:
            raise KeyboardInterrupt
        self.requested = True

    @contextmanager
    def leaving_allowed(self) -> Iterator[None]:
        """Let the run be left at any time inside; what was asked before counts at once.

        Raises:
            KeyboardInterrupt: when somebody has asked already.
        """
        if self.requested:
            raise KeyboardInterrupt
        self.waiting = True
        try:
            yield
        finally:
            self.waiting = False
