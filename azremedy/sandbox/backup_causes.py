"""Say of each error code of the backup service whether a world causes it.

One function a code: it reads documents and hidden facts and changes nothing. In which order they
are asked, and the table of what triggers which code, stands in `backup_verdict`.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from azremedy.sandbox import (
    arm_ids,
    backup_errors,
    backup_keys,
    backup_network,
    backup_view,
    guest_extensions,
    guest_facts,
    policies,
    vm_state,
)
from azremedy.sandbox.locks_enforcement import locking_scopes

if TYPE_CHECKING:
    from azremedy.sandbox.backup_error import BackupError
    from azremedy.sandbox.guest_model import Guest  # noqa: TC004 # Scene only names it
    from azremedy.sandbox.http import Json  # noqa: TC004 # Scene only names it
    from azremedy.sandbox.world import World  # noqa: TC004 # Scene only names it

POINT_LIMIT = 18
"""How many restore points a VM may have over all collections and groups.

Source: learn.microsoft.com/azure/backup, article
backup-azure-troubleshoot-vm-backup-fails-snapshot-timeout (2025-11-12).
"""

_SERVICES = {
    "VSS": "ExtensionFailedVssServiceInBadState",
    "COMSysApp": "ExtensionSnapshotFailedCOM",
    "MSDTC": "ExtensionInstallationFailedMDTC",
}
_SNAPSHOTS = ("VMSnapshot", "VMSnapshotLinux")
"""The names of the backup extension."""
_IN_TRANSITION = frozenset({"creating", "updating", "deleting", "migrating"})
"""The provisioning states, in lower case, of a machine that is being changed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Scene:
    """One machine at the moment of its backup."""

    world: World
    """Everything around it; only read."""
    vm: Json
    """The machine's document, with its instance view."""
    guest: Guest
    """What is hidden inside it."""
    home: str
    """The id of the collection into which the next restore point would go."""
    enhanced: bool = False
    """Whether its policy is an Enhanced one."""


def vm_failed(scene: Scene) -> BackupError | None:
    """UserErrorVmProvisioningStateFailed: the machine's provisioning state is Failed."""
    failed = scene.vm["properties"].get("provisioningState") == "Failed"
    return backup_errors.VM_FAILED if failed else None


def vm_changing(scene: Scene) -> BackupError | None:
    """UserErrorVmNotInDesirableState: the machine's model is being changed.

    Source: learn.microsoft.com/azure/backup/backup-azure-vms-troubleshoot (2025-11-12), which names
    no states.
    """
    state = str(scene.vm["properties"].get("provisioningState")).lower()
    return backup_errors.VM_CHANGING if state in _IN_TRANSITION else None


def shut_down_inside(scene: Scene) -> BackupError | None:
    """GuestAgentSnapshotTaskStatusError: shut down from inside, not from the portal.

    A machine that is off is backed up without its guest; one that was shut down by its own guest
    may still be asked. Which of the two a world means, its hidden facts say.
    Source: the article of `POINT_LIMIT`.
    """
    inside = vm_state.power(scene.vm) == "stopped" and scene.guest.shut_down
    return backup_errors.SNAPSHOT_STATUS if inside else None


def keys_closed(scene: Scene) -> BackupError | None:
    """UserErrorKeyvaultPermissionsNotConfigured: encrypted, and the vault lets no backup in."""
    closed = backup_keys.locked_out(scene.world, scene.vm)
    return backup_errors.KEY_VAULT if closed else None


def agent_silent(scene: Scene) -> BackupError | None:
    """UserErrorGuestAgentStatusUnavailable: the VM agent is not Ready."""
    return None if vm_state.agent_ready(scene.vm) else backup_errors.AGENT


def no_network(scene: Scene) -> BackupError | None:
    """ExtensionSnapshotFailedNoNetwork: neither the host's way to a snapshot nor the guest's.

    The host's needs a supported agent that reaches it, the guest's needs Storage; without DHCP the
    guest has neither.
    Source: github.com/Azure/azure-linux-extensions, VMBackup (2026-08).
    """
    if not scene.guest.dhcp:
        return backup_errors.NO_NETWORK
    by_host = scene.guest.host_reachable and not _outdated(scene)
    by_guest = not backup_network.storage_blocked(scene.world, scene.vm)
    return None if by_host or by_guest else backup_errors.NO_NETWORK


def no_snapshot_status(scene: Scene) -> BackupError | None:
    """GuestAgentSnapshotTaskStatusError: the agent looks Ready and does not carry out."""
    linux = vm_state.os_type(scene.vm) == "linux"
    dead = not guest_facts.agent_runs(scene.guest, scene.vm)
    causes = (linux and _outdated(scene), linux and _switched_off(scene.guest), dead)
    blocked = scene.guest.blocker == "AppLocker"
    return backup_errors.SNAPSHOT_STATUS if blocked or any(causes) else None


