"""Masking: what is replaced, what stays, and what goes on belonging together."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from azremedy.domain.masking import mask

SUBSCRIPTION = "/subscriptions/5ab0e6c1-3f2d-4a7b-9c18-7d20b4f1a001"
GROUP = f"{SUBSCRIPTION}/resourceGroups/rg-payroll"
VM = f"{GROUP}/providers/Microsoft.Compute/virtualMachines/salaries-1"
VAULT = f"{GROUP}/providers/Microsoft.RecoveryServices/vaults/safe"
ITEM = (
    f"{VAULT}/backupFabrics/Azure/protectionContainers/IaasVMContainer;iaasvmcontainerv2;"
    "rg-payroll;salaries-1/protectedItems/VM;iaasvmcontainerv2;rg-payroll;salaries-1"
)


def mask_one(properties: dict[str, Any]) -> dict[str, Any]:
    """Mask the properties of the VM."""
    masked: dict[str, Any] = mask([{"id": VM, "properties": properties}])[0]["properties"]
    return masked


def test_ids_keep_their_form() -> None:
    """Labels, namespaces and types stay; names and GUIDs get stand-ins."""
    (masked,) = mask([{"id": VM}])

    assert (
        "/subscriptions/00000000-0000-4000-8000-000000000001/resourceGroups/group-1"
        "/providers/Microsoft.Compute/virtualMachines/vm-1"
    ) == masked["id"]


def test_the_parts_of_composed_names_follow() -> None:
    """A container's name, a collection's name and the item's number go on fitting together."""
    number = "991698409459952"
    collection = (
        f"{SUBSCRIPTION}/resourceGroups/AzureBackupRG_westeurope_1/providers/Microsoft.Compute"
        f"/restorePointCollections/AzureBackup_salaries-1_{number}"
    )
    documents: list[dict[str, Any]] = [
        {"id": VM},
        {"id": ITEM, "properties": {"protectedItemDataId": number, "virtualMachineId": VM}},
        {"id": collection, "properties": {"source": {"id": VM.upper()}}},
    ]

    vm, item, masked = mask(documents)

    stand_in = item["properties"]["protectedItemDataId"]
    assert item["id"].endswith("/VM;iaasvmcontainerv2;group-1;vm-1")
    assert masked["id"].endswith(f"/AzureBackupRG_westeurope_1{_tail}AzureBackup_vm-1_{stand_in}")
    assert vm["id"].lower() == masked["properties"]["source"]["id"].lower()
    assert (len(number), False) == (len(stand_in), stand_in == number)


_tail = "/providers/Microsoft.Compute/restorePointCollections/"


def test_a_custom_group_still_fits_its_policy() -> None:
    """The group that a policy names is still prefix, number and suffix of this policy."""
    policy = f"{VAULT}/backupPolicies/nightly"
    details = {"azureBackupRGNamePrefix": "payroll-rp", "azureBackupRGNameSuffix": "-eu"}
    group = f"{SUBSCRIPTION}/resourceGroups/payroll-rp3-eu"

    masked_group, masked = mask(
        [{"id": group}, {"id": policy, "properties": {"instantRPDetails": details}}]
    )

    told = masked["properties"]["instantRPDetails"]
    wanted = f"{told['azureBackupRGNamePrefix']}3{told['azureBackupRGNameSuffix']}"
    assert wanted == masked_group["id"].rpartition("/")[2]
    assert "payroll" not in json.dumps([masked_group, masked])


def test_words_of_azure_stay() -> None:
    """A VM that is called like one of Azure's words changes none of them."""
    vm = f"{GROUP}/providers/Microsoft.Compute/virtualMachines/Linux"
    properties = {"osType": "Linux", "provisioningState": "Succeeded", "message": "Linux is up"}

    (masked,) = mask([{"id": vm, "properties": properties}])

    assert {
        "osType": "Linux",
        "provisioningState": "Succeeded",
        "message": "vm-1 is up",
    } == masked["properties"]


@pytest.mark.parametrize("name", ["vm", "a", "VM", "Azure"])
def test_a_name_like_a_part_of_azures_names_does_no_harm(name: str) -> None:
    """The first parts of an item's name stay, whatever the VM is called."""
    item = ITEM.replace("salaries-1", name)

    _, masked = mask([{"id": VM.replace("salaries-1", name)}, {"id": item}])

    assert masked["id"].endswith(
        "/backupFabrics/Azure/protectionContainers/IaasVMContainer;iaasvmcontainerv2;group-1;vm-1"
        "/protectedItems/VM;iaasvmcontainerv2;group-1;vm-1"
    )


def test_a_stand_in_is_nobodys_name() -> None:
    """Where a VM is called vm-1 already, no other one gets this name."""
    ids = [VM.replace("salaries-1", name) for name in ("vm-2", "vm-1", "other")]

    masked = mask([{"id": each} for each in ids])

    names = [each["id"].rpartition("/")[2] for each in masked]
    assert ["vm-3", "vm-4", "vm-5"] == names


def test_names_inside_sentences_follow_whole() -> None:
    """A name that begins another one is replaced only where it stands alone."""
    longer = VM + "0"
    message = f"VM 'salaries-1' and salaries-10 of '{GROUP}'."

    masked = mask([{"id": VM}, {"id": longer, "properties": {"message": message}}])

    group = masked[0]["id"].partition("/providers/")[0]
    assert f"VM 'vm-1' and vm-2 of '{group}'." == masked[1]["properties"]["message"]


