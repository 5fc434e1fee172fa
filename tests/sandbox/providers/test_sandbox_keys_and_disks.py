"""Key vaults, role assignments, disks, and snapshots that somebody reads."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from azure.core.exceptions import HttpResponseError
from azure.core.rest import HttpRequest

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.sandbox.conftest import OpenWorld
    from tests.sandbox.providers.conftest import Azure, Connect

SUBSCRIPTION = "5ab0e6c1-3f2d-4a7b-9c18-7d20b4f1a001"
RG = f"/subscriptions/{SUBSCRIPTION}/resourceGroups/rg-shop"
VAULT = f"{RG}/providers/Microsoft.KeyVault/vaults/kv-shop"
VM = f"{RG}/providers/Microsoft.Compute/virtualMachines/web-1"
SERVICE = "77777777-7777-7777-7777-777777777777"
TENANT = "11111111-1111-1111-1111-111111111111"
ADMINISTRATOR = "00482a5a-887f-4fb3-b363-3b7fe8e74483"
ASSIGNMENTS = f"{VAULT}/providers/Microsoft.Authorization/roleAssignments"
GROUP = "AzureBackupRG_westeurope_1"
CLOSED = "UserErrorKeyvaultPermissionsNotConfigured"
TOO_LARGE = "UserErrorUnsupportedDiskSize"
FULL = {"keys": ["get", "list", "backup"], "secrets": ["get", "list"]}


@pytest.fixture
def azure(open_world: OpenWorld, connect: Connect) -> Azure:
    """Open the world whose key vault keeps the backup service out."""
    return connect(open_world("user-error-keyvault-permissions-not-configured"))


def _send(azure: Azure, method: str, path: str, body: Any = None) -> Any:
    version = "2022-04-01" if "Microsoft.Authorization" in path else "2024-11-01"
    content = {"json": body} if body is not None else {}
    request = HttpRequest(method, f"{path}?api-version={version}", **content)
    return azure.resources.send_request(request)


def _policies(azure: Azure, kind: str, permissions: dict[str, list[str]]) -> Any:
    policy = {"tenantId": TENANT, "objectId": SERVICE, "permissions": permissions}
    body = {"properties": {"accessPolicies": [policy]}}
    return _send(azure, "PUT", f"{VAULT}/accessPolicies/{kind}", body)


def _backup(azure: Azure) -> str:
    item = azure.item("vault-shop", "rg-shop", "web-1")
    return "".join(azure.errors(azure.back_up(item))) or "success"


def _use_roles(azure: Azure) -> None:
    document: Any = azure.opened.world.documents.get(VAULT)
    document["properties"]["enableRbacAuthorization"] = True
    azure.opened.world.documents.put(document)


def _change_vm(azure: Azure, change: Callable[[Any], None]) -> None:
    vm: Any = azure.opened.world.documents.get(VM)
    change(vm["properties"])
    azure.opened.world.documents.put(vm)


def test_access_policies_are_added_and_removed(
    azure: Azure, contract_check: Callable[[Path], str]
) -> None:
    """Rights add up for a principal, can be taken away again, and others keep theirs."""
    _policies(azure, "add", {"secrets": ["Get"]})
    added = _policies(azure, "add", {"secrets": ["list"], "keys": ["get"]}).json()
    both = _send(azure, "GET", VAULT).json()["properties"]["accessPolicies"]
    removed = _policies(azure, "remove", {"secrets": ["get", "list"], "keys": ["get"]}).json()
    left = _send(azure, "GET", VAULT).json()["properties"]["accessPolicies"]
    replaced = _policies(azure, "replace", FULL)
    only = _send(azure, "GET", VAULT).json()["properties"]["accessPolicies"]

    assert added["properties"]["accessPolicies"][0]["permissions"] == {
        "keys": ["get"],
        "secrets": ["get", "list"],
    }
    assert (len(both), len(left), replaced.status_code, len(only)) == (2, 1, 200, 1)
    assert removed["properties"]["accessPolicies"] == []
    assert _policies(azure, "forget", FULL).status_code == 400
    assert contract_check(azure.opened.exchanges).endswith(" 0 violations")


@pytest.mark.parametrize(
    ("permissions", "outcome"),
    [
        (FULL, "success"),
        ({"keys": ["all"], "secrets": ["all"]}, "success"),
        ({"keys": ["get", "list"], "secrets": ["get", "list"]}, CLOSED),
        ({"secrets": ["get", "list", "backup"]}, CLOSED),
        ({"keys": ["get", "list", "backup"], "secrets": ["list"]}, CLOSED),
    ],
)
def test_which_policies_let_the_backup_service_in(
    azure: Azure, permissions: dict[str, list[str]], outcome: str
) -> None:
    """With a key encryption key it takes rights to both keys and secrets."""
    _policies(azure, "add", permissions)

    assert outcome == _backup(azure)


def test_without_a_key_encryption_key_secrets_are_enough(azure: Azure) -> None:
    """A machine whose secrets are not wrapped needs no right to keys."""

    def unwrap(properties: Any) -> None:
        del properties["instanceView"]["disks"][0]["encryptionSettings"][0]["keyEncryptionKey"]

    _change_vm(azure, unwrap)
    _policies(azure, "add", {"secrets": ["get", "list"]})

    assert _backup(azure) == "success"


def test_policies_do_not_count_in_the_role_model(
    azure: Azure, contract_check: Callable[[Path], str]
) -> None:
    """A vault that goes by roles lets the service in by a role, at once and only while it holds."""
    _use_roles(azure)
    _policies(azure, "add", FULL)
    before = _backup(azure)
    role = f"/subscriptions/{SUBSCRIPTION}/providers/Microsoft.Authorization/roleDefinitions"
    body = {"properties": {"roleDefinitionId": f"{role}/{ADMINISTRATOR}", "principalId": SERVICE}}
    name = "8d1c0f5e-65f2-4d05-9a3d-0f5f4a0c0b11"
    made = _send(azure, "PUT", f"{ASSIGNMENTS}/{name}", body)
    twice = _send(azure, "PUT", f"{ASSIGNMENTS}/{name.replace('8', '9')}", body)
    listed = _send(azure, "GET", ASSIGNMENTS).json()["value"]
    between = _backup(azure)
    gone = [_send(azure, "DELETE", f"{ASSIGNMENTS}/{name}").status_code for _ in range(2)]

    assert (before, between, _backup(azure)) == (CLOSED, "success", CLOSED)
    assert (made.status_code, made.json()["properties"]["scope"]) == (201, VAULT)
    assert (twice.status_code, twice.json()["error"]["code"]) == (409, "RoleAssignmentExists")
    assert [each["name"] for each in listed if each["properties"]["principalId"] == SERVICE] == [
        name
    ]
    assert gone == [200, 204]
    assert contract_check(azure.opened.exchanges).endswith(" 0 violations")


@pytest.mark.usefixtures("off_the_record")
def test_role_assignment_names_role_and_principal(azure: Azure) -> None:
    """An assignment without a role or a principal is refused."""
    assert _send(azure, "PUT", f"{ASSIGNMENTS}/x", {"properties": {}}).status_code == 400


@pytest.mark.parametrize(
    ("actions", "outcome"),
    [
        (["Microsoft.KeyVault/vaults/*"], "success"),
        (["Microsoft.KeyVault/vaults/secrets/*", "Microsoft.KeyVault/vaults/keys/read"], CLOSED),
        ([], CLOSED),
    ],
)
def test_custom_roles_let_in_by_their_data_actions(
    azure: Azure, actions: list[str], outcome: str
) -> None:
    """A role of one's own counts by what it gives."""
    _use_roles(azure)
    base = f"{RG}/providers/Microsoft.Authorization"
    role = f"{base}/roleDefinitions/3b8f5f3f-6a0c-4ad5-9a1b-53d2a5b2f0aa"
    put = azure.opened.world.documents.put
    put({"id": role, "properties": {"permissions": [{"dataActions": actions}]}})
    given = {"roleDefinitionId": role, "principalId": SERVICE}
    put({"id": f"{base}/roleAssignments/5d1c", "properties": given})
    put({"id": f"{base}/roleAssignments/5d1d", "properties": {**given, "principalId": "someone"}})
    unknown = {**given, "roleDefinitionId": f"{base}/roleDefinitions/none"}
    put({"id": f"{base}/roleAssignments/5d1b", "properties": unknown})

    assert outcome == _backup(azure)


