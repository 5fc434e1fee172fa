"""Serve resources by id for which no provider has an operation of its own."""

from __future__ import annotations

from typing import TYPE_CHECKING

from azremedy.sandbox import arm_ids, catalog, refusals
from azremedy.sandbox.http import Answer, Request, no_content, ok
from azremedy.sandbox.paging import page
from azremedy.sandbox.routing import Route

if TYPE_CHECKING:
    from azremedy.sandbox.world import World


def find(world: World, request: Request) -> tuple[Route, dict[str, str]] | None:
    """Give the operation that reads a document, or lists documents of one type, if they exist."""
    if request.method not in {"GET", "HEAD"}:
        return None
    handler = _get if request.path in world.documents else _list
    if handler is _list and not _is_list(world, request):
        return None
    route = Route(
        method=request.method, template="/{path:path}", handler=handler, action="{type}/read"
    )
    return route, {}


def _is_list(world: World, request: Request) -> bool:
    kind = arm_ids.type_of_path(request.path)
    cut = request.path.lower().rfind("/providers/")
    ends_in_type = cut >= 0 and len(request.path[cut:].split("/")) % 2 == 0
    known = catalog.has_type(kind) or bool(world.documents.of_type(kind))
    return ends_in_type and request.method == "GET" and known


def _get(world: World, request: Request) -> Answer:
    """Give the document, or 204 to a HEAD."""
    return no_content() if request.method == "HEAD" else ok(world.documents.get(request.path))


def _list(world: World, request: Request) -> Answer:
    kind = arm_ids.type_of_path(request.path)
    scope = request.path[: request.path.lower().rfind("/providers/")] or "/"
    parent = request.path[: request.path.rindex("/")]
    under = parent if kind.count("/") > 1 else scope
    _check_place(world, under)
    return page(request, world.documents.of_type(kind, under=under), world.page_size)


def _check_place(world: World, place: str) -> None:
    """Refuse to list in a group or beneath a resource that does not exist."""
    if place == "/" or place in world.documents or "/providers/" in place.lower():
        return
    raise refusals.group_not_found(place.rsplit("/", 1)[-1])
