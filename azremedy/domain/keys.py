"""May the backup service read the keys of an encrypted VM?"""

from __future__ import annotations

from dataclasses import dataclass

from azremedy.domain.evidence import NOT_ASKED, UNREAD, Observation, Reading
from azremedy.ids import ResourceId


@dataclass(frozen=True, slots=True, kw_only=True)
class AccessPolicy:
    """One principal's rights in a key vault that works by access policies."""

    object_id: str
    """The principal's object id."""
    keys: tuple[str, ...] = ()
    """Rights on keys, in lower case."""
    secrets: tuple[str, ...] = ()
    """Rights on secrets, in lower case."""


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyVault:
    """A key vault."""

    id: ResourceId
    """The vault's id."""
    tenant_id: str
    """The tenant whose principals it knows."""
    by_roles: bool
    """``enableRbacAuthorization``: whether roles decide instead of access policies."""
    policies: tuple[AccessPolicy, ...] = ()
    """Access policies; without effect when roles decide."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RoleGrant:
    """A role of one principal at a scope, with what it lets do to data."""

    assignment_id: ResourceId
    """The role assignment."""
    scope: str
    """Where it holds, and below."""
    role_definition_id: str
    """The role's whole id."""
    data_actions: tuple[str, ...] = ()
    """The role's ``dataActions``, wildcards included."""
    not_data_actions: tuple[str, ...] = ()
    """The role's ``notDataActions``."""


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyFacts:
    """The key vaults of an encrypted VM and who may read them."""

    principal: Observation[str] = UNREAD
    """The object id of the Backup Management Service in the tenant."""
    vaults: Reading[KeyVault] = NOT_ASKED
    """The key vaults that the VM's disks name."""
    grants: Reading[RoleGrant] = NOT_ASKED
    """The service's roles at or above those vaults that work by roles."""
