"""Serve what the caller may do: permissions, roles, deny assignments."""

from __future__ import annotations

from typing import TYPE_CHECKING

from azremedy.sandbox import arm_ids, refusals, tokens
from azremedy.sandbox.clock import timestamp
from azremedy.sandbox.http import Answer, Json, Request, ok
from azremedy.sandbox.paging import page
from azremedy.sandbox.routing import Handler, Route

if TYPE_CHECKING:
    from azremedy.sandbox.scenario import Grant
    from azremedy.sandbox.world import World

_PROVIDER = "Microsoft.Authorization"
_SCOPED = "/{scope:path}/providers/Microsoft.Authorization"
_OWNER = "8e3af657-a8ff-443c-a75c-2fe8c4bcb635"
"""The built-in role Owner, the same in every tenant.

Source: learn.microsoft.com/azure/role-based-access-control/built-in-roles.
"""


def _permissions(world: World, request: Request, *, scope: str) -> Answer:
    """Give one entry for each grant that reaches the scope."""
    entries = [_permission(grant) for grant in _reaching(world, "/" + scope)]
    return page(request, entries, world.page_size)


def _permission(grant: Grant) -> Json:
    return {
        "actions": list(grant.actions),
        "notActions": list(grant.not_actions),
        "dataActions": [],
        "notDataActions": [],
    }


def _definitions(world: World, request: Request, *, scope: str) -> Answer:
    found = [_definition(world, grant, "/" + scope) for grant in _reaching(world, "/" + scope)]
    unique = {
        arm_ids.key(each["id"]): each
        for each in [*found, *_stored(world, "roleDefinitions", scope)]
    }
    return page(request, list(unique.values()), world.page_size)


def _definition_by_id(world: World, request: Request, *, scope: str, name: str) -> Answer:
    return _one(_definitions(world, request, scope=scope), request, name)


def _assignments(world: World, request: Request, *, scope: str) -> Answer:
    """Give the caller's assignments at, above and beneath the scope."""
    found = [
        _assignment(world, grant, "/" + scope)
        for grant in world.scenario.caller
        if arm_ids.within("/" + scope, grant.scope) or arm_ids.within(grant.scope, "/" + scope)
    ]
    return page(request, [*found, *_stored(world, "roleAssignments", scope)], world.page_size)


def _assignment_by_id(world: World, request: Request, *, scope: str, name: str) -> Answer:
    return _one(_assignments(world, request, scope=scope), request, name)


def _denials(world: World, request: Request, *, scope: str) -> Answer:
    return page(request, _stored(world, "denyAssignments", scope), world.page_size)


def _denial_by_id(world: World, request: Request, *, scope: str, name: str) -> Answer:
    return _one(_denials(world, request, scope=scope), request, name)


def _one(listed: Answer, request: Request, name: str) -> Answer:
    for document in listed.body["value"]:
        if document["name"].lower() == name.lower():
            return ok(document)
    raise refusals.resource_not_found(request.path)


def _reaching(world: World, scope: str) -> tuple[Grant, ...]:
    return tuple(grant for grant in world.scenario.caller if arm_ids.within(scope, grant.scope))


def _stored(world: World, kind: str, scope: str) -> tuple[Json, ...]:
    """Give the scenario's own documents of a kind that reach the scope or lie beneath it."""
    return tuple(
        document
        for document in world.documents.of_type(f"{_PROVIDER}/{kind}")
        if arm_ids.within("/" + scope, _home(document))
        or arm_ids.within(_home(document), "/" + scope)
    )


def _home(document: Json) -> str:
    return arm_ids.parse(document["id"]).scope or "/"


def _role_name(world: World, grant: Grant) -> str:
    if grant.actions == ("*",) and not grant.not_actions:
        return _OWNER
    return world.ids.of(f"role/{grant.scope}/{grant.actions}/{grant.not_actions}")


def _definition(world: World, grant: Grant, scope: str) -> Json:
    name = _role_name(world, grant)
    built_in = name == _OWNER
    subscription = "/".join(scope.split("/")[:3])
    return {
        "id": f"{subscription}/providers/{_PROVIDER}/roleDefinitions/{name}",
        "type": f"{_PROVIDER}/roleDefinitions",
        "name": name,
        "properties": {
            "roleName": "Owner" if built_in else f"Sandbox role {name[:8]}",
            "type": "BuiltInRole" if built_in else "CustomRole",
            "description": "What the scenario lets the caller do.",
            "assignableScopes": ["/" if built_in else grant.scope],
            "permissions": [_permission(grant)],
        },
    }


def _assignment(world: World, grant: Grant, scope: str) -> Json:
    name = world.ids.of(f"assignment/{grant.scope}/{grant.actions}/{grant.not_actions}")
    home = "" if grant.scope == "/" else grant.scope
    moment = timestamp(world.scenario.now)
    return {
        "id": f"{home}/providers/{_PROVIDER}/roleAssignments/{name}",
        "type": f"{_PROVIDER}/roleAssignments",
        "name": name,
        "properties": {
            "roleDefinitionId": _definition(world, grant, scope)["id"],
            "principalId": tokens.CALLER_OBJECT,
            "principalType": "ServicePrincipal",
            "scope": grant.scope,
            "createdOn": moment,
            "updatedOn": moment,
        },
    }


def _route(kind: str, handler: Handler, *, one: bool = False) -> Route:
    return Route(
        method="GET",
        template=f"{_SCOPED}/{kind}/{{name}}" if one else f"{_SCOPED}/{kind}",
        handler=handler,
        action=f"{_PROVIDER}/{kind}/read",
    )


ROUTES = (
    # Anybody may ask what they may do: the answer to nobody is an empty list.
    Route(method="GET", template=f"{_SCOPED}/permissions", handler=_permissions, action=None),
    _route("roleDefinitions", _definitions),
    _route("roleDefinitions", _definition_by_id, one=True),
    _route("roleAssignments", _assignments),
    _route("roleAssignments", _assignment_by_id, one=True),
    _route("denyAssignments", _denials),
    _route("denyAssignments", _denial_by_id, one=True),
)
