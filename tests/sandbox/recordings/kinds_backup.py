"""List the kinds of exchange of Recovery Services and its backups."""

from __future__ import annotations

from typing import TYPE_CHECKING

from azremedy.sandbox.scenario import Limits
from tests.sandbox.recordings.kinds import BACKUP, RUNNING, SHOP, SUBSCRIPTION, Call, Kind

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.sandbox.recordings.traffic import Exchange

_VAULTS = "/providers/Microsoft.RecoveryServices/vaults"
_VAULT = f"{BACKUP}{_VAULTS}/vault-shop"
_OWNER = "iaasvmcontainerv2;rg-shop-prod;web-1"
_ITEM = (
    f"{_VAULT}/backupFabrics/Azure/protectionContainers/IaasVMContainer;{_OWNER}"
    f"/protectedItems/VM;{_OWNER}"
)
_VM_ITEMS = {"$filter": "backupManagementType eq 'AzureIaasVM' and itemType eq 'VM'"}
_VM_CONTAINERS = {"$filter": "backupManagementType eq 'AzureIaasVM' and status eq 'Registered'"}
_JOBS = {"$filter": "status eq 'Completed'"}
_DONE = f"{_VAULT}/backupJobs/dc29f623-5bb7-4afe-aabd-310f892f9e22"
_FAILED = f"{_VAULT}/backupJobs/8ef483df-76f6-447a-a64a-6443220ef54a"
_POLICY = f"{_VAULT}/backupPolicies/DefaultPolicy"
_NOW = Call(
    method="POST",
    path=f"{_ITEM}/backup",
    body={"properties": {"objectType": "IaasVMBackupRequest"}},
    wait_s=1,
)


def _properties(exchange: Exchange) -> dict[str, object]:
    found: dict[str, object] = exchange.body["properties"]
    return found


def _vm_job(status: str) -> Callable[[Exchange], bool]:
    def is_one(exchange: Exchange) -> bool:
        job = _properties(exchange)
        return (job["jobType"], job["operation"], job["status"]) == (
            "AzureIaaSVMJob",
            "Backup",
            status,
        )

    return is_one


def _vm_items(exchange: Exchange) -> bool:
    kinds = {item["properties"]["backupManagementType"] for item in exchange.body["value"]}
    return kinds == {"AzureIaasVM"}


def _vm_item_healthy(exchange: Exchange) -> bool:
    return _vm_items(exchange) and "Unhealthy" not in str(exchange.body)


def _vm_item_unhealthy(exchange: Exchange) -> bool:
    return _vm_items(exchange) and "Unhealthy" in str(exchange.body)


def _of_vms(exchange: Exchange) -> bool:
    return _properties(exchange)["backupManagementType"] == "AzureIaasVM"


def _point_of_vm(exchange: Exchange) -> bool:
    return "IaasVMRecoveryPoint" in str(exchange.body)


def _vm_path(exchange: Exchange) -> bool:
    return "iaasvmcontainer" in exchange.url.lower()


_VAULT_KINDS = (
    Kind(name="vault list of a subscription", method="GET", path=f"{SUBSCRIPTION}{_VAULTS}"),
    Kind(name="vault list of a group", method="GET", path=f"{BACKUP}{_VAULTS}"),
    Kind(name="vault get", method="GET", path=_VAULT),
    Kind(name="vault get, missing", method="GET", path=f"{_VAULT}-none", status=404),
    Kind(name="vault usages", method="GET", path=f"{_VAULT}/usages"),
    Kind(
        name="vault settings of soft delete",
        method="GET",
        path=f"{_VAULT}/backupconfig/vaultconfig",
    ),
    Kind(
        name="vault settings of storage",
        method="GET",
        path=f"{_VAULT}/backupstorageconfig/vaultstorageconfig",
    ),
    Kind(
        name="vault resource guards",
        method="GET",
        path=f"{_VAULT}/backupResourceGuardProxies",
    ),
)

_ITEM_KINDS = (
    Kind(
        name="item list, healthy",
        method="GET",
        path=f"{_VAULT}/backupProtectedItems",
        query=_VM_ITEMS,
        where=_vm_item_healthy,
        scenario="healthy",
    ),
    Kind(
        name="item list, unhealthy",
        method="GET",
        path=f"{_VAULT}/backupProtectedItems",
        query=_VM_ITEMS,
        where=_vm_item_unhealthy,
    ),
    Kind(name="item get", method="GET", path=_ITEM, where=_of_vms),
    Kind(
        name="item protect",
        method="PUT",
        path=_ITEM,
        status=202,
        where=_vm_path,
        body={
            "properties": {
                "protectedItemType": "Microsoft.Compute/virtualMachines",
                "sourceResourceId": f"{SHOP}/providers/Microsoft.Compute/virtualMachines/web-1",
                "policyId": _POLICY,
            }
        },
        follow=True,
    ),
    Kind(
        name="item delete",
        method="DELETE",
        path=_ITEM,
        status=202,
        where=_vm_path,
        follow=True,
    ),
    Kind(
        name="container list",
        method="GET",
        path=f"{_VAULT}/backupProtectionContainers",
        query=_VM_CONTAINERS,
        where=lambda one: "IaasVMContainer" in str(one.body),
    ),
    Kind(
        name="container refresh",
        method="POST",
        path=f"{_VAULT}/backupFabrics/Azure/refreshContainers",
        status=202,
        follow=True,
    ),
    Kind(name="policy list", method="GET", path=f"{_VAULT}/backupPolicies"),
    Kind(name="policy get", method="GET", path=_POLICY, where=_of_vms),
    Kind(name="policy get, missing", method="GET", path=f"{_POLICY}0", status=404),
    Kind(
        name="recovery point list",
        method="GET",
        path=f"{_ITEM}/recoveryPoints",
        where=_point_of_vm,
    ),
)

_JOB_KINDS = (
    Kind(
        name="backup now",
        method="POST",
        path=f"{_ITEM}/backup",
        status=202,
        where=_vm_path,
        body={"properties": {"objectType": "IaasVMBackupRequest"}},
        scenario="healthy",
        follow=True,
    ),
    Kind(
        name="job list",
        method="GET",
        path=f"{_VAULT}/backupJobs",
        query=_JOBS,
        where=lambda one: "AzureIaaSVMJob" in str(one.body),
    ),
    Kind(name="job get, completed", method="GET", path=_DONE, where=_vm_job("Completed")),
    Kind(
        name="job get, failed",
        method="GET",
        path=_FAILED,
        where=lambda one: (
            one.body["properties"]["jobType"] == "AzureIaaSVMJob"
            and "errorDetails" in one.body["properties"]
        ),
    ),
    Kind(
        name="job read, throttled",
        method="GET",
        path=_DONE,
        status=429,
        changes={"limits": Limits(vault_reads=0)},
    ),
)

RUNNING_JOB = (
    Kind(
        name="job get, in progress",
        method="GET",
        path=f"{_VAULT}/backupJobs/{RUNNING}",
        where=_vm_job("InProgress"),
        scenario="healthy",
        before=(_NOW,),
    ),
    Kind(
        name="job cancel",
        method="POST",
        path=f"{_VAULT}/backupJobs/{RUNNING}/cancel",
        status=202,
        scenario="healthy",
        before=(_NOW,),
        follow=True,
    ),
)
"""Those of the job that `_NOW` began; its id is known only then."""

RECOVERY = (*_VAULT_KINDS, *_ITEM_KINDS, *_JOB_KINDS, *RUNNING_JOB)
"""All of them."""
