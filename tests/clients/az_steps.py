"""What the Azure CLI is asked to do, in order, and what must come of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from azremedy.sandbox.tokens import BACKUP_SERVICE_OBJECT, CALLER, CALLER_OBJECT
from tests.clients.az_world import (
    APP_GROUP,
    COLLECTION,
    KEY_VAULT,
    NSG,
    POINTS_GROUP,
    SUBSCRIPTION,
    VM,
)

_LOCK = "/providers/Microsoft.Authorization/locks/"
_EXTENSION = f"{VM}/extensions/VMSnapshotLinux"
_VAULT_ARGS = "-v vault-shop -g rg-backup"
_ITEM_ARGS = (
    f"{_VAULT_ARGS} -c web-1 {{}} web-1 --backup-management-type AzureIaasVM --workload-type VM"
)
_RPC_ARGS = "-g AzureBackupRG_westeurope_1 --collection-name AzureBackup_web-1_991698409459952"
_EXTENSION_ARGS = (
    "--resource-name VMSnapshotLinux --resource-type extensions --namespace Microsoft.Compute "
    "--parent virtualMachines/web-1 -g rg-shop-prod"
)
_VM_ARGS = "-g rg-shop-prod -n web-1"
_RULE_ARGS = "-g rg-shop-prod --nsg-name web-nsg"


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One call of the Azure CLI with its judges."""

    call: str
    """The words behind `az`; `{name}` stands for a value that an earlier step kept."""
    query: str = ""
    """What of the answer is wanted, as `--query` takes it."""
    value: Any = None
    """What the answer must be; None when it is not looked at."""
    holds: str = ""
    """A text that the answer must hold."""
    refused: str = ""
    """The ARM error code that must be told, when the call must fail."""
    keep: str = ""
    """Keep the answer under this name for later steps."""
    advance_s: int = 0
    """Let so many seconds of the world pass first."""
    gone: tuple[str, ...] = ()
    """Ids that the world must not hold any more."""
    stands: tuple[str, ...] = ()
    """Ids that the world must hold."""


_GROUPS = (
    Step(
        call="group list",
        query="[].name",
        value=["rg-shop-prod", "rg-backup", "AzureBackupRG_westeurope_1"],
    ),
    Step(call="group show -n rg-backup", query="location", value="westeurope"),
    Step(call="group exists -n RG-BACKUP", value=True),
    Step(call="group exists -n rg-none", value=False),
    Step(call="group show -n rg-none", refused="ResourceGroupNotFound"),
    Step(
        call="resource list",
        query="length([?type=='Microsoft.RecoveryServices/vaults'])",
        value=1,
    ),
)

_LOCKS = (
    Step(call="lock list", query="[].[name,level]", value=[["no-deletes", "CanNotDelete"]]),
    Step(
        call="lock create -n on-all -t CanNotDelete --notes reason",
        query="[level,notes]",
        value=["CanNotDelete", "reason"],
        stands=(f"{SUBSCRIPTION}{_LOCK}on-all",),
    ),
    Step(
        call="lock create -n on-group -t ReadOnly -g rg-backup",
        query="level",
        value="ReadOnly",
        stands=(f"{SUBSCRIPTION}/resourceGroups/rg-backup{_LOCK}on-group",),
    ),
    Step(
        call=f"lock create -n on-vm -t CanNotDelete --resource {VM}",
        query="name",
        value="on-vm",
        stands=(f"{VM}{_LOCK}on-vm",),
    ),
    Step(
        call=f"lock create -n on-extension -t ReadOnly {_EXTENSION_ARGS}",
        query="name",
        value="on-extension",
        stands=(f"{_EXTENSION}{_LOCK}on-extension",),
    ),
    Step(
        call="lock list --resource-name web-1 --resource-type Microsoft.Compute/virtualMachines "
        "-g rg-shop-prod",
        query="sort([].name)",
        value=["on-all", "on-extension", "on-vm"],
    ),
    Step(
        call="lock show -n no-deletes -g AzureBackupRG_westeurope_1",
        query="notes",
        value="Set by the platform team on 30 October 2026",
    ),
    Step(
        call="vm extension delete -g rg-shop-prod --vm-name web-1 -n VMSnapshotLinux",
        refused="ScopeLocked",
        stands=(_EXTENSION,),
    ),
    Step(
        call=f"lock delete -n on-extension {_EXTENSION_ARGS}",
        gone=(f"{_EXTENSION}{_LOCK}on-extension",),
    ),
    Step(call=f"lock delete -n on-vm --resource {VM}", gone=(f"{VM}{_LOCK}on-vm",)),
    Step(
        call="lock delete -n on-group -g rg-backup",
        gone=(f"{SUBSCRIPTION}/resourceGroups/rg-backup{_LOCK}on-group",),
    ),
    Step(call="lock delete -n on-all", gone=(f"{SUBSCRIPTION}{_LOCK}on-all",)),
)

