"""Carry out a plan, step by step, exactly as it was shown.

For each step: look again, write the intent down, call, write down that Azure took it, follow it
to its end, see the effect, write the outcome down. A lock that was only leased is put back in
every ending. What the process did not live to see is *unknown*, never a success.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

from azremedy.domain.events import Event, RunEnded, StepEnded, StepStarted
from azremedy.domain.run import SETTLED, Run, RunState, StepResult, StepState
from azremedy.domain.run import find_exit_code as exit_code_of
from azremedy.engine.attempts import Attempts, Record, make_result
from azremedy.engine.handlers.base import Memory, Patience
from azremedy.engine.journal import EntryKind, JournalEntry
from azremedy.engine.restoring import STOPPED, put_back
from azremedy.errors import EXIT_FAILURES, EXIT_INTERRUPTED, RefusedError
from azremedy.gateways.session import Session

if TYPE_CHECKING:
    from collections.abc import Iterable

    from azremedy.domain.plan import Plan, PlannedStep


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
        attempts = self._make_attempts()
        interrupted = False
        try:
            for target in plan.targets:
                _run_steps(target.steps, attempts)
        except STOPPED:
            interrupted = True
        finally:
            # Also when a defect of our own breaks out: no lock stays off.
            until = self.session.clock.now() + self.patience.lock_effect
            interrupted = put_back(plan.restores, attempts, until=until) or interrupted
        run = _conclude(plan, attempts.results, interrupted=interrupted, run_id=run_id, path=path)
        self._close(run)
        with suppress(*STOPPED):
            attempts.tell(RunEnded(run=run))
        return run

    def _make_attempts(self) -> Attempts:
        return Attempts(
            session=self.session,
            journal=self.journal,
            listen=self.listen,
            patience=self.patience,
            memory=Memory(),
            results={},
        )

    def _close(self, run: Run) -> None:
        """Write the end down; a run that is over is over also on a full disk."""
        entry = JournalEntry(
            entry=EntryKind.END, at=self.session.clock.now(), exit_code=run.exit_code
        )
        with suppress(RefusedError):
            self.journal.write(entry)


def _run_steps(steps: Iterable[PlannedStep], attempts: Attempts) -> None:
    """Run one target's steps in order; the first that fails ends them."""
    for planned in steps:
        attempts.tell(StepStarted(planned=planned))
        result = attempts.end(attempts.begin(planned))
        attempts.tell(StepEnded(planned=planned, result=result))
        if result.state not in SETTLED:
            return


def _conclude(
    plan: Plan,
    results: dict[int, StepResult],
    *,
    interrupted: bool,
    run_id: str | None,
    path: str | None,
) -> Run:
    steps = tuple(
        results.get(planned.number, make_result(planned, StepState.SKIPPED))
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


def _leases_back(plan: Plan, steps: tuple[StepResult, ...]) -> bool:
    numbers = {planned.number for planned in plan.restores}
    return all(result.state in SETTLED for result in steps if result.number in numbers)
