"""List the kinds of exchange of ARM itself: locks, groups, resources, rights, refusals."""

from __future__ import annotations

from typing import TYPE_CHECKING

from azremedy.sandbox.scenario import Grant, Limits
from azremedy.sandbox.tokens import jwt
from tests.sandbox.recordings.kinds import BACKUP, POINTS, SHOP, SUBSCRIPTION, Call, Kind

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.sandbox.recordings.traffic import Exchange

_LOCKS = "/providers/Microsoft.Authorization/locks"
_FORBID = {"properties": {"level": "CanNotDelete"}}
_VM = f"{SHOP}/providers/Microsoft.Compute/virtualMachines/web-1"
_NEW_GROUP = f"{SUBSCRIPTION}/resourceGroups/rg-new"
_SUBNET = f"{SHOP}/providers/Microsoft.Network/virtualNetworks/vnet-shop/subnets/web"
_GUID = "7a1c5c5e-6f37-4c35-9a7e-0c55e3a0a001"
_READER = (Grant(scope="/", actions=("Microsoft.Compute/*/read",)),)


def _level(level: str, scope: str, *, forbids: str = "CanNotDelete") -> tuple[Kind, ...]:
    """List what is done with the locks of a scope."""
    one = f"{scope}{_LOCKS}/keep"
    body = {"properties": {"level": forbids}}
    made = (Call(method="PUT", path=one, body=body),)
    return (
        Kind(name=f"lock list, {level}", method="GET", path=scope + _LOCKS, before=made),
        Kind(name=f"lock get, {level}", method="GET", path=one, before=made),
        Kind(name=f"lock create, {level}", method="PUT", path=one, status=201, body=body),
        Kind(name=f"lock delete, {level}", method="DELETE", path=one, before=made),
    )


def _code(*codes: str) -> Callable[[Exchange], bool]:
    def coded(exchange: Exchange) -> bool:
        return exchange.error.get("code") in codes

    return coded


def _has_items(exchange: Exchange) -> bool:
    return bool(exchange.body["value"])


_LOCK_KINDS = (
    *_level("subscription", SUBSCRIPTION),
    *_level("group", SHOP),
    *_level("resource", _VM, forbids="ReadOnly"),
    Kind(
        name="lock update, subscription",
        method="PUT",
        path=f"{SUBSCRIPTION}{_LOCKS}/keep",
        before=(Call(method="PUT", path=f"{SUBSCRIPTION}{_LOCKS}/keep", body=_FORBID),),
    ),
    Kind(
        name="lock update, group",
        method="PUT",
        path=f"{SHOP}{_LOCKS}/keep",
        before=(Call(method="PUT", path=f"{SHOP}{_LOCKS}/keep", body=_FORBID),),
    ),
    Kind(name="lock get, missing", method="GET", path=f"{SHOP}{_LOCKS}/none", status=404),
    Kind(
        name="group delete, locked",
        method="DELETE",
        path=POINTS,
        status=409,
        where=_code("ScopeLocked"),
    ),
)

_GROUP_KINDS = (
    Kind(name="group list", method="GET", path=f"{SUBSCRIPTION}/resourceGroups"),
    Kind(name="group get", method="GET", path=SHOP),
    Kind(name="group get, missing", method="GET", path=_NEW_GROUP, status=404),
    Kind(name="group exists", method="HEAD", path=SHOP, status=204),
    Kind(name="group exists, missing", method="HEAD", path=_NEW_GROUP, status=404),
    Kind(name="group create", method="PUT", path=_NEW_GROUP, status=201),
    Kind(
        name="group update",
        method="PUT",
        path=SHOP,
        body={"location": "westeurope", "tags": {"a": "b"}},
    ),
    Kind(name="group patch", method="PATCH", path=SHOP, body={"tags": {"a": "b"}}),
    Kind(name="group delete", method="DELETE", path=SHOP, status=202, follow=True),
    Kind(
        name="group delete, missing",
        method="DELETE",
        path=_NEW_GROUP,
        status=404,
    ),
    Kind(
        name="group get, forbidden",
        method="GET",
        path=SHOP,
        status=403,
        changes={"caller": _READER},
    ),
)

