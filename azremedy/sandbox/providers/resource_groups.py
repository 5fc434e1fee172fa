"""Serve resource groups."""

from __future__ import annotations

from typing import TYPE_CHECKING

from azremedy.sandbox import arm_ids, odata, rbac, refusals
from azremedy.sandbox.http import Answer, ArmError, Json, Request, created, no_content, ok
from azremedy.sandbox.locks_enforcement import locking_scopes
from azremedy.sandbox.operations import RESOURCE_GROUP
from azremedy.sandbox.paging import page
from azremedy.sandbox.routing import Handler, Route
from azremedy.sandbox.world import group_document

if TYPE_CHECKING:
    from azremedy.sandbox.world import World

_TYPE = "Microsoft.Resources/resourceGroups"
_ACTION = "Microsoft.Resources/subscriptions/resourceGroups"
_LIST = "/subscriptions/{subscription}/resourceGroups"
_ONE = _LIST + "/{group}"


def _list(world: World, request: Request, *, subscription: str) -> Answer:
    """List the groups that the caller may read; there is no refusal."""
    keep = odata.resource_filter(request.query.get("$filter", ""))
    groups = [
        group
        for group in world.documents.of_type(_TYPE, under=f"/subscriptions/{subscription}")
        if keep(group) and rbac.allowed(world.scenario.caller, f"{_ACTION}/read", group["id"])
    ]
    return page(request, groups, world.page_size)


def _get(world: World, request: Request, **_: str) -> Answer:
    return ok(_existing(world, request))


def _head(world: World, request: Request, **_: str) -> Answer:
    """Tell whether a group exists: 204 or 404."""
    if request.path in world.documents:
        return no_content()
    return Answer(status=404, headers=refusals.GATEWAY)


def _put(world: World, request: Request, **_: str) -> Answer:
    body = request.json() or {}
    if not body.get("location"):
        message = "The location property is required for this definition."
        raise ArmError(400, "LocationRequired", message)
    before = world.documents.get(request.path)
    if before and _region(before) != _region(body):
        message = (
            f"Invalid resource group location '{body['location']}'. The Resource group already "
            f"exists in location '{before['location']}'."
        )
        raise ArmError(409, "InvalidResourceGroupLocation", message)
    document = before or group_document(request.path, body["location"])
    stored = world.documents.put({**document, **_settable(body)})
    return ok(stored) if before else created(stored)


def _patch(world: World, request: Request, **_: str) -> Answer:
    group = _existing(world, request)
    return ok(world.documents.put({**group, **_settable(request.json() or {})}))


def _delete(world: World, request: Request, **_: str) -> Answer:
    """Delete a group and all in it; followed by Location only.

    Source: recorded Azure traffic, 2018-2023.
    """
    document = _existing(world, request)
    document["properties"] = {**document["properties"], "provisioningState": "Deleting"}
    world.documents.put(document)
    return world.operations.start(
        request,
        name="deleteResourceGroup",
        style=RESOURCE_GROUP,
        location=document["location"],
        finish=lambda: _finish_delete(world, request.path),
    )


def _finish_delete(world: World, group_id: str) -> None:
    """Delete what is left, unless a lock has been set meanwhile."""
    scopes = locking_scopes(world, group_id, "delete")
    if not scopes:
        world.documents.remove(group_id)
        return
    group = world.documents.get(group_id)
    if group:
        group["properties"] = {**group["properties"], "provisioningState": "Succeeded"}
        world.documents.put(group)
    raise _blocked(arm_ids.parse(group_id).name, scopes)


def _blocked(name: str, scopes: tuple[str, ...]) -> ArmError:
    message = (
        f"Deletion of resource group '{name}' failed as resources with identifiers "
        f"'{','.join(scopes)}' could not be deleted. The provisioning state of the resource group "
        "will be rolled back."
    )
    return ArmError(409, "ResourceGroupDeletionBlocked", message)


def _existing(world: World, request: Request) -> Json:
    group = world.documents.get(request.path)
    if not group:
        raise refusals.group_not_found(request.segments[-1])
    return group


def _region(document: Json) -> str:
    """Name the region for comparison: `West Europe` is `westeurope`."""
    return str(document["location"]).replace(" ", "").lower()


def _settable(body: Json) -> Json:
    return {name: body[name] for name in ("tags", "managedBy") if body.get(name) is not None}


def _route(method: str, handler: Handler, verb: str, *, template: str = _ONE) -> Route:
    return Route(method=method, template=template, handler=handler, action=f"{_ACTION}/{verb}")


ROUTES = (
    Route(method="GET", template=_LIST, handler=_list, action=None),
    _route("GET", _get, "read"),
    _route("HEAD", _head, "read"),
    _route("PUT", _put, "write"),
    _route("PATCH", _patch, "write"),
    _route("DELETE", _delete, "delete"),
)
