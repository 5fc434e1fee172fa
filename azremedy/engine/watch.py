"""Watch the backup jobs of a run: one alone by itself, many in one vault by one list.

The service allows 150 reads of jobs an hour in a subscription, later 450 (recorded Azure traffic,
2021-2024): one read for each of many VMs every half minute would use them up in minutes.
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
# All jobs of a vault together are read every so often, until each has been read once: with their
# ends and the lists that is what an hour allows for twenty of them.
_SHARE = timedelta(seconds=12)
# Between reads of a job of which nothing is to come but its end, which the list shows.
_DULL = timedelta(minutes=30)


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

    every: timedelta
    """Between reads of a job that is followed alone, and between lists that show changes."""
    at_most: timedelta
    """Between reads of one of several jobs before its snapshot is over."""


@dataclass(slots=True, kw_only=True)
class VaultJobs:
    """What the threads of a run share about one vault."""

    turn: Lock = field(default_factory=Lock)
    """Who reads keeps the others waiting, for the answer is theirs as well."""
    followed: set[ResourceId] = field(default_factory=set)
    """Jobs that somebody waits for."""
    running: dict[ResourceId, BackupJob] = field(default_factory=dict)
    """Jobs that the last list of running ones showed."""
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
        self, job_id: ResourceId, source: JobSource, clock: Clock, pace: Pace
    ) -> Iterator[Follower]:
        """Follow a job while the block runs."""
        vault = self._find(job_id.parent)
        with self._guard:
            vault.followed.add(job_id)
        try:
            yield Follower(job_id=job_id, source=source, clock=clock, pace=pace, vault=vault)
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
    _job: BackupJob | None = None
    _looked_at: datetime | None = None
    _pause: timedelta = timedelta()

    def read(self) -> BackupJob:
        """Give the job. Ask often: Azure is asked no more often than needed.

        Where others of the vault are followed as well, its tasks may be some minutes old, or not
        be known yet: only the job itself tells of these, and an end shows in the list.

        Raises:
            NotFoundError: the vault has no such job.
            AzremedyError: as the source tells them.
        """
        if len(self.vault.followed) == 1:
            return self._read_it()
        with self.vault.turn:
            _leave_if_asked(self.clock)
            return self._find_unchanged() or self._read_it()

    def _read_it(self) -> BackupJob:
        self._looked_at = self.clock.now()
        self._job = self.source.get_job(self.job_id.parent, self.job_id.name)
        longer = min(max(self._pause * 2, self._shortest), max(self.pace.at_most, self._shortest))
        self._pause = _DULL if _is_dull(self._job) else longer
        return self._job

    @property
    def _shortest(self) -> timedelta:
        """The time after which a job is read again: the more jobs, the later each."""
        return max(self.pace.every, _SHARE * len(self.vault.followed))

    def _find_unchanged(self) -> BackupJob | None:
        """Give the job as it is known, while the list shows it running and it was read lately."""
        now = self.clock.now()
        if self._looked_at is None:
            self._looked_at, self._pause = now, self._shortest
        if now >= self._looked_at + self._pause:
            return None
        self._list_running(now)
        listed = self.vault.running.get(self.job_id)
        if listed is None and self.vault.listed_at is not None:
            # A list from before the job was read knows less than was read.
            return self._job if self.vault.listed_at < self._looked_at else None
        return self._job or listed

    def _list_running(self, now: datetime) -> None:
        vault = self.vault
        if vault.listed_at is not None and now < vault.listed_at + vault.pause:
            return
        jobs = self.source.list_jobs(self.job_id.parent, _RUNNING)
        running = {job.id: job for job in jobs}
        is_same = running.keys() == vault.running.keys()
        vault.pause = min(vault.pause * 2, self.pace.every * 4) if is_same else self.pace.every
        vault.running, vault.listed_at = running, now


def _is_dull(job: BackupJob) -> bool:
    """Say whether nothing is to come but its end, which the list shows."""
    return task_status(job, SNAPSHOT).lower() not in {"", "inprogress", "notstarted"}


def _leave_if_asked(clock: Clock) -> None:
    """Let a thread that has waited for its turn leave instead, if somebody wants the run to end."""
    clock.sleep(0)
