"""Refuse what the caller may not do."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from azremedy.sandbox import arm_ids
from azremedy.sandbox.http import ArmError, Json, Request
from azremedy.sandbox.refusals import GATEWAY
from azremedy.sandbox.tokens import CALLER, CALLER_OBJECT

if TYPE_CHECKING:
    from azremedy.sandbox.routing import Route
    from azremedy.sandbox.scenario import Grant
    from azremedy.sandbox.world import World

DENY_TYPE = "Microsoft.Authorization/denyAssignments"
"""The type of a deny assignment."""

_EVERYBODY = "00000000-0000-0000-0000-000000000000"
"""Source: learn.microsoft.com/azure/role-based-access-control/deny-assignments (2025)."""

_VERBS = {"GET": "read", "HEAD": "read", "PUT": "write", "PATCH": "write", "DELETE": "delete"}


def check(world: World, request: Request, route: Route | None) -> None:
    """Let a request pass when the caller holds its action at its scope.

    Raises:
        ArmError: 403 `AuthorizationFailed`.
    """
    if not route or not route.action:
        return
    action = _action(route, request)
    scope = scope_of(request)
    denial = _denial(world, action, scope)
    if denial:
        raise _denied(denial, action, scope)
    if allowed(world.scenario.caller, action, scope):
        return
    message = (
        f"The client '{CALLER}' with object id '{CALLER_OBJECT}' does not have authorization to "
        f"perform action '{action}' over scope '{scope}' or the scope is invalid. If access was "
        "recently granted, please refresh your credentials."
    )
    raise ArmError(403, "AuthorizationFailed", message, headers=GATEWAY)


def _denial(world: World, action: str, scope: str) -> Json | None:
    """Give the deny assignment that takes an action away, if any: no grant outweighs one."""
    for denial in world.documents.of_type(DENY_TYPE):
        properties = denial["properties"]
        home = properties.get("scope") or arm_ids.parse(denial["id"]).scope or "/"
        reaches = arm_ids.key(scope) == arm_ids.key(home) or (
            (arm_ids.is_above_subscriptions(home) or arm_ids.within(scope, home))
            and not properties.get("doNotApplyToChildScopes")
        )
        if (
            reaches
            and _concerns(properties)
            and any(_takes(each, action) for each in properties.get("permissions", ()))
        ):
            return denial
    return None


def _concerns(properties: Json) -> bool:
    """Tell whether a denial is about the caller: one that names nobody is about everybody."""
    named = {principal.get("id") for principal in properties.get("principals", ())}
    spared = {principal.get("id") for principal in properties.get("excludePrincipals", ())}
    return CALLER_OBJECT not in spared and (not named or bool(named & {_EVERYBODY, CALLER_OBJECT}))


def _takes(permission: Json, action: str) -> bool:
    taken = matches(action, tuple(permission.get("actions", ())))
    return taken and not matches(action, tuple(permission.get("notActions", ())))


def _denied(denial: Json, action: str, scope: str) -> ArmError:
    name = denial["properties"].get("denyAssignmentName", denial["name"])
    message = (
        f"The client '{CALLER}' with object id '{CALLER_OBJECT}' has permission to perform action "
        f"'{action}' on scope '{scope}'; however, the access is denied because of the deny "
        f"assignment with name '{name}' and Id '{denial['name']}' at scope "
        f"'{arm_ids.parse(denial['id']).scope or '/'}'."
    )
    return ArmError(403, "DenyAssignmentAuthorizationFailed", message, headers=GATEWAY)


def allowed(grants: tuple[Grant, ...], action: str, scope: str) -> bool:
    """Tell whether some grant at or above the scope gives the action and does not take it back."""
    return any(
        arm_ids.within(scope, grant.scope)
        and matches(action, grant.actions)
        and not matches(action, grant.not_actions)
        for grant in grants
    )


def matches(action: str, patterns: tuple[str, ...]) -> bool:
    """Tell whether an action is one of the patterns, in which `*` stands for any text."""
    return any(
        re.fullmatch(".*".join(map(re.escape, pattern.split("*"))), action, re.IGNORECASE)
        for pattern in patterns
    )


def scope_of(request: Request) -> str:
    """Give the scope of a request: the resource, or for a list what it lists in.

    The last part of an action (`.../restart`) or of a list (`.../virtualMachines`) does not count.
    """
    path = request.path
    cut = path.lower().rfind("/providers/")
    if cut < 0:
        return _container(path)
    tail = path[cut:].split("/")[3:]
    return path if len(tail) % 2 == 0 else path[: path.rindex("/")]


def _container(path: str) -> str:
    parts = path.split("/")
    is_group = len(parts) > 4 and parts[3].lower() == "resourcegroups"  # noqa: PLR2004 # two pairs
    return "/".join(parts[:5] if is_group else parts[:3])


def _action(route: Route, request: Request) -> str:
    template = str(route.action)
    if "{" not in template:
        return template
    kind = arm_ids.type_of_path(request.path)
    verb = _VERBS.get(request.method, "action")
    return template.format(type=kind, provider=kind.partition("/")[0], verb=verb)
