"""May the backup service read the keys of an encrypted VM?

Azure Disk Encryption keeps a disk's key as a secret (BEK) in a key vault, and may wrap it with a
key (KEK) there. Azure Backup copies both, so it must be let into the vault, by an access policy or
by a role. Disks that a disk encryption set encrypts need nothing for backup.
Source: learn.microsoft.com/azure/backup/backup-azure-vms-encryption (2022-12-14).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from azremedy.domain.evidence import NOT_ASKED, UNREAD, Observation, Observed, Reading
from azremedy.domain.resources import KeyUse
from azremedy.ids import ResourceId

if TYPE_CHECKING:
    from collections.abc import Iterable

    from azremedy.domain.evidence import Unreadable
    from azremedy.domain.resources import Disk, VirtualMachine

BACKUP_SERVICE = "Backup Management Service"
"""The display name of the application that copies keys."""

PUBLIC_APP_ID = "262044b1-e2ce-469f-a196-69ab7ada62d3"
"""Its application id in the public cloud, the same in every tenant; the other clouds have others.
Source: learn.microsoft.com/azure/backup/backup-azure-vms-automation."""

KEY_VAULT_ADMINISTRATOR = "00482a5a-887f-4fb3-b363-3b7fe8e74483"
"""The built-in role that lets it in, the same in every tenant.
Source: learn.microsoft.com/azure/role-based-access-control/built-in-roles."""

ADMINISTRATORS_ACTIONS = ("Microsoft.KeyVault/vaults/*",)
"""Its data actions. Source: learn.microsoft.com/azure/role-based-access-control/built-in-roles."""

KEY_RIGHTS = ("get", "list", "backup")
"""Rights on keys that it needs in an access policy, for a KEK."""

SECRET_RIGHTS = ("get", "list")
"""Rights on secrets that it needs in an access policy, for a BEK."""

ALSO_GIVEN = ("backup",)
"""Rights on secrets that the portal's template gives besides, and the custom role has."""

KEY_ACTIONS = (
    "Microsoft.KeyVault/vaults/keys/read",
    "Microsoft.KeyVault/vaults/keys/backup/action",
)
"""Data actions on keys that it needs where roles decide."""

SECRET_ACTIONS = (
    "Microsoft.KeyVault/vaults/secrets/getSecret/action",
    "Microsoft.KeyVault/vaults/secrets/backup/action",
    "Microsoft.KeyVault/vaults/secrets/readMetadata/action",
)
"""Data actions on secrets that it needs where roles decide."""

_EVERY_RIGHT = "all"


@dataclass(frozen=True, slots=True, kw_only=True)
class AccessPolicy:
    """One principal's rights in a key vault that works by access policies."""

    object_id: str
    """The principal's object id."""
    keys: tuple[str, ...] = ()
    """Rights on keys, in lower case; ``all`` is every right."""
    secrets: tuple[str, ...] = ()
    """Rights on secrets, in lower case; ``all`` is every right."""


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
    """Access policies; without effect when roles decide. Those of an application that acts for
    somebody else (``applicationId``) are left out."""
    shuts_services_out: bool = False
    """Whether its firewall keeps Azure's own services out as well."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RoleAssignment:
    """Who holds which role where."""

    id: str
    """The assignment's id; not always below a subscription."""
    scope: str
    """Where it holds, and below."""
    role_definition_id: str
    """The role's whole id; lists may leave the subscription out of it."""
    object_id: str
    """The principal's object id, or that of a group that the principal is in."""
    condition: str = ""
    """A condition that narrows it; empty for none."""

    def gives(self, role_definition_id: str) -> bool:
        """Say whether it is about this role: the GUID at the end of the id decides."""
        return _last(self.role_definition_id) == _last(role_definition_id)


