"""Protection: beginning, stopping, resuming, deleting, taking back, and schedules."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from azure.core.exceptions import HttpResponseError, ResourceNotFoundError

from azremedy.sandbox import scenario

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.sandbox.conftest import OpenWorld
    from tests.sandbox.providers.conftest import Azure, Connect

VM_TYPE = "Microsoft.Compute/virtualMachines"


@pytest.fixture
def azure(open_world: OpenWorld, connect: Connect) -> Azure:
    """Open the healthy world."""
    return connect(open_world("healthy"))


@pytest.fixture
def item(azure: Azure) -> Any:
    """Give its item."""
    return azure.item("vault-shop", "rg-backup", "web-1")


def _path(item: Any) -> tuple[str, ...]:
    parts = item.id.split("/")
    return ("vault-shop", "rg-backup", "Azure", parts[12], parts[14])


def _change(azure: Azure, item: Any, **properties: Any) -> Any:
    """Write the protection and give the job when it is over."""
    body = {
        "properties": {
            "protectedItemType": VM_TYPE,
            "sourceResourceId": item.properties["sourceResourceId"],
            **properties,
        }
    }
    azure.backup.protected_items.begin_create_or_update(*_path(item), body).result()
    return _last_job(azure)


def _delete(azure: Azure, item: Any) -> Any:
    headers = azure.backup.protected_items.delete(
        *_path(item), cls=lambda pipeline, _b, _h: dict(pipeline.http_response.headers)
    )
    url = headers["Azure-AsyncOperation"].split("?")[0]
    assert "/vaults/vault-shop/backupOperations/" in url
    azure.operation(item, url.rsplit("/", 1)[1])
    return _last_job(azure)


def _last_job(azure: Azure) -> Any:
    listed = next(iter(azure.backup.backup_jobs.list("vault-shop", "rg-backup")))
    return azure.backup.job_details.get("vault-shop", "rg-backup", listed.name)


def _state(azure: Azure, item: Any) -> tuple[str, str]:
    properties = azure.backup.protected_items.get(*_path(item)).properties
    return properties["protectionState"], properties["policyName"]


def test_protection_is_stopped_and_resumed(
    azure: Azure, item: Any, contract_check: Callable[[Path], str]
) -> None:
    """Stopping keeps the points and drops the policy; resuming brings backups back."""
    stopping = _change(azure, item, protectionState="ProtectionStopped", policyId="")
    stopped = _state(azure, item)
    refused = azure.operation(item, azure.trigger(item))
    resuming = _change(azure, item, policyId=item.properties["policyId"])
    resumed = _state(azure, item)

    assert (stopping.properties.operation, stopped) == ("DisableBackup", ("ProtectionStopped", ""))
    assert refused.error.code == "UserErrorBcmDatasourceNotPresent"
    assert resuming.properties.operation == "ConfigureBackup"
    assert resuming.properties.extended_info.property_bag["Policy Name"] == "DefaultPolicy"
    assert resumed == ("Protected", "DefaultPolicy")
    assert azure.back_up(item).properties.status == "Completed"
    assert contract_check(azure.opened.exchanges).endswith(" 0 violations")


def test_deleted_protection_is_taken_back(
    azure: Azure, item: Any, contract_check: Callable[[Path], str]
) -> None:
    """Under soft delete a deleted item stays stopped for two weeks and can be taken back."""
    job = _delete(azure, item)
    deleted = azure.backup.protected_items.get(*_path(item)).properties
    azure.opened.transport.sleep(3600.25)
    listed = azure.items("vault-shop", "rg-backup")[0].properties
    with pytest.raises(HttpResponseError) as refused:
        _change(azure, item, policyId=item.properties["policyId"])
    undeleting = _change(
        azure, item, isRehydrate=True, protectionState="ProtectionStopped", policyId=""
    )
    back = azure.backup.protected_items.get(*_path(item)).properties
    azure.opened.transport.sleep(15 * 24 * 3600)

    assert job.properties.operation == "DeleteBackupData"
    assert job.properties.extended_info.property_bag["Number of Recovery Points"] == "3"
    assert deleted["isScheduledForDeferredDelete"] is True
    assert deleted["deferredDeleteTimeRemaining"] == "14.00:00:00.0000000"
    assert listed["deferredDeleteTimeRemaining"] == "13.22:59:59.7500000"
    assert refused.value.status_code == 400
    assert undeleting.properties.operation == "Undelete"
    assert "isScheduledForDeferredDelete" not in back
    assert _state(azure, item) == ("ProtectionStopped", "")
    assert contract_check(azure.opened.exchanges).endswith(" 0 violations")


def test_deleted_protection_is_gone_after_two_weeks(azure: Azure, item: Any) -> None:
    """What nobody takes back is deleted for good, and deleting it again is nothing."""
    _delete(azure, item)
    azure.opened.transport.sleep(14 * 24 * 3600)
    again = azure.backup.protected_items.delete(
        *_path(item), cls=lambda pipeline, _b, _h: pipeline.http_response.status_code
    )

    assert again == 204
    with pytest.raises(ResourceNotFoundError):
        azure.backup.protected_items.get(*_path(item))


def test_without_soft_delete_protection_goes_at_once(azure: Azure, item: Any) -> None:
    """A vault whose soft delete is off keeps nothing."""
    world = azure.opened.world
    vault: Any = world.documents.get(item.id.split("/backupFabrics/")[0])
    vault["properties"]["securitySettings"]["softDeleteSettings"]["softDeleteState"] = "Disabled"
    world.documents.put(vault)
    _delete(azure, item)

    assert azure.items("vault-shop", "rg-backup") == []


def test_machine_is_protected_anew(azure: Azure, item: Any) -> None:
    """A machine without protection gets an item that waits for its first backup."""
    azure.opened.world.documents.remove(item.id)
    _change(azure, item, policyId=item.properties["policyId"])
    fresh = azure.item("vault-shop", "rg-backup", "web-1")
    waiting = _state(azure, fresh)
    azure.back_up(fresh)

    assert waiting == ("IRPending", "DefaultPolicy")
    assert _state(azure, fresh) == ("Protected", "DefaultPolicy")
    assert fresh.properties["protectedItemDataId"] != item.properties["protectedItemDataId"]


def test_second_protection_of_a_machine_is_refused(azure: Azure, item: Any) -> None:
    """One machine is actively protected in one place only, and only if it exists."""
    other = list(_path(item))
    other[4] += "x"
    body = {
        "properties": {
            "protectedItemType": VM_TYPE,
            "sourceResourceId": item.properties["sourceResourceId"],
            "policyId": item.properties["policyId"],
        }
    }
    put = azure.backup.protected_items.begin_create_or_update
    with pytest.raises(HttpResponseError) as twice:
        put(*other, body)
    azure.opened.world.documents.remove(item.properties["sourceResourceId"])
    with pytest.raises(HttpResponseError) as gone:
        put(*other, body)

    assert [each.value.status_code for each in (twice, gone)] == [400, 400]


@pytest.mark.parametrize(
    ("fabric", "properties", "status"),
    [
        ("Azure", {"protectedItemType": "AzureFileShareProtectedItem"}, 400),
        ("Azure", {"protectedItemType": VM_TYPE, "policyId": "/no/policy"}, 400),
        ("Windows", {"protectedItemType": VM_TYPE}, 404),
    ],
)
def test_senseless_protection_is_refused(
    azure: Azure, item: Any, fabric: str, properties: dict[str, str], status: int
) -> None:
    """The request must be for a machine, under a policy that exists, in Azure's fabric."""
    path = list(_path(item))
    path[2] = fabric
    with pytest.raises(HttpResponseError) as refused:
        azure.backup.protected_items.begin_create_or_update(*path, {"properties": properties})

    assert refused.value.status_code == status


