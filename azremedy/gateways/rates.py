"""Keep below Azure's limits before it has to refuse: a bucket of tokens for each of them.

A request takes its tokens before it is sent and waits until there are some. What Azure says is
left corrects the count, since other programs use the same limits, and a refusal keeps back
everything of its kind.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from http import HTTPStatus
from threading import Lock, Semaphore
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote, urlsplit

from azremedy.gateways.wire_errors import parse_retry_after

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from azremedy.gateways.clock import Clock

# Size and tokens a second for each subscription, principal and region. Source:
# learn.microsoft.com/azure/azure-resource-manager/management/request-limits-and-throttling
# (2025-05-28).
_ARM = {"reads": (250.0, 25.0), "writes": (200.0, 10.0), "deletes": (200.0, 10.0)}
_KINDS = {"GET": "reads", "HEAD": "reads", "DELETE": "deletes"}
_LEFT = "x-ms-ratelimit-remaining-subscription-{kind}"
# "Microsoft.Compute/DeleteRestorePointSubscriptionMaximum;359,…": a minute brings back a third of
# a policy. Source: learn.microsoft.com/azure/virtual-machines, compute-throttling-limits (2024-05),
# and recorded Azure traffic, 2024. Policies of one resource end in "Resource"; nobody here comes
# near those.
_POLICIES = "x-ms-ratelimit-remaining-resource"
_POLICY = re.compile(r"([\w./]+);(\d+)")
_POLICY_MINUTES = 3
# Recovery Services counts reads of one kind in a window of an hour. Source: recorded Azure traffic,
# 2021-2023.
_WINDOW = "x-ms-ratelimit-remaining-subscription-resource-requests"
_HOUR = timedelta(hours=1)
_SPREAD = 10
_NEW_HOUR = 4
"""So much of an hour's reads back at once are those of a new one; less is an answer overtaken."""
# Resource Graph: so many queries are left until a time. Source: learn.microsoft.com/azure/
# governance/resource-graph/concepts/guidance-for-throttled-requests (2025).
_QUERIES = "x-ms-user-quota-remaining"
_QUERIES_RESET = "x-ms-user-quota-resets-after"
LIMIT_HEADERS = frozenset({*(_LEFT.format(kind=kind) for kind in _ARM), _POLICIES, _WINDOW})
"""By which Azure tells what is left; nothing in them is secret."""
_REFUSED = "azremedy.refused"
AT_ONCE = 32
"""Requests that are out at a time: at 50 ms an answer more than Azure's limits let through."""
_SUBSCRIPTION = re.compile(r"/subscriptions/([^/]+)", re.IGNORECASE)


@dataclass(slots=True, kw_only=True)
class Bucket:
    """Tokens that requests take and time brings back. Its level may be owed."""

    size: float
    """The most that it holds."""
    per_second: float
    """How many come back in a second."""
    tokens: float
    """How many there were when it was looked at last; negative when requests wait for them."""
    seen: datetime
    """When that was."""
    out: int = 0
    """Requests that have taken a token and have no answer yet."""

    def take(self, now: datetime) -> float:
        """Take a token; give the seconds to wait until it is there."""
        self._fill(now)
        self.tokens -= 1
        self.out += 1
        return max(0.0, -self.tokens / self.per_second)

    def learn(self, left: int, now: datetime) -> None:
        """Correct the level by what Azure says is left; whole tokens only, as Azure rounds."""
        self._fill(now)
        told = left - self.out
        if not told - 1 <= self.tokens <= told + 1:
            self.tokens = float(told)
            self.size = max(self.size, float(left))

    def _fill(self, now: datetime) -> None:
        passed = max((now - self.seen).total_seconds(), 0.0)
        self.tokens = min(self.size, self.tokens + passed * self.per_second)
        self.seen = max(now, self.seen)


