"""Let the backup service read the keys of an encrypted VM, and take that back."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Literal

from azremedy.domain.steps.base import Reversible
from azremedy.ids import ResourceId


@dataclass(frozen=True, slots=True, kw_only=True)
class AddVaultAccess:
    """Give a principal rights in a key vault's access policy; rights that it has stay.

    Source: learn.microsoft.com/azure/backup/backup-azure-vms-encryption (2022-12-14).
    """

    permission: ClassVar[str] = "Microsoft.KeyVault/vaults/accessPolicies/write"
    reversible: ClassVar[Reversible] = Reversible.YES
    repeatable: ClassVar[bool] = True

    vault_id: ResourceId
    """The key vault."""
    tenant_id: str
    """The tenant of the vault and the principal."""
    object_id: str
    """The principal's object id in that tenant."""
    keys: tuple[str, ...] = ()
    """Rights on keys that are added, in lower case; none that it had before."""
    secrets: tuple[str, ...] = ()
    """Rights on secrets that are added, in lower case; none that it had before."""
    kind: Literal["AddVaultAccess"] = "AddVaultAccess"

    @property
    def target(self) -> ResourceId:
        """The key vault's id."""
        return self.vault_id


@dataclass(frozen=True, slots=True, kw_only=True)
class RemoveVaultAccess:
    """Take exactly the rights back that ``AddVaultAccess`` gave."""

    permission: ClassVar[str] = "Microsoft.KeyVault/vaults/accessPolicies/write"
    reversible: ClassVar[Reversible] = Reversible.YES
    repeatable: ClassVar[bool] = True

    vault_id: ResourceId
    """The key vault."""
    tenant_id: str
    """The tenant of the vault and the principal."""
    object_id: str
    """The principal's object id in that tenant."""
    keys: tuple[str, ...] = ()
    """Rights on keys that are taken back."""
    secrets: tuple[str, ...] = ()
    """Rights on secrets that are taken back."""
    kind: Literal["RemoveVaultAccess"] = "RemoveVaultAccess"

    @property
    def target(self) -> ResourceId:
        """The key vault's id."""
        return self.vault_id


@dataclass(frozen=True, slots=True, kw_only=True)
class AddRoleAssignment:
    """Assign a role at a key vault that works by roles instead of access policies."""

    permission: ClassVar[str] = "Microsoft.Authorization/roleAssignments/write"
    reversible: ClassVar[Reversible] = Reversible.YES
    repeatable: ClassVar[bool] = True

    assignment_id: ResourceId
    """The assignment that is made; its name is a GUID."""
    role_definition_id: str
    """The role's whole id."""
    object_id: str
    """The principal's object id."""
    kind: Literal["AddRoleAssignment"] = "AddRoleAssignment"

    @property
    def target(self) -> ResourceId:
        """The assignment's id."""
        return self.assignment_id


@dataclass(frozen=True, slots=True, kw_only=True)
class RemoveRoleAssignment:
    """Remove the assignment that ``AddRoleAssignment`` made."""

    permission: ClassVar[str] = "Microsoft.Authorization/roleAssignments/delete"
    reversible: ClassVar[Reversible] = Reversible.YES
    repeatable: ClassVar[bool] = True

    assignment_id: ResourceId
    """The assignment."""
    role_definition_id: str
    """What it must still be."""
    object_id: str
    """Who must still hold it."""
    kind: Literal["RemoveRoleAssignment"] = "RemoveRoleAssignment"

    @property
    def target(self) -> ResourceId:
        """The assignment's id."""
        return self.assignment_id
