"""Count requests against ARM's token buckets."""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from azremedy.sandbox import arm_ids
from azremedy.sandbox.http import ArmError, Request
from azremedy.sandbox.refusals import GATEWAY

if TYPE_CHECKING:
    from azremedy.sandbox.world import World

_KINDS = {"GET": "reads", "HEAD": "reads", "DELETE": "deletes"}
_SIZES = {"reads": 250, "writes": 200, "deletes": 200}
_GLOBAL_FACTOR = 15


@dataclass(slots=True)
class _Bucket:
    tokens: float
    filled: datetime


class Throttle:
    """Token buckets for each subscription and kind of request.

    Source: learn.microsoft.com/azure/azure-resource-manager/management,
    request-limits-and-throttling (2025-05-28); the refusal: recorded Azure traffic, 2022.
    A world whose scenario sets no limits never refuses and reports full buckets.
    """

    def __init__(self, world: World) -> None:
        """Begin with full buckets."""
        self._world = world
        self._buckets: dict[tuple[str, str], _Bucket] = {}

    def spend(self, request: Request) -> None:
        """Take one token.

        Raises:
            ArmError: 429 with Retry-After when there is none.
        """
        kind = _kind(request)
        limit = self._limit(kind)
        if not limit:
            return
        bucket = self._filled(request, limit)
        if bucket.tokens >= 1:
            bucket.tokens -= 1
            return
        wait = max(1, math.ceil((1 - bucket.tokens) / limit[1])) if limit[1] else 3600
        operation = f"{request.method}/{arm_ids.type_of_path(request.path)}".upper()
        message = (
            f"Number of requests for subscription '{_subscription(request)}' and operation "
            f"'{operation}' exceeded the backend storage limit. Please try again after '{wait}' "
            "seconds."
        )
        headers = {"Retry-After": str(wait), **GATEWAY}
        raise ArmError(429, "SubscriptionRequestsThrottled", message, headers=headers)

    def headers(self, request: Request) -> dict[str, str]:
        """Give what is left, as ARM reports it on every answer."""
        kind = _kind(request)
        limit = self._limit(kind)
        size = limit[0] if limit else _SIZES[kind]
        left = int(self._filled(request, limit).tokens) if limit else size - 1
        prefix = "x-ms-ratelimit-remaining-subscription"
        return {
            f"{prefix}-{kind}": str(left),
            f"{prefix}-global-{kind}": str(size * _GLOBAL_FACTOR - (size - left)),
        }

    def _limit(self, kind: str) -> tuple[int, float] | None:
        limits = self._world.scenario.limits
        return {"reads": limits.reads, "writes": limits.writes, "deletes": limits.deletes}[kind]

    def _filled(self, request: Request, limit: tuple[int, float]) -> _Bucket:
        size, refill = limit
        now = self._world.clock.now()
        place = (_subscription(request).lower(), _kind(request))
        bucket = self._buckets.setdefault(place, _Bucket(size, now))
        seconds = (now - bucket.filled).total_seconds()
        bucket.tokens = min(size, bucket.tokens + seconds * refill)
        bucket.filled = now
        return bucket


def _kind(request: Request) -> str:
    return _KINDS.get(request.method, "writes")


def _subscription(request: Request) -> str:
    parts = request.segments
    return parts[1] if len(parts) > 1 and parts[0].lower() == "subscriptions" else ""
