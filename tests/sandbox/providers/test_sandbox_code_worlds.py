"""One world for each error code: it ends a backup with its code, and healed with a good one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from azure.core.rest import HttpRequest

from azremedy.sandbox import backup_errors, scenario

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.sandbox.conftest import OpenWorld
    from tests.sandbox.providers.conftest import Azure, Connect

SUBSCRIPTION = "5ab0e6c1-3f2d-4a7b-9c18-7d20b4f1a001"
GROUP = "AzureBackupRG_westeurope_1"
RG = f"/subscriptions/{SUBSCRIPTION}/resourceGroups/rg-shop"
CONF = "/etc/waagent.conf"
PLUGIN = r"C:\Packages\Plugins\Microsoft.Azure.RecoveryServices.VMSnapshot"


def _send(azure: Azure, method: str, path: str, body: Any = None) -> Any:
    """Send a request for which the tool's packages have no client."""
    version = {"KeyVault": "2024-11-01", "Network": "2024-05-01"}
    known = next((each for name, each in version.items() if f"Microsoft.{name}" in path), None)
    request = HttpRequest(method, f"{path}?api-version={known or '2024-04-01'}", json=body or None)
    response = azure.resources.send_request(request)
    response.raise_for_status()
    azure.opened.transport.sleep(120)
    return response


def _restart(azure: Azure) -> None:
    azure.compute.virtual_machines.begin_restart("rg-shop", "web-1").result()
    azure.opened.transport.sleep(60)


def _run(azure: Azure, *script: str, command: str = "RunPowerShellScript") -> str:
    body = {"commandId": command, "script": list(script)}
    done = azure.compute.virtual_machines.begin_run_command("rg-shop", "web-1", body).result()
    azure.opened.transport.sleep(60)
    return str(done.value[0].message)


def _update_agent(azure: Azure) -> None:
    _run(
        azure,
        "systemd-run --on-active=5 apt-get install -y walinuxagent",
        command="RunShellScript",
    )


def _reapply(azure: Azure) -> None:
    azure.compute.virtual_machines.begin_reapply("rg-shop", "web-1").result()


def _wait_for_clean_up(azure: Azure) -> None:
    azure.opened.transport.sleep(3 * 3600)


def _let_in(azure: Azure) -> None:
    policy = {
        "tenantId": "11111111-1111-1111-1111-111111111111",
        "objectId": "77777777-7777-7777-7777-777777777777",
        "permissions": {"keys": ["get", "list", "backup"], "secrets": ["get", "list"]},
    }
    path = f"{RG}/providers/Microsoft.KeyVault/vaults/kv-shop/accessPolicies/add"
    _send(azure, "PUT", path, {"properties": {"accessPolicies": [policy]}})


def _allow_storage(azure: Azure) -> None:
    rule = {
        "protocol": "Tcp",
        "sourcePortRange": "*",
        "sourceAddressPrefix": "*",
        "destinationPortRange": "443",
        "destinationAddressPrefix": "Storage.WestEurope",
        "access": "Allow",
        "priority": 190,
        "direction": "Outbound",
    }
    group = f"{RG}/providers/Microsoft.Network/networkSecurityGroups/web-nsg"
    _send(azure, "PUT", f"{group}/securityRules/allow-storage", {"properties": rule})


def _deep_clean(azure: Azure) -> None:
    extensions = azure.compute.virtual_machine_extensions
    extensions.begin_delete("rg-shop", "web-1", "VMSnapshot").result()
    _run(azure, f"Rename-Item {PLUGIN} VMSnapshot.old")


def _install_runtime(azure: Azure) -> None:
    _run(azure, r"C:\temp\vcredist2013_x64.exe /quiet /install")


def _unlock(azure: Azure) -> None:
    azure.locks.management_locks.delete_at_resource_group_level(GROUP, "frozen")


def _exclude(azure: Azure) -> None:
    _run(azure, f"Add-MpPreference -ExclusionPath {PLUGIN}")


