"""Serve Azure Resource Graph: questions over all subscriptions, answered from a late copy.

Known are the tables `resources`, `resourcecontainers` and `recoveryservicesresources`, and the part
of the query language that `azremedy.sandbox.kql` describes. Rows hold `id`, `name`, `type`,
`tenantId`, `location`, `resourceGroup`, `subscriptionId` and what else the document has; type and
group are in lower case. Backup jobs stand there as a vault lists them, without tasks, and with the
id of their protected item. Restore points stand in no table, nor do locks. The copy is as old as
the scenario's `operations: {resourceGraphLag: {seconds}}`.

A subscription that the caller cannot read is left out without a word; only where none is left the
question is refused. A management group is a document of the scenario,
`/providers/Microsoft.Management/managementGroups/{name}`, that says its parent in
`properties.details.parent.id`; a subscription in it is `{group}/subscriptions/{guid}`. The group
that is named by the tenant's id holds everything.
Source: learn.microsoft.com/azure/governance/resource-graph (concepts; supported tables; 2025),
learn.microsoft.com/azure/backup/automation-backup (`backupInstanceId`, 2021),
learn.microsoft.com/rest/api/managementgroups.
"""

from __future__ import annotations

import base64
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from azremedy.sandbox import arm_ids, backup_job, backup_names, kql, rbac
from azremedy.sandbox.documents import copied
from azremedy.sandbox.http import Answer, ArmError, Json, Request
from azremedy.sandbox.kql_values import KqlError
from azremedy.sandbox.routing import Route
from azremedy.sandbox.tokens import TENANT

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from azremedy.sandbox.world import World

_MOST = 1000
_CONTAINERS = {
    "microsoft.resources/subscriptions",
    "microsoft.resources/resourcegroups",
}
_VAULT = "microsoft.recoveryservices/vaults"
_CHILDREN = {
    f"{_VAULT}/backupfabrics/protectioncontainers/protecteditems",
    f"{_VAULT}/backupjobs",
    f"{_VAULT}/backuppolicies",
}
_MOST_SUBSCRIPTIONS = 1000
_GROUPS = "/providers/microsoft.management/managementgroups"
_JOB = backup_names.JOB_TYPE.lower()
_GROUP_AT = 4
_SPOKEN = {"microsoft.resources/resourcegroups": "microsoft.resources/subscriptions/resourcegroups"}
"""Types that rows call otherwise than ids do."""
_WRITTEN = {spoken: kind for kind, spoken in _SPOKEN.items()}
_POINT = backup_names.RESTORE_POINT_TYPE.lower()
_SUBSCRIPTION_READ = "Microsoft.Resources/subscriptions/read"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Asked:
    """A question with its page."""

    query: str
    subscriptions: frozenset[str] | None
    start: int
    size: int


def _resources(world: World, request: Request) -> Answer:
    """Answer one page of a question.

    Raises:
        ArmError: 400 when the question cannot be read or nothing of its scope can; 429
            `RateLimiting` beyond the quota.
    """
    asked = _read(world, request)
    left = world.graph_quota.spend()

    def answer() -> tuple[Json, ...]:
        return kql.run(
            asked.query, lambda table, kind: _rows(world, asked, table, kind), now=world.clock.now()
        )

    try:
        found = world.graph_answers.rows((asked.query, asked.subscriptions), answer)
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


def _read(world: World, request: Request) -> _Asked:
    body = request.json() or {}
    options = body.get("options") or {}
    if not isinstance(body.get("query"), str) or not isinstance(options, dict):
        raise _invalid("Query is missing.")
    if options.get("resultFormat", "objectArray") != "objectArray" or body.get("facets"):
        raise _invalid("The sandbox answers arrays of objects only, and no facets.")
    start, size = _page(options.get("$skipToken"))
    top, skip = options.get("$top"), options.get("$skip")
    if not _is_number(top, 1, _MOST) or not _is_number(skip, 0, 2**31):
        raise _invalid("Values of $top and $skip are out of their range.")
    return _Asked(
        query=body["query"],
        subscriptions=_scope(world, body),
        start=start if skip is None else skip,
        size=top or size or world.page_size,
    )


