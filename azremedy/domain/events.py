"""What a run says while it runs. Listeners get events; nothing in the engine prints."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from azremedy.domain.plan import PlannedStep
from azremedy.domain.run import Run, StepResult


@dataclass(frozen=True, slots=True, kw_only=True)
class StepStarted:
    """A step begins: it is looked at once more before its intent is written."""

    planned: PlannedStep
    """The step."""
    kind: Literal["StepStarted"] = "StepStarted"


@dataclass(frozen=True, slots=True, kw_only=True)
class StepProgressed:
    """Something moved inside a step."""

    planned: PlannedStep
    """The step."""
    message: str
    """One line for people."""
    kind: Literal["StepProgressed"] = "StepProgressed"


@dataclass(frozen=True, slots=True, kw_only=True)
class StepEnded:
    """A step has its outcome."""

    planned: PlannedStep
    """The step."""
    result: StepResult
    """What became of it."""
    kind: Literal["StepEnded"] = "StepEnded"


@dataclass(frozen=True, slots=True, kw_only=True)
class RunEnded:
    """The run is over."""

    run: Run
    """Plan and results."""
    kind: Literal["RunEnded"] = "RunEnded"


Event = StepStarted | StepProgressed | StepEnded | RunEnded
