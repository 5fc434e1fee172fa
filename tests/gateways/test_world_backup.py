"""See the backup and group gateways work on the sandbox."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from azremedy import errors
from azremedy.gateways.backup import JobFilter
from azremedy.ids import ResourceId
from azremedy.sandbox.scenario_model import Fault, FaultAnswer, Match

if TYPE_CHECKING:
    from tests.gateways.conftest import EnterWorld, InWorld

SUBSCRIPTION = "/subscriptions/5ab0e6c1-3f2d-4a7b-9c18-7d20b4f1a001"
VM = ResourceId.parse(
    f"{SUBSCRIPTION}/resourceGroups/rg-shop-prod/providers/Microsoft.Compute/virtualMachines/web-1"
)
VAULT = ResourceId.parse(
    f"{SUBSCRIPTION}/resourceGroups/rg-backup/providers/Microsoft.RecoveryServices"
    "/vaults/vault-shop"
)
TRIGGER = Match(method="POST", path="*/backup")


def the_item(entered: InWorld) -> ResourceId:
    """Find the VM's protected item."""
    return entered.azure.backup.list_items(VAULT)[0].id


def test_the_vault_of_a_vm_is_found(enter_world: EnterWorld) -> None:
    """Protection status, vault and item names lead to the item."""
    entered = enter_world("restore-point-limit")

    found = entered.azure.backup.get_protection(VM, "westeurope")

    assert "Protected" == found.protection_status
    assert VAULT == found.vault_id
    item = entered.azure.backup.get_item(the_item(entered))
    assert item.id.name.lower() == found.item_name.lower()
    assert item.fabric_container_name.lower() == found.container_name.lower()
    assert VM == ResourceId.parse(item.source_id)


def test_an_item_tells_its_trouble(enter_world: EnterWorld) -> None:
    """Number, health and last backup arrive."""
    (item,) = enter_world("restore-point-limit").azure.backup.list_items(VAULT)

    assert "991698409459952" == item.data_id
    assert "Failed" == item.last_backup_status
    assert datetime(2026, 11, 19, 22, 0, 47, tzinfo=UTC) == (
        item.last_backup_time and item.last_backup_time.replace(microsecond=0)
    )
    assert "UserErrorRpCollectionLimitReached" in {each.title for each in item.health_details}


def test_a_policy_with_a_custom_group_name_is_read(enter_world: EnterWorld) -> None:
    """The custom prefix arrives; other policies have none."""
    entered = enter_world("custom-group-name")
    vaults = entered.azure.groups.list_vaults()

    policies = [each for vault in vaults for each in entered.azure.backup.list_policies(vault.id)]

    assert [each.group_prefix for each in policies if each.group_prefix]


def test_recovery_points_tell_where_their_copies_lie(enter_world: EnterWorld) -> None:
    """Every point of the scenario has a copy in the vault."""
    entered = enter_world("restore-point-limit")

    points = entered.azure.backup.list_recovery_points(the_item(entered))

    assert 18 == len(points)
    for point in points:
        assert ("HardenedRP", "Valid") in {(tier.tier, tier.status) for tier in point.tiers}


def test_jobs_are_filtered_by_the_service(enter_world: EnterWorld) -> None:
    """State, operation and time narrow the list; the job itself has tasks and errors."""
    backup = enter_world("restore-point-limit").azure.backup

    everything = backup.list_jobs(VAULT)
    failed = backup.list_jobs(VAULT, JobFilter(operation="Backup", status="Failed"))
    recent = backup.list_jobs(
        VAULT,
        JobFilter(
            started_after=datetime(2026, 11, 19, 12, tzinfo=UTC),
            started_before=datetime(2026, 11, 20, 12, tzinfo=UTC),
        ),
    )

    assert {"Completed", "Failed"} == {job.status for job in everything}
    assert {"Failed"} == {job.status for job in failed}
    assert failed == recent
    job = backup.get_job(VAULT, failed[0].id.name)
    assert ["UserErrorRpCollectionLimitReached"] == [error.title for error in job.errors]
    assert ["Failed", "NotStarted"] == [task.status for task in job.tasks]


