"""Where runs are kept: their journals, and who works on which target. A folder, or a container.

Whoever keeps runs promises: an entry is there for good before :meth:`OpenJournal.write` returns,
only one living run holds a target, and a holder that is gone is recognised.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Iterable
    from contextlib import AbstractContextManager

    from azremedy.engine.journal import JournalEntry
    from azremedy.ids import ResourceId


@dataclass(frozen=True, slots=True, kw_only=True)
class ListedRun:
    """A run that is kept, before anything of it is read."""

    run_id: str
    """Names it. Names begin with when the run began, so their order is that of time."""
    written_at: datetime | None = None
    """When its journal was written last; ``None`` where only reading tells."""


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptJournal:
    """A journal as it is kept."""

    run_id: str
    """The run."""
    place: str
    """Its path, or its URL without anything secret."""
    content: bytes = b""
    """Its lines; nothing when they cannot be read."""
    written_at: datetime
    """When it was written last, by the clock of what keeps it."""
    trouble: str = ""
    """Why it cannot be read; empty when it can."""


class OpenJournal(Protocol):
    """A journal that a run writes."""

    @property
    def place(self) -> str:
        """Its path or URL."""

    def write(self, entry: JournalEntry) -> None:
        """Append one entry and wait until it is kept for good. Threads may share the journal.

        Raises:
            RefusedError: it cannot be written.
        """

    def close(self) -> None:
        """Let it go."""


class Watch(Protocol):
    """What tells whether a run still holds its targets."""

    def check(self) -> None:
        """Look that nobody else works on them.

        Raises:
            HeldError: somebody else may, by now.
        """


class Shelf(Protocol):
    """Gives runs to read."""

    def list_runs(self) -> tuple[ListedRun, ...]:
        """List what is kept, the oldest first; reads no journal."""

    def fetch(self, run_ids: Iterable[str]) -> tuple[KeptJournal, ...]:
        """Read journals, in the order asked for; those that are not there are left out."""


class Store(Shelf, Protocol):
    """Keeps runs."""

    def create(self, run_id: str) -> OpenJournal:
        """Make a new run's journal.

        Raises:
            RefusedError: that is not possible: nothing is changed without a journal.
        """

    def reopen(self, run_id: str) -> OpenJournal:
        """Open the journal of a run that is taken up again.

        Raises:
            RefusedError: it cannot be written.
        """

    def hold(self, targets: Iterable[ResourceId], *, run_id: str) -> AbstractContextManager[Watch]:
        """Hold every target while the block runs.

        Raises:
            HeldError: another run that lives holds one of them; nothing is held then.
            RefusedError, AccessError, UsageError: locks cannot be kept there.
        """

    def list_living(self) -> frozenset[str]:
        """List the runs that a process which lives holds targets for."""

    def close(self) -> None:
        """Close connections, where there are any."""
