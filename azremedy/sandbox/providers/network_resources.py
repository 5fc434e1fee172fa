"""Serve security groups, interfaces, networks and route tables, with what is embedded in them."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

from azremedy.sandbox import refusals
from azremedy.sandbox.compute_answers import existing
from azremedy.sandbox.http import Answer, Json, Request, no_content, ok
from azremedy.sandbox.operations import NETWORK, SERVICE_REQUEST, Work
from azremedy.sandbox.paging import page
from azremedy.sandbox.providers.network_documents import (
    PROVIDER,
    Kind,
    check_unused,
    new_etag,
    part_of,
    part_written,
    settle,
    shown,
    shown_part,
    with_part,
    without_part,
    written,
)
from azremedy.sandbox.routing import Handler, Route

if TYPE_CHECKING:
    from collections.abc import Mapping

    from azremedy.sandbox.world import World

_SUBSCRIPTION = f"/subscriptions/{{subscription}}/providers/{PROVIDER}"
_GROUP = f"/subscriptions/{{subscription}}/resourceGroups/{{group}}/providers/{PROVIDER}"
GROUPS = Kind(
    name="networkSecurityGroups",
    parts=("securityRules",),
    in_use="InUseNetworkSecurityGroupCannotBeDeleted",
)
"""Network security groups with their rules."""
VNETS = Kind(
    name="virtualNetworks",
    parts=("subnets",),
    in_use="InUseVirtualNetworkCannotBeDeleted",
    part_in_use="InUseSubnetCannotBeDeleted",
)
"""Virtual networks with their subnets."""
TABLES = Kind(name="routeTables", parts=("routes",), in_use="InUseRouteTableCannotBeDeleted")
"""Route tables with their routes."""
NICS = Kind(name="networkInterfaces", in_use="NicInUse")
"""Network interfaces."""


def _scope(place: Mapping[str, str]) -> str:
    base = f"/subscriptions/{place['subscription']}"
    return f"{base}/resourceGroups/{place['group']}" if "group" in place else base


def _id(kind: Kind, place: Mapping[str, str]) -> str:
    return f"{_scope(place)}/providers/{PROVIDER}/{kind.name}/{place['name']}"


def _list(kind: Kind, world: World, request: Request, **place: str) -> Answer:
    scope = _scope(place)
    existing(world, scope)
    found = world.documents.of_type(f"{PROVIDER}/{kind.name}", under=scope)
    answer = page(request, [shown(world, kind, each) for each in found], world.page_size)
    return replace(answer, headers={**answer.headers, SERVICE_REQUEST: world.ids.new()})


def _get(kind: Kind, world: World, _request: Request, **place: str) -> Answer:
    return _one(world, shown(world, kind, existing(world, _id(kind, place))))


def _one(world: World, body: Json) -> Answer:
    """Answer one resource with its entity tag (recorded Azure traffic, 2022-2024)."""
    etag = {"ETag": body["etag"]} if "etag" in body else {}
    return replace(ok(body), headers={**etag, SERVICE_REQUEST: world.ids.new()})


def _put(kind: Kind, world: World, request: Request, **place: str) -> Answer:
    """Make or replace a resource, as an operation that the caller follows."""
    existing(world, _scope(place))
    before = world.documents.get(_id(kind, place))
    document_id = before["id"] if before else _id(kind, place)
    sent = request.json() or {}
    document = world.documents.put(written(world, kind, document_id, sent=sent, before=before))
    body = shown(world, kind, document)
    return _writing(world, request, kind, parent=document, body=body, fresh=not before)


def _writing(
    world: World, request: Request, kind: Kind, *, parent: Json, body: Json, fresh: bool
) -> Answer:
    work = Work(
        name="writeNetwork",
        style=NETWORK,
        location=parent["location"],
        finish=partial(settle, world, kind, parent["id"]),
        status=201 if fresh else 200,
        body=body,
    )
    return world.operations.begin(request, work)


def _delete(kind: Kind, world: World, request: Request, **place: str) -> Answer:
    """Delete a resource that nothing uses; 204 when there is none."""
    document = world.documents.get(_id(kind, place))
    if not document:
        return no_content()
    check_unused(world, document["id"], kind.in_use)

    def finish() -> None:
        world.documents.remove(document["id"])

    return world.operations.start(
        request,
        name="deleteNetwork",
        style=NETWORK,
        location=document["location"],
        finish=finish,
    )


def _list_parts(kind: Kind, part: str, world: World, request: Request, **place: str) -> Answer:
    parent = shown(world, kind, existing(world, _id(kind, place)))
    answer = page(request, parent["properties"][part], world.page_size)
    return replace(answer, headers={**answer.headers, SERVICE_REQUEST: world.ids.new()})


def _get_part(kind: Kind, part: str, world: World, request: Request, **place: str) -> Answer:
    parent = shown(world, kind, existing(world, _id(kind, place)))
    for each in parent["properties"][part]:
        if each.get("name", "").lower() == place["item"].lower():
            return _one(world, each)
    raise refusals.resource_not_found(request.path)


def _put_part(kind: Kind, part: str, world: World, request: Request, **place: str) -> Answer:
    parent = {**existing(world, _id(kind, place)), "etag": new_etag(world)}
    before = part_of(world, parent, part=part, name=place["item"])
    name = before["name"] if before else place["item"]
    fresh = part_written(parent, part, {**(request.json() or {}), "name": name})
    world.documents.put(with_part(world, parent, part=part, fresh=fresh))
    body = shown_part(parent, part, fresh)
    return _writing(world, request, kind, parent=parent, body=body, fresh=not before)


def _delete_part(kind: Kind, part: str, world: World, request: Request, **place: str) -> Answer:
    """Delete a part that nothing uses; 204 when there is none."""
    parent = existing(world, _id(kind, place))
    own = part_of(world, parent, part=part, name=place["item"])
    if not own:
        return no_content()
    check_unused(world, own["id"], kind.part_in_use)
    going = {**own, "properties": {**own["properties"], "provisioningState": "Deleting"}}
    world.documents.put(with_part(world, parent, part=part, fresh=going))

    def finish() -> None:
        holder = world.documents.get(parent["id"])
        if holder:
            without_part(world, holder, part=part, name=own.get("name", ""))

    return world.operations.start(
        request,
        name="deleteNetwork",
        style=NETWORK,
        location=parent["location"],
        finish=finish,
    )


def _route(method: str, template: str, handler: Handler, *, action: str) -> Route:
    verbs = {"GET": "read", "PUT": "write", "DELETE": "delete"}
    action = f"{PROVIDER}/{action}/{verbs[method]}"
    return Route(method=method, template=template, handler=handler, action=action)


def _routes(kind: Kind) -> tuple[Route, ...]:
    one = f"{_GROUP}/{kind.name}/{{name}}"
    whole = (
        ("GET", f"{_SUBSCRIPTION}/{kind.name}", _list),
        ("GET", f"{_GROUP}/{kind.name}", _list),
        ("GET", one, _get),
        ("PUT", one, _put),
        ("DELETE", one, _delete),
    )
    parts = tuple(route for part in kind.parts for route in _part_routes(kind, part))
    return (
        *(
            _route(method, template, partial(handler, kind), action=kind.name)
            for method, template, handler in whole
        ),
        *parts,
    )


def _part_routes(kind: Kind, part: str, *, readable_only: bool = False) -> tuple[Route, ...]:
    many = f"{_GROUP}/{kind.name}/{{name}}/{part}"
    one = f"{many}/{{item}}"
    reads = (("GET", many, _list_parts), ("GET", one, _get_part))
    writes = (("PUT", one, _put_part), ("DELETE", one, _delete_part))
    return tuple(
        _route(method, template, partial(handler, kind, part), action=f"{kind.name}/{part}")
        for method, template, handler in (reads if readable_only else (*reads, *writes))
    )


ROUTES = (
    *(route for kind in (GROUPS, VNETS, TABLES, NICS) for route in _routes(kind)),
    *_part_routes(GROUPS, "defaultSecurityRules", readable_only=True),
)
"""The operations of the network's resources."""