def _scheduled(schedule: dict[str, Any] | None, **changes: Any) -> dict[str, Any]:
    """Give the healthy world with its schedule going, on a short transfer."""
    base = scenario.load("healthy")
    document = {
        "schema": base.schema,
        "name": base.name,
        "title": base.title,
        "now": base.now.isoformat(),
        "resources": list(base.resources),
        "operations": {"scheduledBackup": {"seconds": 60}},
        **changes,
    }
    policies = [each for each in base.resources if "/backupPolicies/" in each["id"]]
    if schedule:
        policies[0]["properties"]["schedulePolicy"] = schedule
    return document


DAILY = {"scheduleRunFrequency": "Daily", "scheduleRunTimes": ["2026-02-24T22:00:00Z"]}
V1, V2 = (
    {"schedulePolicyType": "SimpleSchedulePolicy"},
    {"schedulePolicyType": "SimpleSchedulePolicyV2"},
)
HOURS = {
    "interval": 4,
    "scheduleWindowStartTime": "2026-02-24T08:00:00Z",
    "scheduleWindowDuration": 12,
}


@pytest.mark.parametrize(
    ("schedule", "times"),
    [
        (V1 | DAILY, ["20T22:01", "21T22:01", "22T22:01"]),
        (
            V1 | DAILY | {"scheduleRunFrequency": "Weekly", "scheduleRunDays": ["Saturday"]},
            ["21T22:01"],
        ),
        (
            V2 | {"scheduleRunFrequency": "Daily", "dailySchedule": DAILY},
            ["20T22:01", "21T22:01", "22T22:01"],
        ),
        (
            V2
            | {
                "scheduleRunFrequency": "Weekly",
                "weeklySchedule": DAILY | {"scheduleRunDays": ["Sunday"]},
            },
            ["22T22:01"],
        ),
        (
            V2 | {"scheduleRunFrequency": "Hourly", "hourlySchedule": HOURS},
            [
                *(f"20T{hour}:01" for hour in (12, 16, 20)),
                *(f"{day}T{hour}:01" for day in (21, 22) for hour in ("08", 12, 16, 20)),
            ],
        ),
        (V1 | {"scheduleRunFrequency": "Never"}, []),
    ],
)
def test_schedule_backs_up_as_time_passes(
    open_world: OpenWorld, connect: Connect, schedule: dict[str, Any], times: list[str]
) -> None:
    """A policy's days and hours bring backups that nobody asked for."""
    azure = connect(open_world(_scheduled(schedule)))
    azure.opened.transport.sleep(2.9 * 24 * 3600)
    jobs = list(azure.backup.backup_jobs.list("vault-shop", "rg-backup"))
    began = sorted(str(job["properties"]["startTime"])[8:16] for job in jobs)

    assert times == began[2:]
    assert {str(job["properties"]["status"]) for job in jobs} == {"Completed"}


