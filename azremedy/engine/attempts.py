"""Carry one step out in two halves: send its request, then see its effect.

The halves are apart so that several requests can be out before the first effect is waited for.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING, Any, Protocol

from azremedy.domain.events import Event, StepProgressed
from azremedy.domain.locks import describe_put_back
from azremedy.domain.plan import PlannedStep
from azremedy.domain.run import StepError, StepResult, StepState, Trigger
from azremedy.domain.steps import (
    CreateLock,
    Manual,
    RunGuestScript,
    StartVm,
    Step,
    TriggerBackup,
    WaitForCleanup,
    WaitForIdle,
    WaitForJob,
    WaitForRights,
    WaitForVm,
)
from azremedy.engine.handlers.base import (
    Accepted,
    Already,
    Handler,
    Memory,
    Moved,
    Outcome,
    Patience,
    Resumable,
    Tools,
    Traceable,
    goes_on,
    stale,
)
from azremedy.engine.handlers.choose import choose_handler
from azremedy.engine.journal import EntryKind, JournalEntry
from azremedy.errors import (
    AzremedyError,
    AzureError,
    BackupUnknownError,
    ConnectionFailedError,
    OperationForgottenError,
    RefusedError,
    ServiceUnavailableError,
    StalePlanError,
)
from azremedy.gateways.clock import Clock
from azremedy.gateways.session import Session

if TYPE_CHECKING:
    from azremedy.domain.resources import ManagementLock
    from azremedy.ids import ResourceId

# Whether Azure carried the request out is not known after these.
_LOST = (ConnectionFailedError, ServiceUnavailableError)
_UNKNOWN = StepState.UNKNOWN
# Their intent may stay unwritten on a full disk.
_SENDS_NOTHING = (Manual, WaitForCleanup, WaitForIdle, WaitForJob, WaitForRights, WaitForVm)


def silent(_: Event) -> None:
    """Tell nobody."""


def unwatched() -> None:
    """Hold nothing that could be lost."""


class Record(Protocol):
    """Where entries are kept; the run's journal is one."""

    def write(self, entry: JournalEntry) -> None:
        """Keep an entry for good before returning."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Begun:
    """A step whose request is out, or that is over already."""

    planned: PlannedStep
    """The step."""
    handler: Handler
    """What carries it out."""
    started: datetime
    """Azure's time before it."""
    accepted: Accepted | None = None
    """What Azure said; ``None`` when the step is over."""
    result: StepResult | None = None
    """What became of it, when it is over."""
    taken_up: bool = False
    """Whether another process sent the request."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempts:
    """Attempts of one run: its session and journal, and what it knows so far."""

    session: Session
    """A session that may write."""
    journal: Record
    """Written before and after each change."""
    listen: Callable[[Event], None]
    """Told what happens."""
    patience: Patience
    """How long to wait for Azure."""
    memory: Memory
    """What later steps need to know of earlier ones."""
    results: dict[int, StepResult]
    """What became of each step, by its number."""
    clock_of_thread: Clock | None = None
    """By which steps wait in a thread that signals do not reach."""
    check_held: Callable[[], None] = unwatched
    """Raises ``HeldError`` when another run has taken the targets over."""

    def silenced(self) -> Attempts:
        """Give the same attempts with nobody listening."""
        return replace(self, listen=silent)

    def begin(self, planned: PlannedStep) -> Begun:
        """Look again, write the intent down, send the request, write down that Azure took it."""
        handler = choose_handler(planned.step, self._tools(planned))
        begun = Begun(planned=planned, handler=handler, started=self.session.clock.now())
        if (over := self._look(begun)) is not None:
            return replace(begun, result=over)
        # An interrupt inside leaves this behind: the request may have been sent.
        self.results[planned.number] = make_result(
            planned, StepState.UNKNOWN, started=begun.started
        )
        try:
            accepted = _send(handler)
        except AzremedyError as error:
            return replace(begun, result=self._failed(begun, error))
        token = accepted.operation.token() if accepted.operation is not None else None
        trigger = self._trigger_of(planned)
        self._note(EntryKind.ACCEPTED, planned, operation_token=token, trigger=trigger)
        return replace(begun, accepted=accepted)

    def take_up(self, planned: PlannedStep, token: str | None) -> Begun:
        """Go on with a step whose outcome nobody saw: look first, never send a second time.

        Args:
            planned: a step whose intent another process wrote down.
            token: the operation that Azure had taken, where it had.
        """
        handler = choose_handler(planned.step, self._tools(planned))
        begun = Begun(planned=planned, handler=handler, started=self.session.clock.now())
        self.results[planned.number] = make_result(
            planned, StepState.UNKNOWN, started=begun.started
        )
        try:
            accepted = _find_sent(handler, token)
        except AzremedyError as error:
            # Not to be able to look is no outcome: the next process looks again.
            told = replace(self._failed(begun, error), state=StepState.UNKNOWN)
            return replace(begun, result=told)
        if accepted is None:
            return self.begin(planned)
        trigger = self._trigger_of(planned)
        self._note(EntryKind.ACCEPTED, planned, operation_token=token, trigger=trigger)
        return replace(begun, accepted=accepted, taken_up=True)

    def end(self, begun: Begun) -> StepResult:
        """Follow what was begun until its effect is seen, and write the outcome down."""
        result = begun.result or self._finish(begun)
        self.results[begun.planned.number] = result
        trigger = self._trigger_of(begun.planned)
        self._note(EntryKind.OUTCOME, begun.planned, result=result, trigger=trigger)
        return result

    def tell(self, event: Event) -> None:
        """Tell the listener; one that can no longer write stops nothing.

        A console of rich's answers a broken pipe with SystemExit instead, which is not held back:
        it stops the run as Ctrl-C does.
        """
        with suppress(OSError):
            self.listen(event)

    def _tools(self, planned: PlannedStep) -> Tools:
        return Tools(
            session=self.session,
            memory=self.memory,
            progress=lambda text: self.tell(StepProgressed(planned=planned, message=text)),
            patience=self.patience,
            clock_of_thread=self.clock_of_thread,
            intend_again=lambda: self._intend(planned),
            check_held=self.check_held,
        )

    def _look(self, begun: Begun) -> StepResult | None:
        """Look once more; ``None`` means that the world is as planned. Nothing was sent yet."""
        planned = begun.planned
        try:
            seen = begun.handler.observe()
            if isinstance(seen, Moved):
                raise stale(planned.step.target, seen)
            if isinstance(seen, Already):
                return make_result(
                    planned, StepState.ALREADY, started=begun.started, message=seen.why
                )
            self._intend(planned)
        except AzremedyError as error:
            return replace(self._failed(begun, error), state=StepState.FAILED)
        return None

    def _finish(self, begun: Begun) -> StepResult:
        accepted = begun.accepted or Accepted()
        try:
            outcome = begun.handler.finish(accepted)
        except OperationForgottenError as error:
            return self._finish_forgotten(begun, error)
        except AzremedyError as error:
            failed = self._failed(begun, error)
            return replace(failed, state=StepState.UNKNOWN) if goes_on(accepted, error) else failed
        return self._done(begun, accepted, outcome)

    def _finish_forgotten(self, begun: Begun, forgotten: OperationForgottenError) -> StepResult:
        """Look for the effect of an operation that Azure took and does not know any more.

        Only a request of another process is sent again, and only where its effect would show.
        """
        planned = begun.planned
        left = replace(self._failed(begun, _unseen(planned.step, forgotten)), state=_UNKNOWN)
        try:
            accepted = _find_sent(begun.handler, None)
        except AzremedyError:
            return left
        if accepted is not None:
            seen = self._finish(replace(begun, accepted=accepted))
            return left if seen.state is _UNKNOWN else seen
        if not begun.taken_up or isinstance(planned.step, RunGuestScript):
            return left
        again = self.begin(planned)
        return again.result or self._finish(again)

    def _done(self, begun: Begun, accepted: Accepted, outcome: Outcome) -> StepResult:
        failure = outcome.failure
        return StepResult(
            number=begun.planned.number,
            state=StepState.FAILED if failure else StepState.DONE,
            message=outcome.message,
            started_at=begun.started,
            ended_at=self.session.clock.now(),
            request_id=accepted.request_id,
            correlation_id=accepted.correlation_id,
            error=self._describe(failure, begun.planned.step) if failure else None,
            job=outcome.job,
            output=outcome.output,
        )

    def _failed(self, begun: Begun, error: AzremedyError) -> StepResult:
        answer, told = error.answer, self._describe(error, begun.planned.step)
        lost = isinstance(error, (*_LOST, BackupUnknownError))
        return StepResult(
            number=begun.planned.number,
            state=StepState.UNKNOWN if lost else StepState.FAILED,
            message=told.message,
            started_at=begun.started,
            ended_at=self.session.clock.now(),
            request_id=answer.request_id if answer else None,
            correlation_id=answer.correlation_id if answer else None,
            error=told,
        )

    def _describe(self, error: AzremedyError, step: Step) -> StepError:
        told = StepError(
            msgid=error.msgid,
            message=error.summary,
            advice=error.advice,
            exit_code=error.exit_code,
            answer=error.answer,
        )
        if isinstance(step, StartVm) and self.memory.owes(step.target):
            return _still_down(told, step.vm.id)
        # Where a put-back is stale another lock of that name stands there.
        if isinstance(step, CreateLock) and not isinstance(error, StalePlanError):
            return _still_off(told, step.lock)
        return told

    def _note(self, kind: EntryKind, planned: PlannedStep, **facts: Any) -> None:
        """Write down what has happened already: it has, whether or not the disk takes it."""
        try:
            self.journal.write(self._entry(kind, planned, **facts))
        except RefusedError as error:
            self.tell(StepProgressed(planned=planned, message=error.summary))

    def _intend(self, planned: PlannedStep) -> None:
        """Write down what comes next. Without that nothing is changed, but locks go back.

        Nor is anything changed, but that, once another run holds the targets.
        """
        step = planned.step
        self.memory.sent_at[step.target] = self.session.clock.now()
        if isinstance(step, (CreateLock, *_SENDS_NOTHING)):
            self._note(EntryKind.INTENT, planned, step=step)
            return
        self.check_held()
        trigger = self._trigger_of(planned)
        self.journal.write(self._entry(EntryKind.INTENT, planned, step=step, trigger=trigger))

    def _trigger_of(self, planned: PlannedStep) -> Trigger | None:
        """Give what a backup's job is recognised by, also after a crash."""
        step = planned.step
        return self.memory.triggers.get(step.item_id) if isinstance(step, TriggerBackup) else None

    def _entry(self, kind: EntryKind, planned: PlannedStep, **facts: Any) -> JournalEntry:
        return JournalEntry(entry=kind, at=self.session.clock.now(), number=planned.number, **facts)


