"""Wait out what Azure needs time for, within a budget, and never beyond."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from azremedy.errors import (
    AzureError,
    ConnectionFailedError,
    LockedError,
    NotFoundError,
    ServiceUnavailableError,
    ThrottledError,
)

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime, timedelta

    from azremedy.engine.handlers.base import Tools
    from azremedy.gateways.clock import Clock

AnswerT = TypeVar("AnswerT")

# Azure may answer the same question later.
UNANSWERED = (ConnectionFailedError, ServiceUnavailableError, ThrottledError)
_OK = 200


def sleep_until(time: datetime, clock: Clock) -> None:
    """Let time pass up to a moment; one that is over already takes none."""
    left = (time - clock.now()).total_seconds()
    if left > 0:
        clock.sleep(left)


def keep_asking(ask: Callable[[], AnswerT], tools: Tools, *, until: datetime) -> AnswerT:
    """Ask what changes nothing; without an answer ask again, until time is up.

    Raises:
        AzureError: the last failure, when time is up or when it is the answer itself: the failure
            of an operation comes with HTTP 200.
    """
    while True:
        try:
            return ask()
        except UNANSWERED as error:
            wait, told = _find_wait(error, tools), error.summary
            answered = error.answer is not None and error.answer.status == _OK
            if answered or tools.clock.now() + wait >= until:
                raise
        tools.progress(f"{told}; asking again")
        tools.clock.sleep(wait.total_seconds())


def ask_fresh(ask: Callable[[], AnswerT], tools: Tools, *, until: datetime) -> AnswerT:
    """Ask about what was made a moment ago: at first Azure may not know it.

    Raises:
        NotFoundError: when Azure still does not know it after a while.
        AzureError: as for ``keep_asking``.
    """
    give_up = min(until, tools.clock.now() + tools.patience.fresh)
    while True:
        try:
            return keep_asking(ask, tools, until=until)
        except NotFoundError:
            if tools.clock.now() >= give_up:
                raise
        tools.clock.sleep(tools.patience.operation_every.total_seconds())


def _find_wait(error: AzureError, tools: Tools) -> timedelta:
    asked = error.answer.retry_after if error.answer else None
    return asked or tools.patience.retry_every


def retry_locked(send: Callable[[], AnswerT], tools: Tools) -> AnswerT:
    """Send; after this run took a lock off, ``ScopeLocked`` is retried while it fades.

    Raises:
        LockedError: when no lock was taken off, or the refusal outlasts the budget.
        HeldError: another run has taken the targets over meanwhile.
    """
    give_up = tools.clock.now() + tools.patience.lock_effect
    while True:
        try:
            return send()
        except LockedError:
            if not tools.memory.removed_locks or tools.clock.now() >= give_up:
                raise
        tools.progress("Azure still sees the lock that was taken off; trying again")
        tools.clock.sleep(tools.patience.lock_read_every.total_seconds())
        tools.check_held()


def retry_throttled(
    send: Callable[[], AnswerT],
    tools: Tools,
    *,
    before_repeat: Callable[[], None] = lambda: None,
) -> AnswerT:
    """Send; a throttled request was not carried out, so it may be sent again.

    Args:
        send: sends it once.
        tools: what the handler works with.
        before_repeat: called right before it is sent again; what it raises ends that.

    Raises:
        ThrottledError: when the throttling outlasts the budget.
        HeldError: another run has taken the targets over meanwhile.
    """
    give_up = tools.clock.now() + tools.patience.throttled
    while True:
        try:
            return send()
        except ThrottledError as error:
            wait = _find_wait(error, tools)
            if tools.clock.now() + wait > give_up:
                raise
        tools.progress(f"throttled; Azure asks to wait {wait.total_seconds():.0f} s")
        tools.clock.sleep(wait.total_seconds())
        tools.check_held()
        before_repeat()
