"""Keep those error codes that no document of a world causes, because only the guest knows why.

Most of them scenarios let happen by script. Source: learn.microsoft.com/azure/backup/
backup-azure-vms-troubleshoot (2025-11-12); the integers stand there, 0 where none does.
"""

from __future__ import annotations

from azremedy.sandbox.backup_error import BackupError

_RETRY = "Retry the backup."
_TEXTS = (
    (
        "VMRestorePointInternalError",
        "The snapshot failed because a program of the backup extension was ended.",
        "Exclude the folders of the backup extension from the antivirus.",
    ),
    (
        "CopyingVHDsFromBackUpVaultTakingLongTime",
        "Copying the backed-up data took too long.",
        _RETRY,
    ),
    (
        "UserErrorFsFreezeFailed",
        "One or more mount points of the VM could not be frozen for the snapshot.",
        "Check the file systems, or skip the mount points that cannot be frozen.",
    ),
    (
        "UserErrorUnableToOpenMount",
        "The backup extension could not open the mount points of the VM.",
        "Let the backup extension open every mount point.",
    ),
    (
        "ExtensionSnapshotFailedCOM",
        "Snapshot operation failed due to an error of COM+.",
        "Start the service COM+ System Application.",
    ),
    (
        "ExtensionInstallationFailedCOM",
        "The backup extension could not be installed due to an error of COM+.",
        "Start the service COM+ System Application.",
    ),
    (
        "ExtensionInstallationFailedMDTC",
        "The backup extension could not be installed due to an error of MSDTC.",
        "Start the service Distributed Transaction Coordinator.",
    ),
    (
        "ExtensionFailedVssWriterInBadState",
        "Snapshot operation failed because VSS writers were in a bad state.",
        "Restart the VSS writers that are in a bad state.",
    ),
    (
        "ExtensionFailedVssServiceInBadState",
        "Snapshot operation failed because the VSS service was in a bad state.",
        "Restart the VSS service.",
    ),
    (
        "ExtensionConfigParsingFailure",
        "The configuration of the backup extension could not be read.",
        "Correct the permissions of the folder MachineKeys.",
    ),
    (
        "ExtensionFailedSnapshotLimitReachedError",
        "Snapshot operation failed because a disk has too many snapshots.",
        "Delete snapshots that nobody needs.",
    ),
    (
        "ExtensionFailedTimeoutVMNetworkUnresponsive",
        "The snapshot took too long because the VM did not respond in time.",
        "Let the host take the snapshot, or run the backup at another time.",
    ),
    (
        "ExtensionSnapshotBitlockerError",
        "A drive of the VM is locked by BitLocker.",
        "Unlock every drive.",
    ),
    (
        "ExtensionSnapshotFailedNoSecureNetwork",
        "Snapshot operation failed because no secure channel could be made.",
        "Let .NET use strong cryptography.",
    ),
    (
        "ExtensionVCRedistInstallationFailure",
        "The Visual C++ runtime could not be installed.",
        "Install the Visual C++ 2013 runtime by hand.",
    ),
    (
        "UserErrorBCMPremiumStorageQuotaError",
        "The snapshot could not be copied because the storage account has too little free space.",
        "Leave enough free space in the storage account.",
    ),
)
_AZURE_VM_OFFLINE = BackupError(
    title="AzureVmOffline",
    number=380008,
    message="The backup extension cannot be installed because the VM is not running.",
    advice=("Start the virtual machine, then retry the backup.",),
)
KNOWN = (
    *(BackupError(title=title, message=said, advice=(do,)) for title, said, do in _TEXTS),
    _AZURE_VM_OFFLINE,
)
"""Each of these codes as jobs and item health word it."""
