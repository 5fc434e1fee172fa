"""Resource groups, lists and long-running operations through the SDK's own client."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from azure.core.exceptions import HttpResponseError, ResourceExistsError, ResourceNotFoundError
from azure.mgmt.resource.resources import ResourceManagementClient

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.sandbox.conftest import OpenWorld

APP = "rg-App"
SLOW = {"operations": {"deleteResourceGroup": {"seconds": 40, "retryAfter": 10}}}


def answered(caught: pytest.ExceptionInfo[Any]) -> Any:
    """Give the error that a client raised, untyped: the SDK leaves much of it optional."""
    return caught.value


@pytest.mark.parametrize("realistic", [False, True])
def test_a_deletion_of_forty_seconds_takes_no_real_time(
    open_world: OpenWorld, small: dict[str, Any], subscription: str, *, realistic: bool
) -> None:
    """The poller follows the operation to its end in the world's time, whatever header it gets."""
    opened = open_world(small | SLOW, realistic=realistic)
    groups = opened.client(ResourceManagementClient, subscription).resource_groups
    before = opened.world.clock.now()

    poller = groups.begin_delete(APP)
    poller.wait()

    passed = opened.world.clock.now() - before
    assert timedelta(seconds=40) <= passed <= timedelta(seconds=51)
    assert not groups.check_existence(APP)


@pytest.mark.parametrize(
    ("realistic", "name", "value"),
    [(False, "x-ms-retry-after-ms", "10"), (True, "Retry-After", "10")],
)
def test_a_client_is_told_when_to_come_back(
    open_world: OpenWorld,
    small: dict[str, Any],
    subscription: str,
    *,
    realistic: bool,
    name: str,
    value: str,
) -> None:
    """By default in milliseconds; in a realistic world in whole seconds, as Azure does."""
    opened = open_world(small | SLOW, realistic=realistic)
    groups = opened.client(ResourceManagementClient, subscription).resource_groups
    other = {"x-ms-retry-after-ms", "Retry-After"} - {name}

    headers = groups.begin_delete(
        APP, cls=lambda response, *_: response.http_response.headers, polling=False
    ).result()

    assert headers[name] == value
    assert not other & set(headers)
    assert "Azure-AsyncOperation" not in headers


def test_a_group_being_deleted_says_so(
    open_world: OpenWorld, small: dict[str, Any], subscription: str
) -> None:
    """Its provisioning state is Deleting until it is gone."""
    opened = open_world(small | SLOW)
    groups = opened.client(ResourceManagementClient, subscription).resource_groups

    groups.begin_delete(APP, polling=False)

    assert groups.get(APP).properties.provisioning_state == "Deleting"


def test_a_lock_set_meanwhile_blocks_the_deletion(
    open_world: OpenWorld, small: dict[str, Any], subscription: str
) -> None:
    """The operation ends with 409 in the poll, and the group stands as before."""
    opened = open_world(small | SLOW)
    groups = opened.client(ResourceManagementClient, subscription).resource_groups
    group_id = groups.get(APP).id

    # The poller has a thread of its own, which must not look before the lock is there.
    with opened.world.lock:
        poller = groups.begin_delete(APP, polling=True)
        opened.world.documents.put(
            {
                "id": f"{group_id}/providers/Microsoft.Authorization/locks/late",
                "properties": {"level": "CanNotDelete"},
            }
        )

    with pytest.raises(HttpResponseError, match="ResourceGroupDeletionBlocked"):
        poller.result()
    assert groups.get(APP).properties.provisioning_state == "Succeeded"


def test_groups_are_made_changed_and_listed(
    open_world: OpenWorld, small: dict[str, Any], subscription: str
) -> None:
    """201 then 200; a group cannot move; ids keep their maker's case."""
    groups = open_world(small).client(ResourceManagementClient, subscription).resource_groups

    made = groups.create_or_update("New", {"location": "westeurope", "tags": {"a": "1"}})
    again = groups.create_or_update("NEW", {"location": "westeurope"})

    assert (made.name, again.name, again.tags) == ("New", "New", {"a": "1"})
    assert "New" in [group.name for group in groups.list()]
    with pytest.raises(ResourceExistsError, match="InvalidResourceGroupLocation"):
        groups.create_or_update("New", {"location": "eastus"})
    with pytest.raises(HttpResponseError, match="LocationRequired"):
        groups.create_or_update("Other", {"location": ""})
    with pytest.raises(ResourceNotFoundError, match="Resource group 'none' could not be found"):
        groups.get("none")


