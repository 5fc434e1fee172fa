"""Each built-in world fails a backup with its code, and undone what was planted, no longer does."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

import pytest
import yaml

from azremedy.sandbox import guest_facts, scenario
from azremedy.sandbox.scenario_layers import patched
from azremedy.sandbox.tokens import BACKUP_SERVICE_OBJECT
from tests.sandbox.providers.conftest import Azure

if TYPE_CHECKING:
    from tests.sandbox.conftest import OpenWorld
    from tests.sandbox.providers.conftest import Connect

TABLE = Path(__file__).resolve().parents[2] / "cases/worlds.yaml"
SUBSCRIPTION = "5ab0e6c1-3f2d-4a7b-9c18-7d20b4f1a"
SHOP = f"/subscriptions/{SUBSCRIPTION}001/resourceGroups/rg-shop/providers"
VM = f"{SHOP}/Microsoft.Compute/virtualMachines/web-1"
VNET = f"{SHOP}/Microsoft.Network/virtualNetworks/web-vnet"
KEY_VAULT = f"{SHOP}/Microsoft.KeyVault/vaults/kv-shop"
VAULT = f"{SHOP}/Microsoft.RecoveryServices/vaults/vault-shop"
PART = "iaasvmcontainerv2;rg-shop;web-1"
ITEM = (
    f"{VAULT}/backupFabrics/Azure/protectionContainers/IaasVMContainer;{PART}"
    f"/protectedItems/VM;{PART}"
)
ADMINISTRATOR = "00482a5a-887f-4fb3-b363-3b7fe8e74483"
HOUR = 3600
Cure: TypeAlias = Callable[[Azure], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """What a backup of one machine of one world ends with."""

    world: str
    """The scenario."""
    vm: str
    """The machine's name."""
    subscription: str
    """Its subscription."""
    said: str
    """The code that job or health tells."""
    end: str
    """How the next backup ends; empty when there is no item to back up."""
    inner: tuple[str, ...]
    """The codes inside of it."""
    refused: bool
    """Whether no job begins."""


def _row(entry: Mapping[str, Any]) -> Row:
    end = entry.get("backup", entry.get("code", "success"))
    return Row(
        world=entry["world"],
        vm=entry.get("vm", "web-1").rpartition("/")[2],
        subscription=SUBSCRIPTION + entry.get("subscription", "001"),
        said=entry.get("code", ""),
        end="" if end == "none" else end,
        inner=tuple(entry.get("inner", ())),
        refused=entry.get("refused", False),
    )


ENTRIES: list[dict[str, Any]] = yaml.safe_load(TABLE.read_text(encoding="utf-8"))
ROWS = tuple(map(_row, ENTRIES))
each_row = pytest.mark.parametrize("row", ROWS, ids=lambda row: f"{row.world}/{row.vm}")


def _items(azure: Azure, vm: str) -> list[Any]:
    """List the items of a machine, those that are protected before those that no longer are."""
    vaults = azure.resources.resources.list(
        filter="resourceType eq 'Microsoft.RecoveryServices/vaults'"
    )
    found = [
        item
        for vault in vaults
        for item in azure.items(vault.name, vault.id.split("/")[4])
        if item.properties["virtualMachineId"].lower().endswith(f"/virtualmachines/{vm.lower()}")
    ]
    return sorted(found, key=lambda item: item.properties["protectionState"] == "ProtectionStopped")


def _end(azure: Azure, vm: str) -> tuple[str, str, bool]:
    """Back a machine up: how that ends, the reason inside, and whether no job began at all."""
    item = _items(azure, vm)[0]
    status = azure.operation(item, azure.trigger(item))
    if status.status == "Failed":
        return str(status.error.code), "", True
    job = azure.job(item, status.properties.job_id)
    return "".join(azure.errors(job)) or "success", _inside(job), False


def _inside(job: Any) -> str:
    """Give the code inside an envelope."""
    text: str = job.properties.extended_info.dynamic_error_message or ""
    return text.partition(":")[0]


def _told(azure: Azure, row: Row) -> set[str]:
    """Give the codes of the failed jobs and of the items of a row's machine."""
    items = _items(azure, row.vm)
    details = [each for item in items for each in item.properties.get("healthDetails") or []]
    told = {detail["title"] for detail in details}
    for item in items:
        group, vault = item.id.split("/")[4], item.id.split("/")[8]
        for each in azure.backup.backup_jobs.list(vault, group):
            job = azure.backup.job_details.get(vault, group, each.name)
            if job.properties.entity_friendly_name.lower() == row.vm.lower():
                told.update((*azure.errors(job), *filter(None, [_inside(job)])))
    return told - {"IaasVmHealthGreenDefault"}


