"""Read key vaults, and change who may use what is in them, in the access policy model."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from azremedy.gateways.operations import receipt_of
from azremedy.gateways.translate import translating
from azremedy.gateways.wire_json import document_of, section, text, texts
from azremedy.gateways.wire_keyvaults import list_policies, parse_vault, write_policy

if TYPE_CHECKING:
    from azure.mgmt.keyvault import KeyVaultManagementClient

    from azremedy.domain.keys import AccessPolicy, KeyVault
    from azremedy.gateways.clients import Connect
    from azremedy.gateways.operations import Receipt
    from azremedy.gateways.wire_json import Json
    from azremedy.ids import ResourceId

READ = "Microsoft.KeyVault/vaults/read"
WRITE_POLICIES = "Microsoft.KeyVault/vaults/accessPolicies/write"


class KeyVaultsGateway:
    """Key vaults of one subscription: who may do what, never what is in them."""

    def __init__(self, connect: Connect[KeyVaultManagementClient]) -> None:
        self._connect = connect

    def get_vault(self, vault_id: ResourceId) -> KeyVault:
        """Return a key vault. Safe to repeat. Permission: ``Microsoft.KeyVault/vaults/read``.

        Raises:
            NotFoundError: there is no such vault; it may be soft-deleted.
            AzremedyError: as ``translating`` tells them.
        """
        with translating("reading the key vault", action=READ, target=vault_id):
            return parse_vault(self._read(vault_id))

    def add_access(self, vault_id: ResourceId, policy: AccessPolicy, *, tenant_id: str) -> Receipt:
        """Add rights to those that a principal has in the vault; all others stay.

        Safe to repeat. Permission: ``Microsoft.KeyVault/vaults/accessPolicies/write``. Source: API
        document 2024-11-01, Vaults_UpdateAccessPolicy: ``add`` merges into the vault.

        Raises:
            LockedError: a ReadOnly lock stands in the way.
            AzremedyError: as ``translating`` tells them.
        """
        tried = "giving access to the key vault"
        with translating(tried, action=WRITE_POLICIES, target=vault_id):
            return self._change(vault_id, "add", policy, tenant_id)

    def remove_access(
        self, vault_id: ResourceId, policy: AccessPolicy, *, tenant_id: str
    ) -> Receipt:
        """Take the named rights from a principal in the vault; its other rights stay.

        Safe to repeat. Permission: ``Microsoft.KeyVault/vaults/accessPolicies/write``, and
        ``vaults/read``: rights are named as the vault spells them, because a removal compares with
        case (the azurerm provider's experience).

        Raises:
            LockedError: a ReadOnly lock stands in the way.
            AzremedyError: as ``translating`` tells them.
        """
        tried = "taking access to the key vault back"
        with translating(tried, action=WRITE_POLICIES, target=vault_id):
            spelt = _as_spelt(self._read(vault_id), policy)
            return self._change(vault_id, "remove", spelt, tenant_id)

    def _read(self, vault_id: ResourceId) -> Json:
        calls = self._connect(vault_id).vaults
        return document_of(calls.get(vault_id.resource_group, vault_id.name))

    def _change(
        self, vault_id: ResourceId, kind: str, policy: AccessPolicy, tenant_id: str
    ) -> Receipt:
        body: Any = write_policy(policy, tenant_id=tenant_id)
        calls = self._connect(vault_id).vaults
        answer: Any = calls.update_access_policy(
            vault_id.resource_group, vault_id.name, kind, body, cls=receipt_of
        )
        receipt: Receipt = answer
        return receipt


def _as_spelt(document: Json, policy: AccessPolicy) -> AccessPolicy:
    own = [
        section(each, "permissions")
        for each in list_policies(document)
        if text(each, "objectId").lower() == policy.object_id.lower()
    ]
    return replace(
        policy,
        keys=_pick(own, "keys", policy.keys),
        secrets=_pick(own, "secrets", policy.secrets),
    )


def _pick(permissions: list[Json], kind: str, rights: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(
        right for each in permissions for right in texts(each, kind) if right.lower() in rights
    )
