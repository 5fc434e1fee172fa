"""The backup service: one job at a time, limits, cancelling, scripted outcomes, its own groups."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from azure.core.exceptions import HttpResponseError, ResourceNotFoundError
from azure.core.rest import HttpRequest

from azremedy.sandbox import scenario

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.sandbox.conftest import OpenWorld
    from tests.sandbox.providers.conftest import Azure, Connect

GROUP = "AzureBackupRG_westeurope_1"
SUBSCRIPTION = "5ab0e6c1-3f2d-4a7b-9c18-7d20b4f1a001"


@pytest.fixture
def azure(open_world: OpenWorld, connect: Connect) -> Azure:
    """Open the healthy world."""
    return connect(open_world("healthy"))


@pytest.fixture
def item(azure: Azure) -> Any:
    """Give its item."""
    return azure.item("vault-shop", "rg-backup", "web-1")


def _altered(name: str, **changes: Any) -> dict[str, Any]:
    """Give a built-in scenario as a document with other settings."""
    base = scenario.load(name)
    return {
        "schema": base.schema,
        "name": base.name,
        "title": base.title,
        "now": base.now.isoformat(),
        "resources": list(base.resources),
        **changes,
    }


def test_good_backup_keeps_one_more_point_than_the_retention(azure: Azure, item: Any) -> None:
    """Two days of retention leave three restore points; the vault keeps the older ones."""
    collection = next(iter(azure.compute.restore_point_collections.list(GROUP)))
    before = azure.points(collection)
    job = azure.back_up(item)
    after = azure.points(collection)

    assert job.properties.status == "Completed"
    assert after[:2] == before[1:]
    assert len(after) == 3
    assert len(azure.recovery_points(item)) == 4


def test_vault_copy_comes_with_the_transfer(azure: Azure, item: Any) -> None:
    """A new point is a snapshot only, until the transfer has brought it to the vault."""
    status = azure.operation(item, azure.trigger(item))
    azure.opened.transport.sleep(150)
    early = azure.recovery_points(item)[0].properties.recovery_point_tier_details
    azure.job(item, status.properties.job_id)
    late = azure.recovery_points(item)[0].properties.recovery_point_tier_details

    assert [tier.type for tier in early] == ["InstantRP"]
    assert [tier.type for tier in late] == ["InstantRP", "HardenedRP"]


def test_second_backup_is_refused_while_one_runs(azure: Azure, item: Any) -> None:
    """A backup asked for while another runs fails at once and leaves the running one alone."""
    first = azure.operation(item, azure.trigger(item)).properties.job_id
    second = azure.operation(item, azure.trigger(item)).properties.job_id

    assert azure.errors(azure.job(item, second)) == ["UserErrorBackupOperationInProgress"]
    assert azure.job(item, first).properties.status == "Completed"
    assert azure.health(item)[0] == "Healthy"


def test_tenth_backup_of_a_day_is_refused(azure: Azure, item: Any) -> None:
    """Nine on-demand backups a day are all there are; the next day begins anew."""
    for _ in range(9):
        azure.back_up(item)
    tenth = azure.operation(item, azure.trigger(item))
    azure.opened.transport.sleep(24 * 3600)
    tomorrow = azure.back_up(item)

    assert tenth.status == "Failed"
    assert tenth.error.code == "CloudDosTimeboudLimitReached"
    assert tomorrow.properties.status == "Completed"


def test_cancelled_during_the_snapshot(azure: Azure, item: Any) -> None:
    """A job cancelled before its snapshot stands ends as cancelled, and there is no new point."""
    job_id = azure.operation(item, azure.trigger(item)).properties.job_id
    azure.backup.job_cancellations.trigger("vault-shop", "rg-backup", job_id)
    job = azure.job(item, job_id)
    azure.opened.transport.sleep(3600)

    assert job.properties.status == "Cancelled"
    assert azure.errors(job) == ["UserErrorJobSuccessfullyCancelled"]
    assert len(azure.recovery_points(item)) == 3


def test_cancelled_during_the_transfer(azure: Azure, item: Any) -> None:
    """A job cancelled after its snapshot ends with warnings."""
    job_id = azure.operation(item, azure.trigger(item)).properties.job_id
    azure.opened.transport.sleep(150)
    azure.backup.job_cancellations.trigger("vault-shop", "rg-backup", job_id)
    job = azure.job(item, job_id)

    assert job.properties.status == "CompletedWithWarnings"
    assert azure.tasks(job) == ["Completed", "Cancelled"]


def test_finished_job_cannot_be_cancelled(azure: Azure, item: Any) -> None:
    """There is nothing to cancel about a job that is over."""
    job = azure.back_up(item)

    with pytest.raises(HttpResponseError) as refused:
        azure.backup.job_cancellations.trigger("vault-shop", "rg-backup", job.name)

    assert refused.value.status_code == 400


def test_collection_deleted_under_a_running_backup(azure: Azure, item: Any) -> None:
    """A collection that vanishes during the snapshot fails the backup with its own code."""
    status = azure.operation(item, azure.trigger(item))
    collection = next(iter(azure.compute.restore_point_collections.list(GROUP)))
    azure.compute.restore_point_collections.begin_delete(GROUP, collection.name).result()
    job = azure.job(item, status.properties.job_id)

    assert azure.errors(job) == ["UserErrorRpCollectionDeleted"]


def test_collection_deleted_during_the_transfer(azure: Azure, item: Any) -> None:
    """A transfer whose snapshot vanishes ends with warnings."""
    status = azure.operation(item, azure.trigger(item))
    azure.opened.transport.sleep(150)
    collection = next(iter(azure.compute.restore_point_collections.list(GROUP)))
    azure.compute.restore_point_collections.begin_delete(GROUP, collection.name).result()
    job = azure.job(item, status.properties.job_id)

    assert job.properties.status == "CompletedWithWarnings"
    assert azure.errors(job) == ["UserErrorRpCollectionDeleted"]


def test_scripted_outcomes_come_in_order(open_world: OpenWorld, connect: Connect) -> None:
    """Scripted outcomes hold for one backup each; then the world decides again."""
    outcomes = ["BackUpOperationFailed", "UserErrorSomethingNew", "success"]
    azure = connect(open_world(_altered("healthy", backup={"outcome": outcomes})))
    item = azure.item("vault-shop", "rg-backup", "web-1")
    jobs = [azure.back_up(item) for _ in range(4)]

    assert [azure.errors(job) for job in jobs] == [
        ["BackUpOperationFailed"],
        ["UserErrorSomethingNew"],
        [],
        [],
    ]


def test_missing_group_is_made_again(open_world: OpenWorld, connect: Connect) -> None:
    """The service makes its group, marked as its own, when it is not there."""
    document = _altered("healthy")
    document["resources"] = [
        each for each in document["resources"] if f"/{GROUP}" not in each["id"]
    ]
    azure = connect(open_world(document))
    azure.back_up(azure.item("vault-shop", "rg-backup", "web-1"))
    group = azure.resources.resource_groups.get(GROUP)

    assert group.managed_by.endswith("/providers/Microsoft.RecoveryServices/")
    assert len(list(azure.compute.restore_point_collections.list(GROUP))) == 1


def test_read_only_group_fails_the_backup_at_once(azure: Azure, item: Any) -> None:
    """A ReadOnly lock on the service's group lets no new point in."""
    azure.locks.management_locks.create_or_update_at_resource_group_level(
        GROUP, "frozen", {"level": "ReadOnly"}
    )
    job = azure.back_up(item)

    assert azure.errors(job) == ["BackUpOperationFailedV2"]


