"""Serve the list of resource providers and their registration."""

from __future__ import annotations

from typing import TYPE_CHECKING

from azremedy.sandbox import catalog, refusals
from azremedy.sandbox.http import Answer, ArmError, Json, Request, ok
from azremedy.sandbox.paging import page
from azremedy.sandbox.routing import Route

if TYPE_CHECKING:
    from azremedy.sandbox.world import World

_LOCATIONS = ("West Europe", "North Europe", "East US", "East US 2", "West US", "Southeast Asia")
_LIST = "/subscriptions/{subscription}/providers"
_ONE = _LIST + "/{namespace}"


def _list(world: World, request: Request, *, subscription: str) -> Answer:
    found = [_provider(world, subscription, namespace) for namespace in catalog.TYPES]
    return page(request, found, world.page_size)


def _get(world: World, _request: Request, *, subscription: str, namespace: str) -> Answer:
    return ok(_provider(world, subscription, _known(namespace)))


def _register(world: World, _request: Request, *, subscription: str, namespace: str) -> Answer:
    """Register a provider, which takes its time; one that is registered stays so."""
    world.register(namespace)
    return ok(_provider(world, subscription, _known(namespace)))


def _known(namespace: str) -> str:
    spelled = catalog.spelled(namespace)
    if not spelled:
        message = f"The resource namespace '{namespace}' is invalid."
        raise ArmError(404, "InvalidResourceNamespace", message, headers=refusals.GATEWAY)
    return spelled


def _provider(world: World, subscription: str, namespace: str) -> Json:
    return {
        "id": f"/subscriptions/{subscription}/providers/{namespace}",
        "namespace": namespace,
        "registrationPolicy": "RegistrationRequired",
        "registrationState": world.registration(namespace),
        "resourceTypes": [_type(name) for name in catalog.TYPES[namespace]],
    }


def _type(name: str) -> Json:
    return {
        "resourceType": name,
        "locations": list(_LOCATIONS),
        "apiVersions": ["2024-07-01"],
        "capabilities": "None",
    }


ROUTES = (
    Route(
        method="GET",
        template=_LIST,
        handler=_list,
        action="Microsoft.Resources/subscriptions/providers/read",
    ),
    Route(
        method="GET",
        template=_ONE,
        handler=_get,
        action="Microsoft.Resources/subscriptions/providers/read",
    ),
    Route(
        method="POST",
        template=_ONE + "/register",
        handler=_register,
        action="{provider}/register/action",
    ),
)
