"""The world that the Azure CLI walks through: a built-in one, with a network and a key vault."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from azremedy.sandbox import scenario
from azremedy.sandbox.tokens import BACKUP_SERVICE_OBJECT, TENANT

if TYPE_CHECKING:
    from pathlib import Path

SUBSCRIPTION = "/subscriptions/5ab0e6c1-3f2d-4a7b-9c18-7d20b4f1a001"
APP_GROUP = f"{SUBSCRIPTION}/resourceGroups/rg-shop-prod"
POINTS_GROUP = f"{SUBSCRIPTION}/resourceGroups/AzureBackupRG_westeurope_1"
VM = f"{APP_GROUP}/providers/Microsoft.Compute/virtualMachines/web-1"
COLLECTION = (
    f"{POINTS_GROUP}/providers/Microsoft.Compute/restorePointCollections"
    "/AzureBackup_web-1_991698409459952"
)
NSG = f"{APP_GROUP}/providers/Microsoft.Network/networkSecurityGroups/web-nsg"
KEY_VAULT = f"{APP_GROUP}/providers/Microsoft.KeyVault/vaults/kv-shop"
_NETWORK = f"{APP_GROUP}/providers/Microsoft.Network"


def write(folder: Path, **more: Any) -> Path:
    """Write the scenario, with more sections of it, into a folder and give its file."""
    base = scenario.load("restore-point-limit")
    document = {
        "schema": base.schema,
        "name": "azure-cli",
        "title": "A VM with its network and key vault, whose restore points are locked.",
        "now": base.now.isoformat(),
        "resources": [*base.resources, *_additions()],
        **more,
    }
    path = folder / "azure-cli.json"
    path.write_text(json.dumps(document), encoding="utf-8")
    return path


def _additions() -> tuple[dict[str, Any], ...]:
    subnet = f"{_NETWORK}/virtualNetworks/web-vnet/subnets/default"
    return (
        _network(f"{_NETWORK}/virtualNetworks/web-vnet", _vnet(subnet)),
        _network(NSG, {"securityRules": [], "defaultSecurityRules": [], **_DONE}),
        _network(f"{_NETWORK}/networkInterfaces/web-1-nic", _nic(subnet)),
        _key_vault(),
    )


_DONE = {"provisioningState": "Succeeded"}


def _network(resource_id: str, properties: dict[str, Any]) -> dict[str, Any]:
    return {"id": resource_id, "location": "westeurope", "properties": properties}


def _vnet(subnet: str) -> dict[str, Any]:
    return {
        "addressSpace": {"addressPrefixes": ["10.0.0.0/16"]},
        "subnets": [
            {
                "id": subnet,
                "name": "default",
                "properties": {"addressPrefix": "10.0.0.0/24", **_DONE},
            }
        ],
        **_DONE,
    }


def _nic(subnet: str) -> dict[str, Any]:
    address = {
        "name": "ipconfig1",
        "properties": {
            "privateIPAddress": "10.0.0.4",
            "privateIPAllocationMethod": "Dynamic",
            "subnet": {"id": subnet},
            "primary": True,
            **_DONE,
        },
    }
    return {
        "ipConfigurations": [address],
        "networkSecurityGroup": {"id": NSG},
        "virtualMachine": {"id": VM},
        **_DONE,
    }


def _key_vault() -> dict[str, Any]:
    permissions = {"keys": ["get", "list"], "secrets": ["get", "list"]}
    policy = {"tenantId": TENANT, "objectId": BACKUP_SERVICE_OBJECT, "permissions": permissions}
    return {
        "id": KEY_VAULT,
        "location": "westeurope",
        "properties": {
            "tenantId": TENANT,
            "sku": {"family": "A", "name": "standard"},
            "accessPolicies": [policy],
            "enabledForDiskEncryption": True,
            "enableRbacAuthorization": False,
            "vaultUri": "https://kv-shop.vault.azure.net/",
            **_DONE,
        },
    }
