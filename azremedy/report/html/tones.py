"""How things stand, in one of five tones, and in the words that go with them."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from azremedy.domain.plan import Decision
from azremedy.domain.run import SETTLED, StepState
from azremedy.report import words

if TYPE_CHECKING:
    from azremedy.domain.plan import TargetPlan
    from azremedy.report.material import Material


class Tone(StrEnum):
    """What a thing's colour and sign say. The value is its class in the style sheet."""

    GOOD = "good"
    """It is as it should be."""
    BAD = "bad"
    """It failed, or is in the way."""
    WARN = "warn"
    """Somebody should look."""
    CHANGE = "change"
    """It was changed, or would be."""
    IDLE = "idle"
    """Nothing was done, or it is not known."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Badge:
    """A few words in a tone."""

    text: str
    """The words."""
    tone: Tone
    """Their tone."""


_STEPS = {
    StepState.PLANNED: Tone.CHANGE,
    StepState.SKIPPED: Tone.IDLE,
    StepState.STARTED: Tone.WARN,
    StepState.ACCEPTED: Tone.WARN,
    StepState.DONE: Tone.GOOD,
    StepState.ALREADY: Tone.GOOD,
    StepState.FAILED: Tone.BAD,
    StepState.UNKNOWN: Tone.BAD,
}
_STATES = {
    "planned": Badge(text="Planned", tone=Tone.CHANGE),
    "refused": Badge(text="Refused", tone=Tone.BAD),
    "nothing-to-do": Badge(text="Nothing to do", tone=Tone.GOOD),
    "done": Badge(text="Done", tone=Tone.GOOD),
    "failed": Badge(text="Finished with failures", tone=Tone.BAD),
    "interrupted": Badge(text="Interrupted", tone=Tone.WARN),
    "running": Badge(text="Still running", tone=Tone.WARN),
    "cut off": Badge(text="Cut off", tone=Tone.BAD),
}
_ORDER = (Tone.BAD, Tone.WARN, Tone.IDLE, Tone.CHANGE, Tone.GOOD)


def rank(tone: Tone) -> int:
    """Say how early something stands in a list: the worst first."""
    return _ORDER.index(tone)


def describe_state(state: str) -> Badge:
    """Say how a plan or a run stands."""
    return _STATES.get(state, Badge(text=state, tone=Tone.WARN))


def describe_step(state: StepState | None) -> Badge:
    """Say how a step stands; ``None``: the run has not come to it."""
    if state is None:
        return Badge(text="not reached", tone=Tone.IDLE)
    return Badge(text=words.STATES[state], tone=_STEPS[state])


def describe_target(target: TargetPlan, material: Material) -> Badge:
    """Say how one target stands."""
    if any(verdict.decision is Decision.REFUSE for verdict in target.verdicts):
        return Badge(text="refused", tone=Tone.BAD)
    if not target.steps:
        return _describe_idle(target)
    if not material.is_run:
        return Badge(text="planned", tone=Tone.CHANGE)
    return _describe_steps([material.find_state(each.number) for each in target.steps])


def _describe_idle(target: TargetPlan) -> Badge:
    if target.gaps:
        return Badge(text="not wholly read", tone=Tone.WARN)
    return Badge(text="nothing to do", tone=Tone.GOOD)


def _describe_steps(states: list[StepState | None]) -> Badge:
    if StepState.UNKNOWN in states:
        return Badge(text="outcome unknown", tone=Tone.BAD)
    if StepState.FAILED in states:
        return Badge(text="failed", tone=Tone.BAD)
    if all(state in SETTLED for state in states):
        return Badge(text="done", tone=Tone.GOOD)
    if any(state in SETTLED for state in states):
        return Badge(text="not finished", tone=Tone.WARN)
    return Badge(text="not begun", tone=Tone.IDLE)