@dataclass(slots=True, kw_only=True)
class Window:
    """Requests that an hour allows: none comes back before it is over.

    The last of them are spread over the rest of the hour, so that what a run has to know it may
    always ask. When the hour began only Azure knows: it is counted from the first answer.
    """

    size: float
    """What is left at its beginning."""
    tokens: float
    """What is left."""
    began: datetime
    """When."""
    free: datetime
    """When the next one may go."""
    out: int = 0
    """Requests that have no answer yet."""

    def take(self, now: datetime) -> float:
        """Take a request; give the seconds until it may be sent."""
        if now >= self.began + _HOUR:
            self._begin(self.size, now)
        left, self.tokens = self.tokens, self.tokens - 1
        self.out += 1
        if left > self.size / _SPREAD:
            return 0.0
        end = self.began + _HOUR
        at = min(max(now, self.free), end) if left >= 1 else end
        self.free = at + (end - at) / max(left, 1)
        return (at - now).total_seconds()

    def learn(self, left: int, now: datetime) -> None:
        """Correct the count by what Azure says is left; many more are those of a new hour."""
        told = left - self.out
        if told > self.tokens + self.size / _NEW_HOUR:
            self.size = max(self.size, float(left))
            self._begin(told, now)
        else:
            self.tokens = min(self.tokens, float(told))

    def _begin(self, tokens: float, now: datetime) -> None:
        self.tokens, self.began, self.free = tokens, now, now


@dataclass(frozen=True, slots=True, kw_only=True)
class Ticket:
    """Leave to send one request."""

    wait_s: float
    """Seconds until its tokens are there."""
    closed_s: float
    """Seconds until Azure takes requests of its kind again, after it has refused one."""
    kind: str
    """Subscription, method and type: what Azure refuses together."""
    buckets: tuple[str, ...]
    """The buckets that it has taken a token from."""


@dataclass(frozen=True, slots=True)
class Rates:
    """What is known of Azure's limits over one connection. Threads and sessions share it."""

    _guard: Lock = field(default_factory=Lock)
    _buckets: dict[str, Bucket | Window] = field(default_factory=dict)
    _closed: dict[str, datetime] = field(default_factory=dict)
    _policies: dict[str, set[str]] = field(default_factory=dict)
    door: Semaphore = field(default_factory=lambda: Semaphore(AT_ONCE))
    """Who is through it may send: threads by the hundred would each make a connection."""

    def enter(self, method: str, url: str, now: datetime) -> Ticket:
        """Take a token of every limit that a request counts against."""
        kind, arm = _kind_of(method, url), _arm_of(method, url)
        with self._guard:
            if arm not in self._buckets:
                size, per_second = _ARM[arm.rpartition(" ")[2]]
                self._open(arm, size, per_second, now)
            names = (arm, *sorted(self._policies.get(kind, ())))
            waits = [self._buckets[name].take(now) for name in names]
            closed = self._closed.get(kind, now) - now
        return Ticket(
            wait_s=max(waits),
            closed_s=max(closed.total_seconds(), 0.0),
            kind=kind,
            buckets=names,
        )

    def leave(self, ticket: Ticket) -> None:
        """Count a request that is over, however it ended."""
        with self._guard:
            for name in ticket.buckets:
                self._buckets[name].out -= 1

    def learn(self, ticket: Ticket, status: int, headers: Mapping[str, str], now: datetime) -> None:
        """Look at what an answer tells of the limits."""
        with self._guard:
            arm = ticket.buckets[0]
            left = headers.get(_LEFT.format(kind=arm.rpartition(" ")[2]))
            if left is not None and left.isdigit():
                self._buckets[arm].learn(int(left), now)
            for name, rest in _list_policies(ticket.kind, headers):
                if name not in self._buckets:
                    self._open(name, float(rest), max(rest, 1) / _POLICY_MINUTES / 60, now)
                    self._policies.setdefault(ticket.kind, set()).add(name)
                self._buckets[name].learn(rest, now)
            self._learn_window(ticket.kind, headers.get(_WINDOW, ""), now)
            closed = _find_closing(status, headers)
            if closed:
                self._closed[ticket.kind] = now + closed

    def _learn_window(self, kind: str, left: str, now: datetime) -> None:
        if not left.isdigit():
            return
        name, rest = f"{kind} window", int(left)
        if name not in self._buckets:
            size = float(rest)
            self._buckets[name] = Window(size=size, tokens=size, began=now, free=now)
            self._policies.setdefault(kind, set()).add(name)
        self._buckets[name].learn(rest, now)

    def _open(self, name: str, size: float, per_second: float, now: datetime) -> None:
        self._buckets[name] = Bucket(size=size, per_second=per_second, tokens=size, seen=now)


