"""Collections that look alike, are made by hand, or stand where the policy puts them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from azure.core.exceptions import HttpResponseError, ResourceNotFoundError

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.sandbox.conftest import OpenWorld
    from tests.sandbox.providers.conftest import Azure, Connect

GROUP = "AzureBackupRG_westeurope_1"


@pytest.fixture
def alike(open_world: OpenWorld, connect: Connect) -> Azure:
    """Open the world of look-alikes."""
    return connect(open_world("two-vms-alike"))


def test_four_collections_of_three_owners(alike: Azure) -> None:
    """web-1 is the source of three collections, and only one of them is its item's."""
    collections = list(alike.compute.restore_point_collections.list_all())
    item = alike.item("vault-web", "rg-backup", "web-1")
    vm = alike.compute.virtual_machines.get("rg-web", "web-1")
    of_web1 = [c for c in collections if c.properties.source.id == vm.id]
    number = item.properties["protectedItemDataId"]

    assert len(collections) == 4
    assert len(of_web1) == 3
    assert [c.name for c in of_web1 if c.name.endswith(number)] == [f"AzureBackup_web-1_{number}"]


def test_earlier_machine_is_told_by_its_vm_id(alike: Azure) -> None:
    """The points that the first web-1 left behind carry another vmId."""
    vm = alike.compute.virtual_machines.get("rg-web", "web-1")
    number = alike.item("vault-web", "rg-backup", "web-1").properties["protectedItemDataId"]
    seen = {}
    for collection in alike.compute.restore_point_collections.list(GROUP):
        got = alike.compute.restore_point_collections.get(
            GROUP, collection.name, expand="restorePoints"
        )
        ids = {point.source_metadata.vm_id for point in got.properties.restore_points}
        seen[collection.name] = ids == {vm.vm_id}

    assert [name for name, same in seen.items() if same] == [f"AzureBackup_web-1_{number}"]


def test_backup_leaves_the_others_alone(alike: Azure) -> None:
    """A backup after deleting web-1's own collection touches no other collection."""
    item = alike.item("vault-web", "rg-backup", "web-1")
    name = f"AzureBackup_web-1_{item.properties['protectedItemDataId']}"
    world = alike.opened.world
    alike.compute.restore_point_collections.begin_delete(GROUP, name).result()
    gone = [each for each in world.scenario.expect.gone if each in world.documents]
    job = alike.back_up(item)
    kept = [each for each in world.scenario.expect.kept if each not in world.documents]

    assert (gone, kept) == ([], [])
    assert job.properties.status == "Completed"


def test_deleting_anothers_collection_is_no_news_to_the_service(alike: Azure) -> None:
    """Only its own collection's end shows in an item's health."""
    alike.compute.restore_point_collections.begin_delete("acme-recovery", "acme-web-1").result()

    assert alike.health(alike.item("vault-web", "rg-backup", "web-1"))[0] == "Healthy"


def test_collections_and_points_by_hand(
    alike: Azure, contract_check: Callable[[Path], str]
) -> None:
    """Anybody can make a collection and points in it, and take them away again."""
    compute = alike.compute
    vm = compute.virtual_machines.get("rg-web", "web-10")
    collections, points = compute.restore_point_collections, compute.restore_points
    sent = {"location": "westeurope", "properties": {"source": {"id": vm.id}}}
    made = collections.create_or_update("rg-web", "mine", sent)
    updated = collections.create_or_update("rg-web", "mine", {**sent, "tags": {"a": "b"}})
    point = points.begin_create("rg-web", "mine", "first", {}).result()
    with pytest.raises(HttpResponseError) as twice:
        points.begin_create("rg-web", "mine", "first", {})
    points.begin_delete("rg-web", "mine", "first").result()
    points.begin_delete("rg-web", "mine", "first").result()
    collections.begin_delete("rg-web", "mine").result()
    collections.begin_delete("rg-web", "mine").result()

    assert made.properties.provisioning_state == "Succeeded"
    assert updated.tags == {"a": "b"}
    assert point.provisioning_state == "Succeeded"
    assert twice.value.status_code == 409
    assert contract_check(alike.opened.exchanges).endswith(" 0 violations")