@dataclass(frozen=True, slots=True, kw_only=True)
class RolePermission:
    """What a role lets do to data."""

    data_actions: tuple[str, ...] = ()
    """``dataActions``, wildcards included."""
    not_data_actions: tuple[str, ...] = ()
    """``notDataActions``, which are taken off the former."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RoleGrant:
    """A role of one principal at a scope, with what it lets do to data."""

    assignment_id: str
    """The role assignment; not always below a subscription."""
    scope: str
    """Where it holds, and below."""
    role_definition_id: str
    """The role's whole id."""
    data_actions: tuple[str, ...] = ()
    """The role's ``dataActions``, wildcards included."""
    not_data_actions: tuple[str, ...] = ()
    """The role's ``notDataActions``."""

    def reaches(self, vault_id: ResourceId) -> bool:
        """Say whether it holds at a key vault; above subscriptions it was listed for that vault."""
        scope = self.scope.lower().rstrip("/")
        if not scope.startswith("/subscriptions/"):
            return True
        return vault_id.key == scope or vault_id.key.startswith(f"{scope}/")

    def allows(self, action: str) -> bool:
        """Say whether it includes a data action."""
        return _fits(action, self.data_actions) and not _fits(action, self.not_data_actions)


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyFacts:
    """The key vaults of an encrypted VM and who may read them."""

    principal: Observation[str] = UNREAD
    """The object id of the Backup Management Service in the tenant; absent when the tenant does
    not have it."""
    vaults: Reading[KeyVault] = NOT_ASKED
    """The key vaults that the VM's disks name."""
    gone: tuple[ResourceId, ...] = ()
    """Key vaults that the disks name and Azure does not know."""
    grants: Reading[RoleGrant] = NOT_ASKED
    """The service's roles at or above those vaults that work by roles."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MissingAccess:
    """What the backup service may not do in one key vault although it must."""

    use: KeyUse
    """What the VM keeps in the vault."""
    vault: KeyVault | None
    """The vault; ``None`` when it does not exist."""
    keys: tuple[str, ...] = ()
    """Rights on keys that its access policy lacks."""
    secrets: tuple[str, ...] = ()
    """Rights on secrets that its access policy lacks."""
    data_actions: tuple[str, ...] = ()
    """Data actions that none of its roles includes."""

    def describe(self) -> str:
        """Say in one line what is missing where."""
        name = self.use.vault_id.name
        if self.vault is None:
            return f"key vault {name} does not exist"
        parts = (
            ("keys", self.keys),
            ("secrets", self.secrets),
            ("data actions", tuple(map(_short, self.data_actions))),
        )
        told = "; ".join(f"{what} {', '.join(rights)}" for what, rights in parts if rights)
        return f"missing in key vault {name}: {told}"


def merge_key_uses(uses: Iterable[KeyUse]) -> tuple[KeyUse, ...]:
    """Put the uses of one vault together, in the order in which vaults appear."""
    merged: dict[ResourceId, KeyUse] = {}
    for use in uses:
        known = merged.get(use.vault_id, use)
        merged[use.vault_id] = KeyUse(
            vault_id=known.vault_id,
            secrets=known.secrets or use.secrets,
            keys=known.keys or use.keys,
        )
    return tuple(merged.values())


def list_key_uses(vm: VirtualMachine, disks: Iterable[Disk]) -> tuple[KeyUse, ...]:
    """List the key vaults that Azure Disk Encryption of a VM needs, each once.

    Dual pass writes them in the VM's model, single pass in its instance view and in its disks.
    """
    return merge_key_uses((*vm.key_uses, *(use for disk in disks for use in disk.key_uses)))


def find_missing(uses: Iterable[KeyUse], facts: KeyFacts) -> tuple[MissingAccess, ...]:
    """Find what the service certainly lacks. What could not be read is ``find_unknown``'s."""
    found = (_find_lack(use, facts) for use in uses)
    certain = (each for each in found if each is not None and _is_certain(each, facts))
    return tuple(certain)


def find_unknown(uses: Iterable[KeyUse], facts: KeyFacts) -> tuple[Unreadable, ...]:
    """Find the gaps because of which nobody can say that the service lacks nothing."""
    found = (_find_lack(use, facts) for use in uses)
    by_roles = any(each is not None and not _is_certain(each, facts) for each in found)
    return (*facts.vaults.gaps, *(facts.grants.gaps if by_roles else ()))


def _find_lack(use: KeyUse, facts: KeyFacts) -> MissingAccess | None:
    """Compare what a VM keeps in a vault with what the service may do; ``None``: all is well."""
    if use.vault_id in facts.gone:
        return MissingAccess(use=use, vault=None)
    vault = next((each for each in facts.vaults.values if each.id == use.vault_id), None)
    if vault is None or not isinstance(facts.principal, Observed):
        return None
    if vault.by_roles:
        lack = MissingAccess(use=use, vault=vault, data_actions=_lacking_actions(use, facts))
    else:
        lack = _lacking_rights(use, vault, facts.principal.value)
    return lack if lack.keys or lack.secrets or lack.data_actions else None


def _is_certain(lack: MissingAccess, facts: KeyFacts) -> bool:
    by_roles = lack.vault is not None and lack.vault.by_roles
    return facts.grants.complete or not by_roles


def _lacking_actions(use: KeyUse, facts: KeyFacts) -> tuple[str, ...]:
    """List the data actions that no role includes: roles add up."""
    needed = (*(KEY_ACTIONS if use.keys else ()), *(SECRET_ACTIONS if use.secrets else ()))
    grants = [grant for grant in facts.grants.values if grant.reaches(use.vault_id)]
    return tuple(action for action in needed if not any(grant.allows(action) for grant in grants))


def _lacking_rights(use: KeyUse, vault: KeyVault, object_id: str) -> MissingAccess:
    held = find_policy(vault, object_id)
    return MissingAccess(
        use=use,
        vault=vault,
        keys=list_lacking(KEY_RIGHTS, held.keys) if use.keys else (),
        secrets=list_lacking(SECRET_RIGHTS, held.secrets) if use.secrets else (),
    )


def find_policy(vault: KeyVault, object_id: str) -> AccessPolicy:
    """Find a principal's rights in a key vault; none when no access policy is about it."""
    fitting = (each for each in vault.policies if each.object_id.lower() == object_id.lower())
    return next(fitting, AccessPolicy(object_id=object_id))


def list_lacking(needed: Iterable[str], held: Iterable[str]) -> tuple[str, ...]:
    """List the rights that are needed and not held; ``all`` holds every right."""
    known = frozenset(held)
    return () if _EVERY_RIGHT in known else tuple(each for each in needed if each not in known)


def _fits(action: str, patterns: Iterable[str]) -> bool:
    return any(
        re.fullmatch(".*".join(map(re.escape, pattern.split("*"))), action, re.IGNORECASE)
        for pattern in patterns
    )


def _last(definition_id: str) -> str:
    return definition_id.rpartition("/")[2].lower()


def _short(action: str) -> str:
    return action.removeprefix("Microsoft.KeyVault/vaults/")
