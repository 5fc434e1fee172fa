"""Serve Recovery Services vaults."""

from __future__ import annotations

from typing import TYPE_CHECKING

from azremedy.sandbox import backup_names, refusals
from azremedy.sandbox.http import Answer, Request, ok
from azremedy.sandbox.paging import page
from azremedy.sandbox.routing import Route
from azremedy.sandbox.vault_answers import VAULT, vault_of

if TYPE_CHECKING:
    from azremedy.sandbox.world import World

_ACTION = "Microsoft.RecoveryServices/Vaults/read"


def _get(world: World, _request: Request, **place: str) -> Answer:
    return ok(vault_of(world, place))


def _list(world: World, request: Request, **place: str) -> Answer:
    scope = f"/subscriptions/{place['subscription']}/resourceGroups/{place['group']}"
    if scope not in world.documents:
        raise refusals.group_not_found(place["group"])
    found = world.documents.of_type(backup_names.VAULT_TYPE, under=scope)
    return page(request, found, world.page_size)


def _list_all(world: World, request: Request, **place: str) -> Answer:
    scope = f"/subscriptions/{place['subscription']}"
    found = world.documents.of_type(backup_names.VAULT_TYPE, under=scope)
    return page(request, found, world.page_size)


ROUTES = (
    Route(method="GET", template=VAULT, handler=_get, action=_ACTION),
    Route(method="GET", template=VAULT.removesuffix("/{vault}"), handler=_list, action=_ACTION),
    Route(
        method="GET",
        template="/subscriptions/{subscription}/providers/Microsoft.RecoveryServices/vaults",
        handler=_list_all,
        action=_ACTION,
    ),
)
"""The operations of vaults."""