def test_scheduled_backups_do_not_count_as_on_demand(
    open_world: OpenWorld, connect: Connect
) -> None:
    """Nine on-demand backups a day are allowed beside the scheduled ones."""
    hours = {**HOURS, "interval": 4, "scheduleWindowDuration": 8}
    schedule = V2 | {"scheduleRunFrequency": "Hourly", "hourlySchedule": hours}
    azure = connect(open_world(_scheduled(schedule)))
    item = azure.item("vault-shop", "rg-backup", "web-1")
    azure.opened.transport.sleep(10 * 3600)
    ends = [azure.back_up(item).properties.status for _ in range(9)]

    assert ends == ["Completed"] * 9


def test_schedule_waits_while_protection_is_stopped(
    open_world: OpenWorld, connect: Connect
) -> None:
    """A stopped item is not backed up; once resumed it is, and a deleted one never again."""
    azure = connect(open_world(_scheduled(None)))
    item = azure.item("vault-shop", "rg-backup", "web-1")
    _change(azure, item, protectionState="ProtectionStopped", policyId="")
    azure.opened.transport.sleep(2 * 24 * 3600)
    between = len(list(azure.backup.backup_jobs.list("vault-shop", "rg-backup")))
    _change(azure, item, policyId=item.properties["policyId"])
    azure.opened.transport.sleep(2 * 24 * 3600)
    later = len(list(azure.backup.backup_jobs.list("vault-shop", "rg-backup")))
    azure.opened.world.documents.remove(item.id)
    azure.opened.transport.sleep(2 * 24 * 3600)

    assert between == 3
    assert later in {5, 6}
    assert len(list(azure.backup.backup_jobs.list("vault-shop", "rg-backup"))) == later
