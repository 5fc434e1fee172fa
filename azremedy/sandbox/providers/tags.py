"""Serve the tags of any resource, group or subscription."""

from __future__ import annotations

from typing import TYPE_CHECKING

from azremedy.sandbox import arm_ids, refusals
from azremedy.sandbox.http import Answer, ArmError, Json, Request, ok
from azremedy.sandbox.routing import Route

if TYPE_CHECKING:
    from azremedy.sandbox.world import World

_TEMPLATE = "/{scope:path}/providers/Microsoft.Resources/tags/default"


def _get(world: World, request: Request, *, scope: str) -> Answer:
    return ok(_tags(request, _tagged(world, "/" + scope)))


def _patch(world: World, request: Request, *, scope: str) -> Answer:
    """Merge, replace or delete tags, and answer what is left."""
    document = _tagged(world, "/" + scope)
    body = request.json() or {}
    given = (body.get("properties") or {}).get("tags") or {}
    before = document.get("tags") or {}
    changed = {
        "merge": {**before, **given},
        "replace": given,
        "delete": {name: value for name, value in before.items() if name not in given},
    }.get(str(body.get("operation", "")).lower())
    if changed is None:
        raise ArmError(400, "InvalidTagOperation", "The operation is Merge, Replace or Delete.")
    return ok(_tags(request, world.documents.put({**document, "tags": changed})))


def _tagged(world: World, scope: str) -> Json:
    document = world.documents.get(scope)
    if document:
        return document
    if arm_ids.type_of_path(scope) == "Microsoft.Resources/resourceGroups":
        raise refusals.group_not_found(scope.rpartition("/")[2])
    raise refusals.resource_not_found(scope)


def _tags(request: Request, document: Json) -> Json:
    return {
        "id": request.path,
        "name": "default",
        "type": "Microsoft.Resources/tags",
        "properties": {"tags": document.get("tags") or {}},
    }


ROUTES = (
    Route(method="GET", template=_TEMPLATE, handler=_get, action="Microsoft.Resources/tags/read"),
    Route(
        method="PATCH", template=_TEMPLATE, handler=_patch, action="Microsoft.Resources/tags/write"
    ),
)
