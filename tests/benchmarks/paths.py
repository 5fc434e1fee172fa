"""Say from recorded exchanges what a repair had to wait for, and what it asked."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote, urlsplit

from azremedy.sandbox.arm_ids import type_of_path
from azremedy.sandbox.timings import DEFAULTS

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

_READS = {"GET", "HEAD"}
_ASKING = ("/backupstatus", "/microsoft.resourcegraph/resources")
"""What POST only asks."""
_DURATIONS = (
    ("DELETE", "/extensions/", ("deleteExtension",)),
    ("DELETE", "/restorepointcollections/", ("deleteRestorePointCollection",)),
    ("POST", "/backup", ("takeSnapshot",)),
)
"""Operations that a change begins, and how long they take by themselves."""
_GIVEN = {"subscriptions", "providers", "locations"}
"""Kinds of parts whose names no answer has to tell."""
_LIMITS = {"GET": (250.0, 25.0), "DELETE": (200.0, 10.0)}
_WRITES = (200.0, 10.0)
_HOUR_S = 3600.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Exchange:
    """A request with its answer, as far as it matters here."""

    method: str
    """The method, in capitals."""
    path: str
    """The decoded path, in lower case."""
    status: int
    """The answer's status."""
    told: str
    """The answer with its headers, as text in lower case."""

    asked: str = ""
    """What was asked, without the place in a list of answers."""

    @property
    def is_change(self) -> bool:
        """Whether it was to change something."""
        return self.method not in _READS and not self.path.endswith(_ASKING)

    @property
    def is_poll(self) -> bool:
        """Whether it only asked whether something is over."""
        kinds = ("/operations/", "/operationsstatus/", "/operationresults/", "/backupoperations/")
        return any(kind in self.path for kind in kinds)

    @property
    def subscription(self) -> str:
        """The subscription that it counts against."""
        parts = self.path.split("/")
        return parts[2] if parts[1:2] == ["subscriptions"] and len(parts) > 2 else ""


def read_exchanges(record: Path) -> tuple[Exchange, ...]:
    """Read what was asked of Resource Manager; sign-ins are not recorded."""
    if not record.exists():
        return ()
    with record.open(encoding="utf-8") as lines:
        return tuple(_exchange(json.loads(line)) for line in lines)


def _exchange(document: Any) -> Exchange:
    told = json.dumps([document["response_headers"], document["response_body"]])
    return Exchange(
        method=document["method"],
        path=unquote(urlsplit(document["url"]).path).lower(),
        status=document["status"],
        told=told.lower(),
        asked=_question(document.get("request_body")),
    )


def _question(body: Any) -> str:
    """Give the question of a body that has one: Resource Graph's pages differ in options only."""
    if not isinstance(body, dict):
        return ""
    return json.dumps([body.get("query"), body.get("subscriptions")])


def count_kinds(exchanges: Iterable[Exchange]) -> Counter[str]:
    """Count requests by what they are for."""
    return Counter(_kind(each) for each in exchanges)


def _kind(exchange: Exchange) -> str:
    if exchange.is_change:
        return "changes"
    return "polls" if exchange.is_poll or "/backupjobs/" in exchange.path else "reads"


def count_types(exchanges: Iterable[Exchange]) -> Counter[str]:
    """Count requests by method and resource type."""
    return Counter(f"{each.method} {type_of_path(each.path).lower()}" for each in exchanges)


def count_throttled(exchanges: Iterable[Exchange]) -> int:
    """Count refusals because of too many requests."""
    return sum(each.status == 429 for each in exchanges)


def chain_length(exchanges: tuple[Exchange, ...]) -> int:
    """Count the answers of the longest chain in which each was needed for the next request.

    A request needs the answer that first told a name in its path. A change needs every answer
    before it, for they decided on it; what comes after a change needs its end, which is its own
    answer or the last poll. Other polls only pass the time and are not counted.
    """
    depths: list[int] = []
    floor = 0
    introduced: dict[str, int] = {}
    for place, each in enumerate(exchanges):
        if each.is_poll and _is_followed_by_its_like(exchanges, place):
            depths.append(floor)
            continue
        needed = [introduced[name] for name in _names(each.path) if name in introduced]
        depth = 1 + (max(depths, default=0) if each.is_change else max([floor, *needed]))
        depths.append(depth)
        floor = depth if each.is_change or each.is_poll else floor
        for name in _told_names(each, introduced):
            introduced[name] = depth
    return max(depths, default=0)


def _is_followed_by_its_like(exchanges: tuple[Exchange, ...], place: int) -> bool:
    path = exchanges[place].path
    return any(each.path == path for each in exchanges[place + 1 :])


def _names(path: str) -> tuple[str, ...]:
    """List the names of things in a path: every other part, but for what a person gives."""
    parts = path.strip("/").split("/")
    pairs = zip(parts[::2], parts[1::2], strict=False)
    return tuple(name for kind, name in pairs if kind not in _GIVEN)


def _told_names(exchange: Exchange, known: dict[str, int]) -> Iterator[str]:
    """List the ends of ids that an answer is the first to tell."""
    for text in exchange.told.split('"'):
        if text.startswith(("/subscriptions/", "https://")):
            yield from (name for name in _names(urlsplit(text).path) if name not in known)


def operations_s(exchanges: Iterable[Exchange]) -> float:
    """Add up how long the operations take by themselves that the accepted changes began."""
    return sum(
        DEFAULTS[name].seconds
        for each in exchanges
        if each.status < 300
        for method, part, names in _DURATIONS
        if each.method == method and (part in each.path if method == "DELETE" else _ends(each))
        for name in names
    )


def _ends(exchange: Exchange) -> bool:
    return exchange.path.endswith("/backup")


def throttle_bound_s(exchanges: Iterable[Exchange]) -> float:
    """Give the least seconds in which Azure takes so many requests of each subscription.

    Resource Manager's token buckets, Compute's for restore points, and Recovery Services' reads of
    one kind in an hour. Source: learn.microsoft.com/azure/azure-resource-manager/management/
    request-limits-and-throttling (2025-05-28); recorded Azure traffic, 2021-2024.
    """
    taken = [each for each in exchanges if each.status != 429]
    counted = Counter((each.subscription, limit) for each in taken for limit in _limits(each))
    waits = [_wait_s(number, limit) for (_, limit), number in counted.items()]
    return max([0.0, *waits])


def _limits(exchange: Exchange) -> Iterator[tuple[str, float, float]]:
    """List the limits that a request counts against: name, size, and refill a second."""
    method = "GET" if exchange.method == "HEAD" else exchange.method
    yield (method, *_LIMITS.get(method, _WRITES))
    kind = type_of_path(exchange.path).lower()
    if kind.startswith("microsoft.compute/restorepointcollections") and method == "DELETE":
        yield ("points", 360.0, 2.0)
    if kind.startswith("microsoft.recoveryservices/vaults/") and method == "GET":
        yield (kind, 150.0, 0.0)


def _wait_s(number: int, limit: tuple[str, float, float]) -> float:
    _, size, refill = limit
    if refill:
        return (number - size) / refill
    return (number - 1) // size * _HOUR_S
