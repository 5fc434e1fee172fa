"""Can the VM's disks be backed up?"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from azremedy.domain.evidence import Absent, Observed, Unreadable
from azremedy.domain.findings import Basis
from azremedy.domain.resources import AttachedDisk, Disk
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
from azremedy.domain.symptoms import find_told

if TYPE_CHECKING:
    from azremedy.domain.case import Case
    from azremedy.domain.findings import Answer
    from azremedy.domain.resources import DiskEncryptionSet, VirtualMachine

GIB_IN_TIB = 1024
LARGEST_EVERYWHERE_GIB = 32 * GIB_IN_TIB
"""Backed up in every region (agent or extension article, 2025-11-12)."""
LARGEST_GIB = 64 * GIB_IN_TIB
"""Backed up in some regions (support matrix, 2025-10-27)."""
LARGEST_ENCRYPTED_GIB = 4 * GIB_IN_TIB
"""With Azure Disk Encryption (agent or extension article, 2025-11-12)."""
LARGEST_TOTAL_GIB = 512 * GIB_IN_TIB
"""All disks of a VM together (support matrix, 2025-10-27)."""
MOST_DATA_DISKS = 32
"""Source: support matrix (2025-10-27)."""

ENHANCED = "V2"
ENHANCED_ONLY = frozenset({"ultrassd_lrs", "premiumv2_lrs"})
"""Kinds of disks that a standard policy does not back up (support matrix, 2025-10-27)."""

TOO_LARGE = "UserErrorUnsupportedDiskSize"

_DISKS = "the VM's disks"
_EXCLUDED = "look in the vault whether the backup leaves these disks out"
_ASK_REGION = "ask Microsoft's support whether the region backs up disks of this size"
_ASK_ENCRYPTION = "look whether Azure Disk Encryption encrypts these disks"


@dataclass(frozen=True, slots=True, kw_only=True)
class _VmDisk:
    """A disk as the VM names it, with its own document where that could be read."""

    attached: AttachedDisk
    """What the VM says."""
    document: Disk | None
    """What the disk says; it knows better."""

    @property
    def size_gib(self) -> int | None:
        """The size; ``None`` when nobody tells."""
        own = self.document.size_gib if self.document else None
        return own or self.attached.size_gib

    @property
    def sku(self) -> str:
        """The kind; empty when nobody tells."""
        return (self.document.sku if self.document else "") or self.attached.sku


def check_disk_too_large(case: Case) -> Answer:
    """Decide whether the disks are more, or larger, than the service backs up."""
    if not isinstance(case.vm, Observed):
        return _without_vm(case)
    disks = _list_disks(case.vm.value, case)
    large = [disk for disk in disks if _exceeds(disk, _find_limit(disk))]
    sizes = sum(disk.size_gib or 0 for disk in disks)
    data_disks = sum(not disk.attached.os_disk for disk in disks)
    if large or sizes > LARGEST_TOTAL_GIB or data_disks > MOST_DATA_DISKS:
        total = basis_of(f"{data_disks} data disks, {_tib(sizes)} in all", case.vm)
        message = "the disks are over what Azure Backup takes today"
        return _confirm(message, [total, *_show_sizes(large, case)], case)
    return _find_size_doubt(disks, case) or ruled_out(
        "every disk is of a size that Azure Backup takes", *_show_sizes(disks, case)
    )


def check_disk_sku(case: Case) -> Answer:
    """Decide whether a disk is of a kind that the policy, or any policy, does not back up."""
    if not isinstance(case.vm, Observed):
        return _without_vm(case)
    disks = _list_disks(case.vm.value, case)
    shared = [disk for disk in disks if disk.document and disk.document.max_shares > 1]
    special = [disk for disk in disks if disk.sku.lower() in ENHANCED_ONLY]
    if special and not shared and isinstance(case.policy, Unreadable):
        return unread(case.policy, what="the kind of the backup policy")
    if shared or (special and _is_standard(case)):
        message = "shared disks are not backed up, and some kinds only with an enhanced policy"
        return _confirm(message, _show_kinds((*special, *shared), case), case)
    if case.disks.gaps:
        return unread(case.disks.gaps[0], what=_DISKS)
    return ruled_out("the policy backs up disks of these kinds", *_show_kinds(disks, case))


def check_standard_ssd(case: Case) -> Answer:
    """Answer the article of 2018: Standard SSD is backed up today, whatever the policy."""
    vm = case.vm.value if isinstance(case.vm, Observed) else None
    disks = _list_disks(vm, case) if vm else []
    standard = [disk for disk in disks if disk.sku.lower().startswith("standardssd")]
    return ruled_out("every policy backs up Standard SSD today", *_show_kinds(standard, case))


def check_disk_key_missing(case: Case) -> Answer:
    """Decide whether the key vault of a disk encryption set is gone."""
    sets = case.encryption_sets
    missing = [each for each in sets.values if each.key_vault_there is False]
    if missing:
        message = "without its key vault no snapshot of the disk can be taken"
        return confirmed(message, *(_show_set(each, "gone", case) for each in missing))
    for reading, what in ((case.disks, _DISKS), (sets, "the disks' encryption sets")):
        if reading.gaps:
            return unread(reading.gaps[0], what=what)
    unseen = [each for each in sets.values if each.key_vault_id and each.key_vault_there is None]
    if unseen:
        message = "whether the key vault of a disk encryption set exists could not be read"
        settle = "grant Microsoft.KeyVault/vaults/read, then diagnose again"
        basis = (_show_set(each, "not seen", case) for each in unseen)
        return cannot_tell(message, *basis, settle=settle)
    there = (_show_set(each, "there", case) for each in sets.values if each.key_vault_id)
    return ruled_out("no disk encryption set lacks its key vault", *there)


def _without_vm(case: Case) -> Answer:
    if isinstance(case.vm, Unreadable):
        return unread(case.vm, what="the VM")
    assert isinstance(case.vm, Absent)
    return ruled_out("there is no VM, so no disk of it", basis_of("VM: not found", case.vm))


def _confirm(message: str, basis: list[Basis], case: Case) -> Answer:
    """Confirm, unless the last backup went well: then these disks may be left out of it.

    Source: learn.microsoft.com/azure/backup/selective-disk-backup-restore: an enhanced policy can
    leave disks out. What an item leaves out is not among the facts that are read.
    """
    last = case.last_backup
    if isinstance(last, Observed) and last.value.status == "Completed":
        well = basis_of("last backup: Completed", last)
        why = f"{message}, but the last backup went well"
        return cannot_tell(why, *basis, well, settle=_EXCLUDED)
    return confirmed(message, *basis)


def _find_size_doubt(disks: list[_VmDisk], case: Case) -> Answer | None:
    """Say why the disks may be too large all the same, if so."""
    # The VM itself mostly tells sizes; whether a disk is encrypted only the disk tells.
    dark = [disk for disk in disks if disk.size_gib is None or _may_be_encrypted(disk)]
    if dark and case.disks.gaps:
        return unread(case.disks.gaps[0], what=_DISKS)
    if unknown := [disk for disk in disks if disk.size_gib is None]:
        basis = _show_sizes(unknown, case)
        return cannot_tell("not every disk tells its size", *basis, settle="look at these disks")
    if large := [disk for disk in disks if _exceeds(disk, LARGEST_EVERYWHERE_GIB)]:
        message = "disks over 32 TiB are backed up in some regions only"
        return _doubt(message, _show_sizes(large, case), case, settle=_ASK_REGION)
    encrypted = bool(isinstance(case.vm, Observed) and case.vm.value.key_uses)
    large = [disk for disk in disks if encrypted and _exceeds(disk, LARGEST_ENCRYPTED_GIB)]
    if large:
        message = "Azure Disk Encryption is on, and encrypted disks over 4 TiB are not backed up"
        return _doubt(message, _show_sizes(large, case), case, settle=_ASK_ENCRYPTION)
    return None


def _doubt(message: str, basis: list[Basis], case: Case, *, settle: str) -> Answer:
    """Leave it open whether disks are too large, unless the service itself says that some are."""
    told = find_told(case.symptoms, TOO_LARGE)
    if told is None:
        return cannot_tell(message, *basis, settle=settle)
    symptom, code = told
    word = Basis(fact=f"code {code}", source=symptom.source, at=symptom.at)
    return confirmed(f"{message}; the service says that a disk is too large", *basis, word)


def _find_limit(disk: _VmDisk) -> int:
    encrypted = disk.document is not None and bool(disk.document.key_uses)
    return LARGEST_ENCRYPTED_GIB if encrypted else LARGEST_GIB


def _may_be_encrypted(disk: _VmDisk) -> bool:
    return disk.document is None and _exceeds(disk, LARGEST_ENCRYPTED_GIB)


def _exceeds(disk: _VmDisk, limit_gib: int) -> bool:
    return disk.size_gib is not None and disk.size_gib > limit_gib


def _is_standard(case: Case) -> bool:
    """Say whether a standard policy protects the VM; old ones do not tell their kind."""
    return isinstance(case.policy, Observed) and case.policy.value.policy_type != ENHANCED


def _list_disks(vm: VirtualMachine, case: Case) -> list[_VmDisk]:
    documents = {disk.id: disk for disk in case.disks.values}
    return [
        _VmDisk(attached=each, document=documents.get(each.id) if each.id else None)
        for each in vm.disks
    ]


def _show_sizes(disks: list[_VmDisk], case: Case) -> list[Basis]:
    return [_show(disk, _tib(disk.size_gib), case) for disk in disks]


def _show_kinds(disks: tuple[_VmDisk, ...] | list[_VmDisk], case: Case) -> list[Basis]:
    return [_show(disk, _kind(disk), case) for disk in dict.fromkeys(disks)]


def _show(disk: _VmDisk, fact: str, case: Case) -> Basis:
    told = f"disk {disk.attached.name}: {fact}"
    if disk.document is None:
        return basis_of(told, case.vm)
    return basis_in(told, disk.document.id, case.disks)


def _show_set(found: DiskEncryptionSet, state: str, case: Case) -> Basis:
    vault = found.key_vault_id.name if found.key_vault_id else "unnamed"
    fact = f"key vault '{vault}' of disk encryption set {found.id.name}: {state}"
    return basis_in(fact, found.id, case.encryption_sets)


def _kind(disk: _VmDisk) -> str:
    shared = disk.document is not None and disk.document.max_shares > 1
    return f"{disk.sku or 'kind not told'}{', shared' if shared else ''}"


def _tib(size_gib: int | None) -> str:
    if size_gib is None:
        return "size not told"
    if size_gib < GIB_IN_TIB:
        return f"{size_gib} GiB"
    return f"{size_gib / GIB_IN_TIB:.1f} TiB"


_NEEDS = frozenset({Need.VM, Need.ITEMS, Need.DISKS})

RULES: tuple[Rule, ...] = (
    Rule(
        cause="disk-too-large",
        title="The disks are more, or larger, than Azure Backup takes",
        needs=_NEEDS,
        check=check_disk_too_large,
        source="learn.microsoft.com/azure/backup/backup-support-matrix-iaas (2025-10-27) and the "
        "agent or extension article (2025-11-12)",
        instructions=("split-or-exclude-disk",),
    ),
    Rule(
        cause="disk-sku-unsupported",
        title="The policy does not back up a disk of this kind",
        needs=_NEEDS,
        check=check_disk_sku,
        source="learn.microsoft.com/azure/backup/backup-support-matrix-iaas (2025-10-27)",
        instructions=("use-enhanced-policy", "split-or-exclude-disk"),
    ),
    Rule(
        cause="standard-ssd",
        title="Standard SSD is not backed up (so in 2018 only)",
        needs=_NEEDS,
        check=check_standard_ssd,
        source="learn.microsoft.com/azure/backup/backup-support-matrix-iaas (2025-10-27)",
    ),
    Rule(
        cause="disk-key-missing",
        title="The key vault of a disk encryption set is gone",
        needs=_NEEDS,
        check=check_disk_key_missing,
        source="learn.microsoft.com/azure/virtual-machines/restore-point-troubleshooting "
        "(2023-04-12): DiskRestorePointClientError",
        instructions=("restore-encryption-key",),
    ),
)
"""In the order in which to look."""
