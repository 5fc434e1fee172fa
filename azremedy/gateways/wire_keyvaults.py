"""Read Microsoft.KeyVault's and Microsoft.Authorization's JSON: key vaults, roles, who has them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from azremedy.domain.keys import AccessPolicy, KeyVault, RoleAssignment, RolePermission
from azremedy.gateways.wire_json import Json, resource_id, section, sections, text, texts

if TYPE_CHECKING:
    from collections.abc import Iterator


def parse_vault(document: Json) -> KeyVault:
    """Read a key vault."""
    properties = section(document, "properties")
    return KeyVault(
        id=resource_id(document),
        tenant_id=text(properties, "tenantId"),
        by_roles=properties.get("enableRbacAuthorization") is True,
        policies=tuple(map(_parse_policy, list_policies(document))),
        shuts_services_out=_shuts_services_out(properties),
    )


def list_policies(document: Json) -> Iterator[Json]:
    """Give a vault's access policies, but those of an application that acts for somebody else.

    Such a policy lets only that pair in. Source: learn.microsoft.com/rest/api/keyvault/keyvault/
    vaults/update-access-policy (2024-11-01), ``applicationId``.
    """
    for policy in sections(section(document, "properties"), "accessPolicies"):
        if not text(policy, "applicationId"):
            yield policy


def _parse_policy(policy: Json) -> AccessPolicy:
    permissions = section(policy, "permissions")
    return AccessPolicy(
        object_id=text(policy, "objectId"),
        keys=tuple(right.lower() for right in texts(permissions, "keys")),
        secrets=tuple(right.lower() for right in texts(permissions, "secrets")),
    )


def _shuts_services_out(properties: Json) -> bool:
    """Say whether not even trusted services pass the firewall, of which Azure Backup is one.

    Source: learn.microsoft.com/azure/key-vault/general/overview-vnet-service-endpoints; where
    ``bypass`` is not given it is ``AzureServices`` (API document 2024-11-01).
    """
    rules = section(properties, "networkAcls")
    closed = text(properties, "publicNetworkAccess").lower() == "disabled"
    denied = text(rules, "defaultAction").lower() == "deny"
    return (closed or denied) and text(rules, "bypass").lower() == "none"


def write_policy(policy: AccessPolicy, *, tenant_id: str) -> dict[str, Any]:
    """Write the body that adds or removes a principal's rights."""
    kinds = (("keys", policy.keys), ("secrets", policy.secrets))
    entry = {
        "tenantId": tenant_id,
        "objectId": policy.object_id,
        "permissions": {kind: list(rights) for kind, rights in kinds if rights},
    }
    return {"properties": {"accessPolicies": [entry]}}


def parse_assignment(document: Json) -> RoleAssignment:
    """Read a role assignment."""
    properties = section(document, "properties")
    return RoleAssignment(
        id=text(document, "id"),
        scope=text(properties, "scope"),
        role_definition_id=text(properties, "roleDefinitionId"),
        object_id=text(properties, "principalId"),
        condition=text(properties, "condition"),
    )


def parse_permissions(document: Json) -> tuple[RolePermission, ...]:
    """Read what a role definition lets do to data."""
    return tuple(
        RolePermission(
            data_actions=texts(permission, "dataActions"),
            not_data_actions=texts(permission, "notDataActions"),
        )
        for permission in sections(section(document, "properties"), "permissions")
    )
