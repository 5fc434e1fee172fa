"""Carry out a plan, step by step, exactly as it was shown.

For each step: look again, write the intent down, call, write down that Azure took it, follow it
to its end, see the effect, write the outcome down. A lock that was only leased is put back in
every ending. What the process did not live to see is *unknown*, never a success.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from contextlib import ExitStack, nullcontext, suppress
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from azremedy.domain.ends import find_ends
from azremedy.domain.events import Event, RunEnded, StepEnded, StepStarted
from azremedy.domain.returning import find_returns
from azremedy.domain.run import SETTLED, Run, RunState, StepResult, StepState
from azremedy.domain.run import find_exit_code as exit_code_of
from azremedy.domain.steps import Reversible
from azremedy.domain.unlocking import group_steps
from azremedy.engine.attempts import Attempts, Begun, Record, make_result, unwatched
from azremedy.engine.fleet import AttentiveClock, Fleet, Shared, take_turns
from azremedy.engine.handlers.base import Memory, Patience
from azremedy.engine.history import Past, keep_done, remember
from azremedy.engine.journal import EntryKind, JournalEntry
from azremedy.engine.restoring import STOPPED, give_back, is_settled, settle_unowed
from azremedy.engine.stop import Steering
from azremedy.errors import EXIT_FAILURES, EXIT_INTERRUPTED, RefusedError
from azremedy.gateways.session import Session

if TYPE_CHECKING:
    from collections.abc import Iterable

    from azremedy.domain.plan import Plan, PlannedStep, TargetPlan
    from azremedy.domain.unlocking import Together

_NOT_REACHED = "what became of its request was not looked at: a step before it failed"


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
    steering: Steering = field(default_factory=Steering)
    """How targets are worked through, and what somebody outside asks."""
    check_held: Callable[[], None] = unwatched
    """Raises ``HeldError`` when another run has taken the targets over."""

    def run(self, plan: Plan, *, run_id: str | None = None, path: str | None = None) -> Run:
        """Carry out a plan.

        Errors of single steps are in the result. When the journal cannot be written the run stops
        before the next change.
        """
        self.journal.write(
            JournalEntry(entry=EntryKind.PLAN, at=self.session.clock.now(), plan=plan)
        )
        past = Past.none(plan, run_id=run_id, path=path, began=self.session.clock.now())
        return self._carry_out(plan, self._make_attempts(), past)

    def resume(self, past: Past, *, hindrance: str = "") -> Run:
        """Take up a run that ended before its end; what is settled is not done again.

        Steps whose outcome nobody saw are looked at before anything is sent.

        Args:
            past: what the run left behind.
            hindrance: why nothing may be done but give back what is off; empty when all may be.
        """
        # On a full disk nothing is changed but what was lent: that goes back all the same.
        with suppress(RefusedError):
            self.journal.write(JournalEntry(entry=EntryKind.RESUMED, at=self.session.clock.now()))
        attempts = self._make_attempts()
        attempts.results.update(past.settled)
        remember(past, attempts.memory)
        if hindrance:
            _leave_all(past, attempts, why=hindrance)
        return self._carry_out(past.plan, attempts, past)

    def _carry_out(self, plan: Plan, attempts: Attempts, past: Past) -> Run:
        interrupted = False
        try:
            self._work_through(plan, attempts, past)
        except STOPPED:
            interrupted = True
        finally:
            # Also when a defect of our own breaks out: no lock stays off, and no VM.
            interrupted = give_back(plan, attempts) or interrupted
        run = _conclude(plan, attempts.results, interrupted=interrupted, past=past)
        self._close(run)
        with suppress(*STOPPED):
            attempts.tell(RunEnded(run=run))
        return run

    def _work_through(self, plan: Plan, attempts: Attempts, past: Past) -> None:
        """Work on the plan's targets, side by side where there are several.

        Raises:
            KeyboardInterrupt: somebody asked to stop.
        """
        shared = Shared.of(plan, self.steering.stop)
        own = attempts
        if self.steering.ramp.is_parallel(len(plan.targets)):
            own = replace(
                attempts,
                listen=take_turns(self.listen, self.steering.stop),
                clock_of_thread=AttentiveClock(
                    clock=self.session.clock, check=self.steering.stop.check
                ),
            )
        fleet = Fleet(
            ramp=self.steering.ramp,
            stop=self.steering.stop,
            work=lambda target: self._run_target(target, own, past, shared=shared),
            left=deque(plan.targets),
        )
        fleet.run()
        for target in fleet.left:
            _leave(target.steps, attempts, why="not begun: too many VMs had failed before")

    def _run_target(
        self, target: TargetPlan, attempts: Attempts, past: Past, *, shared: Shared
    ) -> bool:
        """Run one target's steps in order; the first that fails ends them.

        Raises:
            KeyboardInterrupt: somebody asked to stop.
        """
        steps = (*shared.list_needed(target), *target.steps)
        for together in group_steps(steps, alone={*past.settled, *past.unknown}):
            failed = self._find_failed(together, attempts, past, shared=shared)
            if failed is not None:
                # What others need as well is left to them.
                own = (each for each in target.steps if each.number not in shared.steps)
                _leave(own, attempts, why=f"step {failed.number} before it failed")
                return False
        return True

    def _find_failed(
        self, together: Together, attempts: Attempts, past: Past, *, shared: Shared
    ) -> PlannedStep | None:
        """Carry steps out that belong together; give the first that is not done."""
        if len(together) > 1:
            return self._run_together(together, attempts, shared=shared)
        (planned,) = together
        return None if self._is_done(planned, attempts, past, shared=shared) else planned

    def _run_together(
        self, together: Together, attempts: Attempts, *, shared: Shared
    ) -> PlannedStep | None:
        """Send all requests before the first effect is waited for; give the first not done.

        What cannot be sent keeps those after it from being sent.

        Raises:
            KeyboardInterrupt: somebody asked to stop before all were sent.
        """
        with ExitStack() as turns:
            begun = self._begin_all(together, attempts, shared=shared, turns=turns)
            for each in begun:
                attempts.tell(StepEnded(planned=each.planned, result=attempts.end(each)))
                shared.tell_over(each.planned)
        not_done = (p for p in together if not self._is_seen(p, attempts, shared=shared))
        failed = next(not_done, None)
        if failed is not None and failed.number not in attempts.results:
            self.steering.stop.leave_if_asked()
        return failed

    def _begin_all(
        self, together: Together, attempts: Attempts, *, shared: Shared, turns: ExitStack
    ) -> list[Begun]:
        """Send what no other target sends, and wait until what others send is out.

        Args:
            together: steps of one target.
            attempts: the run's.
            shared: what other targets send as well.
            turns: ends when the effects of what was begun here have been seen.
        """
        begun: list[Begun] = []
        for planned in together:
            if self.steering.stop.requested:
                break
            is_first = turns.enter_context(shared.coming_first(planned))
            if not is_first:
                shared.wait_until_sent(planned)
            elif planned.number in attempts.results:
                shared.tell_over(planned)
            else:
                begun.append(self._begin(planned, attempts))
                shared.tell_sent(planned)
            if _keeps_back(attempts.results.get(planned.number)):
                break
        return begun

    def _begin(self, planned: PlannedStep, attempts: Attempts) -> Begun:
        """Send a request; a refusal is known to those who need it, too, before it is told."""
        attempts.tell(StepStarted(planned=planned))
        begun = attempts.begin(planned)
        if begun.result is not None:
            attempts.results[planned.number] = begun.result
        return begun

    def _is_seen(self, planned: PlannedStep, attempts: Attempts, *, shared: Shared) -> bool:
        """Say whether a step's effect was seen, by whoever carried it out."""
        if planned.number in attempts.results:
            shared.wait_until_over(planned)
        return is_settled(attempts.results.get(planned.number))

    def _is_done(
        self, planned: PlannedStep, attempts: Attempts, past: Past, *, shared: Shared
    ) -> bool:
        """Say whether a step is done; it is tried once, by whoever needs it first."""
        if planned.number in past.settled:
            return True
        with shared.coming_first(planned) as is_first:
            if not is_first:
                shared.wait_until_over(planned)
            elif planned.number not in attempts.results:
                self.steering.stop.leave_if_asked()
                returns = planned.number in past.returning
                if not (returns and settle_unowed(planned, attempts)):
                    self._run_step(planned, attempts, past)
        if planned.number not in attempts.results:
            self.steering.stop.leave_if_asked()
        return is_settled(attempts.results.get(planned.number))

    def _run_step(self, planned: PlannedStep, attempts: Attempts, past: Past) -> None:
        attempts.tell(StepStarted(planned=planned))
        # A wait changes nothing, so it may be left at any time.
        waits = planned.step.reversible is Reversible.NOTHING
        with self.steering.stop.leaving_allowed() if waits else nullcontext():
            if planned.number in past.unknown:
                begun = attempts.take_up(planned, past.tokens.get(planned.number))
            else:
                begun = attempts.begin(planned)
            result = attempts.end(begun)
        attempts.tell(StepEnded(planned=planned, result=result))

    def _make_attempts(self) -> Attempts:
        return Attempts(
            session=self.session,
            journal=self.journal,
            listen=self.listen,
            patience=self.patience,
            memory=Memory(),
            results={},
            check_held=self.check_held,
        )

    def _close(self, run: Run) -> None:
        """Write the end down; a run that is over is over also on a full disk."""
        entry = JournalEntry(
            entry=EntryKind.END, at=self.session.clock.now(), exit_code=run.exit_code
        )
        with suppress(RefusedError):
            self.journal.write(entry)


