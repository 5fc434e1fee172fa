"""Hold the backup gateway against recorded Azure traffic."""

from __future__ import annotations

import re
from collections import defaultdict
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from azremedy.ids import ResourceId

if TYPE_CHECKING:
    from collections.abc import Iterable

    from azremedy.domain.resources import HealthDetail, ProtectedItem
    from tests.gateways.conftest import Exchange, ReadRecordings, Scripted

FILES = ("backup_vm", "throttling_errors", "vaults")
GROUP = ResourceId.of_group("5ab0e6c1-3f2d-4a7b-9c18-7d20b4f1a001", "group")
VAULT = GROUP.child("providers", "Microsoft.RecoveryServices", "vaults", "v")
ITEM = VAULT.child("backupFabrics", "Azure", "protectionContainers", "c", "protectedItems", "i")


def answers(exchanges: Iterable[Exchange], pattern: str, method: str = "GET") -> list[Exchange]:
    """Pick the good answers for a path below the vault."""
    return [
        exchange
        for exchange in exchanges
        if exchange.method == method
        and exchange.status in {200, 202}
        and re.search("/vaults/[^/]+/" + pattern + "$", exchange.path, re.IGNORECASE)
    ]


def of_vms(documents: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    """Pick the VMs' documents out of raw ones; old answers name the classic type, too."""
    return [
        document
        for document in documents
        if document["properties"].get("backupManagementType") == "AzureIaasVM"
    ]


def never(written: str | None) -> bool:
    """Say whether a raw time means that nothing happened."""
    return not written or written.startswith(("0001-", "2001-"))


def check_item(raw: dict[str, Any], item: ProtectedItem) -> None:
    """Compare an item with its raw document, value for value."""
    properties = raw["properties"]
    assert raw["id"] == str(item.id)
    assert properties["virtualMachineId"].lower() == item.source_id.lower()
    assert properties.get("protectedItemDataId", "") == item.data_id
    assert properties.get("containerName", "") == item.container_name
    assert properties["protectionState"] == item.protection_state
    assert properties.get("healthStatus", "") == item.health_status
    assert (properties.get("lastBackupStatus") or "") == item.last_backup_status
    assert never(properties.get("lastBackupTime")) == (item.last_backup_time is None)
    assert (properties.get("policyId") or "") == (str(item.policy_id) if item.policy_id else "")
    assert _raw_health(properties) == [(each.code, each.title) for each in item.health_details]
    assert item.fabric_container_name.lower().startswith("iaasvmcontainer;")
    assert raw["id"].lower().startswith(str(item.vault_id).lower() + "/backupfabrics/")


def test_every_recorded_item_list_gives_every_vm(
    scripted: Scripted, read_recordings: ReadRecordings
) -> None:
    """Lists keep count and order and lose no value of an item, its health's codes included."""
    lists = [
        exchange
        for exchange in answers(read_recordings(*FILES), "backupProtectedItems")
        if of_vms(exchange.body["value"]) == exchange.body["value"]
    ]

    titles: set[str] = set()

    for exchange in lists:
        found = scripted.play(exchange.reply()).backup.list_items(VAULT)
        raw = exchange.body["value"]
        assert len(raw) == len(found), exchange.name
        for document, item in zip(raw, found, strict=True):
            check_item(document, item)
            titles |= {detail.title for detail in item.health_details}

    assert len(lists) >= 100
    assert {
        "IaasVmHealthGreenDefault",
        "UserErrorGuestAgentStatusUnavailable",
        "UserErrorRpCollectionDeleted",
    } <= titles


def _raw_health(properties: dict[str, Any]) -> list[tuple[int, str]]:
    details = properties.get("healthDetails") or []
    for indicator in {} if details else (properties.get("kpisHealths") or {}).values():
        details = [*details, *(indicator.get("resourceHealthDetails") or [])]
    return [(detail["code"], detail["title"]) for detail in details]


def test_every_recorded_item_is_read_alone(
    scripted: Scripted, read_recordings: ReadRecordings
) -> None:
    """An item's own answer is read like an entry of a list."""
    singles = answers(
        read_recordings(*FILES),
        "backupFabrics/[^/]+/protectionContainers/[^/]+/protectedItems/[^/]+",
    )

    for exchange in singles:
        check_item(exchange.body, scripted.play(exchange.reply()).backup.get_item(ITEM))

    assert singles


def test_the_items_number_is_the_one_in_its_collections_name(
    scripted: Scripted, read_recordings: ReadRecordings
) -> None:
    """Wherever a recording shows both, ``data_id`` ends a collection's name of that VM."""
    numbers: dict[str, dict[str, set[str]]] = defaultdict(lambda: defaultdict(set))
    data_ids: dict[str, dict[str, set[str]]] = defaultdict(lambda: defaultdict(set))
    exchanges = read_recordings("backup_vm", "restore_points")
    named = {each.cassette for each in exchanges if "AzureBackup_" in str(each.body)}
    for exchange in (each for each in exchanges if each.cassette in named):
        for vm, number in re.findall(r"AzureBackup_([^_;/\"']+)_(\d{6,})", str(exchange.body)):
            numbers[exchange.cassette][vm.lower()].add(number)
        if not re.search("/backupProtectedItems$", exchange.path) or exchange.status != 200:
            continue
        for item in scripted.play(exchange.reply()).backup.list_items(VAULT):
            vm = item.source_id.rpartition("/")[2].lower()
            data_ids[exchange.cassette][vm].add(item.data_id)
    both = [
        (cassette, vm)
        for cassette, vms in numbers.items()
        for vm in vms
        if data_ids[cassette].get(vm)
    ]

    for cassette, vm in both:
        assert numbers[cassette][vm] <= data_ids[cassette][vm], (cassette, vm)

    assert len({cassette for cassette, _ in both}) >= 4


def test_every_recorded_policy_list_gives_the_vm_policies(
    scripted: Scripted, read_recordings: ReadRecordings
) -> None:
    """Only VM policies are given, with type, retention and the names of custom groups."""
    lists = answers(read_recordings(*FILES), "backupPolicies")

    for exchange in lists:
        found = scripted.play(exchange.reply()).backup.list_policies(VAULT)
        expected = [
            (
                raw["id"],
                raw["properties"].get("policyType", ""),
                raw["properties"].get("instantRpRetentionRangeInDays"),
                (raw["properties"].get("instantRPDetails") or {}).get("azureBackupRGNamePrefix"),
                (raw["properties"].get("instantRPDetails") or {}).get("azureBackupRGNameSuffix"),
            )
            for raw in of_vms(exchange.body["value"])
        ]
        assert expected == [
            (
                str(each.id),
                each.policy_type,
                each.instant_retention_days,
                each.group_prefix,
                each.group_suffix,
            )
            for each in found
        ], exchange.name

    assert lists


def test_a_recorded_policy_with_custom_group_names_keeps_them(
    scripted: Scripted, read_recordings: ReadRecordings
) -> None:
    """Prefix and suffix arrive where a recording has them."""
    policies = [
        exchange
        for exchange in answers(read_recordings(*FILES), "backupPolicies/[^/]+", "PUT")
        if "azureBackupRGNamePrefix" in str(exchange.body)
    ]

    for exchange in policies:
        reply = scripted.reply(body={"value": [exchange.body]})
        (policy,) = scripted.play(reply).backup.list_policies(VAULT)
        raw = exchange.body["properties"]["instantRPDetails"]
        assert raw["azureBackupRGNamePrefix"] == policy.group_prefix
        assert raw.get("azureBackupRGNameSuffix") == policy.group_suffix

    assert policies


def test_every_recorded_point_list_gives_every_point(
    scripted: Scripted, read_recordings: ReadRecordings
) -> None:
    """Points keep id, time and where their copies lie."""
    lists = answers(read_recordings(*FILES), ".*/protectedItems/[^/]+/recoveryPoints")
    tiers = 0

    for exchange in lists:
        raw = exchange.body["value"]
        if any("recoveryPointTime" not in point["properties"] for point in raw):
            continue
        found = scripted.play(exchange.reply()).backup.list_recovery_points(ITEM)
        expected = [
            (
                point["id"],
                datetime.fromisoformat(point["properties"]["recoveryPointTime"]).astimezone(UTC),
                [
                    (str(tier["type"]), str(tier["status"]))
                    for tier in point["properties"].get("recoveryPointTierDetails") or []
                ],
            )
            for point in raw
        ]
        assert expected == [
            (str(point.id), point.time, [(tier.tier, tier.status) for tier in point.tiers])
            for point in found
        ], exchange.name
        tiers += sum(len(point.tiers) for point in found)

    assert lists
    assert tiers


def test_every_recorded_job_list_gives_every_job(
    scripted: Scripted, read_recordings: ReadRecordings
) -> None:
    """Lists keep ids, operations and states."""
    lists = answers(read_recordings(*FILES), "backupJobs")

    for exchange in lists:
        found = scripted.play(exchange.reply()).backup.list_jobs(VAULT)
        expected = [
            (raw["id"], raw["properties"]["operation"], raw["properties"]["status"])
            for raw in exchange.body["value"]
        ]
        assert expected == [(str(job.id), job.operation, job.status) for job in found]

    assert lists


def test_every_recorded_job_is_read_with_tasks_and_errors(
    scripted: Scripted, read_recordings: ReadRecordings
) -> None:
    """A job keeps its tasks' states, its times and its error details."""
    jobs = answers(read_recordings(*FILES), "backupJobs/[^/]+")
    errors: list[HealthDetail] = []

    for exchange in jobs:
        found = scripted.play(exchange.reply()).backup.get_job(VAULT, "job")
        properties = exchange.body["properties"]
        tasks = (properties.get("extendedInfo") or {}).get("tasksList") or []
        assert properties["status"] == found.status, exchange.name
        assert (properties["status"] in {"InProgress", "Cancelling"}) == found.running
        assert never(properties.get("endTime")) == (found.end_time is None), exchange.name
        assert (properties.get("entityFriendlyName") or "") == found.entity_name
        assert [(task["taskId"], task["status"]) for task in tasks] == [
            (task.name, task.status) for task in found.tasks
        ]
        raw_errors = [
            {key.lower(): value for key, value in detail.items()}
            for detail in properties.get("errorDetails") or []
        ]
        assert [
            (raw.get("errorcode"), raw.get("errortitle") or "", raw.get("errorstring") or "")
            for raw in raw_errors
        ] == [(error.code, error.title, error.message) for error in found.errors]
        errors.extend(found.errors)

    assert len(jobs) >= 100
    assert errors


def test_every_recorded_operation_names_its_job(
    scripted: Scripted, read_recordings: ReadRecordings
) -> None:
    """The state, the job's GUID and a failure's code arrive."""
    operations = answers(read_recordings(*FILES), "backupOperations/[^/]+")

    for exchange in operations:
        found = scripted.play(exchange.reply()).backup.get_operation(VAULT, "operation")
        assert exchange.body["status"] == found.status
        job = (exchange.body.get("properties") or {}).get("jobId")
        assert (job or None) == found.job_id, exchange.name
        code = (exchange.body.get("error") or {}).get("code")
        assert code == (found.error.code if found.error else None), exchange.name

    assert len(operations) >= 50


def test_every_recorded_backup_now_gives_the_operation(
    scripted: Scripted, read_recordings: ReadRecordings
) -> None:
    """The operation's id is the last part of either header's path."""
    accepted = answers(read_recordings(*FILES), ".*/protectedItems/[^/]+/backup", "POST")

    for exchange in accepted:
        receipt = scripted.play(exchange.reply()).backup.trigger_backup(ITEM)
        headers = {name.lower(): value for name, value in exchange.headers.items()}
        location = headers["location"].partition("?")[0]
        assert location.endswith(f"/{receipt.operation_id}"), exchange.name
        assert headers["azure-asyncoperation"] == receipt.operation_url

    assert accepted
