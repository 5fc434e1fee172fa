"""Serve Azure Resource Graph: questions over all subscriptions, answered from a late copy.

Known are the tables `resources`, `resourcecontainers` and `recoveryservicesresources`, and the part
of the query language that `azremedy.sandbox.kql` describes. Rows hold `id`, `name`, `type`,
`tenantId`, `location`, `resourceGroup`, `subscriptionId` and what else the document has; type and
group are in lower case. The copy is as old as the scenario's
`operations: {resourceGraphLag: {seconds}}`.
Source: learn.microsoft.com/azure/governance/resource-graph/concepts (2025).
"""

from __future__ import annotations

import base64
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from azremedy.sandbox import arm_ids, kql, rbac
from azremedy.sandbox.http import Answer, ArmError, Json, Request
from azremedy.sandbox.kql_values import KqlError
from azremedy.sandbox.routing import Route
from azremedy.sandbox.tokens import TENANT

if TYPE_CHECKING:
    from collections.abc import Iterable

    from azremedy.sandbox.world import World

_MOST = 1000
_CONTAINERS = {
    "microsoft.resources/subscriptions",
    "microsoft.resources/resourcegroups",
}
_VAULT = "microsoft.recoveryservices/vaults"
_VAULT_TABLE = "recoveryservicesresources"
_TABLES = ("resources", "resourcecontainers", _VAULT_TABLE)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Asked:
    """A question with its page."""

    query: str
    subscriptions: frozenset[str]
    start: int
    size: int


def _resources(world: World, request: Request) -> Answer:
    """Answer one page of a question.

    Raises:
        ArmError: 400 when the question cannot be read, 429 `RateLimiting` beyond the quota.
    """
    asked = _read(request, world.page_size)
    left = world.graph_quota.spend()
    table = _table(asked.query)
    rows = tuple(_row(each) for each in _documents(world, asked) if _stands_in(table, each))
    try:
        found = kql.run(asked.query, rows, now=world.clock.now())
    except KqlError as error:
        raise _invalid(str(error)) from error
    body = _body(found, asked)
    headers = {"x-ms-user-quota-remaining": str(left), "x-ms-user-quota-resets-after": "00:00:05"}
    return Answer(status=200, headers=headers, body=body)


def _body(found: tuple[Json, ...], asked: _Asked) -> Json:
    shown = found[asked.start : asked.start + asked.size]
    end = asked.start + len(shown)
    body = {
        "totalRecords": len(found),
        "count": len(shown),
        "data": list(shown),
        "facets": [],
        "resultTruncated": "false",
    }
    if end < len(found):
        token = base64.urlsafe_b64encode(f"{end}/{asked.size}".encode()).decode()
        return {**body, "$skipToken": token}
    return body


def _read(request: Request, page_size: int) -> _Asked:
    body = request.json() or {}
    options, subscriptions = body.get("options") or {}, body.get("subscriptions") or []
    if not isinstance(body.get("query"), str) or not isinstance(options, dict):
        raise _invalid("Query is missing.")
    if not isinstance(subscriptions, list):
        raise _invalid("Subscriptions must be a list.")
    if options.get("resultFormat", "objectArray") != "objectArray" or body.get("facets"):
        raise _invalid("The sandbox answers arrays of objects only, and no facets.")
    start, size = _page(options.get("$skipToken"))
    top, skip = options.get("$top"), options.get("$skip")
    if not _is_number(top, 1, _MOST) or not _is_number(skip, 0, 2**31):
        raise _invalid("Values of $top and $skip are out of their range.")
    return _Asked(
        query=body["query"],
        subscriptions=frozenset(str(each).lower() for each in subscriptions),
        start=start if skip is None else skip,
        size=top or size or page_size,
    )


def _is_number(value: Json, least: int, most: int) -> bool:
    is_number = isinstance(value, int) and not isinstance(value, bool)
    return value is None or (is_number and least <= value <= most)


def _page(token: Json) -> tuple[int, int | None]:
    if token is None:
        return 0, None
    try:
        start, _, size = base64.urlsafe_b64decode(str(token)).decode().partition("/")
        place = (max(int(start), 0), min(max(int(size), 1), _MOST))
    except ValueError as error:
        raise _invalid("The skip token is invalid.") from error
    return place


def _table(query: str) -> str:
    try:
        table = kql.table_of(query)
    except KqlError as error:
        raise _invalid(str(error)) from error
    if table not in _TABLES:
        raise _invalid(f"Table '{table}' is not known to the sandbox.")
    return table


def _documents(world: World, asked: _Asked) -> Iterable[Json]:
    """Give the documents that the caller may read, as they were when the copy was made."""
    lag = world.scenario.operations.get("resourceGraphLag")
    moment = world.clock.now() - timedelta(seconds=lag.seconds if lag else 0)
    for document in world.documents.as_of(moment):
        parsed = arm_ids.parse(document["id"])
        asked_for = not asked.subscriptions or parsed.subscription.lower() in asked.subscriptions
        action = f"{parsed.type}/read"
        if asked_for and rbac.allowed(world.scenario.caller, action, document["id"]):
            yield document


def _stands_in(table: str, document: Json) -> bool:
    kind = arm_ids.parse(document["id"]).type.lower()
    if table == "resourcecontainers":
        return kind in _CONTAINERS
    if table == _VAULT_TABLE:
        return kind.startswith(_VAULT + "/")
    return bool(document.get("location")) and kind not in _CONTAINERS


def _row(document: Json) -> Json:
    parsed = arm_ids.parse(document["id"])
    is_group = parsed.type.lower() == "microsoft.resources/resourcegroups"
    kind = "Microsoft.Resources/subscriptions/resourceGroups" if is_group else parsed.type
    return {
        **document,
        "id": document["id"],
        "name": document.get("name") or document.get("displayName", parsed.name),
        "type": kind.lower(),
        "tenantId": TENANT,
        "location": str(document.get("location", "")).replace(" ", "").lower(),
        "resourceGroup": parsed.group.lower(),
        "subscriptionId": parsed.subscription,
        "properties": document.get("properties"),
        "tags": document.get("tags"),
    }


def _invalid(reason: str) -> ArmError:
    """Word a refusal; the words were not recorded."""
    details = ({"code": "InvalidQuery", "message": reason},)
    return ArmError(400, "BadRequest", "The query could not be answered.", details=details)


ROUTES = (
    # It needs no action of its own: everybody sees what they may read.
    Route(
        method="POST",
        template="/providers/Microsoft.ResourceGraph/resources",
        handler=_resources,
        action=None,
        lockable=False,
    ),
)
