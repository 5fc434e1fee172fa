"""Inject the trouble that a scenario asks for."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

from azremedy.sandbox.http import Answer, ArmError, Request

if TYPE_CHECKING:
    from collections.abc import Callable

    from azremedy.sandbox.scenario import Fault, FaultAnswer, Match

_CODES = {
    400: "BadRequest",
    401: "ExpiredAuthenticationToken",
    403: "AuthorizationFailed",
    404: "ResourceNotFound",
    408: "RequestTimeout",
    409: "Conflict",
    412: "PreconditionFailed",
    429: "TooManyRequests",
    500: "InternalServerError",
    502: "BadGateway",
    503: "ServerBusy",
    504: "GatewayTimeout",
}


class ConnectionLostError(Exception):
    """No answer arrives; the doors turn it into a broken connection."""

    def __init__(self, *, sent: bool) -> None:
        """Say whether the client got its request out: if so it cannot know what became of it."""
        super().__init__("the connection was lost" if sent else "the request could not be sent")
        self.sent = sent


class Injector:
    """Meets requests with faults, in their order, each so often as it says."""

    def __init__(self, faults: tuple[Fault, ...]) -> None:
        """Take the scenario's faults."""
        self._faults = faults
        self._left = [fault.times for fault in faults]

    def around(self, request: Request, carry_out: Callable[[Request], Answer]) -> Answer:
        """Carry a request out with the first fault that meets it, if any.

        Raises:
            ConnectionLostError: when the fault breaks the connection.
        """
        fault = self._next(request)
        if not fault:
            return carry_out(request)
        if fault.lose == "request" or fault.drop:
            raise ConnectionLostError(sent=fault.drop)
        answer = _given(fault.answer) if fault.answer else carry_out(request)
        if fault.lose == "response":
            raise ConnectionLostError(sent=True)
        return replace(answer, delay_s=answer.delay_s + (fault.delay or 0.0))

    def _next(self, request: Request) -> Fault | None:
        for number, fault in enumerate(self._faults):
            if self._left[number] and _meets(fault.match, request):
                self._left[number] -= 1
                return fault
        return None


def _meets(match: Match, request: Request) -> bool:
    method = match.method == "*" or match.method.upper() == request.method
    pattern = ".*".join(map(re.escape, match.path.split("*")))
    return method and bool(re.fullmatch(pattern, request.path, re.IGNORECASE))


def _given(answer: FaultAnswer) -> Answer:
    if answer.body is not None or answer.status < 400:  # noqa: PLR2004 # the first error status
        return Answer(status=answer.status, headers=answer.headers, body=answer.body)
    code = answer.code or _CODES.get(answer.status, "InternalServerError")
    message = answer.message or f"The sandbox answers {answer.status} here, as its scenario asks."
    return ArmError(answer.status, code, message, headers=answer.headers).answer()
