"""Who waits for a job of several hears of its end when a list shows it, and wakes for little else.

Pure: a vault of jobs that end when the case says, and a clock that stands still but for sleeping.
"""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from azremedy.domain.resources import BackupJob, JobTask
from azremedy.engine.watch import Follower, JobWatch, Pace
from azremedy.ids import ResourceId

if TYPE_CHECKING:
    from azremedy.gateways.backup import JobFilter

VAULT = ResourceId.parse(
    "/subscriptions/5f0c2a6e-8d41-4b7a-9c35-2e1d7a90b8f4/resourceGroups/rg-backup/providers/"
    "Microsoft.RecoveryServices/vaults/vault-shop"
)
BEGAN = datetime(2026, 11, 20, 8, tzinfo=UTC)
SNAPSHOT = timedelta(minutes=8)
PACE = Pace(
    soonest=timedelta(seconds=10),
    first=timedelta(minutes=1),
    at_most=timedelta(minutes=1),
    lists=timedelta(minutes=1),
)


@dataclass(slots=True)
class Stopwatch:
    """Time that passes only while somebody sleeps."""

    time: datetime = BEGAN

    def now(self) -> datetime:
        """Give the time."""
        return self.time

    def sleep(self, seconds: float) -> None:
        """Let it pass."""
        self.time += timedelta(seconds=seconds)


@dataclass(slots=True, kw_only=True)
class Vault:
    """Jobs that all begin at once; each has its end."""

    clock: Stopwatch
    ends: dict[str, datetime]
    listed: list[datetime] = field(default_factory=list)

    def list_jobs(
        self, _: ResourceId, job_filter: JobFilter | None = None
    ) -> tuple[BackupJob, ...]:
        """List the jobs that run."""
        assert job_filter is not None
        self.listed.append(self.clock.now())
        return tuple(job for job in map(self._make, self.ends) if job.running)

    def get_job(self, _: ResourceId, job_id: str) -> BackupJob:
        """Read one."""
        return self._make(job_id)

    def _make(self, name: str) -> BackupJob:
        ended = self.clock.now() >= self.ends[name]
        status = "Failed" if ended else "InProgress"
        return BackupJob(
            id=VAULT.child("backupJobs", name),
            operation="Backup",
            status=status,
            start_time=BEGAN,
            tasks=(JobTask(name="Take Snapshot", status=status),),
        )


def follow(vault: Vault, *, apart: timedelta) -> tuple[dict[str, datetime], int]:
    """Follow all jobs as threads do, each in its own rhythm; tell when each end was seen.

    Also counts how often somebody woke.
    """
    clock, watch = vault.clock, JobWatch()
    seen: dict[str, datetime] = {}
    wakes = 0
    with ExitStack() as waiting:
        due: dict[str, datetime] = {}
        followers: dict[str, Follower] = {}
        for place, name in enumerate(vault.ends):
            following = watch.following(
                VAULT.child("backupJobs", name), vault, clock, PACE, began=BEGAN
            )
            followers[name] = waiting.enter_context(following)
            followers[name].vault.shortest = SNAPSHOT
            due[name] = BEGAN + place * apart
        while due:
            name = min(due, key=lambda each: due[each])
            clock.time = max(clock.time, due.pop(name))
            wakes += 1
            job = followers[name].read()
            if job is not None and not job.running:
                seen[name] = clock.now()
            else:
                due[name] = clock.now() + followers[name].pause
    return seen, wakes


def test_an_early_end_is_heard_of_when_a_list_shows_it() -> None:
    """Whoever read the list: the job's own thread hears of it within seconds."""
    clock = Stopwatch()
    ends = {f"job-{number}": BEGAN + SNAPSHOT for number in range(10)}
    vault = Vault(clock=clock, ends={**ends, "job-7": BEGAN + timedelta(seconds=70)})

    seen, _ = follow(vault, apart=timedelta(seconds=7))

    shown = min(at for at in vault.listed if at >= vault.ends["job-7"])
    assert seen["job-7"] - shown <= timedelta(seconds=3)


def test_who_knows_when_to_look_wakes_for_lists_only() -> None:
    """Ten that take eight minutes wake some times each, not every three seconds."""
    clock = Stopwatch()
    vault = Vault(clock=clock, ends={f"job-{n}": BEGAN + SNAPSHOT for n in range(10)})

    seen, wakes = follow(vault, apart=timedelta(seconds=7))

    assert len(seen) == 10
    assert max(seen.values()) <= BEGAN + SNAPSHOT + timedelta(seconds=5)
    assert wakes <= 10 * 15