def _resume(azure: Azure) -> None:
    item = azure.item("vault-shop", "rg-shop", "web-1")
    properties = {
        "protectedItemType": "Microsoft.Compute/virtualMachines",
        "sourceResourceId": item.properties["sourceResourceId"],
        "policyId": item.properties["policyId"],
    }
    _send(azure, "PUT", item.id, {"properties": properties})


def _wait(azure: Azure) -> None:
    azure.opened.transport.sleep(1200)


def _nothing(_azure: Azure) -> None:
    """Leave the world as it is."""


CODES: dict[str, Callable[[Azure], None]] = {
    "UserErrorGuestAgentStatusUnavailable": _restart,
    "GuestAgentSnapshotTaskStatusError": _update_agent,
    "UserErrorVmProvisioningStateFailed": _reapply,
    "UserErrorRpCollectionLimitReached": _wait_for_clean_up,
    "UserErrorKeyvaultPermissionsNotConfigured": _let_in,
    "ExtensionSnapshotFailedNoNetwork": _allow_storage,
    "ExtensionOperationFailedForManagedDisks": _deep_clean,
    "BackUpOperationFailed": _install_runtime,
    "BackUpOperationFailedV2": _unlock,
    "UserErrorUnsupportedDiskSize": _nothing,
    "UserErrorStandardSSDNotSupported": _nothing,
    "UserErrorBackupOperationInProgress": _wait,
    "UserErrorCrpReportedUserError": _exclude,
    "UserErrorBcmDatasourceNotPresent": _resume,
}


def _kebab(code: str) -> str:
    """Give the name of a code's scenario."""
    words = code.replace("SSD", "Ssd")
    spaced = "".join(f"-{each}" if each.isupper() else each for each in words)
    return spaced.replace("--", "-").strip("-").lower()


def _end_of_backup(azure: Azure) -> str:
    """Back the machine up: the error code of the job or of the refused operation, or success."""
    item = azure.item("vault-shop", "rg-shop", "web-1")
    status = azure.operation(item, azure.trigger(item))
    if status.status == "Failed":
        return str(status.error.code)
    job = azure.job(item, status.properties.job_id)
    return "".join(azure.errors(job)) or "success"


@pytest.mark.parametrize("code", CODES)
def test_world_of_a_code(
    code: str,
    open_world: OpenWorld,
    connect: Connect,
    contract_check: Callable[[Path], str],
) -> None:
    """A backup in a code's world ends with the code; once healed it ends as the world expects."""
    azure = connect(open_world(_kebab(code)))
    expected = azure.opened.world.scenario.expect.backup

    first = _end_of_backup(azure)
    CODES[code](azure)
    second = _end_of_backup(azure)

    assert (code, expected) == (first, second)
    assert contract_check(azure.opened.exchanges).endswith(" 0 violations")


def test_every_code_of_the_articles_has_its_world() -> None:
    """Each scenario that is named after a code exists, and each code is known to the service."""
    assert set(map(_kebab, CODES)) <= set(scenario.names())
    assert [code for code in CODES if backup_errors.named(code).advice == ()] == [
        "UserErrorBcmDatasourceNotPresent"
    ]


@pytest.mark.parametrize("name", [*map(_kebab, CODES)])
def test_item_and_job_tell_what_the_next_backup_will(
    name: str, open_world: OpenWorld, connect: Connect
) -> None:
    """What the world says of its last backup is what the next one would end with."""
    azure = connect(open_world(name))
    title = azure.health(azure.item("vault-shop", "rg-shop", "web-1"))[3]
    jobs = list(azure.backup.backup_jobs.list("vault-shop", "rg-shop"))
    codes = [
        azure.errors(azure.backup.job_details.get("vault-shop", "rg-shop", each.name))
        for each in jobs
    ]

    assert codes in ([[title]], [])
    assert (title == "IaasVmHealthGreenDefault") == (codes == [])


def test_compute_code_stands_in_the_job(open_world: OpenWorld, connect: Connect) -> None:
    """The envelope's job names the error that Compute reported."""
    azure = connect(open_world("user-error-crp-reported-user-error"))
    job = azure.back_up(azure.item("vault-shop", "rg-shop", "web-1"))

    assert job.properties.extended_info.dynamic_error_message.startswith(
        "VMRestorePointInternalError:"
    )