class RatePolicy:
    """Hold requests back until Azure will take them.

    It stands behind the SDK's retry policy, so that repeated requests count too.

    Args:
        rates: what is known of the limits.
        clock: the session's.
        longest_wait: a request that would wait longer is sent all the same, and Azure decides.
    """

    next: Any

    def __init__(self, rates: Rates, clock: Clock, longest_wait: timedelta) -> None:
        self._rates = rates
        self._clock = clock
        self._longest_wait_s = longest_wait.total_seconds()

    def send(self, request: Any) -> Any:
        """Wait for leave, pass the request on, and learn from its answer."""
        sent = request.http_request
        ticket = self._rates.enter(sent.method, sent.url, self._clock.now())
        # A request that was refused itself has been kept back by the SDK's retry policy.
        closed = 0.0 if request.context.pop(_REFUSED, False) else ticket.closed_s
        if (wait := max(ticket.wait_s, closed)) > 0:
            request.context.transport.sleep(min(wait, self._longest_wait_s))
        try:
            with self._rates.door:
                answer = self.next.send(request)
        finally:
            self._rates.leave(ticket)
        response = answer.http_response
        request.context[_REFUSED] = response.status_code == HTTPStatus.TOO_MANY_REQUESTS
        self._rates.learn(ticket, response.status_code, response.headers, self._clock.now())
        return answer


def _subscription_of(url: str) -> str:
    found = _SUBSCRIPTION.match(urlsplit(url).path)
    return found[1].lower() if found else ""


def _arm_of(method: str, url: str) -> str:
    return f"arm {_subscription_of(url)} {_KINDS.get(method.upper(), 'writes')}"


def _kind_of(method: str, url: str) -> str:
    """Name what a request is about without naming things: every other part behind the provider."""
    parts = unquote(urlsplit(url).path).lower().strip("/").split("/")
    places = [place for place, part in enumerate(parts) if part == "providers"]
    about = parts[places[-1] + 1 :] if places else parts[::2]
    types = (about[0], *about[1::2]) if places else about
    return f"{_subscription_of(url)} {method.upper()} {'/'.join(types)}"


def _list_policies(kind: str, headers: Mapping[str, str]) -> Iterator[tuple[str, int]]:
    subscription = kind.partition(" ")[0]
    for name, left in _POLICY.findall(headers.get(_POLICIES, "")):
        if not name.endswith("Resource"):
            yield f"{subscription} {name}", int(left)


def _find_closing(status: int, headers: Mapping[str, str]) -> timedelta | None:
    if status == HTTPStatus.TOO_MANY_REQUESTS:
        return parse_retry_after(headers)
    if headers.get(_QUERIES) == "0":
        return _parse_span(headers.get(_QUERIES_RESET, ""))
    return None


def _parse_span(text: str) -> timedelta | None:
    """Read ``00:00:05``."""
    found = re.fullmatch(r"(\d+):(\d\d):(\d\d)", text)
    if found is None:
        return None
    hours, minutes, seconds = map(int, found.groups())
    return timedelta(hours=hours, minutes=minutes, seconds=seconds)
