"""The backup world of a VM as a scan saw it: little is known of it, and nothing is changed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from azremedy.domain.estate import NEAR_LIMIT, Risk
from azremedy.report.html.tones import Tone
from azremedy.report.html.world import UNSEEN, Box, Kind, Look, Part, World
from azremedy.report.words import place, plural

if TYPE_CHECKING:
    from azremedy.domain.estate import ScannedVm

LIMIT = 18
"""From so many restore points on no backup can be taken.
Source: learn.microsoft.com/azure/backup/backup-azure-troubleshoot-vm-backup-fails-snapshot-timeout
(2025-11-12)."""
_UNREAD = Look(detail="could not be read", tone=Tone.IDLE)


def find_scanned_world(vm: ScannedVm) -> World:
    """Say how a VM's backup world looked."""
    vault = vm.vault_id.name if vm.vault_id else "no vault seen"
    return World(
        name=vm.id.name,
        boxes=(
            Box(
                icon="vm",
                role="Virtual machine",
                name=vm.id.name,
                parts=(_make(Kind.VM, Kind.VM.value, _look_at_vm(vm)),),
            ),
            Box(
                icon="points",
                role="Restore points",
                name=_name_groups(vm),
                parts=(
                    _make(Kind.COLLECTION, "Restore points", _look_at_points(vm)),
                    *_list_locks(vm),
                ),
            ),
            Box(
                icon="vault",
                role="Recovery Services vault",
                name=vault,
                parts=(
                    _make(Kind.ITEM, Kind.ITEM.value, _look_at_item(vm)),
                    _make(Kind.BACKUP, "Last backup", _look_at_backup(vm)),
                ),
            ),
        ),
    )


def _make(kind: Kind, name: str, look: Look) -> Part:
    return Part(kind=kind, name=name, before=look, after=look)


def _name_groups(vm: ScannedVm) -> str:
    """Name the groups of the locks, which are all that a scan tells of where the points are."""
    groups = (lock.scope.resource_group for lock in vm.locks or ())
    return ", ".join(dict.fromkeys(name for name in groups if name)) or "the service's group"


def _look_at_vm(vm: ScannedVm) -> Look:
    if vm.exists is None:
        return _UNREAD
    if not vm.exists:
        return Look(detail="Not seen", tone=Tone.BAD)
    return Look(detail=f"Seen in {vm.location}" if vm.location else "Seen", tone=Tone.GOOD)


def _look_at_points(vm: ScannedVm) -> Look:
    if vm.points is None:
        return Look(detail="not counted", tone=Tone.IDLE)
    tone = Tone.WARN if vm.points >= NEAR_LIMIT else Tone.GOOD
    return Look(detail=str(vm.points), tone=Tone.BAD if vm.points >= LIMIT else tone)


def _list_locks(vm: ScannedVm) -> tuple[Part, ...]:
    if vm.locks is None:
        return (_make(Kind.LOCK, "Locks", _UNREAD),)
    return tuple(
        _make(
            Kind.LOCK,
            lock.name,
            Look(detail=f"{lock.level} at {place(lock.scope)}", tone=Tone.BAD),
        )
        for lock in vm.locks
    )


def _look_at_item(vm: ScannedVm) -> Look:
    if Risk.PAUSED in vm.risks:
        return Look(detail="Paused: nobody backs it up", tone=Tone.BAD)
    if vm.item_id is None:
        return UNSEEN
    if Risk.UNHEALTHY in vm.risks:
        return Look(detail="The vault says that something is wrong", tone=Tone.WARN)
    return Look(detail="Protected", tone=Tone.GOOD)


def _look_at_backup(vm: ScannedVm) -> Look:
    last = vm.last_job
    if last is None:
        return UNSEEN
    if vm.failing:
        return Look(detail=last.code or last.status, tone=Tone.BAD)
    if vm.failures:
        often = plural(vm.failures, "failure")
        return Look(detail=f"{last.status}; {often} of late", tone=Tone.WARN)
    tone = Tone.WARN if Risk.WARNINGS in vm.risks else Tone.GOOD
    return Look(detail=last.status, tone=tone)
