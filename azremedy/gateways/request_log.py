"""Tell a logger of each request that leaves, and of the answer that comes back.

Nothing is told to a logger that nobody has asked to listen, and no secret is told to any.
"""

from __future__ import annotations

import logging
import time
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any
from urllib.parse import urlsplit

from azremedy.gateways.policies import is_read_only
from azremedy.redaction import redact_url

LOGGER = logging.getLogger(__name__)
_TRY = "azremedy_try"


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """One request and what became of it. A log's record holds it as ``told``."""

    method: str
    """The HTTP method."""
    url: str
    """The URL without what is secret in it."""
    attempt: int
    """1, or more when the SDK sends the same request again."""
    seconds: float
    """From the request to the head of its answer, on this machine's clock."""
    status: int | None
    """HTTP status; ``None`` when no answer came."""
    request_id: str
    """``x-ms-request-id``; empty where there is none."""

    @property
    def kind(self) -> str:
        """What it does to Azure: ``read``, ``write`` or ``deletion``."""
        if is_read_only(self.method, self.url):
            return "read"
        return "deletion" if self.method == "DELETE" else "write"

    @property
    def resource_type(self) -> str:
        """What kind of resource it is about, as far as its path says."""
        segments = urlsplit(self.url).path.strip("/").split("/")
        lowered = [segment.lower() for segment in segments]
        if "providers" in lowered:
            namespace, *rest = segments[len(lowered) - lowered[::-1].index("providers") :]
            return "/".join((namespace, *rest[::2]))
        return "/".join(segments[::2]) if lowered[0] == "subscriptions" else segments[-1]

    @property
    def remarkable(self) -> bool:
        """Whether it says more than that something was read."""
        failed = self.status is None or self.status >= HTTPStatus.BAD_REQUEST
        absent = self.status == HTTPStatus.NOT_FOUND
        return self.kind != "read" or self.attempt > 1 or (failed and not absent)

    def describe(self) -> str:
        """Write it in one line."""
        said = "no answer" if self.status is None else str(self.status)
        parts = [
            f"{self.method} {self.url}: {said} in {self.seconds:.2f} s",
            f"request {self.request_id}" if self.request_id else "",
            f"try {self.attempt}" if self.attempt > 1 else "",
        ]
        return ", ".join(part for part in parts if part)


class RequestLogPolicy:
    """Log each request that is sent: as INFO what is remarkable, as DEBUG the rest.

    It stands right before the transport: the SDK's retries pass it one by one, and what another
    policy has refused does not come here.
    """

    next: Any

    def send(self, request: Any) -> Any:
        """Pass the request on and tell how that went."""
        if not LOGGER.isEnabledFor(logging.INFO):
            return self.next.send(request)
        attempt = request.context[_TRY] = request.context.get(_TRY, 0) + 1
        began, response = time.monotonic(), None
        try:
            answer = self.next.send(request)
            response = answer.http_response
        finally:
            _log(request.http_request, response, attempt, time.monotonic() - began)
        return answer


def _log(request: Any, response: Any, attempt: int, seconds: float) -> None:
    told = Told(
        method=request.method.upper(),
        url=redact_url(request.url),
        attempt=attempt,
        seconds=seconds,
        status=None if response is None else response.status_code,
        request_id="" if response is None else response.headers.get("x-ms-request-id", ""),
    )
    level = logging.INFO if told.remarkable else logging.DEBUG
    LOGGER.log(level, "%s", told.describe(), extra={"told": told})
