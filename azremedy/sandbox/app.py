"""Answer requests as Azure Resource Manager does: gate after gate, then the provider."""

from __future__ import annotations

import logging
import os
import re
from dataclasses import replace
from email.utils import format_datetime
from typing import TYPE_CHECKING

from azremedy.sandbox import (
    faults,
    generic,
    graph,
    locks_enforcement,
    operation_routes,
    policies,
    preconditions,
    rbac,
    refusals,
)
from azremedy.sandbox.http import Answer, ArmError, Request
from azremedy.sandbox.providers import ROUTES
from azremedy.sandbox.quotas import Quotas
from azremedy.sandbox.recorder import Recorder, from_environment
from azremedy.sandbox.routing import Route, Router
from azremedy.sandbox.throttle import Throttle

if TYPE_CHECKING:
    from collections.abc import Iterable

    from azremedy.sandbox.world import World

_LOGGER = logging.getLogger(__name__)
_FAILED_AT = "x-ms-failure-cause"
_COUNTED_BY_SERVICE = "x-ms-ratelimit-remaining-subscription-resource-requests"


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

        Exchanges are written down by the recorder and by the one that the environment names; to
        that one answers that were spoilt on purpose are no news about Azure, and not told.
        """
        self.world = world
        self._recorder = recorder
        self._of_environment = from_environment(os.environ, cassette=world.scenario.name)
        self._router = Router(routes)
        self._throttle = Throttle(world)
        self._quotas = Quotas(world)
        self._faults = faults.Injector(world)

    def handle(self, request: Request) -> Answer:
        """Answer a request.

        Raises:
            ConnectionLostError: when an injected fault breaks the connection.
        """
        with self.world.lock:
            if graph.is_asked(request):
                return self._faults.around(request, _ask_directory)
            answer = self._dressed(request, self._faults.around(request, self._admitted))
            if self._recorder:
                self._recorder.write(request, answer)
            if self._of_environment and not answer.is_fault:
                self._of_environment.write(request, answer)
        return answer

    def _admitted(self, request: Request) -> Answer:
        """Carry a request out; a defect of the sandbox becomes a 500, with the traceback logged."""
        try:
            return self._carried_out(request)
        except ArmError as error:
            return error.answer()
        except Exception:  # the last border: a client gets a 500, never a dead connection
            _LOGGER.exception("the sandbox failed at %s %s", request.method, request.path)
            message = "The sandbox itself failed at this request; see its log."
            return ArmError(500, "InternalServerError", message).answer()

    def _carried_out(self, request: Request) -> Answer:
        refusals.check_signed_in(request)
        self._throttle.spend(request)
        refusals.check_api_version(request)
        refusals.check_body(request)
        refusals.check_subscription(self.world, request)
        found = self._router.find(request) or generic.find(self.world, request)
        rbac.check(self.world, request, found[0] if found else None)
        if not found:
            raise refusals.unknown(self._router.methods(request.path), request)
        route, params = found
        if route.lockable:
            locks_enforcement.check(self.world, request)
        policies.check(self.world, request)
        self._quotas.spend(request)
        preconditions.check(self.world, request)
        return route.handler(self.world, request, **params)

    def _dressed(self, request: Request, answer: Answer) -> Answer:
        """Add the headers that every answer of ARM carries."""
        request_id = self.world.ids.new()
        moment = self.world.clock.now()
        headers = {
            "Cache-Control": "no-cache",
            "Pragma": "no-cache",
            "Expires": "-1",
            "Date": format_datetime(moment.replace(microsecond=0), usegmt=True),
            "Strict-Transport-Security": "max-age=31536000; includeSubDomains",
            "X-Content-Type-Options": "nosniff",
            "x-ms-request-id": request_id,
            "x-ms-correlation-request-id": _correlation(request) or request_id,
            "x-ms-routing-request-id": f"SANDBOX:{moment:%Y%m%dT%H%M%SZ}:{request_id}",
            **({} if _uncounted(request, answer) else self._throttle.headers(request)),
            **_client_request_id(request),
        }
        if answer.body is not None:
            headers["Content-Type"] = answer.content_type
        body = None if request.method == "HEAD" else answer.body
        counted = {} if _unserved(answer) else self._quotas.headers(request)
        return replace(answer, headers={**headers, **answer.headers, **counted}, body=body)


def _ask_directory(request: Request) -> Answer:
    """Answer for the directory, which is not Resource Manager: nothing of it is written down."""
    found = graph.answer(request) or ArmError(404, "Request_ResourceNotFound", "").answer()
    return replace(found, headers={"Content-Type": found.content_type, **found.headers})


def _uncounted(request: Request, answer: Answer) -> bool:
    """Tell whether an answer says nothing of the subscription's requests.

    Reads that a service counts itself are not counted again. Source: recorded Azure traffic,
    2020-2024.
    """
    own = request.method == "GET" and _COUNTED_BY_SERVICE in answer.headers
    return own or _refused_at_the_gate(answer)


def _unserved(answer: Answer) -> bool:
    """Tell whether no provider speaks in an answer: ARM refused, or it was spoilt on purpose."""
    return answer.is_fault or _refused_at_the_gate(answer)


def _refused_at_the_gate(answer: Answer) -> bool:
    """Tell whether ARM itself refused; such an answer does not count the caller's requests.

    A missing group is found out further in. Source: recorded Azure traffic, 2018-2024.
    """
    if answer.status == 429:  # noqa: PLR2004 # too many requests
        return True
    code = str(answer.body["error"].get("code", "")) if _is_error(answer) else ""
    return bool(code) and code != "ResourceGroupNotFound" and _FAILED_AT in answer.headers


def _is_error(answer: Answer) -> bool:
    return isinstance(answer.body, dict) and isinstance(answer.body.get("error"), dict)


def _client_request_id(request: Request) -> dict[str, str]:
    """Give the client's own request id back, when it asks for that."""
    asked = request.headers.get("x-ms-return-client-request-id", "").lower() == "true"
    sent = request.headers.get("x-ms-client-request-id", "")
    return {"x-ms-client-request-id": sent} if asked and sent else {}


def _correlation(request: Request) -> str:
    """Give the caller's correlation id when it is a guid, as ARM repeats it."""
    sent = request.headers.get("x-ms-correlation-request-id", "")
    return sent if re.fullmatch(r"[0-9a-fA-F-]{36}", sent) else ""