def extension_broken(scene: Scene) -> BackupError | None:
    """ExtensionOperationFailedForManagedDisks: the backup extension is failed or stuck."""
    broken = guest_extensions.snapshot_broken(scene.world, scene.vm)
    return backup_errors.EXTENSION if broken else None


def other_extension_failed(scene: Scene) -> BackupError | None:
    """ExtensionOperationFailedForManagedDisks: another extension failed, so none can be installed.

    Source: learn.microsoft.com/azure/virtual-machines/extensions/features-windows (2025-08-18). The
    code is the sandbox's choice: no text names one.
    """
    failed = guest_extensions.failed(scene.world, scene.vm)
    return backup_errors.EXTENSION if failed else None


def extension_being_deleted(scene: Scene) -> BackupError | None:
    """ExtensionStuckInDeletionState: the deletion of the backup extension never came to its end.

    Source: learn.microsoft.com/azure/backup/backup-azure-vms-troubleshoot (2025-11-12).
    """
    names = {f"{scene.vm['id']}/extensions/{name}".lower() for name in _SNAPSHOTS}
    extensions = scene.world.documents.of_type(
        guest_extensions.EXTENSION_TYPE, under=scene.vm["id"]
    )
    stuck = any(
        extension["properties"].get("provisioningState") == "Deleting"
        for extension in extensions
        if arm_ids.key(extension["id"]) in names
    )
    return backup_errors.DELETION if stuck else None


def program_killed(scene: Scene) -> BackupError | None:
    """UserErrorCrpReportedUserError: an antivirus kills the backup extension's program."""
    if scene.guest.blocker != "antivirus":
        return None
    detail = "VMRestorePointInternalError: the snapshot failed because IaaSBcdrExtension.exe ended."
    return replace(backup_errors.COMPUTE, detail=detail)


def service_down(scene: Scene) -> BackupError | None:
    """Give the code of a Windows service without which the extension takes no snapshot.

    Source: learn.microsoft.com/azure/backup/backup-azure-vms-troubleshoot (2025-11-12).
    """
    for name, code in _SERVICES.items():
        if scene.guest.services.get(name, "running") != "running":
            return backup_errors.named(code)
    return None


def runtime_mismatch(scene: Scene) -> BackupError | None:
    """BackUpOperationFailed: the Visual C++ runtime does not fit iaasvmprovider.dll."""
    return None if scene.guest.visual_c else backup_errors.INTERNAL


def group_read_only(scene: Scene) -> BackupError | None:
    """BackUpOperationFailedV2: a ReadOnly lock lets no restore point into the service's group."""
    locked = locking_scopes(scene.world, scene.home, "write")
    return backup_errors.INTERNAL_V2 if locked else None


def group_denied(scene: Scene) -> BackupError | None:
    """UserErrorRequestDisallowedByPolicy: a policy denies the group for the restore points.

    Source: learn.microsoft.com/azure/backup/backup-azure-vms-troubleshoot (2025-11-12).
    """
    group_id = arm_ids.parse(scene.home).scope
    group = {"id": group_id, "location": scene.vm["location"]}
    denied = group_id not in scene.world.documents and policies.denying(scene.world, group)
    return backup_errors.DISALLOWED if denied else None


def points_in_use(scene: Scene) -> BackupError | None:
    """UserErrorCrpReportedUserError: old points cannot go while somebody reads their disks.

    Source: learn.microsoft.com/azure/virtual-machines/restore-point-troubleshooting (2023-04-12).
    """
    if not scene.guest.open_snapshots or not too_many_points(scene):
        return None
    detail = "DiskRestorePointUsedByCustomer: a disk restore point has an active SAS."
    return replace(backup_errors.COMPUTE, detail=detail)


def too_many_points(scene: Scene) -> BackupError | None:
    """UserErrorRpCollectionLimitReached: 18 points over all collections, locked or not."""
    count = len(backup_view.points_of_vm(scene.world, scene.vm["id"]))
    return backup_errors.LIMIT if count >= POINT_LIMIT else None


def _outdated(scene: Scene) -> bool:
    return guest_facts.agent_outdated(scene.world, scene.vm)


def _switched_off(guest: Guest) -> bool:
    """Tell whether waagent.conf keeps extensions from running.

    Source: the article of `POINT_LIMIT`, which calls the switch `Extensions.Enable`.
    """
    switches = guest_facts.switches(guest)
    enabled = switches["Extensions.Enabled"].lower() == "y"
    return not enabled or switches["Provisioning.Agent"].lower() not in {"auto", "waagent"}
