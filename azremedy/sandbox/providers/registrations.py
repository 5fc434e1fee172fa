"""Serve the list of resource providers and their registration."""

from __future__ import annotations

from typing import TYPE_CHECKING

from azremedy.sandbox import catalog, refusals
from azremedy.sandbox.http import Answer, ArmError, Json, Request, ok
from azremedy.sandbox.routing import Route

if TYPE_CHECKING:
    from azremedy.sandbox.world import World

_LOCATIONS = ("West Europe", "North Europe", "East US", "East US 2", "West US", "Southeast Asia")
_LIST = "/subscriptions/{subscription}/providers"
_ONE = _LIST + "/{namespace}"


def _list(_world: World, _request: Request, *, subscription: str) -> Answer:
    return ok({"value": [_provider(subscription, namespace) for namespace in catalog.TYPES]})


def _get(_world: World, _request: Request, *, subscription: str, namespace: str) -> Answer:
    """Give one provider; every one is registered already, so registering it answers the same."""
    spelled = catalog.spelled(namespace)
    if not spelled:
        message = f"The resource namespace '{namespace}' is invalid."
        raise ArmError(404, "InvalidResourceNamespace", message, headers=refusals.GATEWAY)
    return ok(_provider(subscription, spelled))


def _provider(subscription: str, namespace: str) -> Json:
    return {
        "id": f"/subscriptions/{subscription}/providers/{namespace}",
        "namespace": namespace,
        "registrationPolicy": "RegistrationRequired",
        "registrationState": "Registered",
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
        handler=_get,
        action="{provider}/register/action",
    ),
)