def make_result(
    planned: PlannedStep,
    state: StepState,
    *,
    started: datetime | None = None,
    message: str = "",
) -> StepResult:
    """Make the result of a step about which there is no more to say than its state."""
    return StepResult(
        number=planned.number, state=state, message=message, started_at=started, ended_at=started
    )


def _find_sent(handler: Handler, token: str | None) -> Accepted | None:
    """Find what became of a request that may have been sent; ``None``: it was not carried out."""
    if token and isinstance(handler, Resumable):
        with suppress(AzureError):
            return handler.resume(token)
    if isinstance(handler, Traceable):
        return handler.trace_request()
    return handler.confirm()


def _unseen(step: Step, forgotten: OperationForgottenError) -> OperationForgottenError:
    return OperationForgottenError(
        f"How it ended was not seen: {forgotten.summary}",
        advice=f"Azure took the request, so it was not sent again. Look at {step.target} and its "
        "activity log, and run the command again if need be.",
        answer=forgotten.answer,
    )


def _send(handler: Handler) -> Accepted:
    """Send the request; when its answer is lost, look before anything else."""
    try:
        return handler.act()
    except _LOST as lost:
        if (accepted := _confirm(handler, lost)) is None:
            raise
        return accepted


def _confirm(handler: Handler, lost: AzremedyError) -> Accepted | None:
    """Look what became of a lost request; a look that fails as well leaves that unknown."""
    try:
        return handler.confirm()
    except BackupUnknownError:
        raise
    except AzremedyError as error:
        raise lost from error


def _still_down(told: StepError, vm_id: ResourceId) -> StepError:
    return replace(
        told,
        message=f"THE VM IS OFF: {vm_id}: {told.message}",
        advice=f"{told.advice} Start the VM with: az vm start --ids {vm_id}".strip(),
    )


def _still_off(told: StepError, lock: ManagementLock) -> StepError:
    owners = f" (its owners, which that cannot set: {', '.join(lock.owners)})"
    return replace(
        told,
        message=f"STILL OFF: the {lock.level} lock {lock.id}: {told.message}",
        advice=f"{told.advice} Put the lock back with: {describe_put_back(lock)}"
        f"{owners if lock.owners else ''}".strip(),
    )
