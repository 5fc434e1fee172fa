"""Serve what the caller may do: permissions, roles, deny assignments."""

from __future__ import annotations

from typing import TYPE_CHECKING

from azremedy.sandbox import arm_ids, refusals, tokens
from azremedy.sandbox.clock import timestamp
from azremedy.sandbox.http import Answer, ArmError, Json, Request, created, no_content, ok
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
    return page(request, _all_definitions(world, scope), world.page_size)


def _all_definitions(world: World, scope: str) -> tuple[Json, ...]:
    found = [_definition(world, grant, "/" + scope) for grant in _reaching(world, "/" + scope)]
    stored = _stored(world, "roleDefinitions", scope)
    return tuple({arm_ids.key(each["id"]): each for each in (*found, *stored)}.values())


def _definition_by_id(world: World, request: Request, *, scope: str, name: str) -> Answer:
    return _one(_all_definitions(world, scope), request, name)


def _assignments(world: World, request: Request, *, scope: str) -> Answer:
    return page(request, _all_assignments(world, scope), world.page_size)


def _all_assignments(world: World, scope: str) -> tuple[Json, ...]:
    """Give the caller's assignments at, above and beneath the scope."""
    found = [
        _assignment(world, grant, "/" + scope)
        for grant in world.scenario.caller
        if arm_ids.within("/" + scope, grant.scope) or arm_ids.within(grant.scope, "/" + scope)
    ]
    return (*found, *_stored(world, "roleAssignments", scope))


def _assignment_by_id(world: World, request: Request, *, scope: str, name: str) -> Answer:
    return _one(_all_assignments(world, scope), request, name)


def _put_assignment(world: World, request: Request, *, scope: str, name: str) -> Answer:
    """Give a principal a role.

    Raises:
        ArmError: 409 `RoleAssignmentExists` as recorded, 400 without role or principal.
    """
    sent = (request.json() or {}).get("properties") or {}
    if not sent.get("roleDefinitionId") or not sent.get("principalId"):
        message = "A role assignment needs roleDefinitionId and principalId."
        raise ArmError(400, "BadRequestFormat", message)
    document_id = f"/{scope}/providers/{_PROVIDER}/roleAssignments/{name}"
    if any(_same(each, sent, document_id) for each in _stored(world, "roleAssignments", scope)):
        raise ArmError(409, "RoleAssignmentExists", "The role assignment already exists.")
    moment = timestamp(world.clock.now())
    properties = {
        **sent,
        "principalType": sent.get("principalType", "ServicePrincipal"),
        "scope": f"/{scope}",
        "createdOn": moment,
        "updatedOn": moment,
        "createdBy": tokens.CALLER_OBJECT,
        "updatedBy": tokens.CALLER_OBJECT,
    }
    world.delay_rights(f"/{scope}")
    return created(world.documents.put({"id": document_id, "properties": properties}))


def _same(document: Json, sent: Json, document_id: str) -> bool:
    """Tell whether an assignment gives the same at the same scope."""
    properties = document["properties"]
    return (
        arm_ids.key(_home(document)) == arm_ids.key(arm_ids.parse(document_id).scope or "/")
        and properties["principalId"].lower() == sent["principalId"].lower()
        and _last(properties["roleDefinitionId"]) == _last(sent["roleDefinitionId"])
    )


def _last(definition_id: str) -> str:
    return definition_id.rsplit("/", 1)[-1].lower()


def _delete_assignment(world: World, _request: Request, *, scope: str, name: str) -> Answer:
    """Take a role away; 204 when there is no such assignment. The caller's own ones stay."""
    document_id = f"/{scope}/providers/{_PROVIDER}/roleAssignments/{name}"
    document = world.documents.get(document_id)
    if not document:
        return no_content()
    world.documents.remove(document_id)
    return ok(document)


def _denials(world: World, request: Request, *, scope: str) -> Answer:
    return page(request, _stored(world, "denyAssignments", scope), world.page_size)


def _denial_by_id(world: World, request: Request, *, scope: str, name: str) -> Answer:
    return _one(_stored(world, "denyAssignments", scope), request, name)


def _one(documents: tuple[Json, ...], request: Request, name: str) -> Answer:
    for document in documents:
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
        if arm_ids.is_above_subscriptions(_home(document))
        or arm_ids.within("/" + scope, _home(document))
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
            "createdOn": timestamp(world.scenario.now),
            "updatedOn": timestamp(world.scenario.now),
            "createdBy": None,
            "updatedBy": None,
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
            "condition": None,
            "conditionVersion": None,
            "createdOn": moment,
            "updatedOn": moment,
            "createdBy": tokens.CALLER_OBJECT,
            "updatedBy": tokens.CALLER_OBJECT,
            "delegatedManagedIdentityResourceId": None,
            "description": None,
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
    Route(
        method="PUT",
        template=f"{_SCOPED}/roleAssignments/{{name}}",
        handler=_put_assignment,
        action=f"{_PROVIDER}/roleAssignments/write",
    ),
    Route(
        method="DELETE",
        template=f"{_SCOPED}/roleAssignments/{{name}}",
        handler=_delete_assignment,
        action=f"{_PROVIDER}/roleAssignments/delete",
    ),
    _route("denyAssignments", _denials),
    _route("denyAssignments", _denial_by_id, one=True),
)