def test_points_pile_up_behind_a_lock(azure: Azure, item: Any) -> None:
    """Under a CanNotDelete lock backups go on and old points stay, until the limit is reached."""
    azure.locks.management_locks.create_or_update_at_resource_group_level(
        GROUP, "keep", {"level": "CanNotDelete"}
    )
    collection = next(iter(azure.compute.restore_point_collections.list(GROUP)))
    ends = []
    for _ in range(16):
        ends.append(azure.back_up(item).properties.status)
        azure.opened.transport.sleep(24 * 3600)

    assert ends == [*["Completed"] * 15, "Failed"]
    assert len(azure.points(collection)) == 18


def test_machine_that_is_gone_cannot_be_backed_up(azure: Azure, item: Any) -> None:
    """The item of a deleted machine fails and says so."""
    azure.opened.world.documents.remove(item.properties["virtualMachineId"])
    job = azure.back_up(item)

    assert azure.errors(job) == ["UserErrorVmNotFoundV2"]


def test_stopped_protection_starts_no_job(azure: Azure, item: Any) -> None:
    """An item whose protection was stopped is not backed up."""
    document: Any = azure.opened.world.documents.get(item.id)
    document["properties"]["protectionState"] = "ProtectionStopped"
    azure.opened.world.documents.put(document)
    status = azure.operation(item, azure.trigger(item))

    assert (status.status, status.error.code) == ("Failed", "UserErrorBcmDatasourceNotPresent")