@each_row
def test_a_backup_ends_with_the_code_of_its_world(
    row: Row, open_world: OpenWorld, connect: Connect
) -> None:
    """The first backup that somebody asks for ends with exactly that code, envelope and all."""
    azure = connect(open_world(row.world), row.subscription)
    inner = "".join(row.inner) if row.end == row.said else ""
    expected = [(row.end, inner, row.refused)] if row.end else []

    ends = [_end(azure, row.vm) for _ in _items(azure, row.vm)[:1]]

    assert expected == ends


@each_row
def test_item_and_job_say_the_code_of_their_world(
    row: Row, open_world: OpenWorld, connect: Connect
) -> None:
    """What job and health said before is the code, with what is inside of it, and no other."""
    azure = connect(open_world(row.world), row.subscription)

    assert {*filter(None, [row.said]), *row.inner} == _told(azure, row)


def test_every_built_in_world_stands_in_the_table() -> None:
    """No world is without a word on what is behind it, and none is told of that is not there."""
    assert set(scenario.names()) == {row.world for row in ROWS}


def test_every_row_says_how_it_ends() -> None:
    """What does not heal has an exit code of its own; what heals has none."""
    assert [] == [each["world"] for each in ENTRIES if each["heals"] == ("exit" in each)]


def _change(path: str, properties: Any, azure: Azure) -> None:
    """Change a document's properties as a merge patch does."""
    world = azure.opened.world
    document: Any = world.documents.get(path)
    world.documents.put({**document, "properties": patched(document["properties"], properties)})


def _put(document: Any, azure: Azure) -> None:
    azure.opened.world.documents.put(document)


def _remove_locks(azure: Azure) -> None:
    """Take every lock away, and give the service the hours that it takes to clean up."""
    world = azure.opened.world
    for each in world.documents.of_type("Microsoft.Authorization/locks"):
        world.documents.remove(each["id"])
    _wait(3, azure)


def _wait(hours: float, azure: Azure) -> None:
    azure.opened.transport.sleep(hours * HOUR)


def _mend_guests(azure: Azure) -> None:
    """Let everything inside of every machine be as it should."""
    world = azure.opened.world
    world.scenario = replace(world.scenario, guest={})


def _update_agent(azure: Azure) -> None:
    guest_facts.change(azure.opened.world, VM, agent_version="2.11.1.12")


def _answer_again(azure: Azure) -> None:
    azure.compute.virtual_machines.begin_restart("rg-shop", "web-1").result()
    _wait(0.1, azure)


def _install_dot_net(azure: Azure) -> None:
    _mend_guests(azure)
    _answer_again(azure)


def _mend_extension(azure: Azure) -> None:
    world = azure.opened.world
    for each in world.documents.of_type("Microsoft.Compute/virtualMachines/extensions"):
        _change(each["id"], {"provisioningState": "Succeeded"}, azure)
    for vm in world.documents.of_type("Microsoft.Compute/virtualMachines"):
        _change(vm["id"], {"instanceView": {"extensions": []}}, azure)


def _end_access(azure: Azure) -> None:
    guest_facts.change(azure.opened.world, VM, open_snapshots=())
    _wait(3, azure)


def _make_group(azure: Azure) -> None:
    body = {"location": "westeurope", "tags": {"costCenter": "4711"}}
    azure.resources.resource_groups.create_or_update("AzureBackupRG_westeurope_1", body)


def _give_role(azure: Azure) -> None:
    scope = f"{KEY_VAULT}/providers/Microsoft.Authorization/roleAssignments/{ADMINISTRATOR}"
    role = f"/providers/Microsoft.Authorization/roleDefinitions/{ADMINISTRATOR}"
    properties = {"principalId": BACKUP_SERVICE_OBJECT, "roleDefinitionId": role}
    _put({"id": scope, "properties": {**properties, "scope": KEY_VAULT}}, azure)


def _let_in(azure: Azure) -> None:
    everything = {"keys": ["all"], "secrets": ["all"]}
    policy = {"objectId": BACKUP_SERVICE_OBJECT, "permissions": everything}
    _change(KEY_VAULT, {"accessPolicies": [policy]}, azure)


def _add_endpoint(azure: Azure) -> None:
    network: Any = azure.opened.world.documents.get(VNET)
    (subnet,) = network["properties"]["subnets"]
    subnet["properties"]["serviceEndpoints"] = [{"service": "Microsoft.Storage"}]
    _change(VNET, {"subnets": [subnet]}, azure)


def _drop_rules(azure: Azure) -> None:
    group = f"{SHOP}/Microsoft.Network/networkSecurityGroups/web-nsg"
    _change(group, {"securityRules": []}, azure)


def _take_back(azure: Azure) -> None:
    policy = f"{VAULT}/backupPolicies/DefaultPolicy"
    state = {"isScheduledForDeferredDelete": None, "deferredDeleteTimeInUTC": None}
    _change(ITEM, {**state, "protectionState": "Protected", "policyId": policy}, azure)


