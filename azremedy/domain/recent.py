"""What azremedy itself did about a VM's backup of late, and what that says about doing it again.

The service counts attempts and Compute rations points, so blind repetition uses up what the next
scheduled backup needs. What is known comes from journals; the service's own jobs complete it.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING

from azremedy.domain.remedies import Remedy
from azremedy.ids import ResourceId

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from azremedy.domain.resources import BackupJob

DAY = timedelta(days=1)
"""How far back attempts count."""
COOL_DOWN = timedelta(hours=1)
"""How long after a failed backup the next one waits."""
POINTS_PER_HOUR = 3
"""Application-consistent restore points that Compute takes of one VM in an hour.
Source: learn.microsoft.com/azure/virtual-machines/virtual-machines-create-restore-points (2026)."""
NO_CAUSE = "none-confirmed"
"""Stands for the cause where every known one is ruled out and a backup alone is tried."""

# Azure's clock and the job's start may differ a little; the service names a job within minutes.
_EARLIER, _LATER = timedelta(minutes=1), timedelta(minutes=10)


class Ending(StrEnum):
    """How a backup that azremedy asked for ended."""

    GOOD = "good"
    """It got as far as it was followed."""
    FAILED = "failed"
    """Its job failed."""
    FORESEEN = "foreseen"
    """Its job failed as its plan had said: the first one after an unlock may."""
    REFUSED = "refused"
    """The service did not take the request."""
    UNKNOWN = "unknown"
    """Nobody saw its end, or it was cancelled."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """One backup that a run asked for, or was about to."""

    run_id: str
    """The run."""
    sent_at: datetime
    """Azure's time right before the request."""
    ending: Ending = Ending.UNKNOWN
    """How it ended."""
    ended_at: datetime | None = None
    """Azure's time when that was seen."""
    job_id: ResourceId | None = None
    """Its job, where one was named."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Tried:
    """A remedy that was carried out and did not help."""

    run_id: str
    """The run."""
    at: datetime
    """Azure's time when it was seen not to help."""
    cause: str
    """The cause that it was to mend."""
    remedy: Remedy
    """The remedy."""
    codes: frozenset[str] = frozenset()
    """The codes that the VM showed before; empty when it showed none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Recent:
    """What journals of the last day tell about one VM."""

    attempts: tuple[Attempt, ...] = ()
    """Backups that were asked for."""
    tried: tuple[Tried, ...] = ()
    """Remedies that did not help."""
    unread: tuple[str, ...] = ()
    """Runs whose journals cannot be read: there may have been more."""


NOTHING = Recent()
"""Nothing was done, or nobody keeps journals here."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Count:
    """How many backups of a VM were asked for."""

    today: int
    """Since midnight UTC, as the service counts."""
    day: int
    """In the last 24 hours."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Pause:
    """Until when no backup of a VM should be asked for, and why."""

    until: datetime
    """Azure's time."""
    why: str
    """One line for people."""


def count_backups(jobs: Sequence[BackupJob], recent: Recent, *, now: datetime) -> Count:
    """Count the backups that were asked for: the service's jobs, and attempts that none of them is.

    Scheduled jobs do not count, where Azure says that they are.

    Args:
        jobs: the VM's backup jobs since midnight UTC.
        recent: what journals tell.
        now: Azure's time.
    """
    asked = [job for job in jobs if job.user_triggered is not False]
    extra = [each for each in _list_unlisted(recent.attempts, asked) if now - each.sent_at < DAY]
    midnight = now.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    today = sum(each.sent_at >= midnight for each in extra)
    return Count(today=len(asked) + today, day=len(asked) + len(extra))


def find_pause(jobs: Sequence[BackupJob], recent: Recent, *, now: datetime) -> Pause | None:
    """Find out whether a backup would come too soon after others; ``None``: it would not.

    Args:
        jobs: the VM's backup jobs since midnight UTC.
        recent: what journals tell.
        now: Azure's time.
    """
    pauses = (_find_after_failure(jobs, recent), _find_hours_last(jobs, recent))
    open_ = [pause for pause in pauses if pause is not None and pause.until > now]
    return max(open_, key=lambda pause: pause.until, default=None)