def test_crash_consistent_policy_needs_no_agent(open_world: OpenWorld, connect: Connect) -> None:
    """A policy of crash-consistent snapshots backs a machine up whose agent is dead."""
    azure = connect(open_world("fleet-small"), "5ab0e6c1-3f2d-4a7b-9c18-7d20b4f1a002")
    item = azure.item("vault-web-weu", "rg-web", "web-05")
    world = azure.opened.world
    policy: Any = world.documents.get(item.properties["policyId"])
    policy["properties"]["snapshotConsistencyType"] = "OnlyCrashConsistent"
    world.documents.put(policy)
    job = azure.back_up(item)
    point = azure.recovery_points(item)[0]

    assert job.properties.status == "Completed"
    assert point.properties.recovery_point_type == "CrashConsistent"


def test_jobs_are_filtered(azure: Azure, item: Any) -> None:
    """Jobs are listed newest first, by status, operation, time and id."""
    job = azure.back_up(item)

    def found(text: str) -> list[str]:
        jobs = azure.backup.backup_jobs.list("vault-shop", "rg-backup", filter=text)
        return [each.name for each in jobs]

    everything = found("")
    today = "startTime eq '2026-11-20 12:00:00 AM' and endTime eq '2026-11-20 11:59:59 PM'"

    assert len(everything) == 3
    assert everything[0] == job.name
    assert found(today) == [job.name]
    assert found(f"jobId eq '{job.name}'") == [job.name]
    assert found("status eq 'Failed'") == []
    assert found("operation eq 'Backup' and status eq 'Completed'") == everything


def test_filter_time_of_another_form_is_refused(azure: Azure) -> None:
    """A time that is not written as the service wants it is a client's mistake."""
    with pytest.raises(HttpResponseError) as refused:
        list(azure.backup.backup_jobs.list("vault-shop", "rg-backup", filter="startTime eq 'now'"))

    assert refused.value.status_code == 400


def test_listed_jobs_have_no_tasks(azure: Azure, item: Any) -> None:
    """The list leaves the details to the single job."""
    azure.back_up(item)
    listed = next(iter(azure.backup.backup_jobs.list("vault-shop", "rg-backup")))

    assert listed.properties.extended_info is None


def test_expiry_stands_in_the_job(azure: Azure, item: Any) -> None:
    """The time until which the point was wanted is told as the portal writes it."""
    parts = item.id.split("/")
    place = ("vault-shop", "rg-backup", "Azure", parts[12], parts[14])
    body = {
        "properties": {
            "objectType": "IaasVMBackupRequest",
            "recoveryPointExpiryTimeInUTC": "2026-12-05T13:30:00.000Z",
        }
    }
    azure.backup.backups.trigger(*place, body)
    job = next(iter(azure.backup.backup_jobs.list("vault-shop", "rg-backup")))
    got = azure.backup.job_details.get("vault-shop", "rg-backup", job.name)
    bag = got.properties.extended_info.property_bag

    assert bag["Recovery Point Expiry Time in UTC"] == "12/5/2026 1:30:00 PM"


