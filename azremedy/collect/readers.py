"""Read one fact or one list: what was read and where it is from, or why it could not be read."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from threading import Lock
from typing import TYPE_CHECKING, Any, TypeVar

from azremedy.domain.evidence import (
    Absent,
    Observation,
    Observed,
    Reading,
    Receipt,
    Unreadable,
)
from azremedy.errors import (
    AzremedyError,
    NotFoundError,
    SignInError,
    TargetNotFoundError,
)
from azremedy.gateways.clock import Clock
from azremedy.gateways.observing import explain
from azremedy.gateways.policies import Seen
from azremedy.gateways.session import Gateways

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

ItemT = TypeVar("ItemT")
OtherT = TypeVar("OtherT")

WORKERS = 8
"""Reads of one list's parts at a time: far below Azure's 25 reads a second for a subscription."""


class Memo:
    """Reads each list of the whole subscription once, also when many ask at the same time."""

    def __init__(self) -> None:
        self._guard = Lock()
        self._turns: dict[str, Lock] = {}
        self._known: dict[str, Reading[Any]] = {}

    def once(self, what: str, read: Callable[[], Reading[ItemT]]) -> Reading[ItemT]:
        """Give what was read, by whoever asked first; gaps are remembered too."""
        with self._guard:
            turn = self._turns.setdefault(what, Lock())
        with turn:
            if what not in self._known:
                self._known[what] = read()
            return self._known[what]


@dataclass(frozen=True, slots=True, kw_only=True)
class Reader:
    """Turns calls of gateways into facts, with Azure's time and request id."""

    gateways: Gateways
    """The subscription's gateways, on a session that cannot write."""
    clock: Clock
    """Azure's clock."""
    memo: Memo
    """What was read for the whole subscription."""

    def observe(self, source: object, read: Callable[[], ItemT]) -> Observation[ItemT]:
        """Read one fact; Azure's 404 makes it absent, other failures make it unreadable.

        Raises:
            SignInError: nobody can go on without signing in.
            TargetNotFoundError: the subscription itself cannot be seen.
        """
        self.gateways.trace.forget()
        try:
            value = read()
        except (SignInError, TargetNotFoundError):
            raise
        except NotFoundError:
            seen = self._seen()
            return Absent(source=str(source), at=seen.at, request_id=seen.request_id)
        except AzremedyError as error:
            return explain(source, error)
        seen = self._seen()
        return Observed(value=value, source=str(source), at=seen.at, request_id=seen.request_id)

    def read(self, source: object, read: Callable[[], Iterable[ItemT]]) -> Reading[ItemT]:
        """Read one list; a failure becomes a gap.

        Raises:
            SignInError: nobody can go on without signing in.
        """
        self.gateways.trace.forget()
        try:
            values = tuple(read())
        except SignInError:
            raise
        except AzremedyError as error:
            return Reading(gaps=(explain(source, error),))
        seen = self._seen()
        receipt = Receipt(source=str(source), at=seen.at, request_id=seen.request_id)
        return Reading(values=values, receipts=(receipt,))

    def read_once(self, source: object, read: Callable[[], Iterable[ItemT]]) -> Reading[ItemT]:
        """Read one list that all VMs of the subscription share."""
        return self.memo.once(str(source), lambda: self.read(source, read))

    def gather(
        self, read: Callable[[ItemT], Iterable[OtherT]], sources: Reading[ItemT]
    ) -> Reading[OtherT]:
        """Read one list for each source, side by side, and keep the gaps of all of them."""

        def read_one(source: ItemT) -> Reading[OtherT]:
            return self.read(getattr(source, "id", source), lambda: read(source))

        return combine(read_one, sources)

    def stamp(self, fact: Observation[ItemT]) -> Observation[ItemT]:
        """Give a fact that does not say where it is from the calling thread's last answer."""
        if isinstance(fact, Unreadable) or fact.at is not None:
            return fact
        seen = self._seen()
        return replace(fact, at=seen.at, request_id=seen.request_id)

    def _seen(self) -> Seen:
        """Give the thread's last answer; a value that came from no answer has the time only."""
        return self.gateways.trace.last or Seen(at=self.clock.now(), request_id=None)


def select(reading: Reading[ItemT], wanted: Callable[[ItemT], bool]) -> Reading[ItemT]:
    """Keep some values of a list, with its gaps and receipts."""
    return replace(reading, values=tuple(value for value in reading.values if wanted(value)))


def combine(read: Callable[[ItemT], Reading[OtherT]], sources: Reading[ItemT]) -> Reading[OtherT]:
    """Put the lists of all sources together. Where there is no source, theirs are the receipts."""
    with ThreadPoolExecutor(WORKERS) as pool:
        readings = list(pool.map(read, sources.values))
    receipts = tuple(receipt for reading in readings for receipt in reading.receipts)
    return Reading(
        values=tuple(value for reading in readings for value in reading.values),
        gaps=(*sources.gaps, *(gap for reading in readings for gap in reading.gaps)),
        receipts=receipts or sources.receipts,
    )
