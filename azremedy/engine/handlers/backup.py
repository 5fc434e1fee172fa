"""Start a backup exactly once, and follow its job to its real end."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from azremedy.domain.jobs import describe_job, is_confirmed, job_outcome
from azremedy.domain.steps import ItemRef, TriggerBackup, WaitForJob
from azremedy.engine.handlers.base import (
    Accepted,
    Moved,
    Outcome,
    Proceed,
    Seen,
    Tools,
    Trigger,
)
from azremedy.engine.handlers.idle import find_running_job, vault_of
from azremedy.engine.handlers.patient import retry_throttled
from azremedy.errors import BackupNotConfirmedError
from azremedy.gateways.backup import JobFilter

if TYPE_CHECKING:
    from datetime import datetime

    from azremedy.domain.resources import BackupJob
    from azremedy.gateways.backup import TriggerReceipt
    from azremedy.ids import ResourceId

# Azure's clock and the job's start may differ a little, and the service rounds.
_SKEW = timedelta(minutes=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class BackupTrigger:
    """Carries out ``TriggerBackup``."""

    step: TriggerBackup
    """The step."""
    tools: Tools
    """What it works with."""

    def observe(self) -> Seen:
        """Look that no job of this item runs."""
        item = ItemRef(item_id=self.step.item_id, container_name=self.step.container_name)
        if job := find_running_job((item,), self.tools):
            return Moved(why=f"a {job.operation} job of this VM has started")
        return Proceed()

    def act(self) -> Accepted:
        """Send the one request. Only a throttled one, which was not carried out, is repeated."""
        now = self.tools.clock.now()
        self._remember(now, None)
        receipt = retry_throttled(lambda: self._trigger(now), self.tools)
        self._remember(now, receipt.operation_id)
        return Accepted(request_id=receipt.request_id, correlation_id=receipt.correlation_id)

    def confirm(self) -> Accepted | None:
        """Look for a backup job of this item that began after the request was sent."""
        trigger = self.tools.memory.triggers[self.step.item_id]
        for _ in range(self.tools.patience.lock_reads):
            if (job := self._find_job(trigger.sent_at)) is not None:
                self.tools.memory.triggers[self.step.item_id] = Trigger(
                    sent_at=trigger.sent_at, operation_id=None, job_id=job.id
                )
                return Accepted()
            self.tools.clock.sleep(self.tools.patience.job_every.total_seconds())
        return None

    def finish(self, accepted: Accepted) -> Outcome:  # noqa: ARG002 - part of the protocol
        """Nothing to wait for: the next step follows the backup."""
        return Outcome(message="Azure Backup has taken the request")

    def _trigger(self, now: datetime) -> TriggerReceipt:
        backup = self.tools.gateways(self.step.item_id).backup
        return backup.trigger_backup(self.step.item_id, now + timedelta(days=self.step.retain_days))

    def _remember(self, sent_at: datetime, operation_id: str | None) -> None:
        self.tools.memory.triggers[self.step.item_id] = Trigger(
            sent_at=sent_at, operation_id=operation_id
        )

    def _find_job(self, sent_at: datetime) -> BackupJob | None:
        vault_id = vault_of(self.step.item_id)
        jobs = self.tools.gateways(vault_id).backup.list_jobs(
            vault_id, JobFilter(operation="Backup")
        )
        mine = (
            job
            for job in jobs
            if job.container_name.lower() == self.step.container_name.lower()
            and job.start_time is not None
            and job.start_time >= sent_at - _SKEW
        )
        return next(mine, None)


@dataclass(frozen=True, slots=True, kw_only=True)
class JobWait:
    """Carries out ``WaitForJob``."""

    step: WaitForJob
    """The step."""
    tools: Tools
    """What it works with."""

    def observe(self) -> Seen:
        """There is nothing to compare: the backup was started a moment ago."""
        return Proceed()

    def act(self) -> Accepted:
        """Nothing is sent."""
        return Accepted()

    def confirm(self) -> Accepted | None:
        """Nothing was sent, so nothing can be lost."""
        return Accepted()

    def finish(self, accepted: Accepted) -> Outcome:  # noqa: ARG002 - part of the protocol
        """Follow operation and job, and say truthfully how it ended."""
        give_up = self.tools.clock.now() + timedelta(seconds=self.step.timeout_s)
        job_id = self._find_job_id(give_up)
        job = self._follow(job_id, give_up)
        outcome = job_outcome(job)
        told = describe_job(job)
        if is_confirmed(job, self.step.until):
            return Outcome(message=told, job=outcome)
        if self.step.failure_expected and not job.running:
            return Outcome(message=f"{told}, as expected", job=outcome)
        return Outcome(message=told, job=outcome, failure=_unconfirmed(job, told))

    def _find_job_id(self, give_up: datetime) -> ResourceId:
        trigger = self.tools.memory.triggers[self.step.item_id]
        if trigger.job_id is not None:
            return trigger.job_id
        vault_id = vault_of(self.step.item_id)
        backup = self.tools.gateways(vault_id).backup
        while self.tools.clock.now() < give_up:
            status = backup.get_operation(vault_id, trigger.operation_id or "")
            if status.job_id:
                return vault_id.child("backupJobs", status.job_id)
            if status.status.lower() != "inprogress":
                raise BackupNotConfirmedError(
                    f"Azure Backup did not start a job for {self.step.item_id}",
                    answer=status.error,
                )
            self.tools.clock.sleep(self.tools.patience.operation_every.total_seconds())
        raise BackupNotConfirmedError(f"No job was named in time for {self.step.item_id}")

    def _follow(self, job_id: ResourceId, give_up: datetime) -> BackupJob:
        told = ""
        while True:
            vault_id = vault_of(self.step.item_id)
            job = self.tools.gateways(vault_id).backup.get_job(vault_id, job_id.name)
            if (text := describe_job(job)) != told:
                self.tools.progress(text)
                told = text
            settled = is_confirmed(job, self.step.until) or not job.running
            if settled or self.tools.clock.now() >= give_up:
                return job
            self.tools.clock.sleep(self.tools.patience.job_every.total_seconds())


def _unconfirmed(job: BackupJob, told: str) -> BackupNotConfirmedError:
    if job.running:
        summary = f"The backup was not confirmed in time: {told}"
        advice = f"It goes on in Azure; its job is {job.id}."
        return BackupNotConfirmedError(summary, advice=advice)
    hints = [text for error in job.errors for text in error.recommendations]
    return BackupNotConfirmedError(
        f"The backup failed: {told}",
        advice=" ".join(hints) or f"See the job {job.id}.",
    )