def test_encryption_is_seen_in_both_passes(azure: Azure) -> None:
    """Keys count wherever they are named: in the model, the view or the disk; off, they do not."""

    def moved(to: str) -> Callable[[Any], None]:
        def change(properties: Any) -> None:
            found = properties["instanceView"]["disks"][0].pop("encryptionSettings", None)
            settings.extend(found or [])
            disk = properties["storageProfile"]["osDisk"]
            disk.pop("encryptionSettings", None)
            if to != "disk":
                disk["encryptionSettings"] = {**settings[0], "enabled": to == "model"}

        return change

    settings: list[Any] = []
    _change_vm(azure, moved("model"))
    in_model = _backup(azure)
    _change_vm(azure, moved("nowhere"))
    switched_off = _backup(azure)
    _change_vm(azure, moved("disk"))
    collection = {"enabled": True, "encryptionSettings": [settings[0]]}
    disk = f"{RG}/providers/Microsoft.Compute/disks/web-1_OsDisk_1"
    properties = {"encryptionSettingsCollection": collection}
    azure.opened.world.documents.put({"id": disk, "properties": properties})
    in_disk = _backup(azure)
    point = azure.recovery_points(azure.item("vault-shop", "rg-shop", "web-1"))[0]
    azure.opened.world.documents.remove(VAULT)

    assert (in_model, switched_off, in_disk) == (CLOSED, "success", CLOSED)
    assert point.properties.is_source_vm_encrypted is False
    assert _backup(azure) == CLOSED