def _nothing(_azure: Azure) -> None:
    """Leave the world as it is: its script has ended."""


INSIDE = (
    "agent-silent",
    "agent-stopped",
    "app-locker",
    "extension-failed-vss-service-in-bad-state",
    "extension-installation-failed-mdtc",
    "extension-snapshot-failed-com",
    "extension-vc-redist-installation-failure",
    "extensions-disabled",
    "extensions-switched-off",
    "host-unreachable",
    "no-dhcp",
    "vm-restore-point-internal-error",
    "vm-stopped-inside",
)
SCRIPTED = (
    "extension-config-parsing-failure",
    "extension-failed-snapshot-limit-reached-error",
    "extension-failed-timeout-vm-network-unresponsive",
    "extension-failed-vss-writer-in-bad-state",
    "extension-installation-failed-com",
    "extension-snapshot-bitlocker-error",
    "extension-snapshot-failed-no-secure-network",
    "os-provisioning-client-error",
    "user-error-bcm-premium-storage-quota-error",
    "user-error-fs-freeze-failed",
    "user-error-unable-to-open-mount",
    "vm-restore-point-client-error",
)
DISK = f"{SHOP}/Microsoft.Compute/disks/web-1_data"
CURES: dict[str, tuple[Cure, ...]] = {
    **dict.fromkeys(INSIDE, (_mend_guests,)),
    **dict.fromkeys(SCRIPTED, (_nothing,)),
    "agent-and-point-limit": (_answer_again, partial(_wait, 3)),
    "agent-outdated-and-storage-blocked": (_drop_rules, _update_agent),
    "disk-key-missing": (partial(_put, {"id": KEY_VAULT, "properties": {}}),),
    "disk-shared": (partial(_change, DISK, {"maxShares": 1}),),
    "disk-sku-unsupported": (
        partial(_change, f"{VAULT}/backupPolicies/DefaultPolicy", {"policyType": "V2"}),
    ),
    "dot-net-missing": (_install_dot_net,),
    "extension-stuck-in-deletion-state": (_mend_extension,),
    "group-denied": (_make_group,),
    "item-soft-deleted": (_take_back,),
    "key-vault-and-lock": (_let_in, _remove_locks),
    "key-vault-closed-by-roles": (_give_role,),
    "lock-on-subscription": (_remove_locks,),
    "lock-points-and-extension": (_mend_extension, _remove_locks),
    "other-extension-failed": (_mend_extension,),
    "snapshot-in-use": (_end_access,),
    "storage-blocked-by-private-subnet": (_add_endpoint,),
    "storage-blocked-by-route": (_add_endpoint,),
    "too-many-backups": (partial(_wait, 17),),
    "vm-changing": (partial(_wait, 0.3),),
}
NEXT = {
    "agent-and-point-limit": "UserErrorRpCollectionLimitReached",
    "agent-outdated-and-storage-blocked": "GuestAgentSnapshotTaskStatusError",
    "key-vault-and-lock": "BackUpOperationFailedV2",
    "lock-points-and-extension": "UserErrorRpCollectionLimitReached",
}


@pytest.mark.parametrize("name", CURES)
def test_undone_what_was_planted_the_backup_is_good(
    name: str, open_world: OpenWorld, connect: Connect
) -> None:
    """Cause after cause is undone, and the backup after the last one is the first good one."""
    azure = connect(open_world(name))
    (row,) = (row for row in ROWS if row.world == name)
    expected = [row.end, *([NEXT[name]] if name in NEXT else []), "success"]

    ends = [_end(azure, row.vm)[0]]
    for cure in CURES[name]:
        cure(azure)
        ends.append(_end(azure, row.vm)[0])

    assert expected == ends


def test_every_world_that_fails_is_cured_somewhere() -> None:
    """Each world with a code of its own has a cure here or in the tests of its provider."""
    elsewhere = {row.world for row in ROWS if row.world not in CURES and row.end != "success"}

    assert elsewhere == ELSEWHERE


ELSEWHERE = {
    "back-up-operation-failed",
    "back-up-operation-failed-v2",
    "custom-group-name",
    "estate",
    "extension-operation-failed-for-managed-disks",
    "extension-snapshot-failed-no-network",
    "fleet-small",
    "guest-agent-snapshot-task-status-error",
    "not-protected",
    "restore-point-limit",
    "stuck-extension",
    "user-error-backup-operation-in-progress",
    "user-error-bcm-datasource-not-present",
    "user-error-crp-reported-user-error",
    "user-error-guest-agent-status-unavailable",
    "user-error-keyvault-permissions-not-configured",
    "user-error-rp-collection-limit-reached",
    "user-error-standard-ssd-not-supported",
    "user-error-unsupported-disk-size",
    "user-error-vm-provisioning-state-failed",
    "vm-gone",
}
"""Worlds that the tests of codes, of the limit and of the fleet mend, and two without a cure."""
