"""Carry out a plan, step by step, exactly as it was shown.

For each step: look again, write the intent down, call, write down that Azure took it, follow it
to its end, see the effect, write the outcome down. A lock that was only leased is put back in
every ending. What the process did not live to see is *unknown*, never a success.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Protocol

from azremedy.domain.events import Event, RunEnded, StepEnded, StepProgressed, StepStarted
from azremedy.domain.run import SETTLED, Run, RunState, StepError, StepResult, StepState
from azremedy.domain.run import find_exit_code as exit_code_of
from azremedy.domain.steps import CreateLock, Reversible
from azremedy.engine.handlers.base import (
    Already,
    Memory,
    Moved,
    Outcome,
    Patience,
    Tools,
    stale,
)
from azremedy.engine.handlers.choose import choose_handler
from azremedy.engine.journal import EntryKind, JournalEntry
from azremedy.errors import (
    EXIT_FAILURES,
    EXIT_INTERRUPTED,
    AzremedyError,
    BackupUnknownError,
    ConnectionFailedError,
    RefusedError,
    ServiceUnavailableError,
)
from azremedy.gateways.session import Session

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from azremedy.domain.plan import Plan, PlannedStep
    from azremedy.engine.handlers.base import Accepted, Handler

# Whether Azure carried the request out is not known after these.
_LOST = (ConnectionFailedError, ServiceUnavailableError)
# Somebody wants the program to end: Ctrl-C, or a console whose reader has gone.
_STOPPED = (KeyboardInterrupt, SystemExit)


def _silent(_: Event) -> None:
    """Tell nobody."""


class Record(Protocol):
    """Where entries are kept; the run's journal is one."""

    def write(self, entry: JournalEntry) -> None:
        """Keep an entry for good before returning."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Executor:
    """Carries out plans with one session, into one journal."""

    session: Session
    """A session that may write."""
    journal: Record
    """Written before and after each change."""
    listen: Callable[[Event], None]
    """Told what happens."""
    patience: Patience
    """How long to wait for Azure."""

    def run(self, plan: Plan, *, run_id: str | None = None, path: str | None = None) -> Run:
        """Carry out a plan.

        Errors of single steps are in the result. When the journal cannot be written the run stops
        before the next change.
        """
        self.journal.write(
            JournalEntry(entry=EntryKind.PLAN, at=self.session.clock.now(), plan=plan)
        )
        memory = Memory()
        results: dict[int, StepResult] = {}
        interrupted = False
        try:
            for target in plan.targets:
                self._run_steps(target.steps, memory, results)
        except _STOPPED:
            interrupted = True
        finally:
            # Also when a defect of our own breaks out: no lock stays off.
            interrupted = self._put_back(plan.restores, memory, results) or interrupted
        run = self._conclude(plan, results, interrupted=interrupted, run_id=run_id, path=path)
        self._close(run)
        with suppress(*_STOPPED):
            self._tell(RunEnded(run=run))
        return run

    def _close(self, run: Run) -> None:
        """Write the end down; a run that is over is over also on a full disk."""
        entry = JournalEntry(
            entry=EntryKind.END, at=self.session.clock.now(), exit_code=run.exit_code
        )
        with suppress(RefusedError):
            self.journal.write(entry)

    def _run_steps(
        self, steps: Iterable[PlannedStep], memory: Memory, results: dict[int, StepResult]
    ) -> None:
        """Run one target's steps in order; the first that fails ends them."""
        for planned in steps:
            if self._run_step(planned, memory, results).state not in SETTLED:
                return

    def _put_back(
        self, restores: tuple[PlannedStep, ...], memory: Memory, results: dict[int, StepResult]
    ) -> bool:
        """Put leased locks back; say whether somebody interrupted, which is obeyed afterwards."""
        try:
            for planned in restores:
                self._put_one_back(planned, memory, results)
        except _STOPPED:
            # Whoever interrupts by listening is not asked again.
            self._put_back_silently(restores, memory, results)
            return True
        except BaseException:
            if self.listen is not _silent:
                self._put_back_silently(restores, memory, results)
            raise
        return False

    def _put_back_silently(
        self, restores: tuple[PlannedStep, ...], memory: Memory, results: dict[int, StepResult]
    ) -> None:
        quiet = replace(self, listen=_silent)
        quiet._put_back(restores, memory, results)  # noqa: SLF001 - this class's own

    def _put_one_back(
        self, planned: PlannedStep, memory: Memory, results: dict[int, StepResult]
    ) -> None:
        """Put a lock back if it is off because of this run; try again what may pass."""
        known = results.get(planned.number)
        if known is not None and known.state in SETTLED:
            return
        if planned.step.target not in memory.removed_locks:
            why = "this run did not take it off"
            results[planned.number] = _result(planned, StepState.ALREADY, message=why)
            return
        for _ in range(self.patience.put_back_attempts):
            result = self._run_step(planned, memory, results)
            if result.error is None or result.error.exit_code != EXIT_FAILURES:
                return
            self.session.clock.sleep(self.patience.retry_every.total_seconds())

    def _run_step(
        self, planned: PlannedStep, memory: Memory, results: dict[int, StepResult]
    ) -> StepResult:
        started = self.session.clock.now()
        self._tell(StepStarted(planned=planned))
        handler = choose_handler(planned.step, self._tools(planned, memory))
        result = self._look(planned, handler, started)
        if result is None:
            # An interrupt inside leaves this behind: the request may have been sent.
            results[planned.number] = _result(planned, StepState.UNKNOWN, started=started)
            result = self._change(planned, handler, started)
        results[planned.number] = result
        self._note(EntryKind.OUTCOME, planned, result=result)
        self._tell(StepEnded(planned=planned, result=result))
        return result

    def _tools(self, planned: PlannedStep, memory: Memory) -> Tools:
        return Tools(
            session=self.session,
            memory=memory,
            progress=lambda text: self._tell(StepProgressed(planned=planned, message=text)),
            patience=self.patience,
        )

    def _tell(self, event: Event) -> None:
        """Tell the listener; one that can no longer write stops nothing."""
        with suppress(OSError):
            self.listen(event)

    def _look(self, planned: PlannedStep, handler: Handler, started: datetime) -> StepResult | None:
        """Look once more; ``None`` means that the world is as planned. Nothing was sent yet."""
        try:
            seen = handler.observe()
            if isinstance(seen, Moved):
                raise stale(planned.step.target, seen)
            if isinstance(seen, Already):
                return _result(planned, StepState.ALREADY, started=started, message=seen.why)
            self._intend(planned)
        except AzremedyError as error:
            return self._failed(planned, error, started, StepState.FAILED)
        return None

    def _change(self, planned: PlannedStep, handler: Handler, started: datetime) -> StepResult:
        try:
            accepted = _send(handler)
            token = accepted.operation.token() if accepted.operation is not None else None
            self._note(EntryKind.ACCEPTED, planned, operation_token=token)
            outcome = handler.finish(accepted)
        except (*_LOST, BackupUnknownError) as error:
            return self._failed(planned, error, started, StepState.UNKNOWN)
        except AzremedyError as error:
            return self._failed(planned, error, started, StepState.FAILED)
        return self._done(planned, accepted, outcome, started)

    def _done(
        self, planned: PlannedStep, accepted: Accepted, outcome: Outcome, started: datetime
    ) -> StepResult:
        failure = outcome.failure
        return StepResult(
            number=planned.number,
            state=StepState.FAILED if failure else StepState.DONE,
            message=outcome.message,
            started_at=started,
            ended_at=self.session.clock.now(),
            request_id=accepted.request_id,
            correlation_id=accepted.correlation_id,
            error=_describe(failure) if failure else None,
            job=outcome.job,
        )

    def _failed(
        self, planned: PlannedStep, error: AzremedyError, started: datetime, state: StepState
    ) -> StepResult:
        answer = error.answer
        return StepResult(
            number=planned.number,
            state=state,
            message=error.summary,
            started_at=started,
            ended_at=self.session.clock.now(),
            request_id=answer.request_id if answer else None,
            correlation_id=answer.correlation_id if answer else None,
            error=_describe(error),
        )

    def _conclude(
        self,
        plan: Plan,
        results: dict[int, StepResult],
        *,
        interrupted: bool,
        run_id: str | None,
        path: str | None,
    ) -> Run:
        steps = tuple(
            results.get(planned.number, _result(planned, StepState.SKIPPED))
            for planned in plan.steps
        )
        code = exit_code_of(steps)
        state = RunState.DONE if code == 0 else RunState.FAILED
        if interrupted:
            code = EXIT_INTERRUPTED if _leases_back(plan, steps) else EXIT_FAILURES
            state = RunState.INTERRUPTED
        return Run(
            command=plan.command,
            dry_run=False,
            state=state,
            plan=plan,
            steps=steps,
            exit_code=code,
            run_id=run_id,
            journal=path,
        )

    def _note(self, kind: EntryKind, planned: PlannedStep, **facts: Any) -> None:
        """Write down what has happened already: it has, whether or not the disk takes it."""
        try:
            self.journal.write(self._entry(kind, planned, **facts))
        except RefusedError as error:
            self._tell(StepProgressed(planned=planned, message=error.summary))

    def _intend(self, planned: PlannedStep) -> None:
        """Write down what comes next. Without that nothing is changed, but locks go back."""
        step = planned.step
        if isinstance(step, CreateLock) or step.reversible is Reversible.NOTHING:
            self._note(EntryKind.INTENT, planned, step=step)
        else:
            self.journal.write(self._entry(EntryKind.INTENT, planned, step=step))

    def _entry(self, kind: EntryKind, planned: PlannedStep, **facts: Any) -> JournalEntry:
        return JournalEntry(entry=kind, at=self.session.clock.now(), number=planned.number, **facts)


def _send(handler: Handler) -> Accepted:
    """Send the request; when its answer is lost, look before anything else."""
    try:
        return handler.act()
    except _LOST:
        if (accepted := handler.confirm()) is not None:
            return accepted
        raise


def _describe(error: AzremedyError) -> StepError:
    return StepError(
        msgid=error.msgid,
        message=error.summary,
        advice=error.advice,
        exit_code=error.exit_code,
        answer=error.answer,
    )


def _leases_back(plan: Plan, steps: tuple[StepResult, ...]) -> bool:
    numbers = {planned.number for planned in plan.restores}
    return all(result.state in SETTLED for result in steps if result.number in numbers)


def _result(
    planned: PlannedStep,
    state: StepState,
    *,
    started: datetime | None = None,
    message: str = "",
) -> StepResult:
    return StepResult(
        number=planned.number, state=state, message=message, started_at=started, ended_at=started
    )
