"""The providers behind the server's door: real sockets, TLS, the SDK's own pollers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from azure.identity import ClientSecretCredential
from azure.mgmt.compute import ComputeManagementClient
from azure.mgmt.recoveryservicesbackup import RecoveryServicesBackupClient
from azure.mgmt.resource.locks import ManagementLockClient

from azremedy.sandbox import scenario, server, tokens

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

GROUP = "AzureBackupRG_westeurope_1"
SUBSCRIPTION = "5ab0e6c1-3f2d-4a7b-9c18-7d20b4f1a001"


@pytest.fixture
def exchanges(tmp_path: Path) -> Path:
    """Name the file in which the server records."""
    return tmp_path / "served.jsonl"


@pytest.fixture
def clients(exchanges: Path) -> Iterator[dict[Any, Any]]:
    """Serve the locked group and give the clients of it."""
    setting = server.Setting(scenario=scenario.load("restore-point-limit"), record=exchanges)
    with server.running(setting) as opened:
        verify = opened.ready["ca_bundle"]
        credential = ClientSecretCredential(
            tokens.TENANT,
            tokens.CALLER,
            "any",
            authority=opened.ready["authority"],
            disable_instance_discovery=True,
            connection_verify=verify,
        )
        kinds: tuple[Any, ...] = (
            ComputeManagementClient,
            RecoveryServicesBackupClient,
            ManagementLockClient,
        )
        made = {
            kind: kind(
                credential,
                SUBSCRIPTION,
                base_url=opened.ready["arm"],
                connection_verify=verify,
            )
            for kind in kinds
        }
        yield made
        for client in made.values():
            client.close()
        credential.close()


def test_repair_over_the_wire(
    clients: dict[Any, Any], exchanges: Path, contract_check: Callable[[Path], str]
) -> None:
    """Unlocking, deleting and backing up work over TLS, and nobody waits."""
    compute, backup = clients[ComputeManagementClient], clients[RecoveryServicesBackupClient]
    clients[ManagementLockClient].management_locks.delete_at_resource_group_level(
        GROUP, "no-deletes"
    )
    collection = next(iter(compute.restore_point_collections.list(GROUP)))
    compute.restore_point_collections.begin_delete(GROUP, collection.name).result()
    item = next(iter(backup.backup_protected_items.list("vault-shop", "rg-backup")))
    place = ("vault-shop", "rg-backup", "Azure", item.id.split("/")[12], item.name)
    backup.backups.trigger(*place, {"properties": {"objectType": "IaasVMBackupRequest"}})
    job = next(iter(backup.backup_jobs.list("vault-shop", "rg-backup")))
    looks = 0
    while job.properties.status == "InProgress" and looks < 100:
        job = backup.job_details.get("vault-shop", "rg-backup", job.name)
        looks += 1

    assert job.properties.status == "Completed"
    assert looks < 40
    assert contract_check(exchanges).endswith(" 0 violations")