@pytest.mark.usefixtures("off_the_record")
def test_key_vaults_are_read_made_changed_and_deleted(azure: Azure) -> None:
    """Vaults are listed in both ways; a whole write keeps what it does not name."""
    provider = "providers/Microsoft.KeyVault/vaults"
    lists = [
        [each["name"] for each in _send(azure, "GET", path).json()["value"]]
        for path in (f"{RG}/{provider}", f"/subscriptions/{SUBSCRIPTION}/{provider}")
    ]
    other = f"{RG}/{provider}/other"
    made = _send(azure, "PUT", other, {"location": "westeurope", "properties": {"tags": {}}})
    whole = _send(azure, "PUT", VAULT, {"properties": {"accessPolicies": []}}).json()
    patched = _send(azure, "PATCH", VAULT, {"tags": {"a": "b"}}).json()
    gone = [_send(azure, "DELETE", other).status_code for _ in range(2)]

    assert lists == [["kv-shop"], ["kv-shop"]]
    assert made.json()["properties"]["vaultUri"] == "https://other.vault.azure.net/"
    assert whole["properties"]["accessPolicies"] == []
    assert whole["properties"]["enabledForDiskEncryption"] is True
    assert patched["tags"] == {"a": "b"}
    assert gone == [200, 204]


def test_disks_are_written_from_their_machines(
    azure: Azure, contract_check: Callable[[Path], str]
) -> None:
    """A disk that only its machine names is there, with size, state and owner."""
    disks = azure.compute.disks
    one = disks.get("rg-shop", "web-1_OsDisk_1")
    counts = [len(list(disks.list_by_resource_group("rg-shop"))), len(list(disks.list()))]
    azure.compute.virtual_machines.begin_deallocate("rg-shop", "web-1").result()
    off = disks.get("rg-shop", "web-1_OsDisk_1")
    with pytest.raises(HttpResponseError) as missing:
        disks.get("rg-shop", "none")

    assert (one.disk_size_gb, one.disk_state, one.managed_by) == (30, "Attached", VM)
    assert (counts, off.disk_state, missing.value.status_code) == ([1, 1], "Reserved", 404)
    assert contract_check(azure.opened.exchanges).endswith(" 0 violations")


