"""Watch the backup jobs of a run: often enough to see their ends soon, and within Azure's limits.

The service allows 150 reads of jobs an hour in a subscription, later 450 (recorded Azure traffic,
2021-2024): one read for each of many VMs every half minute would use them up in minutes. A job
alone is read by itself. Several of a vault share one list, which shows whose job has ended, and the
reads of the jobs themselves, which alone tell of their snapshots. Until the first snapshot is seen
to end one job is read for all of them; then each when it has taken as long as that one, once, and
those that take longer one after the other.
"""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from threading import Lock
from typing import TYPE_CHECKING, Protocol

from azremedy.domain.jobs import SNAPSHOT, task_status
from azremedy.domain.resources import BackupJob
from azremedy.gateways.backup import JobFilter
from azremedy.gateways.clock import Clock
from azremedy.ids import ResourceId

if TYPE_CHECKING:
    from collections.abc import Iterator

_RUNNING = JobFilter(status="InProgress")
# One that took hours says nothing of the others. A snapshot takes about 8 minutes (recorded Azure
# traffic, 2024).
_LATEST_FIRST_LOOK = timedelta(minutes=10)
# Between reads of several jobs that take longer than another one did: 120 an hour.
_BETWEEN = timedelta(seconds=30)
# A look that is too soon is one too many, and the next one is far.
_RATHER_LATE = timedelta(seconds=5)
_LONGEST_PAUSE_OF_LISTS = 4
_UP_EVERY = timedelta(seconds=3)
"""How soon one of several hears what another one has read."""


class JobSource(Protocol):
    """Where jobs are read; the gateway is one."""

    def list_jobs(
        self, vault_id: ResourceId, job_filter: JobFilter | None = None
    ) -> tuple[BackupJob, ...]:
        """List a vault's jobs."""

    def get_job(self, vault_id: ResourceId, job_id: str) -> BackupJob:
        """Read a job with its tasks and errors."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Pace:
    """How often jobs are looked at. Azure's time."""

    soonest: timedelta
    """The shortest time between two reads of a job."""
    first: timedelta = timedelta()
    """How long it has surely to run, so that nobody looks."""
    at_most: timedelta
    """The longest."""
    lists: timedelta
    """The shortest time between two lists of the running jobs."""
    part: float = 1 / 15
    """Which part of the time that has passed may pass again before the next read: so late, at
    most, an end is seen."""

    def after(self, passed: timedelta) -> timedelta:
        """Give the time until a job is read again that has run so long."""
        return max(self.first - passed, self.soonest, min(passed * self.part, self.at_most))


@dataclass(slots=True, kw_only=True)
class VaultJobs:
    """What the threads of a run share about one vault."""

    turn: Lock = field(default_factory=Lock)
    """Who reads keeps the others waiting, for the answer is theirs as well."""
    followed: set[ResourceId] = field(default_factory=set)
    """Jobs that somebody waits for."""
    look_at: datetime | None = None
    """When one of them may be read again; at once when ``None``."""
    shortest: timedelta = timedelta()
    """How long the shortest snapshot took that was seen to end."""
    running: dict[ResourceId, datetime | None] = field(default_factory=dict)
    """Jobs that the last list of running ones showed, and when they began."""
    listed_at: datetime | None = None
    """When that was."""
    pause: timedelta = timedelta()
    """How long it counts."""
    begun: int = 0
    """Lists of the recent jobs that were begun."""
    answered: int = 0
    """Which of them was answered last."""
    recent: tuple[BackupJob, ...] = ()
    """What that showed."""


@dataclass(slots=True)
class JobWatch:
    """Reads jobs for the threads of one run. Make one for each run."""

    _guard: Lock = field(default_factory=Lock)
    _vaults: dict[ResourceId, VaultJobs] = field(default_factory=dict)

    def list_recent(
        self, vault_id: ResourceId, source: JobSource, clock: Clock
    ) -> tuple[BackupJob, ...]:
        """List a week's jobs, ended ones too, as they are now.

        Who asks while another thread's list is on its way waits for the next one, and shares that
        with all who wait: nobody gets an answer that was begun before the question.

        Raises:
            AzremedyError: as the source tells them.
        """
        vault = self._find(vault_id)
        asked = vault.begun
        with vault.turn:
            if vault.answered <= asked:
                _leave_if_asked(clock)
                vault.begun += 1
                vault.recent = source.list_jobs(vault_id, JobFilter.recent(clock.now()))
                vault.answered = vault.begun
            return vault.recent

    @contextmanager
    def following(
        self,
        job_id: ResourceId,
        source: JobSource,
        clock: Clock,
        pace: Pace,
        *,
        began: datetime | None = None,
    ) -> Iterator[Follower]:
        """Follow a job while the block runs.

        Args:
            job_id: the job.
            source: where it is read.
            clock: Azure's.
            pace: how often.
            began: when the job began; unknown, and so now, when left out.
        """
        vault = self._find(job_id.parent)
        with self._guard:
            vault.followed.add(job_id)
        try:
            yield Follower(
                job_id=job_id,
                source=source,
                clock=clock,
                pace=pace,
                vault=vault,
                began=began or clock.now(),
                followed_at=clock.now(),
            )
        finally:
            with self._guard:
                vault.followed.discard(job_id)

    def _find(self, vault_id: ResourceId) -> VaultJobs:
        with self._guard:
            return self._vaults.setdefault(vault_id, VaultJobs())


