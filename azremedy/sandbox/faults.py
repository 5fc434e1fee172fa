"""Inject the trouble that a scenario asks for."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import timedelta
from email.utils import format_datetime
from typing import TYPE_CHECKING
from urllib.parse import unquote_plus, urlsplit

from azremedy.sandbox.http import Answer, ArmError, Request

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from azremedy.sandbox.scenario_model import Fault, FaultAnswer, Match, OperationFault
    from azremedy.sandbox.world import World

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


class Supply:
    """Hands out faults: in their order, each when its turn comes and so often as it says."""

    def __init__(self, faults: Iterable[Fault]) -> None:
        """Take faults of one sort."""
        self._faults = tuple(faults)
        self._passed = [0] * len(self._faults)

    def take(
        self, request: Request, fits: Callable[[Fault], bool] = lambda _: True
    ) -> Fault | None:
        """Give the first fault that meets a request now, if any, and count it as used once."""
        for number, fault in enumerate(self._faults):
            if self._passed[number] >= fault.after + fault.times:
                continue
            if _meets(fault.match, request) and fits(fault):
                self._passed[number] += 1
                if self._passed[number] > fault.after:
                    return fault
        return None


class Injector:
    """Meets requests with the faults of a world."""

    def __init__(self, world: World) -> None:
        """Take the scenario's faults, but those of operations: these are begun elsewhere."""
        self._clock = world.clock
        self._supply = Supply(each for each in world.scenario.faults if not each.operation)

    def around(self, request: Request, carry_out: Callable[[Request], Answer]) -> Answer:
        """Carry a request out with the first fault that meets it, if any.

        Raises:
            ConnectionLostError: when the fault breaks the connection before an answer.
        """
        fault = self._supply.take(request)
        if not fault:
            return carry_out(request)
        self._clock.advance(fault.jump or 0.0)
        if fault.lose == "request" or fault.drop:
            raise ConnectionLostError(sent=fault.drop)
        answer = _given(fault.answer) if fault.answer else carry_out(request)
        if fault.lose == "response":
            raise ConnectionLostError(sent=True)
        return self._spoilt(answer, fault)

    def _spoilt(self, answer: Answer, fault: Fault) -> Answer:
        skew = {} if fault.date_skew is None else {"Date": self._date(fault.date_skew)}
        is_changed = fault.answer or skew or fault.content_type or fault.truncate is not None
        return replace(
            answer,
            headers={**answer.headers, **skew},
            delay_s=answer.delay_s + (fault.delay or 0.0),
            drip=(fault.drip.bytes, fault.drip.seconds) if fault.drip else None,
            cut_at=fault.truncate,
            media_type=fault.content_type or "",
            is_fault=bool(is_changed),
        )

    def _date(self, skew_s: float) -> str:
        moment = self._clock.now() + timedelta(seconds=skew_s)
        return format_datetime(moment.replace(microsecond=0), usegmt=True)


class OperationTrouble:
    """Tells which operations of a world go wrong."""

    def __init__(self, faults: Iterable[Fault]) -> None:
        """Take the scenario's faults; those of requests are left aside."""
        self._supply = Supply(each for each in faults if each.operation)

    def of(self, request: Request, name: str) -> OperationFault | None:
        """Give what goes wrong with the operation of that name which a request begins."""

        def fits(fault: Fault) -> bool:
            return fault.operation is not None and _like(fault.operation.name, name)

        fault = self._supply.take(request, fits)
        return fault.operation if fault else None


def _meets(match: Match, request: Request) -> bool:
    method = match.method == "*" or match.method.upper() == request.method
    query = unquote_plus(urlsplit(request.url).query)
    return (
        method
        and _like(match.path, request.path)
        and _like(match.query, query)
        and match.body.encode() in request.body
    )


def _like(pattern: str, text: str) -> bool:
    """Tell whether a text is as the pattern says, in which `*` stands for any text."""
    expression = ".*".join(map(re.escape, pattern.split("*")))
    return bool(re.fullmatch(expression, text, re.IGNORECASE | re.DOTALL))


def _given(answer: FaultAnswer) -> Answer:
    if answer.body is not None or answer.status < 400:  # noqa: PLR2004 # the first error status
        return Answer(status=answer.status, headers=answer.headers, body=answer.body)
    code = answer.code or _CODES.get(answer.status, "InternalServerError")
    message = answer.message or f"The sandbox answers {answer.status} here, as its scenario asks."
    return ArmError(answer.status, code, message, headers=answer.headers).answer()