@pytest.mark.usefixtures("off_the_record")
@pytest.mark.parametrize(
    "properties",
    [
        {"objectType": "AzureFileShareBackupRequest"},
        {"objectType": "IaasVMBackupRequest", "recoveryPointExpiryTimeInUTC": "soon"},
    ],
)
def test_backup_request_of_another_kind_is_refused(
    azure: Azure, item: Any, properties: dict[str, str]
) -> None:
    """A machine is only backed up by a request for machines with a real time."""
    parts = item.id.split("/")
    place = ("vault-shop", "rg-backup", "Azure", parts[12], parts[14])

    with pytest.raises(HttpResponseError) as refused:
        azure.backup.backups.trigger(*place, {"properties": properties})

    assert refused.value.status_code == 400


def test_operation_results_end_with_no_content(
    azure: Azure, item: Any, contract_check: Callable[[Path], str]
) -> None:
    """The result of a trigger is 202 while it runs and 204 after."""
    parts = item.id.split("/")
    place = ("vault-shop", "rg-backup", "Azure", parts[12], parts[14])
    operation = azure.trigger(item)

    def look() -> int:
        status: int = azure.backup.protected_item_operation_results.get(
            *place, operation, cls=lambda pipeline, _b, _h: pipeline.http_response.status_code
        )
        return status

    seen = [look() for _ in range(3)]
    status = azure.backup.protected_item_operation_statuses.get(*place, operation)

    assert seen == [202, 202, 204]
    assert status.status == "Succeeded"
    assert contract_check(azure.opened.exchanges).endswith(" 0 violations")


def test_way_from_machine_to_item(azure: Azure, item: Any) -> None:
    """A machine's status names vault, container, item and policy; names come unprotected too."""
    vm_id = item.properties["virtualMachineId"]

    def ask(resource_id: str) -> Any:
        body = {"resourceType": "VM", "resourceId": resource_id}
        return azure.backup.backup_status.get("westeurope", body)

    known, unknown = (
        ask(vm_id.upper().replace("/SUBSCRIPTIONS/", "/subscriptions/")),
        ask(vm_id + "x"),
    )

    assert known.protection_status == "Protected"
    assert known.vault_id.endswith("/vaults/vault-shop")
    assert known.protected_item_name.lower() == item.name.lower()
    assert known.policy_name == "DefaultPolicy"
    assert unknown.protection_status == "NotProtected"
    assert unknown.container_name.endswith(";web-1x")


def test_status_of_something_else_is_refused(azure: Azure) -> None:
    """Only machines are known here."""
    with pytest.raises(HttpResponseError) as refused:
        azure.backup.backup_status.get("westeurope", {"resourceType": "AzureFileShare"})

    assert refused.value.status_code == 400


def test_missing_vault_things_are_named(azure: Azure) -> None:
    """A missing vault, item, policy or group is answered 404."""
    for ask in (
        lambda: list(azure.backup.backup_jobs.list("no-vault", "rg-backup")),
        lambda: list(azure.backup.backup_jobs.list("no-vault", "no-group")),
        lambda: azure.backup.protection_policies.get("vault-shop", "rg-backup", "none"),
        lambda: azure.backup.protection_containers.get("vault-shop", "rg-backup", "Azure", "none"),
    ):
        with pytest.raises(ResourceNotFoundError):
            ask()


def test_items_and_containers_are_filtered(azure: Azure) -> None:
    """Names in a filter narrow the lists; unknown names do not."""
    backup = azure.backup
    by_name = (
        "backupManagementType eq 'AzureIaasVM' and friendlyName eq '{}' and status eq 'Registered'"
    )

    def containers(name: str) -> int:
        got = backup.backup_protection_containers.list(
            "vault-shop", "rg-backup", filter=by_name.format(name)
        )
        return len(list(got))

    items = list(
        backup.backup_protected_items.list(
            "vault-shop", "rg-backup", filter="backupManagementType eq 'MAB'"
        )
    )

    assert (containers("WEB-1"), containers("web-2"), len(items)) == (1, 0, 0)


