"""Count queries against Resource Graph's quota of each user."""

from __future__ import annotations

from typing import TYPE_CHECKING

from azremedy.sandbox.http import ArmError

if TYPE_CHECKING:
    from datetime import datetime

    from azremedy.sandbox.world import World

_QUERIES = 15
_WINDOW_S = 5


class GraphQuota:
    """So many queries in five seconds, and all anew after that.

    Source: learn.microsoft.com/azure/governance/resource-graph/concepts,
    guidance-for-throttled-requests (2025).
    """

    def __init__(self, world: World) -> None:
        """Begin with all of them."""
        self._world = world
        self._began: datetime | None = None
        self._spent = 0

    def spend(self) -> int:
        """Count a query and give how many are left.

        Raises:
            ArmError: 429 `RateLimiting` when none is and the scenario enforces the quota.
        """
        now = self._world.clock.now()
        if self._began is None or (now - self._began).total_seconds() >= _WINDOW_S:
            self._began, self._spent = now, 0
        enforced = self._world.scenario.limits.resource_graph
        if enforced is not None and self._spent >= enforced:
            raise _limited()
        self._spent += 1
        return max((enforced or _QUERIES) - self._spent, 0)


def _limited() -> ArmError:
    headers = {
        "Retry-After": str(_WINDOW_S),
        "x-ms-user-quota-remaining": "0",
        "x-ms-user-quota-resets-after": f"00:00:0{_WINDOW_S}",
    }
    message = "The rate limit of queries was exceeded. Please try again later."
    return ArmError(429, "RateLimiting", message, headers=headers)
