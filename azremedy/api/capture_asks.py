"""Say what a copy of a subscription asks Azure for, each with its version and permission.

Source of paths, versions and filters: Azure/azure-rest-api-specs, stable versions; permissions:
learn.microsoft.com/azure/role-based-access-control/resource-provider-operations.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from azremedy.gateways.inventory import Ask
from azremedy.ids import ResourceId

if TYPE_CHECKING:
    from datetime import datetime

_COMPUTE = "2024-07-01"
_BACKUP = "2024-10-01"
_NETWORK = "2024-05-01"
_LATEST = {
    "microsoft.authorization/locks": "2020-05-01",
    "microsoft.compute/disks": "2024-03-02",
    "microsoft.compute/diskencryptionsets": "2024-03-02",
    "microsoft.keyvault/vaults": "2023-07-01",
    "microsoft.recoveryservices/vaults": "2024-10-01",
}
_BY_PROVIDER = {
    "microsoft.compute": _COMPUTE,
    "microsoft.network": _NETWORK,
    "microsoft.recoveryservices": _BACKUP,
}
_VMS = "backupManagementType eq 'AzureIaasVM'"
_FILTER_TIME = "%Y-%m-%d %I:%M:%S %p"
"""How job filters write times. Source: recorded Azure CLI traffic, 2018-2024."""
_VAULTS = "Microsoft.RecoveryServices/Vaults"


def ask_subscription(subscription_id: str) -> Ask:
    """Ask for a subscription."""
    action = "Microsoft.Resources/subscriptions/read"
    return Ask(path=f"/subscriptions/{subscription_id}", api_version="2022-12-01", action=action)


def ask_groups(subscription_id: str) -> Ask:
    """Ask for the resource groups of a subscription."""
    return Ask(
        path=f"/subscriptions/{subscription_id}/resourcegroups",
        api_version="2022-09-01",
        action="Microsoft.Resources/subscriptions/resourceGroups/read",
    )


def ask_locks(subscription_id: str) -> Ask:
    """Ask for the locks of all levels in a subscription."""
    return _ask_all(subscription_id, "Microsoft.Authorization/locks", "2020-05-01")


def ask_vms(subscription_id: str) -> Ask:
    """Ask for the VMs of a subscription."""
    return _ask_all(subscription_id, "Microsoft.Compute/virtualMachines", _COMPUTE)


def ask_collections(subscription_id: str) -> Ask:
    """Ask for the restore point collections of a subscription."""
    return _ask_all(subscription_id, "Microsoft.Compute/restorePointCollections", _COMPUTE)


def ask_vaults(subscription_id: str) -> Ask:
    """Ask for the Recovery Services vaults of a subscription."""
    return _ask_all(subscription_id, "Microsoft.RecoveryServices/vaults", _BACKUP)


def ask_extensions(vm_id: str) -> Ask:
    """Ask for the extensions of a VM."""
    action = "Microsoft.Compute/virtualMachines/extensions/read"
    return Ask(path=f"{vm_id}/extensions", api_version=_COMPUTE, action=action)


def ask_policies(vault_id: str) -> Ask:
    """Ask for a vault's policies for VMs."""
    return _ask_vault(f"{vault_id}/backupPolicies", "backupPolicies", _VMS)


def ask_items(vault_id: str) -> Ask:
    """Ask for the VMs that a vault protects."""
    wanted = f"{_VMS} and itemType eq 'VM'"
    return _ask_vault(f"{vault_id}/backupProtectedItems", "backupProtectedItems", wanted)


def ask_points(item_id: str) -> Ask:
    """Ask for the recovery points of a protected VM."""
    kind = "backupFabrics/protectionContainers/protectedItems/recoveryPoints"
    return _ask_vault(f"{item_id}/recoveryPoints", kind)


def ask_jobs(vault_id: str, *, since: datetime, until: datetime) -> Ask:
    """Ask for a vault's jobs on VMs that began in a span of time."""
    begin, end = since.strftime(_FILTER_TIME), until.strftime(_FILTER_TIME)
    wanted = f"{_VMS} and startTime eq '{begin}' and endTime eq '{end}'"
    return _ask_vault(f"{vault_id}/backupJobs", "backupJobs", wanted)


def ask_at(resource_id: str, *, expand: str = "") -> Ask:
    """Ask for one resource of any type by its id."""
    kind = ResourceId.parse(resource_id).resource_type
    provider = kind.partition("/")[0].lower()
    version = _LATEST.get(kind.lower()) or _BY_PROVIDER.get(provider, _COMPUTE)
    return Ask(path=resource_id, api_version=version, action=f"{kind}/read", expand=expand)


def _ask_all(subscription_id: str, kind: str, version: str) -> Ask:
    path = f"/subscriptions/{subscription_id}/providers/{kind}"
    return Ask(path=path, api_version=version, action=f"{kind}/read")


def _ask_vault(path: str, kind: str, wanted: str = "") -> Ask:
    action = f"{_VAULTS}/{kind}/read"
    return Ask(path=path, api_version=_BACKUP, action=action, filter=wanted)
