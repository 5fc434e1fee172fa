"""Serve the lists of resources."""

from __future__ import annotations

from typing import TYPE_CHECKING

from azremedy.sandbox import odata, rbac, refusals
from azremedy.sandbox.clock import timestamp
from azremedy.sandbox.paging import page
from azremedy.sandbox.routing import Route

if TYPE_CHECKING:
    from azremedy.sandbox.http import Answer, Json, Request
    from azremedy.sandbox.world import World

_SHOWN = (
    "id",
    "name",
    "type",
    "location",
    "tags",
    "managedBy",
    "kind",
    "sku",
    "plan",
    "identity",
    "zones",
)
_GROUP_TYPE = "Microsoft.Resources/resourceGroups"


def _in_subscription(world: World, request: Request, *, subscription: str) -> Answer:
    return _listed(world, request, f"/subscriptions/{subscription}")


def _in_group(world: World, request: Request, *, subscription: str, group: str) -> Answer:
    scope = f"/subscriptions/{subscription}/resourceGroups/{group}"
    if scope not in world.documents:
        raise refusals.group_not_found(group)
    return _listed(world, request, scope)


def _listed(world: World, request: Request, scope: str) -> Answer:
    """List the tracked resources, those that have a location, which the caller may read."""
    keep = odata.resource_filter(request.query.get("$filter", ""))
    expanded = request.query.get("$expand", "").lower()
    tracked = world.documents.select(scope, lambda document: _tracked(document) and keep(document))
    items = [_item(world, document, expanded) for document in tracked if _readable(world, document)]
    return page(request, items, world.page_size)


def _tracked(document: Json) -> bool:
    is_group = document.get("type", "").lower() == _GROUP_TYPE.lower()
    return bool(document.get("location")) and not is_group


def _readable(world: World, document: Json) -> bool:
    return rbac.allowed(world.scenario.caller, f"{document['type']}/read", document["id"])


def _item(world: World, document: Json, expanded: str) -> Json:
    item = {name: document[name] for name in _SHOWN if name in document}
    properties = document.get("properties") or {}
    created = str(properties.get("timeCreated") or timestamp(world.scenario.now))
    moment = created.replace("+00:00", "Z")
    for name in ("createdTime", "changedTime"):
        if name.lower() in expanded:
            item[name] = moment
    if "provisioningstate" in expanded:
        item["provisioningState"] = properties.get("provisioningState", "Succeeded")
    return item


ROUTES = (
    Route(
        method="GET",
        template="/subscriptions/{subscription}/resources",
        handler=_in_subscription,
        action=None,
    ),
    Route(
        method="GET",
        template="/subscriptions/{subscription}/resourceGroups/{group}/resources",
        handler=_in_group,
        action=None,
    ),
)
