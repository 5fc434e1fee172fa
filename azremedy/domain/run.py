"""What became of a plan: the state of each step, and of the run as a whole."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Literal

from azremedy.domain.plan import Plan
from azremedy.domain.resources import HealthDetail
from azremedy.errors import (
    EXIT_BACKUP_FAILED,
    EXIT_DONE,
    EXIT_FAILURES,
    EXIT_HELD,
    EXIT_NOT_FOUND,
    EXIT_REFUSED,
    EXIT_STALE,
    AzureAnswer,
)
from azremedy.ids import ResourceId


class StepState(StrEnum):
    """Where a step stands."""

    PLANNED = "planned"
    """Shown, not begun."""
    SKIPPED = "skipped"
    """Not done because a step before it failed, or the run was stopped."""
    STARTED = "started"
    """The intent is on disk; the request may be on its way."""
    ACCEPTED = "accepted"
    """Azure took the request and works on it."""
    DONE = "done"
    """Done, and seen to be done."""
    ALREADY = "already"
    """It was so already: nothing was sent."""
    FAILED = "failed"
    """Azure refused, or the effect could not be seen."""
    UNKNOWN = "unknown"
    """The request was sent and nobody saw the outcome."""


class RunState(StrEnum):
    """Where the whole run stands."""

    PLANNED = "planned"
    """A dry run, or not confirmed: nothing was changed."""
    REFUSED = "refused"
    """A guard or a person said no: nothing was changed."""
    NOTHING_TO_DO = "nothing-to-do"
    """The plan was empty."""
    DONE = "done"
    """Every step is done."""
    FAILED = "failed"
    """At least one step is not done."""
    INTERRUPTED = "interrupted"
    """Stopped from outside."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StepError:
    """Why a step failed."""

    msgid: str
    """The stable name of the error's class."""
    message: str
    """What was tried, on what, and what happened."""
    advice: str
    """What to do next."""
    exit_code: int
    """The exit code that this error alone would give."""
    answer: AzureAnswer | None = None
    """What Azure said."""


@dataclass(frozen=True, slots=True, kw_only=True)
class JobOutcome:
    """How a followed backup ended."""

    job_id: ResourceId | None
    """The job; ``None`` when the service named none."""
    status: str
    """The job's status when it was read last."""
    snapshot: str = ""
    """State of the snapshot task."""
    transfer: str = ""
    """State of the transfer task."""
    errors: tuple[HealthDetail, ...] = ()
    """What the job says went wrong."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Trigger:
    """A backup that a run started, or is about to start."""

    sent_at: datetime
    """Azure's time right before the request."""
    operation_id: str | None
    """The backup operation; ``None`` before the request, and when its answer was lost."""
    job_id: ResourceId | None = None
    """The job, when it was found without the operation."""
    earlier_jobs: frozenset[ResourceId] = frozenset()
    """The item's jobs right before the request: none of them is this backup's."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StepResult:
    """What became of one step."""

    number: int
    """The step's number in the plan."""
    state: StepState
    """Where it stands."""
    message: str = ""
    """One line for people."""
    started_at: datetime | None = None
    """Azure's time before the request."""
    ended_at: datetime | None = None
    """Azure's time after the verification."""
    request_id: str | None = None
    """``x-ms-request-id`` of the request that changed something."""
    correlation_id: str | None = None
    """``x-ms-correlation-request-id`` of it."""
    error: StepError | None = None
    """Why it failed."""
    job: JobOutcome | None = None
    """For steps that follow a backup."""
    output: str = ""
    """For scripts in the guest: what they printed, its last 4,096 bytes."""


class TargetState(StrEnum):
    """Where one target of a run stands."""

    PLANNED = "planned"
    """Its steps are shown, and none is begun."""
    REFUSED = "refused"
    """A guard forbids what it would need."""
    NOTHING_TO_DO = "nothing-to-do"
    """It has no steps."""
    DONE = "done"
    """All its steps are done."""
    FAILED = "failed"
    """A step of it, or one that it shares with others, failed, or its outcome is unknown."""
    UNFINISHED = "unfinished"
    """The run ended between two of its steps."""
    NOT_BEGUN = "not-begun"
    """Nothing was done for it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TargetEnd:
    """What became of one target."""

    target: ResourceId
    """The VM, or the group."""
    state: TargetState
    """Where it stands."""
    last_step: int | None = None
    """Number of the step that failed, else of the last one that is done; ``None``: there is none.
    It may stand in another target's section: a lock that several share is taken off once."""
    reason: str = ""
    """One line for people."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """A plan and what became of it. A dry run has the same shape: its steps stay planned."""

    command: str
    """The command."""
    dry_run: bool
    """Whether changes were impossible from the start."""
    state: RunState
    """Where the run stands."""
    plan: Plan
    """What was shown."""
    steps: tuple[StepResult, ...]
    """One for each step of the plan, in order."""
    exit_code: int
    """The process's exit code."""
    run_id: str | None = None
    """Names the journal; ``None`` when nothing was begun."""
    journal: str | None = None
    """The journal's path; ``None`` when nothing was begun."""
    targets: tuple[TargetEnd, ...] = ()
    """One for each target of the plan, in order; what gives a locked group back is not among their
    steps."""
    schema: Literal["azremedy.run/1"] = "azremedy.run/1"


SETTLED = frozenset({StepState.DONE, StepState.ALREADY})
"""States in which a step needs nothing more."""


_NOTHING_DONE = frozenset({EXIT_REFUSED, EXIT_NOT_FOUND, EXIT_STALE, EXIT_HELD})
"""Codes that promise that nothing was changed."""


def find_exit_code(results: tuple[StepResult, ...]) -> int:
    """Give the exit code of a run that was not interrupted.

    A backup that failed or was not confirmed outranks the rest; failures that agree on a code keep
    it; everything else is "finished with failures".
    """
    codes = {result.error.exit_code for result in results if result.error is not None}
    if EXIT_BACKUP_FAILED in codes:
        return EXIT_BACKUP_FAILED
    if len(codes) == 1:
        (code,) = codes
        changed = any(result.state is StepState.DONE for result in results)
        return EXIT_FAILURES if changed and code in _NOTHING_DONE else code
    if all(result.state in SETTLED for result in results):
        return EXIT_DONE
    return EXIT_FAILURES
