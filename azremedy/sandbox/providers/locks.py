"""Serve management locks at every level."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from azremedy.sandbox import arm_ids, refusals
from azremedy.sandbox.http import Answer, ArmError, Json, Request, created, no_content, ok
from azremedy.sandbox.locks_enforcement import LOCK_TYPE
from azremedy.sandbox.paging import page
from azremedy.sandbox.routing import Handler, Route

if TYPE_CHECKING:
    from azremedy.sandbox.world import World

_LEVELS = ("CanNotDelete", "ReadOnly")
_LISTS = "/{scope:path}/providers/Microsoft.Authorization/locks"
_ONE = _LISTS + "/{name}"


def _list(world: World, request: Request, *, scope: str) -> Answer:
    """List the locks that matter at a scope: its own, those beneath it and those of its group.

    A list at a resource also holds the locks of the resource's group and subscription; a list at
    a group was never seen to hold the subscription's. Source: recorded Azure traffic, 2018-2020.
    """
    wanted = "/" + scope
    filtered = request.query.get("$filter", "")
    found = [
        lock
        for lock in world.documents.of_type(LOCK_TYPE)
        if _shown(arm_ids.parse(lock["id"]).scope, wanted, filtered)
    ]
    return page(request, found, world.page_size)


def _shown(locked: str, wanted: str, filtered: str) -> bool:
    if "atscope()" in filtered.lower():
        return arm_ids.within(wanted, locked)
    is_resource = "/providers/" in wanted.lower()
    return arm_ids.within(locked, wanted) or (is_resource and arm_ids.within(wanted, locked))


def _get(world: World, request: Request, **_: str) -> Answer:
    lock = world.documents.get(request.path)
    if not lock:
        raise _not_found(request)
    return ok(lock)


def _put(world: World, request: Request, *, scope: str, name: str) -> Answer:
    """Make or replace a lock: 201 when new, 200 when it stood."""
    _check_scope(world, "/" + scope)
    properties = _properties(request)
    before = request.path in world.documents
    lock = world.documents.put({"properties": properties, "id": request.path, "name": name})
    lock = {"properties": properties, "id": lock["id"], "type": LOCK_TYPE, "name": lock["name"]}
    world.documents.put(lock)
    return ok(lock) if before else created(lock)


def _delete(world: World, request: Request, **_: str) -> Answer:
    """Remove a lock: 200, or 204 when there was none. Source: recorded Azure traffic, 2018-2020."""
    lock = world.documents.get(request.path)
    if not lock:
        return no_content()
    world.documents.remove(request.path)
    world.linger(lock)
    return Answer(status=200)


def _check_scope(world: World, scope: str) -> None:
    if scope in world.documents:
        return
    parsed = arm_ids.parse(scope)
    if parsed.type == "Microsoft.Resources/resourceGroups":
        raise refusals.group_not_found(parsed.name)
    raise refusals.resource_not_found(scope)


def _properties(request: Request) -> Json:
    body = request.json()
    properties = body.get("properties") if isinstance(body, dict) else None
    level = properties.get("level") if isinstance(properties, dict) else None
    if level not in _LEVELS:
        message = f"The lock level '{level}' is invalid; the valid levels are {', '.join(_LEVELS)}."
        raise ArmError(400, "InvalidLockLevel", message)
    return {name: value for name, value in body["properties"].items() if value is not None}


def _not_found(request: Request) -> ArmError:
    name = re.sub(r".*/", "", request.path)
    message = f"The lock '{name}' could not be found."
    return ArmError(404, "LockNotFound", message)


def _route(method: str, handler: Handler, action: str, *, template: str = _ONE) -> Route:
    # Locks never stand in the way of lock operations: else none could be taken off again.
    return Route(
        method=method,
        template=template,
        handler=handler,
        action=f"{LOCK_TYPE}/{action}",
        lockable=False,
    )


ROUTES = (
    _route("GET", _list, "read", template=_LISTS),
    _route("GET", _get, "read"),
    _route("PUT", _put, "write"),
    _route("DELETE", _delete, "delete"),
)