_POINTS = (
    Step(
        call="restore-point collection list-all",
        query="[].source.id",
        value=[VM],
    ),
    Step(
        call="restore-point collection list -g AzureBackupRG_westeurope_1",
        query="length(@)",
        value=1,
    ),
    Step(
        call=f"restore-point collection show {_RPC_ARGS} --restore-points",
        query="length(restorePoints)",
        value=18,
    ),
    Step(
        call=f"restore-point collection delete {_RPC_ARGS} --yes",
        refused="ScopeLocked",
        stands=(COLLECTION,),
    ),
    Step(
        call="lock delete -n no-deletes -g AzureBackupRG_westeurope_1",
        gone=(f"{POINTS_GROUP}{_LOCK}no-deletes",),
    ),
    Step(
        call=f"restore-point delete {_RPC_ARGS} -n AzureBackup_20261101_220107 --yes",
        gone=(f"{COLLECTION}/restorePoints/AzureBackup_20261101_220107",),
        stands=(f"{COLLECTION}/restorePoints/AzureBackup_20261102_220114",),
    ),
    Step(
        call=f"restore-point collection delete {_RPC_ARGS} --yes",
        gone=(COLLECTION, f"{COLLECTION}/restorePoints/AzureBackup_20261102_220114"),
        stands=(POINTS_GROUP,),
    ),
)

_VMS = (
    Step(call="vm list", query="[].name", value=["web-1"]),
    Step(
        call=f"vm get-instance-view {_VM_ARGS}",
        query="instanceView.vmAgent.statuses[0].displayStatus",
        value="Ready",
    ),
    Step(
        call="vm extension list -g rg-shop-prod --vm-name web-1",
        query="[].name",
        value=["VMSnapshotLinux"],
    ),
    Step(
        call="vm extension show -g rg-shop-prod --vm-name web-1 -n VMSnapshotLinux",
        query="publisher",
        value="Microsoft.Azure.RecoveryServices",
    ),
    Step(
        call=f"vm run-command invoke {_VM_ARGS} --command-id RunShellScript --scripts uptime",
        query="value[0].message",
        holds="[stdout]",
    ),
    Step(call=f"vm reapply {_VM_ARGS}", stands=(VM,)),
    Step(call=f"vm restart {_VM_ARGS}", stands=(VM,)),
    Step(call=f"vm show -d {_VM_ARGS}", query="powerState", value="VM running"),
    Step(
        call="vm extension delete -g rg-shop-prod --vm-name web-1 -n VMSnapshotLinux",
        gone=(_EXTENSION,),
        stands=(VM,),
    ),
)

_BACKUP = (
    Step(call="backup vault list", query="[].name", value=["vault-shop"]),
    Step(
        call=f"backup item list {_VAULT_ARGS}",
        query="[].properties.[friendlyName,protectionState]",
        value=[["web-1", "Protected"]],
    ),
    Step(
        call=f"backup recoverypoint list {_ITEM_ARGS.format('-i')}",
        query="length(@)",
        value=18,
    ),
    Step(
        call=f"backup protection backup-now {_ITEM_ARGS.format('-i')} --retain-until 20-12-2026",
        query="name",
        keep="job",
    ),
    # The CLI sleeps 30 seconds between two looks, so the backup had better be over.
    Step(call=f"backup job wait {_VAULT_ARGS} -n {{job}}", advance_s=7200),
    Step(
        call=f"backup job show {_VAULT_ARGS} -n {{job}}",
        query="properties.[status,entityFriendlyName]",
        value=["Completed", "web-1"],
        stands=(_EXTENSION, COLLECTION),
    ),
    Step(
        call=f"backup job list {_VAULT_ARGS} --status Completed",
        query="[?name=='{job}'] | length(@)",
        value=1,
    ),
)

_PLATFORM = (
    Step(call="network nsg list", query="[].name", value=["web-nsg"]),
    Step(
        call=f"network nsg rule create {_RULE_ARGS} -n allow-storage --priority 200 "
        "--direction Outbound --access Allow --protocol Tcp "
        "--destination-address-prefixes Storage --destination-port-ranges 443",
        query="[access,provisioningState]",
        value=["Allow", "Succeeded"],
    ),
    Step(
        call=f"network nsg rule list {_RULE_ARGS}",
        query="[].[name,priority]",
        value=[["allow-storage", 200]],
        stands=(NSG,),
    ),
    Step(call=f"network nsg rule delete {_RULE_ARGS} -n allow-storage"),
    Step(call=f"network nsg rule list {_RULE_ARGS}", value=[]),
    Step(call="keyvault list", query="[].name", value=["kv-shop"]),
    Step(
        call="keyvault show -n kv-shop",
        query="properties.accessPolicies[].objectId",
        value=[BACKUP_SERVICE_OBJECT],
    ),
    Step(
        call=f"keyvault set-policy -n kv-shop --object-id {BACKUP_SERVICE_OBJECT} "
        "--key-permissions get list backup --secret-permissions get list backup",
        query="sort(properties.accessPolicies[0].permissions.keys)",
        value=["backup", "get", "list"],
        stands=(KEY_VAULT,),
    ),
)

_RIGHTS = (
    Step(
        call="role definition list --name Owner",
        query="[].permissions[].actions[]",
        value=["*"],
    ),
    Step(
        call="role assignment list --all",
        query="[].[principalId,principalName,roleDefinitionName]",
        value=[[CALLER_OBJECT, CALLER, "Owner"]],
    ),
    Step(
        call=f"rest --method get --url {APP_GROUP}/providers/Microsoft.Authorization"
        "/permissions?api-version=2022-04-01",
        query="value[0].actions",
        value=["*"],
    ),
)

STEPS = (*_GROUPS, *_LOCKS, *_POINTS, *_VMS, *_BACKUP, *_PLATFORM, *_RIGHTS)
"""All steps; each builds on the world that the earlier ones left."""
