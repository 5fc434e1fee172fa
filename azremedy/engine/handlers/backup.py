"""Start a backup exactly once, and follow its job to its real end."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING

from azremedy.domain.jobs import describe_job, is_clean_up_pending, is_confirmed, job_outcome
from azremedy.domain.resources import vault_of
from azremedy.domain.run import Trigger
from azremedy.domain.steps import ItemRef, TriggerBackup, WaitFor, WaitForJob
from azremedy.engine.handlers.base import (
    Accepted,
    Moved,
    Outcome,
    Proceed,
    Seen,
    Tools,
)
from azremedy.engine.handlers.idle import list_jobs_of
from azremedy.engine.handlers.jobs import follow_job
from azremedy.engine.handlers.patient import ask_fresh, retry_throttled, sleep_until
from azremedy.errors import AzremedyError, BackupNotConfirmedError, BackupUnknownError

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
        """Look that no job of this item runs, and remember those that are over."""
        jobs = list_jobs_of(self._item, self.tools)
        if job := next((job for job in jobs if job.running), None):
            return Moved(why=f"a {job.operation} job of this VM has started")
        self.tools.memory.triggers[self.step.item_id] = Trigger(
            sent_at=self.tools.clock.now(),
            operation_id=None,
            earlier_jobs=frozenset(job.id for job in jobs),
        )
        return Proceed()

    def act(self) -> Accepted:
        """Send the one request. Only a throttled one, which was not carried out, is repeated.

        Raises:
            RefusedError, HeldError: it must not be repeated.
        """
        receipt = retry_throttled(self._trigger, self.tools, before_repeat=self._date_anew)
        self._remember(operation_id=receipt.operation_id)
        return Accepted(request_id=receipt.request_id, correlation_id=receipt.correlation_id)

    def confirm(self) -> Accepted | None:
        """Look for a backup job of this item that was not there before the request.

        Raises:
            BackupUnknownError: none was seen for some minutes, or none could be read.
        """
        for _ in range(self.tools.patience.trigger_looks):
            if (job := self._look_for_job()) is not None:
                self._remember(job_id=job.id)
                return Accepted()
            self.tools.clock.sleep(self.tools.patience.job_every.total_seconds())
        raise BackupUnknownError(
            f"Whether a backup of {self.step.item_id} was started is not known",
            advice="No job of it was seen for some minutes. Look at the vault's jobs, then run "
            "the command again.",
        )

    def trace_request(self) -> Accepted | None:
        """Find out whether the backup was started by a process that did not live to see it.

        Raises:
            AzremedyError: the jobs cannot be read.
        """
        trigger = self.tools.memory.triggers.get(self.step.item_id)
        if trigger is None:
            return None
        if trigger.operation_id is not None or trigger.job_id is not None:
            return Accepted()
        # The request may have been held back on its way to Azure: its time is no proof alone.
        looked_first = max(trigger.sent_at, self.tools.clock.now())
        give_up = looked_first + self.tools.patience.trigger_seen
        while (job := self._find_job()) is None:
            if self.tools.clock.now() >= give_up:
                return None
            self.tools.clock.sleep(self.tools.patience.job_every.total_seconds())
        self._remember(job_id=job.id)
        return Accepted()

    def finish(self, accepted: Accepted) -> Outcome:  # noqa: ARG002 - part of the protocol
        """Nothing to wait for: the next step follows the backup, as soon as one can be named."""
        trigger = self.tools.memory.triggers[self.step.item_id]
        if trigger.operation_id is None and trigger.job_id is None:
            self.confirm()
        return Outcome(message="Azure Backup has taken the request")

    def _trigger(self) -> TriggerReceipt:
        backup = self.tools.gateways(self.step.item_id).backup
        expiry = self.tools.clock.now() + timedelta(days=self.step.retain_days)
        return backup.trigger_backup(self.step.item_id, expiry)

    def _date_anew(self) -> None:
        """Keep when the request really goes out, also for a process that takes the run up."""
        triggers = self.tools.memory.triggers
        triggers[self.step.item_id] = replace(
            triggers[self.step.item_id], sent_at=self.tools.clock.now()
        )
        self.tools.intend_again()

    def _remember(
        self, *, operation_id: str | None = None, job_id: ResourceId | None = None
    ) -> None:
        triggers = self.tools.memory.triggers
        triggers[self.step.item_id] = replace(
            triggers[self.step.item_id], operation_id=operation_id, job_id=job_id
        )

    def _look_for_job(self) -> BackupJob | None:
        try:
            return self._find_job()
        except AzremedyError as error:
            self.tools.progress(f"{error.summary}; looking again")
            return None

    def _find_job(self) -> BackupJob | None:
        trigger = self.tools.memory.triggers[self.step.item_id]
        since = trigger.sent_at - _SKEW
        return next(
            (
                job
                for job in list_jobs_of(self._item, self.tools)
                if job.operation == "Backup"
                and job.id not in trigger.earlier_jobs
                and job.start_time is not None
                and job.start_time >= since
            ),
            None,
        )

    @property
    def _item(self) -> ItemRef:
        return ItemRef(item_id=self.step.item_id, container_name=self.step.container_name)


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
        """Follow operation and job, and say truthfully how it ended.

        Raises:
            BackupNotConfirmedError: whatever kept it from being followed: it goes on in Azure.
        """
        give_up = self.tools.clock.now() + timedelta(seconds=self.step.timeout_s)
        try:
            job_id = self._find_job_id(give_up)
            job = follow_job(
                job_id, self.tools, until=give_up, is_settled=self._is_settled, began=self._began
            )
        except BackupNotConfirmedError:
            raise
        except AzremedyError as error:
            raise self._unread(error) from error
        outcome = job_outcome(job)
        told = describe_job(job)
        if is_confirmed(job, self.step.until):
            return Outcome(message=told, job=outcome)
        if self.step.failure_expected and is_clean_up_pending(job):
            return Outcome(message=f"{told}, as expected", job=outcome)
        return Outcome(message=told, job=outcome, failure=_unconfirmed(job, told))

    def _find_job_id(self, give_up: datetime) -> ResourceId:
        trigger = self.tools.memory.triggers[self.step.item_id]
        if trigger.job_id is not None:
            return trigger.job_id
        vault_id = vault_of(self.step.item_id)
        read = partial(
            self.tools.gateways(vault_id).backup.get_operation,
            vault_id,
            trigger.operation_id or "",
        )
        if self._began is not None:
            named = self._began + self.tools.patience.operation_every
            sleep_until(min(named, give_up), self.tools.clock)
        while self.tools.clock.now() < give_up:
            status = ask_fresh(read, self.tools, until=give_up)
            if status.job_id:
                job_id = vault_id.child("backupJobs", status.job_id)
                self.tools.memory.triggers[self.step.item_id] = replace(trigger, job_id=job_id)
                return job_id
            if status.status.lower() != "inprogress":
                raise BackupNotConfirmedError(
                    f"Azure Backup did not start a job for {self.step.item_id}",
                    answer=status.error,
                )
            self.tools.clock.sleep(self.tools.patience.operation_every.total_seconds())
        raise BackupNotConfirmedError(
            f"No job was named in time for {self.step.item_id}", advice=self._where_it_is()
        )

    @property
    def _began(self) -> datetime | None:
        """When the backup began, where it is followed; it is surely not over at once."""
        if self.step.until is WaitFor.NONE:
            return None
        sent_at = self.tools.memory.triggers[self.step.item_id].sent_at
        return min(sent_at, self.tools.clock.now())

    def _is_settled(self, job: BackupJob) -> bool:
        return is_confirmed(job, self.step.until) or not job.running

    def _unread(self, error: AzremedyError) -> BackupNotConfirmedError:
        return BackupNotConfirmedError(
            f"How the backup of {self.step.item_id} ends could not be read: {error.summary}",
            advice=f"{self._where_it_is()} {error.advice}".rstrip(),
            answer=error.answer,
        )

    def _where_it_is(self) -> str:
        trigger, vault_id = (
            self.tools.memory.triggers[self.step.item_id],
            vault_of(self.step.item_id),
        )
        place = f"look at the jobs of {vault_id}"
        if trigger.operation_id is not None:
            place = f"its operation is {vault_id.child('backupOperations', trigger.operation_id)}"
        if trigger.job_id is not None:
            place = f"its job is {trigger.job_id}"
        return f"It goes on in Azure, so do not start another; {place}."


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