def test_collection_needs_a_source(alike: Azure) -> None:
    """A collection of nothing, or of a missing machine, is refused."""
    collections = alike.compute.restore_point_collections
    with pytest.raises(HttpResponseError) as empty:
        collections.create_or_update("rg-web", "mine", {"location": "westeurope"})
    missing = {"location": "westeurope", "properties": {"source": {"id": "/subscriptions/x/y"}}}

    assert empty.value.status_code == 400
    with pytest.raises(HttpResponseError):
        collections.create_or_update("rg-web", "mine", missing)


def test_missing_disk_snapshot(alike: Azure) -> None:
    """A disk's snapshot that a point does not have is answered 404."""
    points = alike.compute.restore_point_collections.get(
        "acme-recovery", "acme-web-1", expand="restorePoints"
    )
    name = points.properties.restore_points[0].name

    with pytest.raises(ResourceNotFoundError):
        alike.compute.disk_restore_point.get("acme-recovery", "acme-web-1", name, "none")


def test_policy_names_the_group(open_world: OpenWorld, connect: Connect) -> None:
    """With a prefix and a suffix in the policy a backup goes to the group so named."""
    azure = connect(open_world("custom-group-name"))
    group = "rg-snapshots-1-weu"
    item = azure.item("vault-erp", "rg-erp-backup", "erp-db1")
    first = azure.back_up(item)
    azure.locks.management_locks.delete_at_resource_group_level(group, "CanNotDelete-erp")
    collection = next(iter(azure.compute.restore_point_collections.list(group)))
    azure.compute.restore_point_collections.begin_delete(group, collection.name).result()
    second = azure.back_up(item)
    after = [c.name for c in azure.compute.restore_point_collections.list(group)]

    assert azure.errors(first) == ["UserErrorRpCollectionLimitReached"]
    assert second.properties.status == "Completed"
    assert after == [collection.name]


def test_points_without_a_vault_copy_are_lost_with_their_snapshots(
    open_world: OpenWorld, connect: Connect
) -> None:
    """After the collection's end and a good backup the vault lists only what it has a copy of."""
    azure = connect(open_world("custom-group-name"))
    group = "rg-snapshots-1-weu"
    item = azure.item("vault-erp", "rg-erp-backup", "erp-db1")
    before = len(azure.recovery_points(item))
    azure.locks.management_locks.delete_at_resource_group_level(group, "CanNotDelete-erp")
    collection = next(iter(azure.compute.restore_point_collections.list(group)))
    azure.compute.restore_point_collections.begin_delete(group, collection.name).result()
    azure.back_up(item)

    assert (before, len(azure.recovery_points(item))) == (18, 5)


def test_old_group_drains_when_the_policy_changes(open_world: OpenWorld, connect: Connect) -> None:
    """New points go to the newly named group; the old collection empties and disappears."""
    azure = connect(open_world("healthy"))
    item = azure.item("vault-shop", "rg-backup", "web-1")
    world = azure.opened.world
    policy: Any = world.documents.get(item.properties["policyId"])
    policy["properties"]["instantRPDetails"] = {"azureBackupRGNamePrefix": "rg-points-"}
    world.documents.put(policy)
    for _ in range(3):
        azure.back_up(item)
    groups = [c.id.split("/")[4] for c in azure.compute.restore_point_collections.list_all()]

    assert groups == ["RG-POINTS-1"]


def test_collection_alone_has_no_points(alike: Azure) -> None:
    """Without being asked for its points a collection does not show them."""
    got = alike.compute.restore_point_collections.get("acme-recovery", "acme-web-1")

    assert "restorePoints" not in got.properties


def test_two_deletions_at_once_are_one(alike: Azure) -> None:
    """Whoever deletes what is being deleted ends well too."""
    collections = alike.compute.restore_point_collections
    pollers = [
        collections.begin_delete("acme-recovery", "acme-web-1", polling=False) for _ in range(2)
    ]
    alike.opened.transport.sleep(600)

    assert [poller.done() for poller in pollers] == [True, True]
    assert list(collections.list("acme-recovery")) == []


def test_point_whose_collection_vanishes(alike: Azure) -> None:
    """A collection deleted while a point is made takes the point with it."""
    compute = alike.compute
    compute.restore_points.begin_create("acme-recovery", "acme-web-1", "late", {}, polling=False)
    alike.opened.world.documents.remove(
        compute.restore_point_collections.get("acme-recovery", "acme-web-1").id
    )
    alike.opened.transport.sleep(600)

    assert list(compute.restore_point_collections.list("acme-recovery")) == []
