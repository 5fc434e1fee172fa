"""Verdicts of the backup service that rest on policies, disks, locks and open snapshots."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from azremedy.sandbox import backup_errors, guest_facts
from azremedy.sandbox.backup_view import points_of_vm
from azremedy.sandbox.scenario_layers import patched

if TYPE_CHECKING:
    from azremedy.sandbox.scenario import Policy
    from azremedy.sandbox.world import World
    from tests.sandbox.conftest import OpenWorld
    from tests.sandbox.providers.conftest import Azure, Connect

SHOP = "/subscriptions/5ab0e6c1-3f2d-4a7b-9c18-7d20b4f1a001/resourceGroups/rg-shop/providers"
VM = f"{SHOP}/Microsoft.Compute/virtualMachines/web-1"
DATA_DISK = f"{SHOP}/Microsoft.Compute/disks/web-1_data"
DAILY = f"{SHOP}/Microsoft.RecoveryServices/vaults/vault-shop/backupPolicies/DefaultPolicy"
LIMIT, DENIED = "UserErrorRpCollectionLimitReached", "UserErrorRequestDisallowedByPolicy"
COMPUTE = "UserErrorCrpReportedUserError"


def _backup(azure: Azure) -> str:
    job = azure.back_up(azure.item("vault-shop", "rg-shop", "web-1"))
    return "".join(azure.errors(job)) or "success"


def _change(world: World, path: str, **change: Any) -> None:
    document: Any = world.documents.get(path)
    world.documents.put(patched(document, change))


@pytest.mark.parametrize(
    ("change", "end"),
    [
        ({}, DENIED),
        ({"types": ("Microsoft.Resources/resourceGroups",)}, DENIED),
        ({"required_tags": ()}, DENIED),
        ({"required_tags": (), "allowed_locations": ("westeurope",)}, "success"),
        ({"required_tags": (), "allowed_locations": ("northeurope",)}, DENIED),
        ({"types": ("Microsoft.Compute/disks",)}, "success"),
        ({"effect": "denyAction"}, "success"),
        ({"scope": "/subscriptions/5ab0e6c1-3f2d-4a7b-9c18-7d20b4f1a002"}, "success"),
    ],
)
def test_a_policy_denies_the_group_of_the_points(
    change: dict[str, Any], end: str, open_world: OpenWorld, connect: Connect
) -> None:
    """Only one that is about groups, there, and does not hold for the service's own."""
    azure = connect(open_world("group-denied"))
    world = azure.opened.world
    policies: tuple[Policy, ...] = tuple(
        replace(policy, **change) for policy in world.scenario.policies
    )
    world.scenario = replace(world.scenario, policies=policies)

    assert end == _backup(azure)


def test_a_group_that_is_there_needs_no_leave(open_world: OpenWorld, connect: Connect) -> None:
    """The same policy does no harm where the group was made before it."""
    policies = open_world("group-denied").world.scenario.policies
    azure = connect(open_world("healthy-windows"))
    world = azure.opened.world
    world.scenario = replace(world.scenario, policies=policies)

    assert "success" == _backup(azure)


@pytest.mark.parametrize(
    ("kind", "policy", "end"),
    [
        ("PremiumV2_LRS", "V1", COMPUTE),
        ("UltraSSD_LRS", "V1", COMPUTE),
        ("UltraSSD_LRS", "V2", "success"),
        ("StandardSSD_LRS", "V1", "success"),
    ],
)
def test_some_kinds_of_disks_ask_for_an_enhanced_policy(
    kind: str, policy: str, end: str, open_world: OpenWorld, connect: Connect
) -> None:
    """Premium SSD v2 and Ultra do, all others do not."""
    azure = connect(open_world("disk-sku-unsupported"))
    _change(azure.opened.world, DATA_DISK, sku={"name": kind})
    _change(azure.opened.world, DAILY, properties={"policyType": policy})

    assert end == _backup(azure)


def test_the_machine_tells_of_a_disk_without_a_document(
    open_world: OpenWorld, connect: Connect
) -> None:
    """Where the disk itself is not in the world, the machine's word counts."""
    azure = connect(open_world("disk-sku-unsupported"))
    azure.opened.world.documents.remove(DATA_DISK)

    assert COMPUTE == _backup(azure)


def test_clean_up_ends_at_a_point_that_somebody_reads(
    open_world: OpenWorld, connect: Connect
) -> None:
    """The oldest cannot go while its disk is read: neither by itself, nor those behind it."""
    azure = connect(open_world("snapshot-in-use"))
    world = azure.opened.world
    counts, ends = [len(points_of_vm(world, VM))], []
    for still_open in (True, False):
        if not still_open:
            guest_facts.change(world, VM, open_snapshots=())
        ends.append(_backup(azure))
        azure.opened.transport.sleep(3 * 3600)
        counts.append(len(points_of_vm(world, VM)))

    assert [COMPUTE, LIMIT] == ends
    assert [18, 18, 3] == counts


def test_an_open_snapshot_below_the_limit_does_no_harm(
    open_world: OpenWorld, connect: Connect
) -> None:
    """It only keeps its point alive."""
    azure = connect(open_world("healthy-windows"))
    world = azure.opened.world
    oldest = points_of_vm(world, VM)[0]["id"]
    guest_facts.change(world, VM, open_snapshots=(f"{oldest}/diskRestorePoints/x",))

    assert "success" == _backup(azure)
    assert oldest in world.documents


def test_stopped_from_outside_is_not_stopped_inside(
    open_world: OpenWorld, connect: Connect
) -> None:
    """Once Azure itself has turned the machine off, it is backed up without its guest."""
    azure = connect(open_world("vm-stopped-inside"))
    before = _backup(azure)
    azure.compute.virtual_machines.begin_deallocate("rg-shop", "web-1").result()

    assert ("GuestAgentSnapshotTaskStatusError", "success") == (before, _backup(azure))


def test_codes_may_bear_what_compute_said() -> None:
    """Behind a slash stands the code inside an envelope; unknown ones have general words."""
    envelope = backup_errors.named(f"{COMPUTE}/AllocationFailed")
    unknown = backup_errors.named("SomethingNew")

    assert (COMPUTE, 400349) == (envelope.title, envelope.number)
    assert envelope.detail.startswith("AllocationFailed: ")
    assert ("SomethingNew", 0, "") == (unknown.title, unknown.number, unknown.detail)
