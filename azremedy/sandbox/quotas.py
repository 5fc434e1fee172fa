"""Count requests against the quotas that resource providers keep beside ARM's."""

from __future__ import annotations

import json
import math
from dataclasses import dataclass
from datetime import datetime, timedelta
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

from azremedy.sandbox import arm_ids
from azremedy.sandbox.clock import timestamp
from azremedy.sandbox.http import ArmError, Request
from azremedy.sandbox.refusals import GATEWAY
from azremedy.sandbox.throttle import Bucket

if TYPE_CHECKING:
    from azremedy.sandbox.world import World

_HOUR_S = 3600
_READS_AN_HOUR = 150
_MINUTE_S = 60.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Quota:
    """One of Compute's: so many at once, a third of them back each minute."""

    name: str
    """As the header names it."""
    size: int
    """How many calls it allows at once."""

    @property
    def is_of_resource(self) -> bool:
        """Tell whether each machine, or operation, has its own."""
        return self.name.endswith("Resource")


def _pair(family: str, of_subscription: int, of_resource: int) -> tuple[Quota, ...]:
    both = (("SubscriptionMaximum", of_subscription), ("Resource", of_resource))
    return tuple(Quota(name=family + name, size=size) for name, size in both if size)


_COMPUTE = (
    ("GET locations/operations", _pair("GetOperation", 15_000, 45)),
    ("GET restorepointcollections/", _pair("HighCostGetRestorePoint", 150, 0)),
    ("GET restorepointcollections*", _pair("LowCostGetRestorePoint", 600, 0)),
    ("DELETE restorepointcollections*", _pair("DeleteRestorePoint", 360, 0)),
    ("PUT restorepointcollections", _pair("PutRestorePointCollection", 150, 15)),
    ("PATCH restorepointcollections", _pair("UpdateRestorePointCollection", 150, 15)),
    ("PUT restorepointcollections/restorepoints", _pair("PutRestorePoint", 150, 6)),
    ("GET virtualmachines/", _pair("HighCostGet", 900, 0)),
    ("GET virtualmachines*", _pair("LowCostGet", 24_000, 36)),
    ("PUT virtualmachines", _pair("PutVM", 1500, 12)),
    ("DELETE virtualmachines", _pair("DeleteVM", 1500, 12)),
    ("POST virtualmachines/deallocate/", _pair("DeleteVM", 1500, 12)),
    ("* virtualmachines*", _pair("UpdateVM", 1500, 12)),
)
"""Compute's quotas by method and type; a slash at the end marks a list or an action.

Source: learn.microsoft.com/azure/virtual-machines, compute-throttling-limits (2025); names and the
sizes for restore points: recorded Azure traffic, 2024. Their refill is not documented and taken to
be as for the others.
"""


_UNCOUNTED = {
    "microsoft.recoveryservices/vaults/backupresourceguardproxies",
    "microsoft.recoveryservices/vaults/usages",
}
"""Reads of a vault that it does not count. Source: recorded Azure traffic, 2016-2024."""


