"""Serve key vaults and who may use what is in them, in both permission models."""

from __future__ import annotations

from typing import TYPE_CHECKING

from azremedy.sandbox import arm_ids
from azremedy.sandbox.compute_answers import existing
from azremedy.sandbox.http import Answer, ArmError, Json, Request, created, no_content, ok
from azremedy.sandbox.paging import page
from azremedy.sandbox.routing import Handler, Route
from azremedy.sandbox.tokens import TENANT

if TYPE_CHECKING:
    from collections.abc import Mapping

    from azremedy.sandbox.world import World

_TYPE = "Microsoft.KeyVault/vaults"
_LIST = "/subscriptions/{subscription}/resourceGroups/{group}/providers/Microsoft.KeyVault/vaults"
_ONE = _LIST + "/{vault}"
_KINDS = ("keys", "secrets", "certificates", "storage")


def _scope(place: Mapping[str, str]) -> str:
    base = f"/subscriptions/{place['subscription']}"
    return f"{base}/resourceGroups/{place['group']}" if "group" in place else base


def _id(place: Mapping[str, str]) -> str:
    return f"{_scope(place)}/providers/{_TYPE}/{place['vault']}"


def _get(world: World, _request: Request, **place: str) -> Answer:
    return ok(existing(world, _id(place)))


def _list(world: World, request: Request, **place: str) -> Answer:
    scope = _scope(place)
    existing(world, scope)
    return page(request, world.documents.of_type(_TYPE, under=scope), world.page_size)


def _put(world: World, request: Request, **place: str) -> Answer:
    """Make or replace a vault; what is not sent of an existing one stays as it is."""
    existing(world, _scope(place))
    sent = request.json() or {}
    before = world.documents.get(_id(place))
    if before:
        return ok(world.documents.put(_merged(before, sent)))
    document = {
        **{key: sent[key] for key in ("location", "tags") if key in sent},
        "id": _id(place),
        "properties": {
            "sku": {"family": "A", "name": "standard"},
            "tenantId": TENANT,
            "accessPolicies": [],
            "enabledForDeployment": False,
            "vaultUri": f"https://{place['vault'].lower()}.vault.azure.net/",
            **(sent.get("properties") or {}),
            "provisioningState": "Succeeded",
        },
    }
    return created(world.documents.put(document))


def _patch(world: World, request: Request, **place: str) -> Answer:
    before = existing(world, _id(place))
    return ok(world.documents.put(_merged(before, request.json() or {})))


def _merged(before: Json, sent: Json) -> Json:
    properties = {**before["properties"], **(sent.get("properties") or {})}
    tags = sent.get("tags", before.get("tags"))
    fresh = {**before, "properties": {**properties, "provisioningState": "Succeeded"}}
    return {**fresh, "tags": tags} if tags is not None else fresh


def _delete(world: World, _request: Request, **place: str) -> Answer:
    """Delete a vault at once; 204 when there is none."""
    return Answer(status=200) if world.documents.remove(_id(place)) else no_content()


def _policies(world: World, request: Request, *, kind: str, **place: str) -> Answer:
    """Add, replace or remove access policies and give those of the principals that were named.

    A vault in the role model keeps them and lets nobody in by them.
    Source: recorded Azure traffic, 2019; learn.microsoft.com/rest/api/keyvault/keyvault/vaults/
    update-access-policy.

    Raises:
        ArmError: 400 for any other kind of operation.
    """
    vault = existing(world, _id(place))
    changes = {"add": _added, "replace": _replaced, "remove": _removed}
    change = changes.get(kind.lower())
    if not change:
        message = f"'{kind}' is no operation on access policies."
        raise ArmError(400, "BadRequest", message)
    sent = ((request.json() or {}).get("properties") or {}).get("accessPolicies") or []
    policies = change(vault["properties"].get("accessPolicies") or [], sent)
    vault["properties"]["accessPolicies"] = policies
    world.documents.put(vault)
    world.delay_rights(vault["id"])
    named = {_principal(each) for each in sent}
    kept = [each for each in policies if _principal(each) in named]
    return ok(
        {
            "id": f"{vault['id']}/accessPolicies/",
            "type": f"{_TYPE}/accessPolicies",
            "location": vault.get("location"),
            "properties": {"accessPolicies": kept},
        }
    )


def _added(policies: list[Json], sent: list[Json]) -> list[Json]:
    found = {_principal(each): each for each in policies}
    for policy in sent:
        before = found.get(_principal(policy), {**policy, "permissions": {}})
        found[_principal(policy)] = _with(before, policy)
    return list(found.values())


def _replaced(_policies: list[Json], sent: list[Json]) -> list[Json]:
    return list(sent)


def _removed(policies: list[Json], sent: list[Json]) -> list[Json]:
    """Take the rights that are named away; a policy without any right is gone."""
    taken = {_principal(each): each for each in sent}
    left = [
        _without(each, taken[_principal(each)]) if _principal(each) in taken else each
        for each in policies
    ]
    return [each for each in left if any(each["permissions"].values())]


def _with(policy: Json, more: Json) -> Json:
    both = {kind: [*_rights(policy, kind), *_rights(more, kind)] for kind in _KINDS}
    unique = {kind: list(dict.fromkeys(rights)) for kind, rights in both.items() if rights}
    return {**policy, "permissions": unique}


def _without(policy: Json, less: Json) -> Json:
    left = {
        kind: [right for right in _rights(policy, kind) if right not in _rights(less, kind)]
        for kind in _KINDS
        if _rights(policy, kind)
    }
    return {**policy, "permissions": left}


def _rights(policy: Json, kind: str) -> list[str]:
    return [right.lower() for right in (policy.get("permissions") or {}).get(kind) or []]


def _principal(policy: Json) -> tuple[str, str]:
    return (arm_ids.key(policy["objectId"]), str(policy.get("applicationId", "")).lower())


def _route(method: str, template: str, handler: Handler, *, action: str) -> Route:
    return Route(
        method=method, template=template, handler=handler, action=f"Microsoft.KeyVault/{action}"
    )


ROUTES = (
    _route("GET", _ONE, _get, action="vaults/read"),
    _route("GET", _LIST, _list, action="vaults/read"),
    _route(
        "GET",
        "/subscriptions/{subscription}/providers/Microsoft.KeyVault/vaults",
        _list,
        action="vaults/read",
    ),
    _route("PUT", _ONE, _put, action="vaults/write"),
    _route("PATCH", _ONE, _patch, action="vaults/write"),
    _route("DELETE", _ONE, _delete, action="vaults/delete"),
    _route("PUT", _ONE + "/accessPolicies/{kind}", _policies, action="vaults/accessPolicies/write"),
)
"""The operations of key vaults."""
