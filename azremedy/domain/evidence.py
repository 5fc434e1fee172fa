"""Tell apart what was read, what is not there, and what could not be read.

A missing permission must never look like an empty answer: "no lock" and "locks could not be
read" lead to opposite decisions.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Generic, Literal, Never, TypeVar

from azremedy.errors import AzureAnswer

T_co = TypeVar("T_co", covariant=True)


@dataclass(frozen=True, slots=True, kw_only=True)
class Observed(Generic[T_co]):
    """A fact that Azure answered."""

    value: T_co
    """What was read."""
    source: str
    """The resource id or list that was read."""
    at: datetime | None = None
    """Azure's time of the answer."""
    request_id: str | None = None
    """``x-ms-request-id`` of the answer; of the last one where it took several."""
    kind: Literal["observed"] = "observed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Absent:
    """Azure answered that the thing does not exist."""

    source: str
    """The resource id or list that was read."""
    at: datetime | None = None
    """Azure's time of the answer."""
    request_id: str | None = None
    """``x-ms-request-id`` of the answer."""
    kind: Literal["absent"] = "absent"


@dataclass(frozen=True, slots=True, kw_only=True)
class Unreadable:
    """The fact could not be read: nothing may be concluded from it."""

    source: str
    """The resource id or list that was asked for."""
    why: str
    """One line for people."""
    answer: AzureAnswer | None = None
    """What Azure said, if it did."""
    action: str | None = None
    """The ARM action that was missing, where that is the reason."""
    kind: Literal["unreadable"] = "unreadable"


Observation = Observed[T_co] | Absent | Unreadable

UNREAD = Unreadable(source="", why="not asked for")
"""A fact that nobody read, so that nothing can be concluded from it by mistake."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Receipt:
    """Where and when one part of a list was read."""

    source: str
    """The resource id or list that was read."""
    at: datetime
    """Azure's time of the answer."""
    request_id: str | None = None
    """``x-ms-request-id`` of the answer; of the last page where there were several."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading(Generic[T_co]):
    """A list put together from several reads, some of which may have failed."""

    values: tuple[T_co, ...] = ()
    """What was read."""
    gaps: tuple[Unreadable, ...] = ()
    """What could not be read: the list may be longer than it looks."""
    receipts: tuple[Receipt, ...] = ()
    """Where what was read comes from."""

    @property
    def complete(self) -> bool:
        """Whether nothing is missing, so that absence may be concluded from the list."""
        return not self.gaps


NOT_ASKED: Reading[Never] = Reading(gaps=(UNREAD,))
"""A list that nobody read. It is incomplete, so nothing can be concluded from it by mistake."""