@dataclass(slots=True, kw_only=True)
class Follower:
    """One job, as its waiter sees it."""

    job_id: ResourceId
    """The job."""
    source: JobSource
    """Where it is read."""
    clock: Clock
    """Azure's."""
    pace: Pace
    """How often."""
    vault: VaultJobs
    """What is shared with those who wait for other jobs of the vault."""
    began: datetime
    """When the job began, as far as the waiter knows."""
    followed_at: datetime
    """When somebody began to wait for it."""
    _job: BackupJob | None = None
    _read_at: datetime | None = None
    _next: datetime | None = None

    def read_now(self) -> BackupJob:
        """Read the job, however short ago that was.

        Raises:
            NotFoundError: the vault has no such job.
            AzremedyError: as the source tells them.
        """
        with self.vault.turn:
            _leave_if_asked(self.clock)
            return self._look()

    def read(self) -> BackupJob | None:
        """Give the job as it is known; ``None`` while nothing is. Ask again after ``pause``.

        Azure is asked no more often than needed. Where others of the vault are followed as well,
        the job's tasks may be some minutes old; an end shows in the list.

        Raises:
            NotFoundError: the vault has no such job.
            AzremedyError: as the source tells them.
        """
        with self.vault.turn:
            _leave_if_asked(self.clock)
            if self._is_due(self.clock.now()):
                self._look()
            return self._job

    @property
    def pause(self) -> timedelta:
        """The time after which to ask again."""
        left = self._due - self.clock.now()
        if left <= timedelta():
            return _UP_EVERY
        if not self._is_one_of_several:
            return left
        if self._own_time is None or self.vault.listed_at is None:
            return min(left, _UP_EVERY)
        # Who waits for its own time needs to hear only of an early end, which the lists show.
        until_list = self.vault.listed_at + self.vault.pause - self.clock.now()
        return min(left, max(until_list, _UP_EVERY))

    @property
    def _is_one_of_several(self) -> bool:
        return len(self.vault.followed) > 1

    @property
    def _due(self) -> datetime:
        """When to read the job, by what is known now."""
        if not self._is_one_of_several:
            return self._next or self._soonest
        soon = (self._soonest, self.vault.look_at, self._next)
        return self._own_time or max(at for at in soon if at is not None)

    @property
    def _own_time(self) -> datetime | None:
        """When to read the job for the first time since it may be over, once that is known.

        One read is what each job costs anyway, so it waits for nobody else's.
        """
        is_ahead = (self._read_at or self._start) < self._perhaps
        return self._soonest if self.vault.shortest and is_ahead else None

    @property
    def _soonest(self) -> datetime:
        """Before which nobody looks, unless a list shows that the job has ended."""
        surely = self.began + self.pace.first
        return max(surely, self._perhaps) if self._is_one_of_several else surely

    @property
    def _perhaps(self) -> datetime:
        """When the job may be over, by what another one of the vault took."""
        return self._start + min(self.vault.shortest, _LATEST_FIRST_LOOK) + _RATHER_LATE

    @property
    def _start(self) -> datetime:
        """When the job began, as Azure has it where that is known: a request may take its time."""
        told = self._job.start_time if self._job else self.vault.running.get(self.job_id)
        return max(told or self.began, self.began)

    def _is_due(self, now: datetime) -> bool:
        if self._is_one_of_several:
            if self._has_left_the_list(now):
                return True
            if self._job is not None and _is_over(self._job):
                return False
        return now >= self._due

    def _look(self) -> BackupJob:
        """Read the job. No news lets all of the vault's wait, and itself longer than the others."""
        known = self._job
        self._job = self.source.get_job(self.job_id.parent, self.job_id.name)
        now = self._read_at = self.clock.now()
        wait = self.pace.after(now - self.began)
        self._next = now + wait
        if self._is_one_of_several:
            # After news the others are looked at without delay: they may be over as well. Without,
            # another one's turn comes before this one's.
            is_news = _is_over(self._job) and not (known and _is_over(known))
            pause = max(wait, _BETWEEN) if self.vault.shortest else wait
            self.vault.look_at = now if is_news else now + pause
            others = len(self.vault.followed) - 1
            self._next = now + min(4 * wait, max(wait, others * _BETWEEN))
        if task_status(self._job, SNAPSHOT) == "Completed":
            self._learn(now - self._start)
        return self._job

    def _learn(self, took: timedelta) -> None:
        """Keep what a snapshot took that was waited for from its beginning."""
        is_whole = self.followed_at - self._start < self.pace.first
        if is_whole and took > timedelta():
            self.vault.shortest = min(took, self.vault.shortest or took)

    def _has_left_the_list(self, now: datetime) -> bool:
        """Say whether the job has ended since it was read: the list of running ones lacks it."""
        self._list_running(now)
        listed_at, seen_at = self.vault.listed_at, self._read_at or self.followed_at
        if listed_at is None or self.job_id in self.vault.running:
            return False
        # A list from before the job was read knows less than was read.
        return listed_at > seen_at and (self._job is None or self._job.running)

    def _list_running(self, now: datetime) -> None:
        vault, shortest = self.vault, self.pace.lists
        if vault.listed_at is not None and now < vault.listed_at + vault.pause:
            return
        jobs = self.source.list_jobs(self.job_id.parent, _RUNNING)
        running = {job.id: job.start_time for job in jobs}
        longest = shortest * _LONGEST_PAUSE_OF_LISTS
        vault.pause = min(vault.pause * 2, longest) if running == vault.running else shortest
        vault.running, vault.listed_at = running, now


def _is_over(job: BackupJob) -> bool:
    """Say whether nothing is to come but its end, which the list shows."""
    return task_status(job, SNAPSHOT).lower() not in {"", "inprogress", "notstarted"}


def _leave_if_asked(clock: Clock) -> None:
    """Let a thread that has waited for its turn leave instead, if somebody wants the run to end."""
    clock.sleep(0)
