"""Recognise the backup service's snapshot extension, and no other.

The same publisher prefix is used by extensions that must stay: WorkloadBackup (SQL, HANA) and
SiteRecovery. The instance's ARM name is free text, so publisher and type decide.
Sources: learn.microsoft.com/azure/virtual-machines/extensions/vmsnapshot-windows and
vmsnapshot-linux; the handler manifest in the public azure-linux-extensions repository.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from azremedy.domain.resources import VirtualMachine, VmExtension
    from azremedy.ids import ResourceId

SNAPSHOT_HANDLERS = frozenset(
    {
        "microsoft.azure.recoveryservices.vmsnapshot",
        "microsoft.azure.recoveryservices.vmsnapshotlinux",
        "microsoft.recoveryservices.vmsnapshot",
        "microsoft.recoveryservices.vmsnapshotlinux",
    }
)


def is_snapshot_extension(extension: VmExtension) -> bool:
    """Say whether this is VMSnapshot or VMSnapshotLinux, by publisher and type."""
    handler = f"{extension.publisher}.{extension.handler_type}".lower()
    return handler in SNAPSHOT_HANDLERS


def find_snapshot_extensions(
    vm: VirtualMachine, listed: Iterable[VmExtension]
) -> tuple[ResourceId, ...]:
    """Give the ARM ids to delete: from the list, else the instance view, else the agent's word."""
    ours = [e for e in (*listed, *vm.extensions) if is_snapshot_extension(e)]
    for place in ("extensions", "instanceView"):
        if found := [e for e in ours if e.seen_in == place]:
            ids = [e.id or vm.id.child("extensions", e.name) for e in found]
            return tuple(dict.fromkeys(ids))
    # Hidden from both lists, as on many VMs: it is then named like its handler.
    # Source: learn.microsoft.com/azure/backup/backup-azure-vms-troubleshoot (2025-11-12).
    return tuple(dict.fromkeys(vm.id.child("extensions", e.handler_type) for e in ours))