def list_spent(recent: Recent, codes: Iterable[str]) -> dict[str, dict[Remedy, Tried]]:
    """List by cause the remedies that did not help against what the VM shows now.

    A remedy counts as spent when the VM showed one of the same codes before it; one that was tried
    without any code counts for all.

    Args:
        recent: what journals tell.
        codes: the codes that the VM shows now.
    """
    now = {code.lower() for code in codes}
    spent: dict[str, dict[Remedy, Tried]] = {}
    for each in recent.tried:
        if not each.codes or now & {code.lower() for code in each.codes}:
            spent.setdefault(each.cause, {})[each.remedy] = each
    return spent


def _find_after_failure(jobs: Sequence[BackupJob], recent: Recent) -> Pause | None:
    """Wait after a failure of our own, unless a later backup was good."""
    ended = [
        each
        for each in _settle(recent.attempts, jobs)
        if each.ending in {Ending.FAILED, Ending.GOOD} and each.ended_at is not None
    ]
    last = max(ended, key=lambda each: each.ended_at or each.sent_at, default=None)
    if last is None or last.ended_at is None or last.ending is Ending.GOOD:
        return None
    if any(job.status == "Completed" and _start(job) > last.ended_at for job in jobs):
        return None
    until = last.ended_at + COOL_DOWN
    return Pause(until=until, why=f"the backup of run {last.run_id} failed at {_clock(last)}")


def _find_hours_last(jobs: Sequence[BackupJob], recent: Recent) -> Pause | None:
    """Wait when the last hour had all points that Compute takes; scheduled ones count too."""
    unlisted = _list_unlisted(recent.attempts, jobs)
    extra = (each.sent_at for each in unlisted if each.ending is not Ending.REFUSED)
    times = sorted([*extra, *(job.start_time for job in jobs if job.start_time is not None)])
    if len(times) < POINTS_PER_HOUR:
        return None
    until = times[-POINTS_PER_HOUR] + COOL_DOWN
    return Pause(until=until, why=f"Compute takes {POINTS_PER_HOUR} points of a VM an hour")


def _list_unlisted(attempts: Iterable[Attempt], jobs: Iterable[BackupJob]) -> list[Attempt]:
    """List the attempts that no job of the list is: refused, of yesterday, or not shown yet."""
    left = list(jobs)
    unlisted = []
    for attempt in sorted(attempts, key=lambda each: each.sent_at):
        job = _find_job(attempt, left)
        if job is None:
            unlisted.append(attempt)
        else:
            left.remove(job)
    return unlisted


def _settle(attempts: Iterable[Attempt], jobs: Sequence[BackupJob]) -> list[Attempt]:
    """Take from the service's jobs how attempts ended whose end nobody waited for."""
    return [_settle_one(attempt, _find_job(attempt, jobs)) for attempt in attempts]


def _settle_one(attempt: Attempt, job: BackupJob | None) -> Attempt:
    endings = {"Failed": Ending.FAILED, "Completed": Ending.GOOD}
    if attempt.ending is not Ending.UNKNOWN or job is None or job.status not in endings:
        return attempt
    return replace(attempt, ending=endings[job.status], ended_at=job.end_time or attempt.sent_at)


def _find_job(attempt: Attempt, jobs: Iterable[BackupJob]) -> BackupJob | None:
    """Find an attempt's job: by its id, else the first that started soon after the request."""
    if attempt.ending is Ending.REFUSED:
        return None
    if attempt.job_id is not None:
        return next((job for job in jobs if job.id == attempt.job_id), None)
    since, until = attempt.sent_at - _EARLIER, attempt.sent_at + _LATER
    near = [
        job for job in jobs if job.user_triggered is not False and since <= _start(job) <= until
    ]
    return min(near, key=_start, default=None)


def _start(job: BackupJob) -> datetime:
    return job.start_time or datetime.min.replace(tzinfo=UTC)


def _clock(attempt: Attempt) -> str:
    return f"{attempt.ended_at or attempt.sent_at:%H:%M} UTC"