def test_running_job_of_the_beginning_ends(open_world: OpenWorld, connect: Connect) -> None:
    """A job that the scenario says is under way runs on from where it stands, and ends."""
    document = _altered("healthy")
    running = document["resources"][-2]
    running["properties"]["status"] = "InProgress"
    running["properties"].pop("endTime")
    running["properties"]["extendedInfo"]["tasksList"][1]["status"] = "InProgress"
    azure = connect(open_world(document))
    item = azure.item("vault-shop", "rg-backup", "web-1")
    refused = azure.back_up(item)
    ended = azure.job(item, running["id"].rsplit("/", 1)[1])
    accepted = azure.back_up(item)

    assert azure.errors(refused) == ["UserErrorBackupOperationInProgress"]
    assert ended.properties.status == "Completed"
    assert accepted.properties.status == "Completed"


@pytest.mark.parametrize(
    ("status", "end"), [("InProgress", "Completed"), ("Cancelling", "Cancelled")]
)
def test_job_without_tasks_ends_too(
    open_world: OpenWorld, connect: Connect, status: str, end: str
) -> None:
    """Of a job that was captured without its details nothing more is asked than its status."""
    document = _altered("healthy")
    running = document["resources"][-2]
    running["properties"]["status"] = status
    for key in ("endTime", "extendedInfo"):
        running["properties"].pop(key)
    azure = connect(open_world(document))
    item = azure.item("vault-shop", "rg-backup", "web-1")

    assert azure.job(item, running["id"].rsplit("/", 1)[1]).properties.status == end


def test_scant_documents_are_enough(open_world: OpenWorld, connect: Connect) -> None:
    """A machine that is off and an item of few words are backed up without a defect."""
    group = f"/subscriptions/{SUBSCRIPTION}/resourceGroups/rg"
    vm_id = f"{group}/providers/Microsoft.Compute/virtualMachines/VM-1"
    vault = f"{group}/providers/Microsoft.RecoveryServices/vaults/v"
    names = "IaasVMContainer;iaasvmcontainerv2;rg;vm-1/protectedItems/VM;iaasvmcontainerv2;rg;vm-1"
    item_id = f"{vault}/backupFabrics/Azure/protectionContainers/{names}"
    off = {"instanceView": {"statuses": [{"code": "PowerState/deallocated"}]}}
    about = {"protectedItemType": "Microsoft.Compute/virtualMachines", "virtualMachineId": vm_id}
    azure = connect(
        open_world(
            {
                "schema": "azremedy.sandbox/1",
                "name": "scant",
                "title": "Little is said.",
                "now": "2026-11-20T08:00:00Z",
                "resources": [
                    {"id": vm_id, "location": "West Europe", "properties": off},
                    {"id": vault, "location": "westeurope", "properties": {}},
                    {"id": item_id, "properties": about},
                ],
            }
        )
    )
    job = azure.back_up(next(iter(azure.items("v", "rg"))))
    collection = next(iter(azure.compute.restore_point_collections.list_all()))

    assert job.properties.status == "Completed"
    assert collection.id.endswith("/AzureBackup_vm-1_0")
    assert "/AZUREBACKUPRG_WESTEUROPE_1/" in collection.id


def test_vaults_are_read_in_every_way(azure: Azure, contract_check: Callable[[Path], str]) -> None:
    """A vault is found by subscription, by group and by name; a missing group is named."""
    base = f"/subscriptions/{SUBSCRIPTION}"
    kind = "providers/Microsoft.RecoveryServices/vaults"

    def get(path: str) -> Any:
        request = HttpRequest("GET", f"{path}?api-version=2024-10-01")
        return azure.resources.send_request(request).json()

    everywhere = get(f"{base}/{kind}")["value"]
    in_group = get(f"{base}/resourceGroups/RG-BACKUP/{kind}")["value"]
    one = get(f"{base}/resourceGroups/rg-backup/{kind}/vault-shop")
    missing = get(f"{base}/resourceGroups/none/{kind}")

    assert everywhere == in_group
    assert [vault["id"] for vault in everywhere] == [one["id"]]
    assert missing["error"]["code"] == "ResourceGroupNotFound"
    assert contract_check(azure.opened.exchanges).endswith(" 0 violations")


def test_same_requests_have_same_answers(open_world: OpenWorld, connect: Connect) -> None:
    """Two runs of a scenario write the same exchanges, to the last guid."""
    written = []
    for _ in range(2):
        azure = connect(open_world("restore-point-limit"))
        azure.back_up(azure.item("vault-shop", "rg-backup", "web-1"))
        lines = azure.opened.exchanges.read_text().splitlines()
        written.append([json.loads(line)["response_body"] for line in lines])

    assert written[0] == written[1]