_RESOURCE_KINDS = (
    Kind(
        name="resource list, filtered",
        method="GET",
        path=f"{SUBSCRIPTION}/resources",
        query={"$filter": "resourceType eq 'Microsoft.Compute/virtualMachines'"},
    ),
    Kind(
        name="resource list, filtered and expanded",
        method="GET",
        path=f"{SUBSCRIPTION}/resources",
        query={
            "$filter": "resourceType eq 'Microsoft.Compute/virtualMachines'",
            "$expand": "createdTime,changedTime,provisioningState",
        },
    ),
    Kind(name="resource list of a group", method="GET", path=f"{SHOP}/resources"),
    Kind(
        name="resource list of a group, the first ones",
        method="GET",
        path=f"{SHOP}/resources",
        query={"$top": "10"},
    ),
    Kind(
        name="resource list of a group, filtered",
        method="GET",
        path=f"{SHOP}/resources",
        query={"$filter": "tagname eq 'app'"},
        where=_has_items,
    ),
    Kind(
        name="resource get, missing",
        method="GET",
        path=f"{SHOP}/providers/Microsoft.Storage/storageAccounts/none",
        status=404,
    ),
    Kind(
        name="provider get",
        method="GET",
        path=f"{SUBSCRIPTION}/providers/Microsoft.Network",
    ),
    Kind(
        name="provider get, Recovery Services",
        method="GET",
        path=f"{SUBSCRIPTION}/providers/Microsoft.RecoveryServices",
    ),
    Kind(
        name="provider get, Key Vault",
        method="GET",
        path=f"{SUBSCRIPTION}/providers/Microsoft.KeyVault",
    ),
    Kind(
        name="provider register",
        method="POST",
        path=f"{SUBSCRIPTION}/providers/Microsoft.Compute/register",
        measure=f"{SUBSCRIPTION}/providers/Microsoft.DataFactory/register",
    ),
    Kind(name="location list", method="GET", path=f"{SUBSCRIPTION}/locations"),
)

_RIGHTS_KINDS = (
    Kind(
        name="role definition list",
        method="GET",
        path=f"{SUBSCRIPTION}/providers/Microsoft.Authorization/roleDefinitions",
        query={"$filter": "roleName eq 'Reader'"},
    ),
    Kind(
        name="role assignment list of a resource",
        method="GET",
        path=f"{_VM}/providers/Microsoft.Authorization/roleAssignments",
    ),
    Kind(
        name="request with a token that ran out",
        method="GET",
        path="/subscriptions",
        status=401,
        token=f"Bearer {jwt({'exp': 1_597_635_993})}",
    ),
    Kind(
        name="role assignment create, forbidden",
        method="PUT",
        path=f"{_SUBNET}/providers/Microsoft.Authorization/roleAssignments/{_GUID}",
        status=403,
        changes={"caller": _READER},
        where=_code("AuthorizationFailed"),
    ),
)

_THROTTLED = {"limits": Limits(reads=(0, 0.1), writes=(0, 0.1))}

_THROTTLE_KINDS = (
    Kind(
        name="group read, throttled",
        method="GET",
        path=f"{BACKUP}/providers/Microsoft.Resources/deployments/one",
        status=429,
        changes=_THROTTLED,
    ),
    Kind(
        name="write, throttled",
        method="PUT",
        path=_SUBNET,
        measure=f"{SHOP}/providers/Microsoft.Network/networkInterfaces/card",
        body={"properties": {"addressPrefix": "10.0.0.0/24"}},
        status=429,
        changes=_THROTTLED,
        where=_code("SubscriptionRequestsThrottled"),
    ),
)

PLATFORM = (*_LOCK_KINDS, *_GROUP_KINDS, *_RESOURCE_KINDS, *_RIGHTS_KINDS, *_THROTTLE_KINDS)
"""All of them."""
