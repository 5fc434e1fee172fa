"""Refuse what an Azure Policy assignment forbids."""

from __future__ import annotations

import json
from fnmatch import fnmatch
from typing import TYPE_CHECKING

from azremedy.sandbox import arm_ids
from azremedy.sandbox.http import ArmError, Json, Request

if TYPE_CHECKING:
    from azremedy.sandbox.scenario_model import Policy
    from azremedy.sandbox.world import World


_ALIASES = {
    "microsoft.resources/resourcegroups": "microsoft.resources/subscriptions/resourcegroups"
}
"""What policies call a type that ARM's own lists call otherwise.

Source: learn.microsoft.com/azure/governance/policy/concepts/definition-structure-basics (2025).
"""


def check(world: World, request: Request) -> None:
    """Let a request pass unless a policy of the scenario denies it.

    `deny` is about resources that are written, `denyAction` about those that are deleted.
    Source: learn.microsoft.com/azure/governance/policy/concepts, effect-deny and
    effect-deny-action (2025).

    Raises:
        ArmError: 403 `RequestDisallowedByPolicy`.
    """
    effect = {"PUT": "deny", "PATCH": "deny", "DELETE": "denyAction"}.get(request.method)
    if not effect or not world.scenario.policies:
        return
    document = _document(world, request)
    for policy in world.scenario.policies:
        reaches = policy.effect == effect and arm_ids.within(request.path, policy.scope)
        if reaches and _denies(policy, arm_ids.type_of_path(request.path), document):
            raise _disallowed(policy, request)


def denying(world: World, document: Json) -> Policy | None:
    """Give the policy that lets nobody write a new resource, given with id and location."""
    for policy in world.scenario.policies:
        reaches = policy.effect == "deny" and arm_ids.within(document["id"], policy.scope)
        if reaches and _denies(policy, arm_ids.type_of_path(document["id"]), document):
            return policy
    return None


def _document(world: World, request: Request) -> Json:
    """Give the resource as it would be: a PATCH adds to what stands, a DELETE is about that."""
    before = world.documents.get(request.path) or {}
    if request.method == "DELETE":
        return before
    body = request.json()
    after = body if isinstance(body, dict) else {}
    return {**before, **after} if request.method == "PATCH" else after


def _denies(policy: Policy, kind: str, document: Json) -> bool:
    names = (kind.lower(), _ALIASES.get(kind.lower(), kind.lower()))
    if not any(fnmatch(name, pattern.lower()) for name in names for pattern in policy.types):
        return False
    if not policy.allowed_locations and not policy.required_tags:
        return True
    # As in mode Indexed: what has no location is not asked for location or tags.
    location = str(document.get("location") or "").replace(" ", "").lower()
    if not location:
        return False
    tags = document.get("tags")
    named = {str(name).lower() for name in (tags if isinstance(tags, dict) else {})}
    elsewhere = bool(policy.allowed_locations) and location not in policy.allowed_locations
    return elsewhere or any(tag.lower() not in named for tag in policy.required_tags)


def _disallowed(policy: Policy, request: Request) -> ArmError:
    """Word the refusal; no recording of one is known.

    Source: learn.microsoft.com/azure/azure-resource-manager/troubleshooting,
    error-policy-requestdisallowedbypolicy (2025).
    """
    name = request.segments[-1]
    scope = "" if policy.scope == "/" else policy.scope
    home = f"{scope}/providers/Microsoft.Authorization/policyAssignments/{policy.name}"
    definition = f"/providers/Microsoft.Authorization/policyDefinitions/{policy.name}"
    shown = policy.display_name or policy.name
    named = {
        "policyAssignment": {"name": shown, "id": home},
        "policyDefinition": {"name": shown, "id": definition},
    }
    info = {
        "policyDefinitionDisplayName": shown,
        "policyDefinitionId": definition,
        "policyDefinitionName": policy.name,
        "policyDefinitionEffect": policy.effect,
        "policyAssignmentId": home,
        "policyAssignmentName": policy.name,
        "policyAssignmentDisplayName": shown,
        "policyAssignmentScope": policy.scope,
    }
    message = (
        f"Resource '{name}' was disallowed by policy. Policy identifiers: '{json.dumps([named])}'."
    )
    extra = {"target": name, "additionalInfo": [{"type": "PolicyViolation", "info": info}]}
    return ArmError(403, "RequestDisallowedByPolicy", message, extra=extra)