def test_people_and_notes_are_replaced() -> None:
    """User names, host names, keys, notes, tags and addresses of people tell nothing any more."""
    masked = mask(
        [
            {
                "id": VM,
                "tags": {"owner": "Mary", "cost": ""},
                "properties": {
                    "computerName": "payhost",
                    "adminUsername": "mary",
                    "path": "/home/mary/.ssh/authorized_keys",
                    "keyData": "ssh-rsa AAAA",
                    "notes": "ask Mary",
                    "contact": "mary@payroll.example",
                },
            }
        ]
    )[0]

    assert {"tag-1": "value-1", "tag-2": ""} == masked["tags"]
    assert {
        "computerName": "host-1",
        "adminUsername": "user-1",
        "path": "/home/user-1/.ssh/authorized_keys",
        "keyData": "key-1",
        "notes": "note-1",
        "contact": "person-1@example.com",
    } == masked["properties"]


def test_addresses_stay_in_their_networks() -> None:
    """An address still lies in the network in which it lay; Azure's own addresses stay."""
    masked = mask_one(
        {
            "addressPrefixes": ["172.20.0.0/16", "192.168.7.0/24", "0.0.0.0/0"],
            "privateIPAddress": "172.20.3.4",
            "dns": "168.63.129.16",
            "vmAgentVersion": "2.11.1.12",
        }
    )

    assert {
        "addressPrefixes": ["10.1.0.0/16", "10.2.7.0/24", "0.0.0.0/0"],
        "privateIPAddress": "10.1.3.4",
        "dns": "168.63.129.16",
        "vmAgentVersion": "2.11.1.12",
    } == masked


def test_settings_of_strange_extensions_are_replaced() -> None:
    """What a script extension runs is nobody's business; disk encryption stays understandable."""
    vault = f"{GROUP}/providers/Microsoft.KeyVault/vaults/paykeys"
    masked = mask_one(
        {
            "settings": {
                "commandToExecute": "join --domain payroll",
                "files": ["a", {"b": "c"}],
                "retries": 3,
                "KeyVaultResourceId": vault,
                "KeyVaultURL": "https://paykeys.vault.azure.net/",
                "EncryptionOperation": "EnableEncryption",
            }
        }
    )["settings"]

    group = "/subscriptions/00000000-0000-4000-8000-000000000001/resourceGroups/group-1"
    assert {
        "commandToExecute": "setting-1",
        "files": ["setting-2", {"b": "setting-3"}],
        "retries": 3,
        "KeyVaultResourceId": f"{group}/providers/Microsoft.KeyVault/vaults/vault-1",
        "KeyVaultURL": "https://vault-1.vault.azure.net/",
        "EncryptionOperation": "EnableEncryption",
    } == masked


def test_names_in_links_are_replaced() -> None:
    """Storage accounts and keys of key vaults stand in links only."""
    masked = mask_one(
        {
            "storageUri": "https://paydiag.blob.core.windows.net/",
            "keyUrl": "https://paykeys.vault.azure.net/keys/disk-key/0123456789abcdef",
        }
    )

    assert "https://account-1.blob.core.windows.net/" == masked["storageUri"]
    assert masked["keyUrl"].startswith("https://vault-1.vault.azure.net/keys/key-1/")


def test_an_extension_that_is_called_like_its_handler_keeps_its_name() -> None:
    """VMSnapshotLinux must be recognised; a name of one's own must not."""
    own, other = f"{VM}/extensions/VMSnapshotLinux", f"{VM}/extensions/payroll-join"
    documents = [
        {"id": own, "properties": {"type": "VMSnapshotLinux"}},
        {"id": other, "properties": {"type": "CustomScript"}},
    ]

    names = [each["id"].rpartition("/")[2] for each in mask(documents)]

    assert ["VMSnapshotLinux", "extension-1"] == names


def test_zeros_and_values_that_are_no_texts_stay() -> None:
    """Numbers, truths and nothing are no names, nor is a GUID or a number of zeros."""
    properties = {
        "a": 1,
        "b": None,
        "c": True,
        "d": "00000000-0000-0000-0000-000000000000",
        "e": "0" * 15,
        "f": "",
        "notes": "",
    }

    assert properties == mask_one(properties)


def test_a_guid_is_replaced_even_among_azures_words() -> None:
    """An operation's code may hold the id of somebody."""
    masked = mask_one({"code": "asked by 5ab0e6c1-3f2d-4a7b-9c18-7d20b4f1a001", "status": "y"})

    assert {"code": "asked by 00000000-0000-4000-8000-000000000001", "status": "y"} == masked


def test_nothing_masked_is_nothing() -> None:
    """No documents, no stand-ins."""
    assert () == mask([])


_NAME = st.from_regex(r"[a-z][a-z0-9-]{2,14}[a-z0-9]", fullmatch=True)


@given(names=st.lists(_NAME, min_size=1, max_size=6, unique=True), group=_NAME)
def test_equal_names_get_equal_stand_ins_and_different_ones_different(
    names: list[str], group: str
) -> None:
    """Whatever the names are, ids correspond one to one, and the second masking is the first."""
    ids = [
        f"{SUBSCRIPTION}/resourceGroups/{group}/providers/Microsoft.Compute/virtualMachines/{name}"
        for name in names
    ]
    documents = [{"id": each, "properties": {"again": each.upper()}} for each in ids]

    masked = mask(documents)

    assert len(ids) == len({each["id"] for each in masked})
    assert all(each["id"].lower() == each["properties"]["again"].lower() for each in masked)
    assert masked == mask(documents)
    assert not any(_stands_in(each["id"], name) for each in masked for name in [*names, group])


def _stands_in(resource_id: str, name: str) -> bool:
    labels = r"subscriptions|resourceGroups|providers|virtualMachines|Microsoft\.Compute"
    segments = re.sub(rf"/(?:{labels})(?=/|$)", "", resource_id).lower().split("/")
    return name in segments
