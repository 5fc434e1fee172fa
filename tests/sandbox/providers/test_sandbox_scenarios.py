"""Every built-in scenario, read through the SDK and held against the contract."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

import pytest

from azremedy.sandbox import scenario

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.sandbox.conftest import OpenWorld
    from tests.sandbox.providers.conftest import Azure, Connect

COLLECTIONS = "Microsoft.Compute/restorePointCollections"
ITEMS = "Microsoft.RecoveryServices/vaults/backupFabrics/protectionContainers/protectedItems"
FIRST = (
    "custom-group-name",
    "fleet-small",
    "healthy",
    "restore-point-limit",
    "stuck-extension",
    "two-vms-alike",
)
NAMES = scenario.names()
BARE = ("collection-deleted", "group-denied", "not-protected")
"""Worlds whose item, or whose restore points, are what is missing."""


def test_scenarios_are_there() -> None:
    """The built-in scenarios are found by name."""
    assert set(FIRST) <= set(scenario.names())


@pytest.mark.parametrize("name", NAMES)
def test_every_document_reads_as_the_contract_says(
    name: str, open_world: OpenWorld, connect: Connect, contract_check: Callable[[Path], str]
) -> None:
    """Lists and single reads of everything in the world break no rule of Microsoft's documents."""
    opened = open_world(name)
    for subscription in _subscriptions(opened.world):
        _read_everything(connect(opened, subscription))

    assert contract_check(opened.exchanges).endswith(" 0 violations")


@pytest.mark.parametrize("name", NAMES)
def test_expectations_name_what_exists(name: str, open_world: OpenWorld) -> None:
    """What should be gone or kept in the end is there in the beginning."""
    world = open_world(name).world
    expect = world.scenario.expect

    assert [each for each in (*expect.gone, *expect.kept) if each not in world.documents] == []


@pytest.mark.parametrize("name", [name for name in NAMES if name not in BARE])
def test_numbers_tie_collections_to_items(name: str, open_world: OpenWorld) -> None:
    """Each item's number ends the name of a collection of its VM."""
    world = open_world(name).world
    items = world.documents.of_type(ITEMS)
    collections = [
        (each["name"], each["properties"]["source"]["id"].lower())
        for each in world.documents.of_type(COLLECTIONS)
    ]
    wanted = [
        (_collection_name(item), item["properties"]["virtualMachineId"].lower()) for item in items
    ]

    assert items
    assert [each for each in wanted if each not in collections] == []


@pytest.mark.parametrize("name", BARE)
def test_worlds_without_restore_points_have_none(name: str, open_world: OpenWorld) -> None:
    """Where points are what is missing there is no collection, and none is listed as a snapshot."""
    world = open_world(name).world
    tiers = [
        tier["type"]
        for each in world.documents.of_type(f"{ITEMS}/recoveryPoints")
        for tier in each["properties"]["recoveryPointTierDetails"]
    ]

    assert () == world.documents.of_type(COLLECTIONS)
    assert set(tiers) <= {"HardenedRP"}


@pytest.mark.parametrize("name", [name for name in NAMES if name not in BARE])
def test_recovery_points_follow_their_restore_points(name: str, open_world: OpenWorld) -> None:
    """A recovery point's time lies 1 to 3 seconds behind the time in a restore point's name."""
    world = open_world(name).world
    snapshots = {
        datetime.strptime(each["name"], "AzureBackup_%Y%m%d_%H%M%S")  # noqa: DTZ007 # UTC on both sides
        for each in world.documents.of_type(f"{COLLECTIONS}/restorePoints")
        if each["name"].startswith("AzureBackup_")
    }
    recoveries = [
        datetime.fromisoformat(each["properties"]["recoveryPointTime"][:19])
        for each in world.documents.of_type(f"{ITEMS}/recoveryPoints")
    ]
    lags = [
        min((recovery - snapshot).total_seconds() for snapshot in snapshots if snapshot < recovery)
        for recovery in recoveries
    ]

    assert recoveries
    assert [lag for lag in lags if not 1 <= lag <= 3] == []


def test_enhanced_policy_has_points_without_a_vault_copy(open_world: OpenWorld) -> None:
    """In the world with its own group name most points exist as snapshots only."""
    world = open_world("custom-group-name").world
    tiers = [
        [tier["type"] for tier in each["properties"]["recoveryPointTierDetails"]]
        for each in world.documents.of_type(f"{ITEMS}/recoveryPoints")
    ]

    assert tiers.count(["InstantRP", "HardenedRP"]) == 4
    assert tiers.count(["InstantRP"]) == 14


def _subscriptions(world: Any) -> list[str]:
    found = world.documents.of_type("Microsoft.Resources/subscriptions")
    ids = [each["id"] for each in found]
    return [each.rsplit("/", 1)[1] for each in ids]


def _collection_name(item: Any) -> str:
    properties = item["properties"]
    return f"AzureBackup_{properties['friendlyName'].lower()}_{properties['protectedItemDataId']}"


def _read_everything(azure: Azure) -> None:
    compute = azure.compute
    for vm in compute.virtual_machines.list_all():
        group, name = vm.id.split("/")[4], vm.name
        compute.virtual_machines.get(group, name, expand="instanceView")
        compute.virtual_machines.get(group, name)
        compute.virtual_machines.instance_view(group, name)
        for extension in compute.virtual_machine_extensions.list(group, name).value:
            compute.virtual_machine_extensions.get(
                group, name, extension.name, expand="instanceView"
            )
    for collection in compute.restore_point_collections.list_all():
        _read_points(azure, collection.id.split("/")[4], collection.name)
    list(azure.locks.management_locks.list_at_subscription_level())
    list(azure.resources.resource_groups.list())
    for vault in azure.resources.resources.list(
        filter="resourceType eq 'Microsoft.RecoveryServices/vaults'"
    ):
        _read_vault(azure, vault.name, vault.id.split("/")[4])


def _read_points(azure: Azure, group: str, collection: str) -> None:
    compute = azure.compute
    got = compute.restore_point_collections.get(group, collection, expand="restorePoints")
    for point in got.properties.restore_points[:3]:
        compute.restore_points.get(group, collection, point.name)
        for disk in compute.disk_restore_point.list_by_restore_point(group, collection, point.name):
            compute.disk_restore_point.get(group, collection, point.name, disk.name)
    list(compute.restore_point_collections.list(group))


def _read_vault(azure: Azure, vault: str, group: str) -> None:
    backup = azure.backup
    list(backup.backup_protection_containers.list(vault, group))
    list(backup.backup_usage_summaries.list(vault, group))
    for policy in backup.backup_policies.list(vault, group):
        backup.protection_policies.get(vault, group, policy.name)
    for job in backup.backup_jobs.list(vault, group):
        backup.job_details.get(vault, group, job.name)
    for item in azure.items(vault, group):
        container = item.id.split("/")[12]
        place = (vault, group, "Azure", container, item.name)
        backup.protected_items.get(*place, filter="expand eq 'extendedinfo'")
        for point in list(azure.recovery_points(item))[:2]:
            backup.recovery_points.get(*place, point.name)
        backup.protection_containers.get(vault, group, "Azure", container)
        backup.backup_status.get(
            "westeurope",
            {"resourceType": "VM", "resourceId": item.properties["virtualMachineId"]},
        )
