"""Stand in the SDK's HTTP pipeline: refuse writes, read clock and request ids, limit the waiting.

The classes have the shape that azure-core asks of a policy (``next`` and ``send``); they do not
inherit from it, so that this module loads no SDK package.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from threading import local
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote, urlsplit

from azremedy.errors import ReadOnlyError
from azremedy.gateways.wire_errors import parse_retry_after

if TYPE_CHECKING:
    from azremedy.gateways.clock import AzureClock, Clock

_READ_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadOnlyPost:
    """A POST that changes nothing: Azure uses the method to ask with a body."""

    name: str
    """What the operation is called in Azure's API documents."""
    path: str
    """Regular expression of the whole path, matched without case."""


# Source: Azure/azure-rest-api-specs, the operations' own descriptions; Resource Graph:
# learn.microsoft.com/azure/governance/resource-graph/overview ("read only").
READ_ONLY_POSTS = (
    ReadOnlyPost(
        name="BackupStatus_Get",
        path=r"/subscriptions/[^/]+/providers/Microsoft\.RecoveryServices/locations/[^/]+"
        r"/backupStatus",
    ),
    ReadOnlyPost(
        name="ProtectionIntent_Validate",
        path=r"/subscriptions/[^/]+/providers/Microsoft\.RecoveryServices/locations/[^/]+"
        r"/backupPreValidateProtection",
    ),
    ReadOnlyPost(
        name="FeatureSupport_Validate",
        path=r"/subscriptions/[^/]+/providers/Microsoft\.RecoveryServices/locations/[^/]+"
        r"/backupValidateFeatures",
    ),
    ReadOnlyPost(name="Resources", path=r"/providers/Microsoft\.ResourceGraph/resources"),
    ReadOnlyPost(
        name="NetworkInterfaces_ListEffectiveNetworkSecurityGroups",
        path=r"/subscriptions/[^/]+/resourceGroups/[^/]+/providers/Microsoft\.Network"
        r"/networkInterfaces/[^/]+/effectiveNetworkSecurityGroups",
    ),
    ReadOnlyPost(
        name="NetworkInterfaces_GetEffectiveRouteTable",
        path=r"/subscriptions/[^/]+/resourceGroups/[^/]+/providers/Microsoft\.Network"
        r"/networkInterfaces/[^/]+/effectiveRouteTable",
    ),
)


def is_read_only(method: str, url: str) -> bool:
    """Say whether a request cannot change anything in Azure."""
    if method.upper() in _READ_METHODS:
        return True
    path = unquote(urlsplit(url).path)
    return method.upper() == "POST" and any(
        re.fullmatch(post.path, path, re.IGNORECASE) for post in READ_ONLY_POSTS
    )


class ReadOnlyPolicy:
    """Refuse every request that could change something.

    It stands last, right before the transport, so that nothing gets past it: no retry, redirect,
    poll or generic call.
    """

    next: Any

    def send(self, request: Any) -> Any:
        """Pass a read on.

        Raises:
            ReadOnlyError: for any other request; it was not sent.
        """
        method, url = request.http_request.method, request.http_request.url
        if not is_read_only(method, url):
            raise ReadOnlyError(f"{method} {urlsplit(url).path} was refused: this run only reads")
        return self.next.send(request)


class ClockPolicy:
    """Tell the clock the ``Date`` of every answer."""

    next: Any

    def __init__(self, clock: AzureClock) -> None:
        self._clock = clock

    def send(self, request: Any) -> Any:
        """Pass the request on and look at its answer's date."""
        answer = self.next.send(request)
        if date := answer.http_response.headers.get("Date"):
            self._clock.observe(date)
        return answer


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """When Azure gave an answer, and under which id it can be found in Azure's logs."""

    at: datetime
    """The answer's ``Date``, in UTC; the session's time where it has none."""
    request_id: str | None
    """``x-ms-request-id``."""


class Trace:
    """Remembers the last answer that each thread got, so that a fact can say where it is from."""

    def __init__(self) -> None:
        self._last = local()

    @property
    def last(self) -> Seen | None:
        """The calling thread's last answer since ``forget``; ``None`` when it got none."""
        seen: Seen | None = getattr(self._last, "seen", None)
        return seen

    def forget(self) -> None:
        """Begin anew in the calling thread, so that no earlier answer is taken for the next."""
        self._last.seen = None

    def note(self, seen: Seen) -> None:
        """Remember an answer for the calling thread."""
        self._last.seen = seen


class TracePolicy:
    """Note when each answer came and its request id.

    Args:
        trace: where it is noted.
        clock: tells the time of answers that do not say it.
    """

    next: Any

    def __init__(self, trace: Trace, clock: Clock) -> None:
        self._trace = trace
        self._clock = clock

    def send(self, request: Any) -> Any:
        """Pass the request on and note its answer, a refusal too."""
        answer = self.next.send(request)
        headers = answer.http_response.headers
        at = _parse_date(headers.get("Date", "")) or self._clock.now()
        self._trace.note(Seen(at=at, request_id=headers.get("x-ms-request-id")))
        return answer


def _parse_date(header: str) -> datetime | None:
    try:
        time = parsedate_to_datetime(header)
    except ValueError:
        return None
    return time.astimezone(UTC) if time.tzinfo else None


class WaitTooLong(Exception):  # noqa: N818 - it never leaves the gateways; translate renames it
    """Azure asked to wait longer than the caller is willing to.

    Not one of the SDK's exceptions, so that its retry policy lets it through.
    """

    def __init__(self, response: Any) -> None:
        super().__init__("the wait that Azure asks for is too long")
        self.response = response


class PatiencePolicy:
    """Give up at once when Azure asks for a wait that is too long.

    It stands behind the SDK's retry policy, which would sleep as long as it is told: an hour when
    the quota of job reads is used up (recorded Azure traffic, 2021-2023).
    """

    next: Any

    def __init__(self, longest_wait: timedelta) -> None:
        self._longest_wait = longest_wait

    def send(self, request: Any) -> Any:
        """Pass the request on.

        Raises:
            WaitTooLong: for an error answer that asks for more.
        """
        answer = self.next.send(request)
        response = answer.http_response
        wait = parse_retry_after(response.headers)
        refused = response.status_code >= HTTPStatus.BAD_REQUEST
        if refused and wait is not None and wait > self._longest_wait:
            raise WaitTooLong(response)
        return answer
