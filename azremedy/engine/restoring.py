"""Give back what was lent, in every ending, and do not give up while that may still work."""

from __future__ import annotations

from typing import TYPE_CHECKING

from azremedy.domain.events import StepEnded, StepProgressed, StepStarted
from azremedy.domain.returning import find_returns
from azremedy.domain.run import SETTLED, StepResult, StepState
from azremedy.domain.steps import StartVm
from azremedy.engine.attempts import make_result, silent
from azremedy.errors import EXIT_FAILURES, EXIT_REFUSED

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from azremedy.domain.plan import Plan, PlannedStep
    from azremedy.engine.attempts import Attempts

STOPPED = (KeyboardInterrupt, SystemExit)
"""Somebody wants the program to end: Ctrl-C, or a console whose reader has gone."""

# Throttled, unavailable, unreachable, in conflict, not seen back; locked by another lock. What is
# forbidden, not found or somebody else's does not pass by waiting.
_MAY_PASS = frozenset({EXIT_FAILURES, EXIT_REFUSED})


def give_back(plan: Plan, attempts: Attempts) -> bool:
    """Start VMs that were shut down for a while, then put leased locks back.

    The VMs come first: a lock that is back may refuse that they are started.

    Args:
        plan: what is carried out.
        attempts: the run's.
    """
    owed = tuple(dict.fromkeys((*find_returns(plan).values(), *plan.restores)))
    vms = tuple(planned for planned in owed if isinstance(planned.step, StartVm))
    # The narrowest first: a wide one that is back could refuse the others.
    locks = tuple(
        sorted(
            (planned for planned in owed if planned not in vms),
            key=lambda planned: -len(planned.step.target.scope.segments),
        )
    )
    interrupted = False
    try:
        interrupted = put_back(vms, attempts, until=_give_up(attempts))
    finally:
        heard = attempts.silenced() if interrupted else attempts
        interrupted = put_back(locks, heard, until=_give_up(attempts)) or interrupted
    return interrupted


def _give_up(attempts: Attempts) -> datetime:
    return attempts.session.clock.now() + attempts.patience.lock_effect


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


def settle_unowed(planned: PlannedStep, attempts: Attempts) -> StepResult | None:
    """Settle what would give something back that this run did not take; ``None``: it did."""
    if attempts.memory.owes(planned.step.target):
        return None
    what = "shut it down" if isinstance(planned.step, StartVm) else "take it off"
    already = make_result(planned, StepState.ALREADY, message=f"this run did not {what}")
    return attempts.results.setdefault(planned.number, already)


def _list_off(restores: tuple[PlannedStep, ...], attempts: Attempts) -> tuple[PlannedStep, ...]:
    """List what is to be given back; what this run left alone is settled on the way."""
    owed = [planned for planned in restores if settle_unowed(planned, attempts) is None]
    return tuple(p for p in owed if not is_settled(attempts.results.get(p.number)))


def _sort_out(
    ended: Iterable[tuple[PlannedStep, StepResult]], attempts: Attempts, *, is_late: bool
) -> tuple[PlannedStep, ...]:
    """Tell what is over and give what is tried again."""
    again = []
    for planned, result in ended:
        error = result.error
        owed = attempts.memory.owes(planned.step.target)
        if error is None or is_late or not owed or error.exit_code not in _MAY_PASS:
            attempts.tell(StepEnded(planned=planned, result=result))
            continue
        again.append(planned)
        attempts.tell(StepProgressed(planned=planned, message=f"{error.message}; trying again"))
    return tuple(again)


def is_settled(result: StepResult | None) -> bool:
    """Say whether a step needs nothing more."""
    return result is not None and result.state in SETTLED
