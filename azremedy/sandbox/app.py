"""Answer requests as Azure Resource Manager does: gate after gate, then the provider."""

from __future__ import annotations

import logging
import os
import re
from dataclasses import replace
from email.utils import format_datetime
from typing import TYPE_CHECKING

from azremedy.sandbox import faults, generic, locks_enforcement, operation_routes, rbac, refusals
from azremedy.sandbox.http import Answer, ArmError, Request
from azremedy.sandbox.providers import ROUTES
from azremedy.sandbox.recorder import Recorder, from_environment
from azremedy.sandbox.routing import Route, Router
from azremedy.sandbox.throttle import Throttle

if TYPE_CHECKING:
    from collections.abc import Iterable

    from azremedy.sandbox.world import World

_LOGGER = logging.getLogger(__name__)


class App:
    """The sandbox's Resource Manager. `handle` may be called from many threads."""

    def __init__(
        self,
        world: World,
        *,
        recorder: Recorder | None = None,
        routes: Iterable[Route] = (*ROUTES, *operation_routes.ROUTES),
    ) -> None:
        """Serve a world.

        Exchanges are written down by the recorder, or by the one that the environment names.
        """
        self.world = world
        self._recorder = recorder or from_environment(os.environ, cassette=world.scenario.name)
        self._router = Router(routes)
        self._throttle = Throttle(world)
        self._faults = faults.Injector(world.scenario.faults)

    def handle(self, request: Request) -> Answer:
        """Answer a request.

        Raises:
            ConnectionLostError: when an injected fault breaks the connection.
        """
        with self.world.lock:
            answer = self._dressed(request, self._faults.around(request, self._admitted))
            if self._recorder:
                self._recorder.write(request, answer)
        return answer

    def _admitted(self, request: Request) -> Answer:
        """Carry a request out; a defect of the sandbox becomes a 500, with the traceback logged."""
        try:
            return self._carried_out(request)
        except ArmError as error:
            return error.answer()
        except Exception:
            _LOGGER.exception("the sandbox failed at %s %s", request.method, request.path)
            message = "The sandbox itself failed at this request; see its log."
            return ArmError(500, "InternalServerError", message).answer()

    def _carried_out(self, request: Request) -> Answer:
        refusals.check_signed_in(request)
        self._throttle.spend(request)
        refusals.check_api_version(request)
        refusals.check_subscription(self.world, request)
        found = self._router.find(request) or generic.find(self.world, request)
        rbac.check(self.world, request, found[0] if found else None)
        if not found:
            raise refusals.unknown(self._router.methods(request.path), request)
        route, params = found
        if route.lockable:
            locks_enforcement.check(self.world, request)
        return route.handler(self.world, request, **params)

    def _dressed(self, request: Request, answer: Answer) -> Answer:
        """Add the headers that every answer of ARM carries."""
        request_id = self.world.ids.new()
        headers = {
            "Cache-Control": "no-cache",
            "Pragma": "no-cache",
            "Expires": "-1",
            "Date": format_datetime(self.world.clock.now().replace(microsecond=0), usegmt=True),
            "Strict-Transport-Security": "max-age=31536000; includeSubDomains",
            "X-Content-Type-Options": "nosniff",
            "x-ms-request-id": request_id,
            "x-ms-correlation-request-id": _correlation(request) or request_id,
            "x-ms-routing-request-id": f"SANDBOX:{request_id}",
            **self._throttle.headers(request),
        }
        if answer.body is not None:
            headers["Content-Type"] = answer.content_type
        body = None if request.method == "HEAD" else answer.body
        return replace(answer, headers={**headers, **answer.headers}, body=body)


def _correlation(request: Request) -> str:
    """Give the caller's correlation id when it is a guid, as ARM repeats it."""
    sent = request.headers.get("x-ms-correlation-request-id", "")
    return sent if re.fullmatch(r"[0-9a-fA-F-]{36}", sent) else ""