def _keeps_back(result: StepResult | None) -> bool:
    """Say whether a request is not out, so that what needs it is not sent either."""
    if result is None:
        return True
    is_sent = result.state is StepState.UNKNOWN and result.error is None
    return not is_sent and not is_settled(result)


def _leave(steps: Iterable[PlannedStep], attempts: Attempts, *, why: str) -> None:
    """Say of steps that are not tried why they are not."""
    for planned in steps:
        skipped = make_result(planned, StepState.SKIPPED, message=why)
        attempts.results.setdefault(planned.number, skipped)


def _leave_all(past: Past, attempts: Attempts, *, why: str) -> None:
    """Lend nothing once more and do nothing that is left, but for what gives back."""
    over = {n: result for n, result in past.results.items() if result.state in SETTLED}
    attempts.results.update(over)
    own = (each for each in past.plan.steps if each.number not in past.returning)
    _leave(own, attempts, why=why)


def _conclude(
    plan: Plan,
    results: dict[int, StepResult],
    *,
    interrupted: bool,
    past: Past,
) -> Run:
    steps = tuple(_find_result(planned, results, past) for planned in plan.steps)
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
        run_id=past.run_id,
        journal=past.journal,
        targets=find_ends(plan, steps),
    )


def _find_result(planned: PlannedStep, results: dict[int, StepResult], past: Past) -> StepResult:
    """Give a step's result; of one that was not reached again no more is known than before."""
    result = results.get(planned.number, make_result(planned, StepState.SKIPPED))
    if result.state is StepState.SKIPPED and planned.number in past.unknown:
        return make_result(planned, StepState.UNKNOWN, message=_NOT_REACHED)
    accepted = planned.number in past.accepted
    return keep_done(past.results.get(planned.number), result, is_accepted=accepted)


def _leases_back(plan: Plan, steps: tuple[StepResult, ...]) -> bool:
    numbers = {planned.number for planned in (*find_returns(plan).values(), *plan.restores)}
    # What was never tried was never owed: it is tried in every ending.
    back = {*SETTLED, StepState.SKIPPED}
    return all(result.state in back for result in steps if result.number in numbers)
