"""Follow Azure's long-running operations in the calling thread, across crashes if need be."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime, timedelta
from http import HTTPStatus
from typing import Any, Protocol

from azremedy.errors import AzureError, NotFoundError, OperationForgottenError
from azremedy.gateways.clock import Clock


@dataclass(frozen=True, slots=True, kw_only=True)
class Receipt:
    """What identifies an accepted request to Microsoft's support."""

    request_id: str | None = None
    """``x-ms-request-id``."""
    correlation_id: str | None = None
    """``x-ms-correlation-request-id``."""
    already_gone: bool = False
    """Whether the thing to delete was not there (204, or 404 with a lost parent)."""


def receipt_of(answer: Any, _model: object = None, _headers: object = None) -> Receipt:
    """Read the receipt from an SDK pipeline response; usable as the SDK's ``cls=``."""
    headers = answer.http_response.headers
    return Receipt(
        request_id=headers.get("x-ms-request-id"),
        correlation_id=headers.get("x-ms-correlation-request-id"),
        already_gone=answer.http_response.status_code == HTTPStatus.NO_CONTENT,
    )


class _OutOfTime(Exception):  # noqa: N818 - it never leaves this module
    """The caller's patience is over while the operation still runs."""


class Polling(Protocol):
    """The part of azure-core's polling methods that an operation uses."""

    receipt: Receipt
    delay_s: float
    """Seconds after which a first look is worth it, as Azure said when it accepted it."""

    def status(self) -> str:
        """Return the status word of the last answer."""

    def get_continuation_token(self) -> str:
        """Return a text from which the polling can go on."""

    def drive(self, watch: Callable[[str], None], pause: Callable[[float], None]) -> None:
        """Poll until the end, telling each status word and pausing seconds in between."""


def deferred_polling(interval_s: float) -> Any:
    """Make ARM's polling method, which waits until it is driven.

    The SDK's poller starts a thread that polls at once. Here the caller's own thread does, when
    it wants to: Ctrl-C reaches it, and virtual time passes for one thread only.
    """
    from azure.mgmt.core.polling.arm_polling import ARMPolling  # noqa: PLC0415 - loads the SDK

    class Deferred(ARMPolling):
        """ARM's polling, driven by its caller."""

        receipt = Receipt()
        delay_s: float
        driven = False
        watch: Callable[[str], None]
        pause: Callable[[float], None]

        def initialize(self, client: Any, initial_response: Any, callback: Any) -> None:
            super().initialize(client, initial_response, callback)
            self.receipt = receipt_of(initial_response)
            self.delay_s = float(self._extract_delay())

        def request_status(self, status_link: str) -> Any:
            # The SDK would take an outage while polling for the operation's own failure.
            answer = super().request_status(status_link)
            answer.http_response.raise_for_status()
            return answer

        def finished(self) -> bool:
            # The poller asks this once, to decide whether to start its thread.
            return not self.driven or bool(super().finished())

        def update_status(self) -> None:
            super().update_status()
            self.watch(self.status())

        def drive(self, watch: Callable[[str], None], pause: Callable[[float], None]) -> None:
            self.driven, self.watch, self.pause = True, watch, pause
            self.run()

        def _sleep(self, delay: float) -> None:
            # The SDK's own sleep knows nobody who could end it.
            self.pause(delay)

    return Deferred(interval_s)