def test_lists_come_in_pages(
    open_world: OpenWorld, small: dict[str, Any], subscription: str
) -> None:
    """Every group is seen exactly once, however small the pages are."""
    opened = open_world(small, page_size=2)
    groups = opened.client(ResourceManagementClient, subscription).resource_groups
    for number in range(5):
        groups.create_or_update(f"g{number}", {"location": "westeurope"})

    names = [group.name for group in groups.list()]
    first = next(groups.list(top=1).by_page())

    assert sorted(names) == sorted(
        {APP, "AzureBackupRG_westeurope_1", "g0", "g1", "g2", "g3", "g4"}
    )
    assert len(list(first)) == 1


@pytest.mark.parametrize(
    ("query", "count"),
    [
        ("resourceType eq 'microsoft.compute/DISKS'", 1),
        ("resourceType ne 'Microsoft.Compute/disks'", 0),
        ("resourceGroup eq 'rg-app' and name eq 'data-1'", 1),
        ("name eq 'x' or location eq 'westeurope'", 1),
        ("substringof('ata', name)", 1),
        ("tagName eq 'team' and tagValue eq 'shop'", 1),
        ("tagName eq 'team' and tagValue eq 'other'", 0),
    ],
)
def test_resources_are_filtered(
    open_world: OpenWorld, small: dict[str, Any], subscription: str, query: str, count: int
) -> None:
    """The filters that clients use are understood, without regard to case."""
    resources = open_world(small).client(ResourceManagementClient, subscription).resources

    assert len(list(resources.list(filter=query))) == count


def test_an_unknown_filter_is_refused(
    open_world: OpenWorld, small: dict[str, Any], subscription: str
) -> None:
    """Nothing is silently ignored."""
    resources = open_world(small).client(ResourceManagementClient, subscription).resources

    with pytest.raises(HttpResponseError, match="InvalidFilterInQueryString"):
        list(resources.list(filter="colour eq 'red'"))
    with pytest.raises(HttpResponseError, match="InvalidSkipToken"):
        list(resources.list(params={"$skiptoken": "!"}))


def test_resources_are_read_by_id_and_listed_in_their_group(
    open_world: OpenWorld, small: dict[str, Any], subscription: str
) -> None:
    """A resource without operations of its own is still there for generic reads."""
    opened = open_world(small)
    client = opened.client(ResourceManagementClient, subscription)
    disk = small["resources"][0]["id"]

    listed = next(iter(client.resources.list_by_resource_group(APP, expand="createdTime")))

    assert listed.created_time.year == 2026
    assert client.resources.get_by_id(disk, api_version="2024-03-02").name == "data-1"
    assert client.resources.check_existence_by_id(disk, api_version="2024-03-02")
    assert not client.resources.check_existence_by_id(disk + "0", api_version="2024-03-02")
    with pytest.raises(ResourceNotFoundError) as caught:
        client.resources.get_by_id(disk + "0", api_version="2024-03-02")
    assert answered(caught).error.message == (
        "The Resource 'Microsoft.Compute/disks/data-10' under resource group 'rg-App' was not "
        "found. For more details please go to https://aka.ms/ARMResourceNotFoundFix"
    )


def test_resources_of_a_missing_group_are_refused(
    open_world: OpenWorld, small: dict[str, Any], subscription: str
) -> None:
    """An empty group and no group are two things."""
    client = open_world(small).client(ResourceManagementClient, subscription)

    assert list(client.resources.list_by_resource_group("AzureBackupRG_westeurope_1")) == []
    with pytest.raises(ResourceNotFoundError, match="ResourceGroupNotFound"):
        list(client.resources.list_by_resource_group("none"))


