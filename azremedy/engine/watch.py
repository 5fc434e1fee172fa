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

from azremedy.domain.resources import BackupJob
from azremedy.gateways.backup import JobFilter
from azremedy.gateways.clock import Clock
from azremedy.ids import ResourceId

if TYPE_CHECKING:
    from collections.abc import Iterator

_RUNNING = JobFilter(status="InProgress")


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
    """Between lists of a vault, and between the first reads of a job."""
    at_most: timedelta
    """Between reads of a job in the end: each is twice as late as the one before."""


@dataclass(slots=True, kw_only=True)
class VaultJobs:
    """What the threads of a run share about one vault."""

    turn: Lock = field(default_factory=Lock)
    """Who lists keeps the others waiting, for the answer is theirs as well."""
    followed: set[ResourceId] = field(default_factory=set)
    """Jobs that somebody waits for."""
    running: frozenset[ResourceId] = frozenset()
    """Jobs that the last list of running ones showed."""
    listed_at: datetime | None = None
    """When that was."""
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
    _read_at: datetime | None = None
    _pause: timedelta = timedelta()

    def read(self) -> BackupJob:
        """Give the job. Ask often: Azure is asked no more often than needed.

        Where others of the vault are followed as well, its tasks may be some minutes old: only the
        job itself tells of these, and an end shows in the list.

        Raises:
            NotFoundError: the vault has no such job.
            AzremedyError: as the source tells them.
        """
        known = self._job
        if known is not None and len(self.vault.followed) > 1 and self._seems_unchanged():
            return known
        self._read_at = self.clock.now()
        self._job = self.source.get_job(self.job_id.parent, self.job_id.name)
        self._pause = min(max(self._pause * 2, self.pace.every), self.pace.at_most)
        return self._job

    def _seems_unchanged(self) -> bool:
        """Say whether the job still runs, and was read not so long ago."""
        read_at = self._read_at
        if read_at is None or self.clock.now() >= read_at + self._pause:
            return False
        with self.vault.turn:
            self._list_running()
            listed_at = self.vault.listed_at
            # A list from before the job was read knows less than was read.
            return self.job_id in self.vault.running or listed_at is None or listed_at < read_at

    def _list_running(self) -> None:
        vault, now = self.vault, self.clock.now()
        if vault.listed_at is not None and now < vault.listed_at + self.pace.every:
            return
        listed = self.source.list_jobs(self.job_id.parent, _RUNNING)
        vault.running, vault.listed_at = frozenset(job.id for job in listed), now
