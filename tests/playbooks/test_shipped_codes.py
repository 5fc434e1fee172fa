"""Every code that Azure Backup is known to use has its playbook."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from azremedy.domain.catalog import Catalog

if TYPE_CHECKING:
    from pathlib import Path

    from azremedy.playbooks import Library

ARTICLE = """
UserErrorGuestAgentStatusUnavailable GuestAgentSnapshotTaskStatusError
UserErrorVmProvisioningStateFailed UserErrorRpCollectionLimitReached
UserErrorKeyvaultPermissionsNotConfigured ExtensionSnapshotFailedNoNetwork
ExtensionOperationFailedForManagedDisks ExtentionOperationFailedForManagedDisks
BackUpOperationFailed BackUpOperationFailedV2 UserErrorUnsupportedDiskSize
UserErrorStandardSSDNotSupported UserErrorBackupOperationInProgress UserErrorCrpReportedUserError
UserErrorBcmDatasourceNotPresent
"""
"""Source: learn.microsoft.com/azure/backup, the article on agent and extension, 2018 and 2025."""
MACHINES = """
VMRestorePointInternalError CopyingVHDsFromBackUpVaultTakingLongTime UserErrorVmNotInDesirableState
VmNotInDesirableState UserErrorFsFreezeFailed UserErrorUnableToOpenMount ExtensionSnapshotFailedCOM
ExtensionInstallationFailedCOM ExtensionInstallationFailedMDTC ExtensionFailedVssWriterInBadState
ExtensionFailedVssServiceInBadState ExtensionConfigParsingFailure ExtensionStuckInDeletionState
ExtensionFailedSnapshotLimitReachedError ExtensionFailedTimeoutVMNetworkUnresponsive
ExtensionSnapshotBitlockerError ExtensionSnapshotFailedNoSecureNetwork
ExtensionVCRedistInstallationFailure UserErrorRequestDisallowedByPolicy ResourceNotFound
BCMV2VMNotFound UserErrorVmNotFoundV2 AzureVmOffline UserErrorBCMPremiumStorageQuotaError
UserErrorInstantRpNotFound UserErrorSkuNotAvailable UserErrorMarketPlaceVMNotSupported
UserErrorCrossSubscriptionRestoreNotSupportedForOLR
UserErrorCrossSubscriptionRestoreNotSupportedForUnManagedAzureVM
UserErrorCrossSubscriptionRestoreNotSupportedForCRR
UserErrorCrossSubscriptionRestoreNotSupportedFromSnapshot
UserErrorCrossSubscriptionRestoreInvalidTenant
UserErrorCrossSubscriptionRestoreInvalidTargetSubscription
UserErrorCrossSubscriptionRestoreNotSupportedForEncryptedAzureVM
UserErrorCrossSubscriptionRestoreNotSupportedForTrustedLaunchAzureVM
UserErrorMigrationFromTrustedLaunchVMToNonTrustedVMNotAllowed UserErrorVmNotShutDown
320001 400094 380008
"""
"""Source: learn.microsoft.com/azure/backup/backup-azure-vms-troubleshoot (2025-11-12)."""
COMPUTE = """
DiskRestorePointUsedByCustomer OperationNotAllowed VMAgentStatusCommunicationError
VMRestorePointClientError DiskRestorePointClientError InternalError InternalExecutionError
InternalOperationError AllocationFailed OSProvisioningClientError
"""
"""Source: learn.microsoft.com/azure/virtual-machines/restore-point-troubleshooting (2023-04-12)."""
EXTENSION = """
StatusCode.FailedRetryableSnapshotFailedNoNetwork
StatusCode.FailedRetryableSnapshotFailedRestrictedNetwork FailedHostSnapshotRemoteServerError
FailedSnapshotLimitReached FailedRetryableSnapshotRateExceeded FailedRetryableFsFreezeFailed
FailedRetryableFsFreezeTimeout FailedRetryableUnableToOpenMount SafeFreezeBinaryNotFound
FailedHandlerGuestAgentCertificateNotFound FailedPrepostPreScriptFailed
FailedPrepostPluginConfigOwnershipError FailedGuestAgentInvokedCommandTooLate
FailedWorkloadPreError FailedWorkloadDatabaseInNoArchiveLog
"""
"""Source: github.com/Azure/azure-linux-extensions, VMBackup (2026-08)."""
SEEN = """
UserErrorGuestAgentVersionUnsupported UserErrorRpCollectionDeleted RestoreOperationFailed
UserErrorBCMRestoreStorageAccountNotFound DiffCopyFailedToTransferData UserErrorSubnetNotFoundV2
UserErrorJobSuccessfullyCancelled IaasVmHealthGreenDefault
UserErrorUnsupportedConfigForUnmanagedToManaged CloudDosTimeboudLimitReached
400001 400002 400160 400196 400206 400288 400349 380016
"""
"""Source: recorded Azure traffic, 2016 to 2024."""
CODES = f"{ARTICLE} {MACHINES} {COMPUTE} {EXTENSION} {SEEN}".split()


@pytest.mark.parametrize("code", CODES)
def test_code_has_a_playbook(code: str, library: Library) -> None:
    """A code from Microsoft's pages, from the extension or from recordings is known."""
    book = Catalog(library.playbooks).find(code)

    assert book is not None


def test_every_recorded_code_has_its_playbook(library: Library, shared: Path) -> None:
    """Each number that was recorded leads to the playbook of its title."""
    file = shared / "recordings" / "backup_error_catalog.json"
    recorded = json.loads(file.read_text(encoding="utf-8"))
    catalog = Catalog(library.playbooks)

    found = {(each["code"], each["title"]): catalog.find(each["code"]) for each in recorded}

    wrong = [
        (number, title)
        for (number, title), book in found.items()
        if book is None or (title and not book.fits(title))
    ]
    assert [] == wrong


def test_both_spellings_lead_to_one_playbook(library: Library) -> None:
    """The misspelling of 2018 and today's spelling are one code."""
    catalog = Catalog(library.playbooks)

    old = catalog.find("ExtentionOperationFailedForManagedDisks")

    assert old == catalog.find("ExtensionOperationFailedForManagedDisks")
    assert old is not None


def test_only_one_code_is_an_envelope(library: Library) -> None:
    """Compute's own codes come wrapped in one code, and in no other."""
    envelopes = [book.code for book in library.playbooks if book.envelope]

    assert ["UserErrorCrpReportedUserError"] == envelopes
