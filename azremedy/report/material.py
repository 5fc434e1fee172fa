"""What a report of a run or a plan is made of: facts alone, not yet words."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from azremedy.domain.plan import Plan
from azremedy.domain.resources import ManagementLock
from azremedy.domain.run import StepResult, StepState


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """One attempt at a step, as the journal has it. All times are Azure's."""

    number: int
    """The step's number in the plan."""
    began: datetime
    """When its intent was written, right before the request."""
    accepted: datetime | None = None
    """When Azure had taken the request; ``None`` when nobody saw that."""
    ended: datetime | None = None
    """When its outcome was written; ``None`` when nobody lived to see it."""
    state: StepState | None = None
    """The outcome."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Material:
    """Everything that a report tells."""

    plan: Plan
    """What was planned."""
    state: str
    """How it stands: a plan's or a run's state, ``running``, or ``cut off``."""
    results: Mapping[int, StepResult] = field(default_factory=dict)
    """The last outcome of each step that has one; empty for a plan."""
    unknown: frozenset[int] = frozenset()
    """Steps whose request may have been sent and whose outcome nobody saw."""
    spans: tuple[Span, ...] = ()
    """Every attempt, in the journal's order."""
    resumed: tuple[datetime, ...] = ()
    """When another process took the run up."""
    locks_off: tuple[ManagementLock, ...] = ()
    """Leased locks that are off."""
    run_id: str | None = None
    """The run; ``None`` for a plan."""
    journal: str | None = None
    """The journal's path."""
    began: datetime | None = None
    """When the run began."""
    ended: datetime | None = None
    """When its last entry was written."""
    exit_code: int | None = None
    """How its process ended; ``None`` when it did not live to say."""
    undone_by: str | None = None
    """The run that took it back."""
    file: str = ""
    """The plan's file, as it was named; empty for a run."""
    fingerprint: str = ""
    """The plan's fingerprint."""

    @property
    def is_run(self) -> bool:
        """Whether something was begun."""
        return self.run_id is not None

    def find_state(self, number: int) -> StepState | None:
        """Say where a step stands; ``None`` when the run has not come to it."""
        if (result := self.results.get(number)) is not None:
            return result.state
        if number in self.unknown:
            return StepState.UNKNOWN
        return None if self.is_run else StepState.PLANNED
