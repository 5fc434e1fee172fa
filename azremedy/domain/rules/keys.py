"""May the backup service read the keys of an encrypted VM?"""

from __future__ import annotations

from typing import TYPE_CHECKING

from azremedy.domain.evidence import Absent, Observed, Unreadable
from azremedy.domain.keys import BACKUP_SERVICE, find_missing, find_unknown, list_key_uses
from azremedy.domain.remedies import Remedy
from azremedy.domain.rules.base import (
    Need,
    Rule,
    basis_in,
    basis_of,
    cannot_tell,
    confirmed,
    ruled_out,
    unread,
)

if TYPE_CHECKING:
    from azremedy.domain.case import Case
    from azremedy.domain.findings import Answer, Basis
    from azremedy.domain.keys import KeyFacts
    from azremedy.domain.resources import KeyUse

CODE = "UserErrorKeyvaultPermissionsNotConfigured"
"""What the service reports when it is not let in."""

ALL_RIGHT = f"{BACKUP_SERVICE} has every right that it needs"
RETRY = (
    f"{ALL_RIGHT}: new rights take some minutes until Azure acts on them, so wait and back up again"
)


def check_key_vault(case: Case) -> Answer:
    """Compare what the VM's encryption keeps in key vaults with what the service may do there."""
    vm = case.vm
    if isinstance(vm, Absent):
        return ruled_out("the VM does not exist", basis_of("no such VM", vm))
    if isinstance(vm, Unreadable):
        return unread(vm, what="the VM")
    if uses := list_key_uses(vm.value, case.disks.values):
        return _check_vaults(case, uses)
    if case.disks.gaps:
        return unread(case.disks.gaps[0], what="whether its disks are encrypted")
    message = "no disk is encrypted by Azure Disk Encryption, so no key vault is needed"
    return ruled_out(message, basis_of("Azure Disk Encryption: off", vm))


def _check_vaults(case: Case, uses: tuple[KeyUse, ...]) -> Answer:
    facts, encrypted = case.keys, basis_of(_describe(uses), case.vm)
    if missing := find_missing(uses, facts):
        told = [each.describe() for each in missing]
        lacks = (_basis(each.use, text, facts) for each, text in zip(missing, told, strict=True))
        return confirmed(f"{BACKUP_SERVICE}: {'; '.join(told)}", encrypted, *lacks)
    if not isinstance(facts.principal, Observed):
        return _nobody(case, facts.principal, encrypted)
    if unknown := (*find_unknown(uses, facts), *case.disks.gaps):
        return unread(unknown[0], what="who may read the VM's keys")
    shown = any(CODE in symptom.codes for symptom in case.symptoms)
    rights = (_basis(use, f"nothing missing in {use.vault_id.name}", facts) for use in uses)
    return ruled_out(RETRY if shown else ALL_RIGHT, encrypted, *rights)


def _nobody(case: Case, principal: Absent | Unreadable, encrypted: Basis) -> Answer:
    """Answer that nobody told which account the service has in the tenant."""
    settle = (
        f"run azremedy grant-keyvault --vm {case.vm_id} --object-id ID --dry-run, with the "
        "service's object id"
    )
    if isinstance(principal, Absent):
        message = f"the tenant's directory shows no {BACKUP_SERVICE}"
        return cannot_tell(message, encrypted, basis_of(message, principal), settle=settle)
    message = f"the account of {BACKUP_SERVICE} could not be looked up: {principal.why}"
    fact = basis_of(f"not read: {principal.why}", principal)
    return cannot_tell(message, encrypted, fact, settle=settle)


def _describe(uses: tuple[KeyUse, ...]) -> str:
    told = (f"{use.vault_id.name} ({', '.join(_list_kinds(use))})" for use in uses)
    return f"Azure Disk Encryption: key vault {' and '.join(told)}"


def _list_kinds(use: KeyUse) -> tuple[str, ...]:
    kinds = (("BEK", use.secrets), ("KEK", use.keys))
    return tuple(kind for kind, used in kinds if used)


def _basis(use: KeyUse, fact: str, facts: KeyFacts) -> Basis:
    return basis_in(fact, use.vault_id, facts.vaults)


RULES: tuple[Rule, ...] = (
    Rule(
        cause="key-vault-closed",
        title="The backup service may not read the keys of the encrypted VM",
        needs=frozenset({Need.VM, Need.DISKS, Need.KEYS}),
        check=check_key_vault,
        source="learn.microsoft.com/azure/backup/backup-azure-vms-encryption (2022-12-14); "
        "learn.microsoft.com/azure/backup/backup-azure-troubleshoot-vm-backup-fails-snapshot-"
        "timeout (2025-11-12)",
        remedies=(Remedy.GRANT_KEY_VAULT,),
        instructions=("grant-keyvault-portal",),
    ),
)
