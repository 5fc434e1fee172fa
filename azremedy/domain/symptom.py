"""Which code does the failed backup show, and who says so?"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class ToldBy(StrEnum):
    """Who named the code."""

    PERSON = "person"
    """Whoever runs azremedy."""
    JOB = "job"
    """The last backup job of the VM, which failed."""
    HEALTH = "health"
    """The protected item's health."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Symptom:
    """One code, as it was found."""

    code: str
    """As the playbook spells it; as it was found when no playbook knows it."""
    known: bool
    """Whether a playbook knows it."""
    told_by: ToldBy
    """Who named it."""
    source: str = ""
    """The job or item that names it; empty when a person did."""
    at: datetime | None = None
    """When the job ended; ``None`` when that is not known."""
    number: int | None = None
    """Azure's integer next to it."""
    inner: tuple[str, ...] = ()
    """Codes inside its text, when it is an envelope: what really happened, outermost first."""
    message: str = ""
    """Azure's localized words: to show, never to match."""
    recommendations: tuple[str, ...] = ()
    """Azure's localized advice: to show, never to match."""

    @property
    def codes(self) -> tuple[str, ...]:
        """All codes, the innermost last."""
        return (self.code, *self.inner)