def test_a_triggered_backup_leads_to_its_job(enter_world: EnterWorld) -> None:
    """The receipt's operation names the job, and the job can be read."""
    entered = enter_world("healthy")
    backup, item = entered.azure.backup, the_item(entered)
    expiry = entered.session.clock.now() + timedelta(days=7)

    receipt = backup.trigger_backup(item, expiry)
    assert receipt.operation_id is not None
    status = backup.get_operation(VAULT, receipt.operation_id)
    while status.job_id is None:
        entered.session.clock.sleep(30)
        status = backup.get_operation(VAULT, receipt.operation_id)

    assert "Backup" == backup.get_job(VAULT, status.job_id).operation
    assert receipt.request_id


@pytest.mark.parametrize(
    ("fault", "error"),
    [
        (Fault(match=TRIGGER, lose="response", times=9), errors.ConnectionFailedError),
        (Fault(match=TRIGGER, lose="request", times=9), errors.ConnectionFailedError),
        (Fault(match=TRIGGER, drop=True, times=9), errors.ConnectionFailedError),
        *(
            (Fault(match=TRIGGER, answer=answer, times=9), error)
            for answer, error in (
                (FaultAnswer(status=500), errors.ServiceUnavailableError),
                (FaultAnswer(status=503), errors.ServiceUnavailableError),
                (FaultAnswer(status=504), errors.ServiceUnavailableError),
                (
                    FaultAnswer(status=503, headers={"Retry-After": "1"}),
                    errors.ServiceUnavailableError,
                ),
                (FaultAnswer(status=429, headers={"Retry-After": "1"}), errors.ThrottledError),
                (FaultAnswer(status=409, headers={"Retry-After": "1"}), errors.ConflictError),
                (FaultAnswer(status=408), errors.AzureError),
            )
        ),
    ],
)
def test_a_backup_is_triggered_with_exactly_one_request(
    enter_world: EnterWorld, fault: Fault, error: type[errors.AzureError]
) -> None:
    """Whatever goes wrong, the request is not repeated."""
    entered = enter_world("healthy", faults=(fault,))
    item = the_item(entered)

    with pytest.raises(error):
        entered.azure.backup.trigger_backup(item)

    assert 1 == sum(method == "POST" for method, _ in entered.transport.sent)


def test_a_second_backup_while_one_runs_ends_as_a_failed_job(enter_world: EnterWorld) -> None:
    """It is accepted; its job tells why it came to nothing."""
    entered = enter_world("healthy")
    backup, item = entered.azure.backup, the_item(entered)
    backup.trigger_backup(item)

    second = backup.trigger_backup(item)
    entered.session.clock.sleep(60)
    job_id = backup.get_operation(VAULT, str(second.operation_id)).job_id

    job = backup.get_job(VAULT, str(job_id))
    assert not job.running
    assert ["UserErrorBackupOperationInProgress"] == [error.title for error in job.errors]


def test_a_receipt_does_not_show_its_url(enter_world: EnterWorld) -> None:
    """The operation's URL acts like a password and stays out of logs."""
    entered = enter_world("healthy")

    receipt = entered.azure.backup.trigger_backup(the_item(entered))

    assert receipt.operation_url.startswith("https://")
    assert "https://" not in repr(receipt)


def test_groups_vaults_and_vms_are_found(enter_world: EnterWorld) -> None:
    """Lists are of the whole subscription; a name is matched whole."""
    groups = enter_world("two-vms-alike").azure.groups

    names = {group.id.resource_group for group in groups.list_groups()}
    (found,) = groups.find_vms("WEB-1")

    assert {"rg-web", "rg-backup"} <= {name.lower() for name in names}
    assert "web-1" == found.id.name
    assert () == groups.find_vms("web")
    assert ["vault-web"] == [vault.id.name for vault in groups.list_vaults()]
    assert found in groups.list_resources()


def test_a_group_is_read_alone(enter_world: EnterWorld) -> None:
    """Region and manager arrive; a missing group is not found."""
    groups = enter_world("restore-point-limit").azure.groups
    group = ResourceId.parse(f"{SUBSCRIPTION}/resourceGroups/azurebackuprg_westeurope_1")

    assert "Microsoft.RecoveryServices" in groups.get_group(group).managed_by
    with pytest.raises(errors.NotFoundError):
        groups.get_group(ResourceId.parse(f"{SUBSCRIPTION}/resourceGroups/nowhere"))