def _scope(world: World, body: Json) -> frozenset[str] | None:
    """Give the subscriptions that are asked about; None stands for all of them.

    Raises:
        ArmError: 400 when the caller can read none of those that were named, or there are too many.
    """
    named, groups = body.get("subscriptions") or [], body.get("managementGroups") or []
    if not isinstance(named, list) or not isinstance(groups, list) or (named and groups):
        raise _invalid("Subscriptions or management groups must be a list, and not both.")
    if len(named) > _MOST_SUBSCRIPTIONS:
        raise _invalid(f"More than {_MOST_SUBSCRIPTIONS} subscriptions.", "TooManySubscription")
    if not named and not groups:
        return None
    wanted = {str(each).lower() for each in named}
    wanted |= {each for group in groups for each in _members(world, str(group))}
    seen = {each for each in wanted if _is_seen(world, f"/subscriptions/{each}")}
    if not seen:
        message = "There must be at least one subscription that is eligible."
        raise _invalid(message, "NoValidSubscriptionsInQueryRequest")
    return frozenset(seen)


def _members(world: World, group: str) -> Iterator[str]:
    """Give the subscriptions in a management group and in those beneath it."""
    if group.lower() == TENANT:
        for document in world.documents.of_type("Microsoft.Resources/subscriptions"):
            yield arm_ids.parse(document["id"]).subscription.lower()
        return
    own = f"{_GROUPS}/{group.lower()}"
    for document in world.documents.of_type("Microsoft.Management/managementGroups/subscriptions"):
        if arm_ids.within(document["id"], own):
            yield str(document["name"]).lower()
    for document in world.documents.of_type("Microsoft.Management/managementGroups"):
        details = (document.get("properties") or {}).get("details") or {}
        if arm_ids.key(str((details.get("parent") or {}).get("id", ""))) == own:
            yield from _members(world, str(document["name"]))


def _is_seen(world: World, scope: str) -> bool:
    """Tell whether the caller can read a subscription, or anything in it."""
    grants = world.scenario.caller
    return scope in world.documents and (
        rbac.allowed(grants, _SUBSCRIPTION_READ, scope)
        or any(arm_ids.within(grant.scope, scope) for grant in grants)
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


def _rows(world: World, asked: _Asked, table: str, only: str) -> Iterator[Json]:
    """Give the rows of a table that the caller may read, as they were when the copy was made.

    `only` is the one type that is looked at, if there is one.

    Raises:
        KqlError: when there is no such table here.
    """
    holds = _TABLES.get(table)
    if not holds:
        raise KqlError(f"Table '{table}' is not known to the sandbox.")
    lag = world.scenario.operations.get("resourceGraphLag")
    moment = world.clock.now() - timedelta(seconds=lag.seconds if lag else 0)
    wanted = _WRITTEN.get(only, only)

    def is_wanted(kind: str) -> bool:
        return holds(kind) and wanted in {"", kind}

    for key, kind, document in world.documents.peek(is_wanted, moment=moment):
        asked_for = asked.subscriptions is None or key.split("/")[2] in asked.subscriptions
        if asked_for and rbac.allowed(world.scenario.caller, f"{kind}/read", key):
            row = _row(world, kind, document)
            if table != "resources" or row["location"]:
                yield row


_TABLES: dict[str, Callable[[str], bool]] = {
    "resources": lambda kind: (
        kind not in _CONTAINERS and kind != _POINT and not kind.startswith(f"{_VAULT}/")
    ),
    "resourcecontainers": _CONTAINERS.__contains__,
    "recoveryservicesresources": _CHILDREN.__contains__,
}


def _row(world: World, kind: str, document: Json) -> Json:
    # A group's id is as long as its own parts; a large world has no time to take ids apart.
    parts = document["id"].split("/")
    is_in_group = len(parts) > _GROUP_AT and parts[_GROUP_AT - 1].lower() == "resourcegroups"
    return {
        **document,
        "id": document["id"],
        "name": document.get("name") or document.get("displayName", parts[-1]),
        "type": _SPOKEN.get(kind, kind),
        "tenantId": TENANT,
        "location": str(document.get("location", "")).replace(" ", "").lower(),
        "resourceGroup": parts[_GROUP_AT].lower() if is_in_group else "",
        "subscriptionId": parts[2],
        "properties": _job(world, document) if kind == _JOB else document.get("properties"),
        "tags": document.get("tags"),
    }


def _job(world: World, document: Json) -> Json:
    """Write a job's properties as a vault lists them, and name its item."""
    listed = backup_job.listed(world, copied(document))["properties"]
    container = listed.get("containerName")
    if container:
        vault = backup_names.vault_id(document["id"])
        holder = f"backupFabrics/Azure/protectionContainers/IaasVMContainer;{container}"
        listed["backupInstanceId"] = f"{vault}/{holder}/protectedItems/VM;{container}"
    return listed


def _invalid(reason: str, code: str = "InvalidQuery") -> ArmError:
    """Word a refusal; the words were not recorded."""
    details = ({"code": code, "message": reason},)
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
