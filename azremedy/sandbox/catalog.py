"""Name the resource providers and types that the sandbox's Azure knows."""

from __future__ import annotations

from types import MappingProxyType

TYPES = MappingProxyType(
    {
        "Microsoft.Authorization": (
            "denyAssignments",
            "locks",
            "permissions",
            "policyAssignments",
            "roleAssignments",
            "roleDefinitions",
        ),
        "Microsoft.Compute": (
            "availabilitySets",
            "diskEncryptionSets",
            "disks",
            "images",
            "restorePointCollections",
            "restorePointCollections/restorePoints",
            "snapshots",
            "virtualMachineScaleSets",
            "virtualMachines",
            "virtualMachines/extensions",
            "virtualMachines/runCommands",
        ),
        "Microsoft.Insights": ("activityLogAlerts", "metricAlerts"),
        "Microsoft.KeyVault": ("vaults",),
        "Microsoft.ManagedIdentity": ("userAssignedIdentities",),
        "Microsoft.Network": (
            "networkInterfaces",
            "networkSecurityGroups",
            "networkSecurityGroups/securityRules",
            "privateEndpoints",
            "publicIPAddresses",
            "routeTables",
            "virtualNetworks",
            "virtualNetworks/subnets",
        ),
        "Microsoft.RecoveryServices": (
            "vaults",
            "vaults/backupFabrics/protectionContainers",
            "vaults/backupFabrics/protectionContainers/protectedItems",
            "vaults/backupJobs",
            "vaults/backupPolicies",
        ),
        "Microsoft.Resources": ("resourceGroups", "resources", "subscriptions", "tags"),
        "Microsoft.ResourceGraph": ("resources",),
        "Microsoft.Storage": ("storageAccounts",),
    }
)
"""Resource types by namespace: those that scenarios are likely to hold, not all of Azure's."""


def spelled(namespace: str) -> str | None:
    """Give a namespace in Azure's spelling, or None when there is no such provider here."""
    wanted = namespace.lower()
    return next((known for known in TYPES if known.lower() == wanted), None)


def has_type(resource_type: str) -> bool:
    """Tell whether a full resource type is known."""
    namespace, _, name = resource_type.partition("/")
    known = TYPES.get(spelled(namespace) or "", ())
    return name.lower() in {each.lower() for each in known}