class Quotas:
    """The quotas of a world's providers. What is refused, the scenario's `limits` say."""

    def __init__(self, world: World) -> None:
        """Begin with nothing spent."""
        self._world = world
        self._buckets: dict[tuple[str, str], Bucket] = {}
        self._hours: dict[str, tuple[datetime, int]] = {}

    def spend(self, request: Request) -> None:
        """Count a request.

        Raises:
            ArmError: 429 when a quota that the scenario enforces is used up.
        """
        for quota in _compute_quotas(request):
            self._spend_compute(request, quota)
        if _is_vault_read(request):
            self._spend_vault_read(request)

    def headers(self, request: Request) -> dict[str, str]:
        """Give what is left, as the provider of a request reports it."""
        now = self._world.clock.now()
        left = [
            f"Microsoft.Compute/{quota.name};{int(self._bucket(request, quota).level(now))}"
            for quota in _compute_quotas(request)
        ]
        headers = {"x-ms-ratelimit-remaining-resource": ",".join(left)} if left else {}
        if _is_vault_read(request):
            name = "x-ms-ratelimit-remaining-subscription-resource-requests"
            headers[name] = str(max(self._reads() - self._hour(request)[1], 0))
        return headers

    def _spend_compute(self, request: Request, quota: Quota) -> None:
        bucket, now = self._bucket(request, quota), self._world.clock.now()
        if not self._world.scenario.limits.compute:
            bucket.spare(now)
            return
        wait = bucket.take(now)
        if wait:
            raise _too_many(quota, now, wait)

    def _bucket(self, request: Request, quota: Quota) -> Bucket:
        owner = _resource(request) if quota.is_of_resource else request.segments[1]
        key = (owner.lower(), quota.name)
        if key not in self._buckets:
            per_second = quota.size / 3 / _MINUTE_S
            self._buckets[key] = Bucket.full(quota.size, per_second, self._world.clock.now())
        return self._buckets[key]

    def _spend_vault_read(self, request: Request) -> None:
        """Count a read of a vault: a window of an hour begins with the first one.

        Source: recorded Azure traffic, 2021-2023: nothing came back in 41 minutes of polling.
        """
        began, count = self._hour(request)
        if self._world.scenario.limits.vault_reads is not None and count >= self._reads():
            passed = (self._world.clock.now() - began).total_seconds()
            raise _reads_used_up(request, self._reads(), math.ceil(_HOUR_S - passed))
        self._hours[_window(request)] = (began, count + 1)

    def _reads(self) -> int:
        enforced = self._world.scenario.limits.vault_reads
        return _READS_AN_HOUR if enforced is None else enforced

    def _hour(self, request: Request) -> tuple[datetime, int]:
        now = self._world.clock.now()
        began, count = self._hours.get(_window(request), (now, 0))
        return (now, 0) if (now - began).total_seconds() >= _HOUR_S else (began, count)


def _compute_quotas(request: Request) -> tuple[Quota, ...]:
    kind = arm_ids.type_of_path(request.path).lower()
    namespace, _, name = kind.partition("/")
    if namespace != "microsoft.compute" or len(request.segments) < 2:  # noqa: PLR2004 # label, guid
        return ()
    tail = request.path[request.path.lower().rfind("/providers/") :].split("/")
    called = f"{request.method} {name}" + ("/" if len(tail) % 2 == 0 else "")
    found = (quotas for pattern, quotas in _COMPUTE if fnmatchcase(called, pattern))
    return next(found, ())


def _resource(request: Request) -> str:
    """Give the machine, collection or operation that a path is about."""
    cut = request.path.lower().rfind("/providers/")
    tail = request.path[cut:].split("/")
    is_operation = tail[3:4] == ["locations"]
    return request.path if is_operation else request.path[:cut] + "/".join(tail[:5])


def _is_vault_read(request: Request) -> bool:
    kind = arm_ids.type_of_path(request.path).lower()
    if request.method != "GET" or kind in _UNCOUNTED:
        return False
    return kind.startswith("microsoft.recoveryservices/vaults/")


def _window(request: Request) -> str:
    parts = request.segments
    return f"{parts[1]} {arm_ids.type_of_path(request.path)}".lower()


def _reads_used_up(request: Request, limit: int, wait: int) -> ArmError:
    """Word the refusal. Source: recorded Azure traffic, 2021-2023."""
    action = f"{arm_ids.type_of_path(request.path)}/read"
    message = (
        f"Number of requests for action '{action}' exceeded the limit of '{limit}' for time "
        f"interval '01:00:00'. Please try again after '{wait}' seconds."
    )
    headers = {"Retry-After": str(wait), **GATEWAY}
    return ArmError(429, "ResourceRequestsThrottled", message, headers=headers)


def _too_many(quota: Quota, now: datetime, wait: int) -> ArmError:
    """Word Compute's refusal.

    Source: learn.microsoft.com/troubleshoot/azure/virtual-machines,
    troubleshooting-throttling-errors (2025).
    """
    measured = {
        "operationGroup": quota.name,
        "startTime": timestamp(now - timedelta(minutes=1)),
        "endTime": timestamp(now),
        "allowedRequestCount": quota.size,
        "measuredRequestCount": quota.size + 1,
    }
    detail = {"code": "TooManyRequests", "target": quota.name, "message": json.dumps(measured)}
    message = (
        "The server rejected the request because too many requests have been received for this "
        "subscription."
    )
    headers = {"Retry-After": str(wait)}
    return ArmError(429, "OperationNotAllowed", message, details=(detail,), headers=headers)