def test_script_cannot_back_up_what_is_gone(open_world: OpenWorld, connect: Connect) -> None:
    """A scripted success of a machine that no longer exists fails."""
    azure = connect(open_world(_altered("healthy", backup={"outcome": ["success"]})))
    item = azure.item("vault-shop", "rg-backup", "web-1")
    azure.opened.world.documents.remove(item.properties["virtualMachineId"])

    assert azure.errors(azure.back_up(item)) == ["UserErrorVmNotFoundV2"]


@pytest.mark.parametrize("wait_s", [0, 150])
def test_job_of_an_item_that_vanishes_does_no_more(azure: Azure, item: Any, wait_s: int) -> None:
    """Without its item a job makes no point and cannot be ended by cancelling."""
    status = azure.operation(item, azure.trigger(item))
    azure.opened.transport.sleep(wait_s)
    azure.opened.world.documents.remove(item.id)
    azure.backup.job_cancellations.trigger("vault-shop", "rg-backup", status.properties.job_id)
    azure.opened.transport.sleep(3600)
    got = azure.backup.job_details.get("vault-shop", "rg-backup", status.properties.job_id)

    assert got.properties.status == "Cancelling"


def test_job_of_another_kind_is_left_alone(open_world: OpenWorld, connect: Connect) -> None:
    """A restore that the scenario says is under way, or a job of no item, stays as it is."""
    document = _altered("healthy")
    restore, stray = document["resources"][-3], document["resources"][-2]
    for job in (restore, stray):
        job["properties"]["status"] = "InProgress"
        job["properties"].pop("endTime")
    restore["properties"]["operation"] = "Restore"
    stray["properties"]["containerName"] = "iaasvmcontainerv2;rg;other"
    azure = connect(open_world(document))
    azure.opened.transport.sleep(24 * 3600)
    jobs = azure.backup.backup_jobs.list("vault-shop", "rg-backup")

    assert [job.properties.status for job in jobs] == ["InProgress", "InProgress"]


def test_refused_trigger_shows_its_error_as_result(azure: Azure, item: Any) -> None:
    """The result of an operation that failed is the error itself."""
    document: Any = azure.opened.world.documents.get(item.id)
    document["properties"]["protectionState"] = "ProtectionStopped"
    azure.opened.world.documents.put(document)
    operation = azure.trigger(item)
    azure.operation(item, operation)
    parts = item.id.split("/")

    with pytest.raises(HttpResponseError) as failed:
        azure.backup.protected_item_operation_results.get(
            "vault-shop", "rg-backup", "Azure", parts[12], parts[14], operation
        )

    assert failed.value.status_code == 400


def test_jobs_after_the_end_are_left_out(azure: Azure, item: Any) -> None:
    """The filter's end leaves out what began later."""
    azure.back_up(item)
    text = "endTime eq '2026-11-19 11:59:59 AM'"

    assert len(list(azure.backup.backup_jobs.list("vault-shop", "rg-backup", filter=text))) == 1


def test_data_disks_are_snapshotted_too(azure: Azure, item: Any) -> None:
    """Every disk of the machine has its snapshot in the restore point."""
    world = azure.opened.world
    vm: Any = world.documents.get(item.properties["virtualMachineId"])
    disk_id = f"/subscriptions/{SUBSCRIPTION}/resourceGroups/rg-shop-prod/providers"
    disk = {"id": f"{disk_id}/Microsoft.Compute/disks/data-1"}
    vm["properties"]["storageProfile"]["dataDisks"] = [
        {"lun": 0, "name": "data-1", "createOption": "Attach", "managedDisk": disk}
    ]
    world.documents.put(vm)
    azure.back_up(item)
    collection = next(iter(azure.compute.restore_point_collections.list(GROUP)))
    point = azure.points(collection)[-1]
    disks = azure.compute.disk_restore_point.list_by_restore_point(GROUP, collection.name, point)

    assert [each.name.rsplit("_", 1)[0] for each in disks][1:] == ["data-1"]
