"""Wait out what Azure needs time for, within a budget, and never beyond."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from azremedy.errors import LockedError, ThrottledError

if TYPE_CHECKING:
    from collections.abc import Callable

    from azremedy.engine.handlers.base import Tools

AnswerT = TypeVar("AnswerT")


def retry_locked(send: Callable[[], AnswerT], tools: Tools) -> AnswerT:
    """Send; after this run took a lock off, ``ScopeLocked`` is retried while it fades.

    Raises:
        LockedError: when no lock was taken off, or the refusal outlasts the budget.
    """
    give_up = tools.clock.now() + tools.patience.lock_effect
    while True:
        try:
            return send()
        except LockedError:
            if not tools.memory.removed_locks or tools.clock.now() >= give_up:
                raise
        tools.progress("Azure still sees the lock that was taken off; trying again")
        tools.clock.sleep(tools.patience.retry_every.total_seconds())


def retry_throttled(send: Callable[[], AnswerT], tools: Tools) -> AnswerT:
    """Send; a throttled request was not carried out, so it may be sent again.

    Raises:
        ThrottledError: when the throttling outlasts the budget.
    """
    give_up = tools.clock.now() + tools.patience.throttled
    while True:
        try:
            return send()
        except ThrottledError as error:
            asked = error.answer.retry_after if error.answer else None
            wait = asked or tools.patience.retry_every
            if tools.clock.now() + wait > give_up:
                raise
        tools.progress(f"throttled; Azure asks to wait {wait.total_seconds():.0f} s")
        tools.clock.sleep(wait.total_seconds())
