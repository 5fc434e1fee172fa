"""The locked restore point group: the failure, and both ways out of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from azure.core.exceptions import ResourceExistsError

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.sandbox.conftest import OpenWorld
    from tests.sandbox.providers.conftest import Azure, Connect

GROUP = "AzureBackupRG_westeurope_1"
LIMIT = "UserErrorRpCollectionLimitReached"


@pytest.fixture
def azure(open_world: OpenWorld, connect: Connect) -> Azure:
    """Open the scenario."""
    return connect(open_world("restore-point-limit"))


@pytest.fixture
def item(azure: Azure) -> Any:
    """Give the failing item."""
    return azure.item("vault-shop", "rg-backup", "web-1")


def _collection(azure: Azure) -> Any:
    return next(iter(azure.compute.restore_point_collections.list(GROUP)))


def _unlock(azure: Azure) -> None:
    azure.locks.management_locks.delete_at_resource_group_level(GROUP, "no-deletes")


def test_backup_fails_while_the_lock_stands(azure: Azure, item: Any) -> None:
    """With 18 points behind a lock a backup ends with the limit's code and takes no snapshot."""
    job = azure.back_up(item)

    assert job.properties.status == "Failed"
    assert azure.errors(job) == [LIMIT]
    assert azure.tasks(job) == ["Failed", "NotStarted"]
    assert azure.health(item) == ("Unhealthy", "ActionSuggested", "Failed", LIMIT)


def test_lock_refuses_to_let_the_collection_go(azure: Azure) -> None:
    """Deleting the collection under the lock is refused at once and deletes nothing."""
    collection = _collection(azure)

    with pytest.raises(ResourceExistsError) as refused:
        azure.compute.restore_point_collections.begin_delete(GROUP, collection.name)

    assert refused.value.error is not None
    assert refused.value.error.code == "ScopeLocked"
    assert len(azure.points(collection)) == 18


def test_backup_succeeds_after_unlocking_and_deleting(azure: Azure, item: Any) -> None:
    """With the collection gone the next backup makes it anew and the item is healthy."""
    collection = _collection(azure)
    _unlock(azure)
    azure.compute.restore_point_collections.begin_delete(GROUP, collection.name).result()

    job = azure.back_up(item)

    assert job.properties.status == "Completed"
    assert azure.tasks(job) == ["Completed", "Completed"]
    assert azure.health(item) == ("Healthy", "Passed", "Completed", "IaasVmHealthGreenDefault")
    assert _collection(azure).name == collection.name
    assert len(azure.points(collection)) == 1


def test_deleted_collection_shows_in_health_until_the_next_good_backup(
    azure: Azure, item: Any
) -> None:
    """A collection deleted by hand leaves code 400288 in the item's health."""
    _unlock(azure)
    azure.compute.restore_point_collections.begin_delete(GROUP, _collection(azure).name).result()

    deleted = ("Unhealthy", "ActionSuggested", "Failed", "UserErrorRpCollectionDeleted")

    assert azure.health(item) == deleted


def test_vault_copies_outlive_the_collection(azure: Azure, item: Any) -> None:
    """Every point has a copy in the vault, and after the next backup the list says what is left."""
    tiers = [_tiers(point) for point in azure.recovery_points(item)]
    _unlock(azure)
    azure.compute.restore_point_collections.begin_delete(GROUP, _collection(azure).name).result()
    azure.back_up(item)
    after = [_tiers(point) for point in azure.recovery_points(item)]

    assert tiers == [["InstantRP", "HardenedRP"]] * 18
    assert after == [["InstantRP", "HardenedRP"], *[["HardenedRP"]] * 18]


def test_service_cleans_up_after_the_first_backup_without_a_lock(azure: Azure, item: Any) -> None:
    """Only unlocked, the first backup fails, the service cleans up, and the next succeeds."""
    _unlock(azure)
    first = azure.back_up(item)
    azure.opened.transport.sleep(3 * 3600)
    left = azure.points(_collection(azure))
    second = azure.back_up(item)

    assert azure.errors(first) == [LIMIT]
    assert len(left) == 3
    assert second.properties.status == "Completed"
    assert len(azure.points(_collection(azure))) == 3


def test_clean_up_waits_for_the_lock(azure: Azure, item: Any) -> None:
    """While the lock stands the service's own clean-up deletes nothing."""
    azure.back_up(item)
    azure.opened.transport.sleep(24 * 3600)

    assert len(azure.points(_collection(azure))) == 18


def test_world_ends_as_expected(azure: Azure, item: Any) -> None:
    """After the repair all that should be gone is gone and all that should be kept is kept."""
    _unlock(azure)
    azure.compute.restore_point_collections.begin_delete(GROUP, _collection(azure).name).result()
    azure.back_up(item)
    world = azure.opened.world
    expect = world.scenario.expect

    assert [gone for gone in expect.gone if gone in world.documents] == []
    assert [kept for kept in expect.kept if kept not in world.documents] == []


def test_every_exchange_keeps_the_contract(
    azure: Azure, item: Any, contract_check: Callable[[Path], str]
) -> None:
    """Refusals, polls and jobs are worded as Microsoft's documents allow."""
    azure.back_up(item)
    with pytest.raises(ResourceExistsError):
        azure.compute.restore_point_collections.begin_delete(GROUP, _collection(azure).name)
    _unlock(azure)
    azure.compute.restore_point_collections.begin_delete(GROUP, _collection(azure).name).result()
    azure.back_up(item)

    assert contract_check(azure.opened.exchanges).endswith(" 0 violations")


def _tiers(point: Any) -> list[str]:
    return [str(tier.type.value) for tier in point.properties.recovery_point_tier_details]
