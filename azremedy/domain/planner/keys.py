"""Plan to let the backup service read the keys of an encrypted VM."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING
from uuid import NAMESPACE_URL, uuid5

from azremedy.domain import guards
from azremedy.domain.evidence import UNREAD, Observed, Unreadable
from azremedy.domain.keys import (
    ALSO_GIVEN,
    BACKUP_SERVICE,
    KEY_VAULT_ADMINISTRATOR,
    find_missing,
    find_policy,
    find_unknown,
    list_key_uses,
    list_lacking,
)
from azremedy.domain.planner.assemble import Draft, Section, select_allowed
from azremedy.domain.resources import LockLevel
from azremedy.domain.steps import AddRoleAssignment, AddVaultAccess, DeleteLock
from azremedy.ids import ResourceId

if TYPE_CHECKING:
    from collections.abc import Iterable

    from azremedy.domain.evidence import Reading
    from azremedy.domain.keys import KeyFacts, KeyVault, MissingAccess
    from azremedy.domain.plan import Verdict
    from azremedy.domain.resources import Disk, KeyUse, ManagementLock
    from azremedy.domain.worlds import VmEvidence

NOT_ENCRYPTED = "No disk of this VM is encrypted by Azure Disk Encryption: no key vault is needed."
WAIT_AND_RETRY = (
    "Every right is there already. If a backup still fails with "
    "UserErrorKeyvaultPermissionsNotConfigured, wait some minutes and back up again."
)
TAKES_EFFECT = (
    "New rights take some minutes until Azure acts on them: if the next backup fails the same way, "
    "wait and back up again."
)
WIDE_ROLE = (
    "Key Vault Administrator may do everything with what is in the vault. It is the one built-in "
    "role that Azure Backup names; a custom role with the missing data actions is enough."
)


@dataclass(frozen=True, slots=True, kw_only=True)
class GrantOptions:
    """What the caller knows and allows."""

    object_id: str | None = None
    """The object id of the Backup Management Service in the vault's tenant; else looked up."""
    unlock: bool = False
    """Take ReadOnly locks in the way off, and put them back."""
    include_inherited: bool = False
    """Also those on the subscription."""
    accept_unknown_rights: bool = False
    """Lend locks although it could not be seen that the caller may put them back."""


def plan_grant_keyvault(
    evidence: VmEvidence, facts: KeyFacts, *, disks: Reading[Disk], options: GrantOptions
) -> Section:
    """Plan one VM; with every right there already there is nothing to do.

    Of ``evidence`` only the VM, the locks and the gaps matter.
    """
    vm_id = evidence.vm.id
    uses = list_key_uses(evidence.vm, disks.values)
    gaps = _list_gaps(evidence, facts, disks)
    missing = find_missing(uses, facts)
    unread = _check_read(uses, facts, disks)
    if unread and not missing:
        return Section(target=vm_id, verdicts=unread, gaps=gaps)
    if not missing:
        # What else could not be read does not matter: nothing is to be changed.
        notes = (WAIT_AND_RETRY, *_notes_of_firewalls(facts)) if uses else (NOT_ENCRYPTED,)
        return Section(target=vm_id, notes=notes)
    drafts = tuple(draft for each in missing for draft in _draft(each, facts, vm_id))
    in_the_way = _list_locks_in_the_way(missing, evidence.locks.values)
    return Section(
        target=vm_id,
        drafts=(*_draft_leases(in_the_way, options), *drafts),
        verdicts=(
            *unread,
            *_check_there(missing),
            *guards.check_locks(
                in_the_way, unlock=options.unlock, include_inherited=options.include_inherited
            ),
            *guards.check_locks_read(evidence.locks, vm_id=vm_id),
        ),
        gaps=gaps,
        notes=(*_notes(drafts), *_notes_of_firewalls(facts)),
    )


def _list_gaps(
    evidence: VmEvidence, facts: KeyFacts, disks: Reading[Disk]
) -> tuple[Unreadable, ...]:
    principal = (facts.principal,) if isinstance(facts.principal, Unreadable) else ()
    found = (*evidence.gaps, *disks.gaps, *principal, *facts.vaults.gaps, *facts.grants.gaps)
    return tuple(dict.fromkeys(gap for gap in found if gap != UNREAD))


