"""Wait for jobs that run already, or cancel them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from azremedy.domain.jobs import describe_job
from azremedy.domain.steps import CancelJob, WaitForIdle
from azremedy.engine.handlers.base import (
    Accepted,
    Already,
    Moved,
    Outcome,
    Proceed,
    Seen,
    Tools,
)
from azremedy.engine.handlers.idle import find_running_job
from azremedy.engine.handlers.patient import ask_fresh, keep_asking, retry_throttled, sleep_until
from azremedy.errors import AzureError, ConnectionFailedError, ServiceUnavailableError

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from azremedy.domain.resources import BackupJob
    from azremedy.ids import ResourceId

# The service says a minute when it takes a cancellation (recorded Azure traffic, 2017); the job
# ends when what it is doing lets go.
_CANCELLATION = timedelta(hours=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class JobCancellation:
    """Carries out ``CancelJob``."""

    step: CancelJob
    """The step."""
    tools: Tools
    """What it works with."""

    def observe(self) -> Seen:
        """Look that the job still runs and is of a kind that can be cancelled."""
        job = _get_job(self.step.job_id, self.tools)
        if not job.running:
            return Already(why=f"the job has ended: {job.status}")
        changes = self.tools.gateways(self.step.job_id).backup_changes
        if not changes.is_cancellable(self.step.job_id):
            return Moved(why=f"a {job.operation} job cannot be cancelled")
        return Proceed()

    def act(self) -> Accepted:
        """Ask for the cancellation; a refusal is no harm when somebody else was faster."""
        changes = self.tools.gateways(self.step.job_id).backup_changes
        try:
            receipt = retry_throttled(lambda: changes.cancel_job(self.step.job_id), self.tools)
        except (ConnectionFailedError, ServiceUnavailableError):
            raise
        except AzureError:
            if (ending := self.confirm()) is None:
                raise
            return ending
        return Accepted(request_id=receipt.request_id, correlation_id=receipt.correlation_id)

    def confirm(self) -> Accepted | None:
        """Look whether the job is being cancelled, or over."""
        job = _get_job(self.step.job_id, self.tools)
        return None if job.status == "InProgress" else Accepted(moot=not job.running)

    def finish(self, accepted: Accepted) -> Outcome:  # noqa: ARG002 - part of the protocol
        """Wait until the job has ended, whichever way: then it is out of the way.

        Raises:
            AzureError: it still runs when patience is over, or cannot be read.
        """
        until = self.tools.clock.now() + _CANCELLATION
        job = follow_job(self.step.job_id, self.tools, until=until, is_settled=_has_ended)
        if job.running:
            raise AzureError(
                f"The job {job.id} is still {job.status}",
                advice="It goes on in Azure. Look at it in the vault, then run the command again.",
            )
        return Outcome(message=describe_job(job))


@dataclass(frozen=True, slots=True, kw_only=True)
class IdleWait:
    """Carries out ``WaitForIdle``."""

    step: WaitForIdle
    """The step."""
    tools: Tools
    """What it works with."""

    def observe(self) -> Seen:
        """Look for a job that works on the VM, in every vault that knows it."""
        if find_running_job(self.step.items, self.tools) is None:
            return Already(why="no job works on the VM")
        return Proceed()

    def act(self) -> Accepted:
        """Nothing is sent."""
        return Accepted()

    def confirm(self) -> Accepted | None:
        """Nothing was sent, so nothing can be lost."""
        return Accepted()

    def finish(self, accepted: Accepted) -> Outcome:  # noqa: ARG002 - part of the protocol
        """Follow one job after the other until none runs.

        Raises:
            AzureError: a job still runs when time is up, or jobs cannot be read.
        """
        until = self.tools.clock.now() + timedelta(seconds=self.step.timeout_s)
        told = "no job works on the VM"
        while (running := self._find(until)) is not None:
            job = follow_job(running.id, self.tools, until=until, is_settled=_has_ended)
            if job.running:
                raise AzureError(
                    f"A {job.operation} job still works on {self.step.vm_id}: {describe_job(job)}",
                    advice=f"It goes on in Azure; its job is {job.id}. Wait for it, or have it "
                    "cancelled, then run the command again.",
                )
            told = f"the {job.operation} job has ended: {job.status}"
        return Outcome(message=told)

    def _find(self, until: datetime) -> BackupJob | None:
        return keep_asking(
            lambda: find_running_job(self.step.items, self.tools), self.tools, until=until
        )


def _has_ended(job: BackupJob) -> bool:
    return not job.running


def _get_job(job_id: ResourceId, tools: Tools) -> BackupJob:
    return tools.gateways(job_id).backup.get_job(job_id.parent, job_id.name)


def follow_job(
    job_id: ResourceId,
    tools: Tools,
    *,
    until: datetime,
    is_settled: Callable[[BackupJob], bool],
    began: datetime | None = None,
) -> BackupJob:
    """Read a job until it is settled or time is up, and tell how far it is.

    Args:
        job_id: the job.
        tools: what the handler works with.
        until: when time is up.
        is_settled: says whether enough is known.
        began: when this run began a backup; it is surely not over at once.

    Raises:
        NotFoundError: the vault still does not know the job after a while.
        AzureError: it cannot be read.
    """
    source, watch = tools.gateways(job_id).backup, tools.memory.watch
    pace = tools.job_pace if began is None else tools.backup_pace
    with watch.following(job_id, source, tools.clock, pace, began=began) as follower:
        told = ""
        while True:
            is_late = tools.clock.now() >= until
            job = ask_fresh(follower.read_now if is_late else follower.read, tools, until=until)
            if job is not None:
                told = _tell_news(job, tools, told=told)
                if is_late or is_settled(job):
                    return job
            sleep_until(min(tools.clock.now() + follower.pause, until), tools.clock)


def _tell_news(job: BackupJob, tools: Tools, *, told: str) -> str:
    if (text := describe_job(job)) != told:
        tools.progress(text)
    return text
