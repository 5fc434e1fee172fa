"""Mend one VM's backup with the Azure SDK, one call after the other, as a short script would."""

from __future__ import annotations

import os
import time
from datetime import datetime, timedelta
from typing import Any

from azure.identity import ClientSecretCredential
from azure.mgmt.compute import ComputeManagementClient
from azure.mgmt.recoveryservicesbackup import RecoveryServicesBackupClient
from azure.mgmt.resource.locks import ManagementLockClient
from azure.mgmt.resource.resources import ResourceManagementClient

VM, GROUP = "web-1", "rg-shop-prod"
LOOK_EVERY_S = 30


def connect(kind: Any) -> Any:
    """Make a client."""
    credential = ClientSecretCredential(
        os.environ["AZURE_TENANT_ID"],
        os.environ["AZURE_CLIENT_ID"],
        os.environ["AZURE_CLIENT_SECRET"],
        authority=os.environ["AZURE_AUTHORITY_HOST"],
        disable_instance_discovery=True,
    )
    arm = os.environ["BENCHMARK_ARM"]
    scopes = ["https://management.azure.com/.default"]
    subscription = os.environ["AZURE_SUBSCRIPTION_ID"]
    return kind(credential, subscription, base_url=arm, credential_scopes=scopes)


def find_item(backup: Any, resources: Any) -> tuple[str, str, Any]:
    """Find the VM's vault and its item there."""
    wanted = "resourceType eq 'Microsoft.RecoveryServices/vaults'"
    for vault in resources.resources.list(filter=wanted):
        group = vault.id.split("/")[4]
        chosen = "backupManagementType eq 'AzureIaasVM'"
        for item in backup.backup_protected_items.list(vault.name, group, filter=chosen):
            if item.properties["friendlyName"] == VM:
                return vault.name, group, item
    raise SystemExit(f"{VM} is not protected")


def free(compute: Any, locks: Any) -> None:
    """Uninstall the extension, take the locks off, and delete the collections."""
    compute.virtual_machines.get(GROUP, VM, expand="instanceView")
    compute.virtual_machine_extensions.begin_delete(GROUP, VM, "VMSnapshotLinux").wait()
    for collection in compute.restore_point_collections.list_all():
        if collection.source.id.endswith(f"/{VM}"):
            group = collection.id.split("/")[4]
            for lock in list(locks.management_locks.list_at_resource_group_level(group)):
                locks.management_locks.delete_at_resource_group_level(group, lock.name)
            compute.restore_point_collections.begin_delete(group, collection.name).wait()


def back_up(backup: Any, vault: str, group: str, item: Any) -> str:
    """Start a backup and give its job."""
    parts = item.id.split("/")
    until = datetime.fromisoformat(os.environ["NOW"]) + timedelta(days=30)
    body = {
        "properties": {
            "objectType": "IaasVMBackupRequest",
            "recoveryPointExpiryTimeInUTC": until.isoformat(),
        }
    }
    operation = backup.backups.trigger(
        vault,
        group,
        "Azure",
        parts[12],
        parts[14],
        body,
        cls=lambda answer, *_: answer.http_response.headers["Location"].split("/")[-1],
    ).partition("?")[0]
    while True:
        status = backup.backup_operation_statuses.get(vault, group, operation)
        if status.status != "InProgress":
            return str(status.properties.job_id)
        time.sleep(5)  # the SDK has no poller for this operation, so a script waits itself


def main() -> None:
    """Do all of it."""
    compute, locks = connect(ComputeManagementClient), connect(ManagementLockClient)
    backup = connect(RecoveryServicesBackupClient)
    vault, group, item = find_item(backup, connect(ResourceManagementClient))
    failed = "status eq 'Failed' and backupManagementType eq 'AzureIaasVM'"
    for each in list(backup.backup_jobs.list(vault, group, filter=failed))[:1]:
        backup.job_details.get(vault, group, each.name)
    free(compute, locks)
    job = back_up(backup, vault, group, item)
    while True:
        details = backup.job_details.get(vault, group, job).properties
        tasks = details.extended_info.tasks_list
        if details.status != "InProgress" or tasks[0].status == "Completed":
            raise SystemExit(0 if details.status in {"InProgress", "Completed"} else 1)
        time.sleep(LOOK_EVERY_S)  # jobs have no poller either


if __name__ == "__main__":
    main()