def _check_read(
    uses: tuple[KeyUse, ...], facts: KeyFacts, disks: Reading[Disk]
) -> tuple[Verdict, ...]:
    """Refuse to give rights on half of the facts: which are missing must be known."""
    disks_unread = [
        guards.refuse("disks-unreadable", gap.source, f"could not be read: {gap.why}")
        for gap in disks.gaps
    ]
    if not uses:
        return tuple(disks_unread)
    return (
        *disks_unread,
        *_check_principal(facts),
        *(
            guards.refuse("key-vault-unreadable", gap.source, f"could not be read: {gap.why}")
            for gap in find_unknown(uses, facts)
        ),
    )


def _check_principal(facts: KeyFacts) -> list[Verdict]:
    principal = facts.principal
    if isinstance(principal, Observed):
        return []
    why = (
        principal.why
        if isinstance(principal, Unreadable)
        else f"the tenant's directory shows no {BACKUP_SERVICE}"
    )
    message = f"to whom rights are to be given is not known: {why}"
    return [guards.refuse("principal-unknown", principal.source, message)]


def _check_there(missing: Iterable[MissingAccess]) -> list[Verdict]:
    return [
        guards.refuse(
            "key-vault-gone",
            each.use.vault_id,
            "it does not exist: recover it with 'az keyvault recover "
            f"--name {each.use.vault_id.name}' if it is soft-deleted",
        )
        for each in missing
        if each.vault is None
    ]


def _draft(missing: MissingAccess, facts: KeyFacts, vm_id: ResourceId) -> tuple[Draft, ...]:
    vault, principal = missing.vault, facts.principal
    if vault is None or not isinstance(principal, Observed):
        return ()
    step = (
        make_assignment(vault, principal.value)
        if vault.by_roles
        else _make_access(missing, vault, principal.value)
    )
    return (Draft(step=step, reason=f"{vm_id.name} is encrypted; {missing.describe()}"),)


def _make_access(missing: MissingAccess, vault: KeyVault, object_id: str) -> AddVaultAccess:
    held = find_policy(vault, object_id)
    also = list_lacking(ALSO_GIVEN, held.secrets) if missing.use.secrets else ()
    return AddVaultAccess(
        vault_id=vault.id,
        tenant_id=vault.tenant_id,
        object_id=object_id,
        keys=missing.keys,
        secrets=(*missing.secrets, *also),
    )


def make_assignment(vault: KeyVault, object_id: str) -> AddRoleAssignment:
    """Make the step that assigns the role; the same grant has the same name every time."""
    definition_id = (
        f"{vault.id.subscription}/providers/Microsoft.Authorization/roleDefinitions/"
        f"{KEY_VAULT_ADMINISTRATOR}"
    )
    name = uuid5(NAMESPACE_URL, f"{vault.id.key} {KEY_VAULT_ADMINISTRATOR} {object_id.lower()}")
    return AddRoleAssignment(
        assignment_id=ResourceId.parse(
            f"{vault.id}/providers/Microsoft.Authorization/roleAssignments/{name}"
        ),
        role_definition_id=definition_id,
        object_id=object_id,
    )


def _list_locks_in_the_way(
    missing: Iterable[MissingAccess], locks: Iterable[ManagementLock]
) -> tuple[ManagementLock, ...]:
    """List the ReadOnly locks at or above the vaults: the other level lets rights be given.

    Source: learn.microsoft.com/azure/azure-resource-manager/management/lock-resources (2024-03-08).
    """
    vaults = [each.use.vault_id for each in missing if each.vault is not None]
    return tuple(
        lock
        for lock in locks
        if lock.level is LockLevel.READ_ONLY and any(lock.scope.contains(id_) for id_ in vaults)
    )


def _draft_leases(
    in_the_way: tuple[ManagementLock, ...], options: GrantOptions
) -> tuple[Draft, ...]:
    allowed = select_allowed(
        in_the_way, unlock=options.unlock, include_inherited=options.include_inherited
    )
    return tuple(
        Draft(
            step=DeleteLock(lock=lock, leased=True),
            reason=f"{lock.level} lock '{lock.name}' stops the change, put back at the end",
        )
        for lock in allowed
    )


def _notes(drafts: Iterable[Draft]) -> tuple[str, ...]:
    given = [draft.step for draft in drafts]
    wide = any(isinstance(step, AddRoleAssignment) for step in given)
    return (*((TAKES_EFFECT,) if given else ()), *((WIDE_ROLE,) if wide else ()))


def _notes_of_firewalls(facts: KeyFacts) -> tuple[str, ...]:
    return tuple(
        f"The firewall of key vault {vault.id.name} lets not even Azure's own services in: let "
        "trusted Microsoft services bypass it."
        for vault in facts.vaults.values
        if vault.shuts_services_out
    )
