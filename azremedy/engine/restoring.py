"""Put leased locks back in every ending, and do not give up while that may still work."""

from __future__ import annotations

from typing import TYPE_CHECKING

from azremedy.domain.events import StepEnded, StepProgressed, StepStarted
from azremedy.domain.run import SETTLED, StepResult, StepState
from azremedy.engine.attempts import make_result, silent
from azremedy.errors import EXIT_FAILURES, EXIT_REFUSED

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from azremedy.domain.plan import PlannedStep
    from azremedy.engine.attempts import Attempts

STOPPED = (KeyboardInterrupt, SystemExit)
"""Somebody wants the program to end: Ctrl-C, or a console whose reader has gone."""

# Throttled, unavailable, unreachable, in conflict, not seen back; locked by another lock. What is
# forbidden, not found or somebody else's does not pass by waiting.
_MAY_PASS = frozenset({EXIT_FAILURES, EXIT_REFUSED})


def put_back(restores: tuple[PlannedStep, ...], attempts: Attempts, *, until: datetime) -> bool:
    """Put leased locks back; say whether somebody interrupted, which is obeyed afterwards.

    Args:
        restores: in any order; they are sent in this one.
        attempts: the run's.
        until: when to give up on what may still pass; each lock is tried once in any case.
    """
    try:
        _put_back_off(restores, attempts, until)
    except STOPPED:
        # Whoever interrupts by listening is not asked again.
        put_back(restores, attempts.silenced(), until=until)
        return True
    except BaseException:
        if attempts.listen is not silent:
            put_back(restores, attempts.silenced(), until=until)
        raise
    return False


def _put_back_off(restores: tuple[PlannedStep, ...], attempts: Attempts, until: datetime) -> None:
    """Put back what is off because of this run, round by round."""
    pending = _list_off(restores, attempts)
    for planned in pending:
        attempts.tell(StepStarted(planned=planned))
    while pending:
        # All requests go out before the first effect is waited for: less time without locks.
        begun = [attempts.begin(planned) for planned in pending]
        ended = [(each.planned, attempts.end(each)) for each in begun]
        is_late = attempts.session.clock.now() >= until
        pending = _sort_out(ended, attempts, is_late=is_late)
        if pending:
            attempts.session.clock.sleep(attempts.patience.retry_every.total_seconds())


def _list_off(restores: tuple[PlannedStep, ...], attempts: Attempts) -> tuple[PlannedStep, ...]:
    """List the locks to put back; those that this run left alone are settled on the way."""
    why = "this run did not take it off"
    for planned in restores:
        if planned.step.target not in attempts.memory.removed_locks:
            already = make_result(planned, StepState.ALREADY, message=why)
            attempts.results.setdefault(planned.number, already)
    return tuple(
        planned for planned in restores if not _is_settled(attempts.results.get(planned.number))
    )


def _sort_out(
    ended: Iterable[tuple[PlannedStep, StepResult]], attempts: Attempts, *, is_late: bool
) -> tuple[PlannedStep, ...]:
    """Tell what is over and give what is tried again."""
    again = []
    for planned, result in ended:
        error = result.error
        if error is None or is_late or error.exit_code not in _MAY_PASS:
            attempts.tell(StepEnded(planned=planned, result=result))
            continue
        again.append(planned)
        attempts.tell(StepProgressed(planned=planned, message=f"{error.message}; trying again"))
    return tuple(again)


def _is_settled(result: StepResult | None) -> bool:
    return result is not None and result.state in SETTLED
