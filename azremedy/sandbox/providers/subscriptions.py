"""Serve subscriptions, their locations and tenants."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from azremedy.sandbox import arm_ids, tokens
from azremedy.sandbox.http import Answer, Json, Request, ok
from azremedy.sandbox.paging import page
from azremedy.sandbox.routing import Route

if TYPE_CHECKING:
    from azremedy.sandbox.world import World

_TYPE = "Microsoft.Resources/subscriptions"
_LOCATIONS = (
    ("westeurope", "West Europe"),
    ("northeurope", "North Europe"),
    ("eastus", "East US"),
    ("eastus2", "East US 2"),
    ("westus", "West US"),
    ("southeastasia", "Southeast Asia"),
)


def _list(world: World, request: Request) -> Answer:
    """List the subscriptions at, above or beneath whose scope the caller may do something."""
    found = [
        subscription
        for subscription in world.documents.of_type(_TYPE)
        if any(
            arm_ids.within(subscription["id"], grant.scope)
            or arm_ids.within(grant.scope, subscription["id"])
            for grant in world.scenario.caller
        )
    ]
    return _ended(page(request, found, world.page_size))


def _get(world: World, request: Request, **_: str) -> Answer:
    return ok(world.documents.get(request.path))


def _locations(_world: World, _request: Request, *, subscription: str) -> Answer:
    return ok({"value": [_location(subscription, *names) for names in _LOCATIONS]})


def _location(subscription: str, name: str, display_name: str) -> Json:
    return {
        "id": f"/subscriptions/{subscription}/locations/{name}",
        "name": name,
        "type": "Region",
        "displayName": display_name,
        "regionalDisplayName": display_name,
        "metadata": {"regionType": "Physical", "regionCategory": "Recommended"},
    }


def _tenants(_world: World, _request: Request) -> Answer:
    tenant = {
        "id": f"/tenants/{tokens.TENANT}",
        "tenantId": tokens.TENANT,
        "displayName": "Sandbox",
        "defaultDomain": "sandbox.example.com",
        "tenantType": "AAD",
    }
    return _ended(ok({"value": [tenant]}))


def _ended(answer: Answer) -> Answer:
    """Write the nextLink that these two lists alone always have: empty at the end."""
    return replace(answer, body={"nextLink": "", **answer.body})


ROUTES = (
    Route(method="GET", template="/subscriptions", handler=_list, action=None),
    Route(
        method="GET",
        template="/subscriptions/{subscription}",
        handler=_get,
        action="Microsoft.Resources/subscriptions/read",
    ),
    Route(
        method="GET",
        template="/subscriptions/{subscription}/locations",
        handler=_locations,
        action="Microsoft.Resources/subscriptions/locations/read",
    ),
    Route(method="GET", template="/tenants", handler=_tenants, action=None),
)