@pytest.mark.parametrize(
    ("kind", "sizes", "outcome"),
    [
        ("plain", [32 * 1024, 64 * 1024], "success"),
        ("plain", [64 * 1024 + 1], TOO_LARGE),
        ("plain", [60 * 1024] * 9, TOO_LARGE),
        ("encrypted", [4 * 1024], "success"),
        ("encrypted", [4 * 1024 + 1], TOO_LARGE),
    ],
)
def test_which_disks_are_too_large(azure: Azure, kind: str, sizes: list[int], outcome: str) -> None:
    """64 TiB a disk, 512 TiB a machine, 4 TiB an encrypted disk."""

    def change(properties: Any) -> None:
        if kind == "plain":
            properties["instanceView"].pop("disks")
        disks = [{"lun": i, "name": f"d{i}", "diskSizeGB": size} for i, size in enumerate(sizes)]
        properties["storageProfile"]["dataDisks"] = disks

    _policies(azure, "add", FULL)
    _change_vm(azure, change)

    assert outcome == _backup(azure)


def test_missing_key_vault_of_an_encryption_set(azure: Azure) -> None:
    """A disk encryption set whose key vault is gone fails the backup in Compute's words."""
    _policies(azure, "add", FULL)
    compute = f"{RG}/providers/Microsoft.Compute"
    put = azure.opened.world.documents.put
    disk = {"id": f"{compute}/disks/web-1_OsDisk_1"}
    put({**disk, "properties": {"encryption": {"diskEncryptionSetId": f"{compute}/des"}}})
    unknown_set = f"{compute}/diskEncryptionSets/des"
    put({**disk, "properties": {"encryption": {"diskEncryptionSetId": unknown_set}}})
    without_set = _backup(azure)
    key = {"activeKey": {"sourceVault": {"id": f"{VAULT}-gone"}}}
    put({"id": unknown_set, "properties": key})
    job = azure.back_up(azure.item("vault-shop", "rg-shop", "web-1"))

    assert without_set == "success"
    assert azure.errors(job) == ["UserErrorCrpReportedUserError"]
    assert job.properties.extended_info.dynamic_error_message.startswith(
        "DiskRestorePointClientError:"
    )


@pytest.mark.usefixtures("off_the_record")
def test_snapshot_that_is_read_cannot_be_deleted(azure: Azure) -> None:
    """While a shared access signature is open, neither point nor collection goes."""
    compute = azure.compute
    collection = next(iter(compute.restore_point_collections.list(GROUP)))
    point = azure.points(collection)[0]
    place = (GROUP, collection.name, point)
    snapshot = next(iter(compute.disk_restore_point.list_by_restore_point(*place))).name
    data = {"access": "Read", "durationInSeconds": 600}
    sas = compute.disk_restore_point.begin_grant_access(*place, snapshot, data).result()
    deletions: tuple[Callable[[], Any], ...] = (
        lambda: compute.restore_point_collections.begin_delete(GROUP, collection.name),
        lambda: compute.restore_points.begin_delete(*place),
    )
    codes = []
    for delete in deletions:
        with pytest.raises(HttpResponseError) as refused:
            delete().result()
        codes.append(refused.value.error.code if refused.value.error else None)
    kept = compute.restore_point_collections.get(GROUP, collection.name)
    compute.disk_restore_point.begin_revoke_access(*place, snapshot).result()
    compute.restore_point_collections.begin_delete(GROUP, collection.name).result()

    assert sas.access_sas.startswith("https://md-")
    assert codes == ["DiskRestorePointUsedByCustomer"] * 2
    assert kept.provisioning_state == "Succeeded"
    assert list(compute.restore_point_collections.list(GROUP)) == []