def test_a_group_that_vanished_meanwhile_stays_gone(
    open_world: OpenWorld, small: dict[str, Any], subscription: str
) -> None:
    """A deletion that is blocked late does not bring back what somebody else deleted."""
    opened = open_world(small | SLOW)
    groups = opened.client(ResourceManagementClient, subscription).resource_groups
    poller = groups.begin_delete(APP)
    opened.world.documents.remove(f"/subscriptions/{subscription}/resourceGroups/{APP}")
    lock = f"/subscriptions/{subscription}/providers/Microsoft.Authorization/locks/l"
    opened.world.documents.put({"id": lock, "properties": {"level": "CanNotDelete"}})

    with pytest.raises(HttpResponseError, match="ResourceGroupDeletionBlocked"):
        poller.result()
    assert not groups.check_existence(APP)


def test_providers_are_registered(
    open_world: OpenWorld, small: dict[str, Any], subscription: str
) -> None:
    """Every provider of the sandbox is registered; one that it does not know is invalid."""
    providers = open_world(small).client(ResourceManagementClient, subscription).providers

    assert providers.get("microsoft.compute").registration_state == "Registered"
    assert (
        providers.register("Microsoft.RecoveryServices").namespace == "Microsoft.RecoveryServices"
    )
    assert "Microsoft.Compute" in [each.namespace for each in providers.list()]
    with pytest.raises(ResourceNotFoundError, match="InvalidResourceNamespace"):
        providers.get("Contoso.Nothing")


def test_tags_are_merged_replaced_and_deleted(
    open_world: OpenWorld, small: dict[str, Any], subscription: str
) -> None:
    """Tags are changed without touching the rest of the resource."""
    tags = open_world(small).client(ResourceManagementClient, subscription).tags
    disk = small["resources"][0]["id"]

    def changed(operation: str, given: dict[str, str]) -> Any:
        body = {"operation": operation, "properties": {"tags": given}}
        return dict(tags.begin_update_at_scope(disk, body).result().properties.tags)

    assert changed("Merge", {"a": "1"}) == {"team": "shop", "a": "1"}
    assert changed("Delete", {"team": ""}) == {"a": "1"}
    assert changed("Replace", {"b": "2"}) == {"b": "2"}
    assert dict(tags.get_at_scope(disk).properties.tags) == {"b": "2"}
    with pytest.raises(HttpResponseError, match="InvalidTagOperation"):
        changed("Forget", {})
    with pytest.raises(ResourceNotFoundError, match="ResourceNotFound"):
        tags.get_at_scope(disk + "0")
    with pytest.raises(ResourceNotFoundError, match="ResourceGroupNotFound"):
        tags.get_at_scope(f"/subscriptions/{subscription}/resourceGroups/none")


def test_resource_traffic_passes_the_contract(
    open_world: OpenWorld,
    small: dict[str, Any],
    subscription: str,
    contract_check: Callable[[Path], str],
) -> None:
    """Microsoft's documents have nothing against these exchanges, polls and pages included."""
    opened = open_world(small | SLOW, page_size=1)
    client = opened.client(ResourceManagementClient, subscription)
    list(client.resource_groups.list())
    list(client.resources.list(expand="createdTime,changedTime,provisioningState"))
    list(client.resources.list_by_resource_group(APP))
    list(client.providers.list())
    client.providers.get("Microsoft.Compute")
    client.providers.register("Microsoft.Compute")
    disk = small["resources"][0]["id"]
    client.resources.get_by_id(disk, api_version="2024-03-02")
    client.tags.get_at_scope(disk)
    client.tags.begin_update_at_scope(disk, {"operation": "Merge", "properties": {"tags": {}}})
    client.resource_groups.create_or_update("n", {"location": "westeurope", "tags": {"a": "b"}})
    client.resource_groups.update("n", {"tags": {}})
    client.resource_groups.check_existence("none")
    client.resource_groups.begin_delete("n").wait()

    assert contract_check(opened.exchanges).endswith(" 0 violations")
