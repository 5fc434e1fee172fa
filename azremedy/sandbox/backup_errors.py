"""Keep the backup service's error codes, as jobs and item health word them.

The names are those of learn.microsoft.com/azure/backup, backup-azure-vms-troubleshoot and
backup-azure-troubleshoot-vm-backup-fails-snapshot-timeout (2025-11-12). The integers are from
recorded Azure traffic; 0 stands where no recording shows one.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from azremedy.sandbox import backup_guest_errors
from azremedy.sandbox.backup_error import BackupError

if TYPE_CHECKING:
    from azremedy.sandbox.http import Json

SUCCESS = "success"
"""The outcome of a backup that went well."""


AGENT = BackupError(
    title="UserErrorGuestAgentStatusUnavailable",
    number=400196,
    message="VM agent is unable to communicate with the Azure Backup Service.",
    advice=("Ensure that the VM agent is up to date and running.",),
)
EXTENSION = BackupError(
    title="ExtensionOperationFailedForManagedDisks",
    message="VMSnapshot extension operation failed.",
    advice=(
        "Ensure that the backup extension of the virtual machine is healthy and retry the backup.",
    ),
)
LIMIT = BackupError(
    title="UserErrorRpCollectionLimitReached",
    message="The Restore Point collection max limit has reached.",
    advice=("Ensure that no resource lock prevents the clean-up of restore points.",),
)
COLLECTION_DELETED = BackupError(
    title="UserErrorRpCollectionDeleted",
    number=400288,
    message="The Restore Point collection has been deleted by the user.",
    advice=("Retry the operation and do not delete collections made by the backup service.",),
)
COMPUTE = BackupError(
    title="UserErrorCrpReportedUserError",
    number=400349,
    message="Backup failed due to an error. For details, see Job Error Message Details.",
    advice=("For more information, refer to https://aka.ms/AB-AzureVM",),
)
VM_FAILED = BackupError(
    title="UserErrorVmProvisioningStateFailed",
    number=400160,
    message="The VM is in failed provisioning state.",
    advice=("Bring the virtual machine to a running or shut-down state.",),
)
VM_GONE = BackupError(
    title="UserErrorVmNotFoundV2",
    number=400136,
    message="Virtual machine doesn't exist.",
    advice=("Stop protecting the virtual machine, with or without deleting its backup data.",),
)
IN_PROGRESS = BackupError(
    title="UserErrorBackupOperationInProgress",
    number=400001,
    message="Another backup operation is currently in progress on this item.",
    advice=("Wait until the operation in progress is over, then retry.",),
)
CANCELLED = BackupError(
    title="UserErrorJobSuccessfullyCancelled", number=400158, message="Job is cancelled."
)
INTERNAL = BackupError(
    title="BackUpOperationFailed",
    number=400002,
    message="Backup failed with an internal error.",
    advice=("Retry the operation in a few minutes.",),
)
INTERNAL_V2 = BackupError(
    title="BackUpOperationFailedV2",
    message="Backup failed with an internal error.",
    advice=("Retry the operation in a few minutes.",),
)
NO_NETWORK = BackupError(
    title="ExtensionSnapshotFailedNoNetwork",
    number=400206,
    message="Snapshot operation failed due to no network connectivity on the virtual machine.",
    advice=("Ensure that the virtual machine has network access.",),
)
SNAPSHOT_STATUS = BackupError(
    title="GuestAgentSnapshotTaskStatusError",
    message="Could not communicate with the VM agent for snapshot status.",
    advice=("Ensure that the VM agent is current, enabled and running, then retry the backup.",),
)
KEY_VAULT = BackupError(
    title="UserErrorKeyvaultPermissionsNotConfigured",
    message="Backup has no sufficient permissions to the key vault of the encrypted VM.",
    advice=("Let the backup service read the keys and secrets of the key vault.",),
)
DISK_SIZE = BackupError(
    title="UserErrorUnsupportedDiskSize",
    message="A disk of the virtual machine is larger than backup supports.",
    advice=("Split the disk or leave it out of the backup.",),
)
STANDARD_SSD = BackupError(
    title="UserErrorStandardSSDNotSupported",
    message="Standard SSD disks are not supported.",
    advice=("Standard SSD is supported today; retry the backup.",),
)
VM_CHANGING = BackupError(
    title="UserErrorVmNotInDesirableState",
    message="The VM is not in a state that allows backups.",
    advice=("Wait until the virtual machine is running or shut down, then retry the backup.",),
)
DELETION = BackupError(
    title="ExtensionStuckInDeletionState",
    message="The backup extension is stuck in the deletion state.",
    advice=("Uninstall the backup extension, then retry the backup.",),
)
DISALLOWED = BackupError(
    title="UserErrorRequestDisallowedByPolicy",
    message="A policy on the VM prevents the operation.",
    advice=("Let the policy allow the group of the restore points, or create that group by hand.",),
)
_OTHERS = (
    BackupError(
        title="UserErrorGuestAgentVersionUnsupported",
        number=380016,
        message="The virtual machine does not have the latest agent installed.",
        advice=("Update the agent to the latest version.",),
    ),
)
_KNOWN = (
    AGENT,
    EXTENSION,
    LIMIT,
    COLLECTION_DELETED,
    COMPUTE,
    VM_FAILED,
    VM_GONE,
    IN_PROGRESS,
    CANCELLED,
    INTERNAL,
    INTERNAL_V2,
    NO_NETWORK,
    SNAPSHOT_STATUS,
    KEY_VAULT,
    DISK_SIZE,
    STANDARD_SSD,
    VM_CHANGING,
    DELETION,
    DISALLOWED,
    *_OTHERS,
)


def named(title: str) -> BackupError:
    """Give the error of a name; one that is not known here gets a general message.

    Behind a slash stands what Compute said: `UserErrorCrpReportedUserError/AllocationFailed`.
    """
    outer, _, inner = title.partition("/")
    known = (*_KNOWN, *backup_guest_errors.KNOWN)
    found = next((each for each in known if each.title.lower() == outer.lower()), None)
    error = found or BackupError(title=outer)
    detail = f"{inner}: Compute could not make the restore point." if inner else error.detail
    return replace(error, detail=detail)


def healthy() -> Json:
    """Write the health of an item that is well. Source: recorded Azure traffic, 2024."""
    return {
        "code": 400239,
        "title": "IaasVmHealthGreenDefault",
        "message": "Backup pre-check status of this virtual machine is OK.",
        "recommendations": [],
    }
