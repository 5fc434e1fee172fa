"""Count requests against ARM's token buckets."""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType
from typing import TYPE_CHECKING

from azremedy.sandbox import arm_ids
from azremedy.sandbox.http import ArmError, Request

if TYPE_CHECKING:
    from azremedy.sandbox.world import World

_KINDS = MappingProxyType({"GET": "reads", "HEAD": "reads", "DELETE": "deletes"})
_AZURES = MappingProxyType({"reads": (250, 25.0), "writes": (200, 10.0), "deletes": (200, 10.0)})
_GLOBAL_FACTOR = 15
_NEVER_S = 3600


@dataclass(slots=True, kw_only=True)
class Bucket:
    """Tokens that requests take and time brings back."""

    size: int
    """The most that it holds; it begins full."""
    per_second: float
    """How many come back in a second."""
    filled: datetime
    """When it was last looked at."""
    tokens: float
    """How many there were then."""

    @classmethod
    def full(cls, size: int, per_second: float, now: datetime) -> Bucket:
        """Make a full bucket."""
        return cls(size=size, per_second=per_second, filled=now, tokens=size)

    def level(self, now: datetime) -> float:
        """Give how many tokens there are."""
        passed = (now - self.filled).total_seconds()
        self.tokens = min(self.size, self.tokens + max(passed, 0.0) * self.per_second)
        self.filled = now
        return self.tokens

    def take(self, now: datetime) -> int:
        """Take a token and give 0, or take none and give the seconds until there is one."""
        if self.level(now) >= 1:
            self.tokens -= 1
            return 0
        if not self.per_second:
            return _NEVER_S
        return max(1, math.ceil((1 - self.tokens) / self.per_second))

    def spare(self, now: datetime) -> None:
        """Take a token unless the bucket is half empty: for what is counted but never refused."""
        if self.level(now) > self.size / 2:
            self.tokens -= 1


class Throttle:
    """Token buckets for each subscription and kind of request.

    Source: learn.microsoft.com/azure/azure-resource-manager/management,
    request-limits-and-throttling (2025-05-28); the refusal: recorded Azure traffic, 2022.
    Where the scenario sets no limit nothing is refused, and what is reported as left falls as with
    Azure, but never below half.
    """

    def __init__(self, world: World) -> None:
        """Begin with full buckets."""
        self._world = world
        self._buckets: dict[tuple[str, str], Bucket] = {}

    def spend(self, request: Request) -> None:
        """Take one token.

        Raises:
            ArmError: 429 with Retry-After when there is none.
        """
        bucket, now = self._bucket(request), self._world.clock.now()
        if not self._limit(_kind(request)):
            bucket.spare(now)
            return
        wait = bucket.take(now)
        if wait:
            raise _throttled(request, wait)

    def headers(self, request: Request) -> dict[str, str]:
        """Give what is left, as ARM reports it on the answers of providers."""
        bucket = self._bucket(request)
        left = int(bucket.level(self._world.clock.now()))
        everywhere = bucket.size * _GLOBAL_FACTOR - (bucket.size - left)
        prefix = "x-ms-ratelimit-remaining-subscription"
        kind = _kind(request)
        return {f"{prefix}-{kind}": str(left), f"{prefix}-global-{kind}": str(everywhere)}

    def _limit(self, kind: str) -> tuple[int, float] | None:
        limits = self._world.scenario.limits
        return {"reads": limits.reads, "writes": limits.writes, "deletes": limits.deletes}[kind]

    def _bucket(self, request: Request) -> Bucket:
        kind = _kind(request)
        place = (_subscription(request).lower(), kind)
        if place not in self._buckets:
            size, per_second = self._limit(kind) or _AZURES[kind]
            self._buckets[place] = Bucket.full(size, per_second, self._world.clock.now())
        return self._buckets[place]


def _throttled(request: Request, wait: int) -> ArmError:
    operation = f"{request.method}/{arm_ids.type_of_path(request.path)}".upper()
    message = (
        f"Number of requests for subscription '{_subscription(request)}' and operation "
        f"'{operation}' exceeded the backend storage limit. Please try again after '{wait}' "
        "seconds."
    )
    headers = {"Retry-After": str(wait)}
    return ArmError(429, "SubscriptionRequestsThrottled", message, headers=headers)


def _kind(request: Request) -> str:
    return _KINDS.get(request.method, "writes")


def _subscription(request: Request) -> str:
    parts = request.segments
    return parts[1] if len(parts) > 1 and parts[0].lower() == "subscriptions" else ""