@dataclass(frozen=True, slots=True, kw_only=True)
class Operation:
    """A long-running operation that Azure has accepted."""

    polling: Polling
    """Where it stands."""
    clock: Clock
    """Measures the caller's patience."""
    translate: Callable[[], AbstractContextManager[None]]
    """Turns the SDK's errors into azremedy's."""
    accepted_at: datetime | None = None
    """When Azure accepted it; ``None`` when another process began it."""

    @property
    def receipt(self) -> Receipt:
        """The ids of the request that started it."""
        return self.polling.receipt

    def token(self) -> str:
        """Return a text from which another process can go on waiting.

        It holds the operation's URL, which acts like a password: for the journal, never for a log.
        """
        return self.polling.get_continuation_token()

    def status(self) -> str:
        """Return Azure's last status word, such as ``InProgress``; asks nothing."""
        return self.polling.status()

    def finished(self) -> bool:
        """Say whether the last answer was the operation's end; asks nothing."""
        return self.status().lower() in {"succeeded", "failed", "canceled", "cancelled"}

    def wait(
        self,
        on_poll: Callable[[str], None] | None = None,
        timeout_s: float | None = None,
        *,
        pause: Callable[[float], None] | None = None,
    ) -> str:
        """Wait for the end and return the last status word: ``Succeeded`` unless time ran out.

        Safe to call again after a timeout or an error: it polls, it never sends the request anew.

        Args:
            on_poll: told the status word after every look; what it raises ends the wait.
            timeout_s: seconds after which to stop looking; the operation itself goes on.
            pause: lets seconds pass between two looks, and may end the wait by raising; the
                session's clock when left out.

        Raises:
            OperationForgottenError: Azure does not know it any more, and its end was not seen.
            AzremedyError: the operation failed, with the code that Azure gave, or the look did.
        """
        give_up = None if timeout_s is None else self.clock.now() + timedelta(seconds=timeout_s)
        sleep = pause or self.clock.sleep
        left_s = self._find_left_s()
        if left_s > 0:
            sleep(left_s if timeout_s is None else min(left_s, timeout_s))
        try:
            with self.translate():
                self.polling.drive(lambda word: self._looked(word, on_poll, give_up), sleep)
        except _OutOfTime:
            pass
        except NotFoundError as error:
            if self.finished():
                raise
            raise OperationForgottenError(
                f"{error.summary}: Azure does not know the operation any more", answer=error.answer
            ) from error
        return self.status()

    def _find_left_s(self) -> float:
        """Give how long to wait before the first look: the SDK would look at once."""
        if self.accepted_at is None or self.finished():
            return 0
        passed = self.clock.now() - self.accepted_at
        return self.polling.delay_s - passed.total_seconds()

    def _looked(
        self, word: str, on_poll: Callable[[str], None] | None, give_up: datetime | None
    ) -> None:
        if on_poll is not None:
            on_poll(word)
        if give_up is not None and not self.finished() and self.clock.now() >= give_up:
            raise _OutOfTime


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """One of the SDK's long-running calls with its target given, and how its errors are told."""

    begin: Callable[..., object]
    """The SDK's ``begin_…`` with everything but its polling."""
    translate: Callable[[], AbstractContextManager[None]]
    """Turns the SDK's errors into azremedy's."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Operations:
    """Begins long-running operations, and takes up those that another process began."""

    clock: Clock
    """Measures the callers' patience."""
    polling_interval_s: float
    """Seconds between two looks when Azure names no time."""

    def begin(self, call: Call) -> Operation:
        """Send the request; returns when Azure has accepted it.

        Raises:
            AzremedyError: as the call's ``translate`` tells them.
        """
        polling = deferred_polling(self.polling_interval_s)
        with call.translate():
            call.begin(polling=polling)
        return Operation(
            polling=polling,
            clock=self.clock,
            translate=call.translate,
            accepted_at=self.clock.now(),
        )

    def resume(self, call: Call, token: str) -> Operation:
        """Take up an operation by what ``Operation.token`` gave; sends no request for it.

        Raises:
            AzureError: the token cannot be read.
        """
        damaged = AzureError(
            "the saved operation cannot be taken up: its token is damaged",
            advice="Look whether the change is there, and make it again if it is not.",
        )
        if not token:
            raise damaged
        polling = deferred_polling(self.polling_interval_s)
        with call.translate():
            try:
                call.begin(polling=polling, continuation_token=token)
            except (KeyError, TypeError, ValueError) as error:
                raise damaged from error
        return Operation(polling=polling, clock=self.clock, translate=call.translate)
