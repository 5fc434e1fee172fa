"""Worlds whose VM is encrypted by Azure Disk Encryption, and what is done with their key vault."""

from __future__ import annotations

import copy
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from azremedy import api
from azremedy.api.keys import plan_grant_keyvault
from azremedy.domain.keys import KEY_VAULT_ADMINISTRATOR
from azremedy.domain.planner.assemble import Draft, Section, assemble
from azremedy.domain.planner.keys import GrantOptions
from azremedy.domain.steps.inverse import invert
from azremedy.sandbox.scenario import Match
from tests.support.stages import ROOT, built_in, changed, names, with_resources

if TYPE_CHECKING:
    from azremedy.domain.plan import Plan
    from azremedy.domain.run import Run
    from azremedy.sandbox.scenario import Scenario
    from tests.support.stages import Stage

WORLD = "user-error-keyvault-permissions-not-configured"
GROUP = f"{ROOT}/resourceGroups/rg-shop"
VAULT = f"{GROUP}/providers/Microsoft.KeyVault/vaults/kv-shop"
DISK = f"{GROUP}/providers/Microsoft.Compute/disks/web-1_OsDisk_1"
SERVICE = "77777777-7777-7777-7777-777777777777"
TENANT = "11111111-1111-1111-1111-111111111111"
ASSIGNMENT_TYPE = "Microsoft.Authorization/roleAssignments"
DEFINITION_TYPE = "Microsoft.Authorization/roleDefinitions"
PUT_POLICY = Match(method="PUT", path="*/accessPolicies/*")
PUT_ROLE = Match(method="PUT", path="*/roleAssignments/*")
LIST_ROLES = Match(method="GET", path="*/roleAssignments")
GET_VAULT = Match(method="GET", path=VAULT)
BEK = {
    "secretUrl": "https://kv-shop.vault.azure.net/secrets/web-1/1f0c",
    "sourceVault": {"id": VAULT},
}
KEK = {"keyUrl": "https://kv-shop.vault.azure.net/keys/web/2a7d", "sourceVault": {"id": VAULT}}
OWN = {"tenantId": TENANT, "objectId": SERVICE}


def closed() -> Scenario:
    """Give the world whose key vault, with a BEK and a KEK, keeps the backup service out."""
    return built_in(WORLD)


def by_roles() -> Scenario:
    """Let roles decide in the key vault."""
    return changed(closed(), "/vaults/kv-shop", {"enableRbacAuthorization": True})


def with_settings(
    base: Scenario, *, model: Any = None, view: Any = None, disk: Any = None
) -> Scenario:
    """Put the encryption settings in the model, the instance view or the disk, and only there."""
    machine = next(each for each in base.resources if each["id"].endswith("/virtualMachines/web-1"))
    properties = copy.deepcopy(machine["properties"])
    shown = [{"name": "web-1_OsDisk_1", "encryptionSettings": view}] if view else []
    properties["instanceView"]["disks"] = shown
    if model:
        properties["storageProfile"]["osDisk"]["encryptionSettings"] = model
    collection = {"enabled": bool(disk), **({"encryptionSettings": disk} if disk else {})}
    written = disk_document(encryptionSettingsCollection=collection)
    return with_resources(changed(base, "/virtualMachines/web-1", properties), written)


def disk_document(**properties: Any) -> Any:
    """Write the disk of web-1."""
    return {
        "id": DISK,
        "location": "westeurope",
        "sku": {"name": "Premium_LRS"},
        "properties": {
            "creationData": {"createOption": "FromImage"},
            "diskSizeGB": 30,
            "provisioningState": "Succeeded",
            **properties,
        },
    }


def grant(stage: Stage, **options: Any) -> Plan:
    """Plan to let the service in."""
    return plan_grant_keyvault(stage.azure, names("web-1"), GrantOptions(**options))


def back_up(stage: Stage) -> Run:
    """Back web-1 up and follow the job to its end."""
    options = api.BackupOptions(until=api.WaitFor.JOB)
    return stage.apply(api.plan_backup(stage.azure, names("web-1"), options))


def inverse_of(plan: Plan) -> Plan:
    """Plan the opposite, last step first."""
    inverse = [invert(planned.step) for planned in reversed(plan.steps)]
    drafts = tuple(Draft(step=step, reason="undo") for step in inverse if step is not None)
    section = Section(target=plan.targets[0].target, drafts=drafts)
    later = plan.created_at + timedelta(days=1)
    made = assemble("undo", (section,), created_at=later, tool_version="0")
    return replace(made, origin=plan.origin)


def vault_of(stage: Stage) -> Any:
    """Give the key vault's document."""
    return stage.world.documents.get(VAULT)


def properties_of(stage: Stage) -> Any:
    """Give the key vault's properties."""
    return vault_of(stage)["properties"]


def rights_of(stage: Stage) -> dict[str, dict[str, list[str]]]:
    """Give the rights of each principal in the key vault, without empty lists."""
    return {
        policy["objectId"]: {
            kind: sorted(rights) for kind, rights in policy["permissions"].items() if rights
        }
        for policy in properties_of(stage)["accessPolicies"]
    }


def change_vault(stage: Stage, **properties: Any) -> None:
    """Let somebody change the key vault."""
    document = vault_of(stage)
    document["properties"] |= properties
    stage.world.documents.put(document)


def assigned(scope: str = VAULT, **properties: Any) -> Any:
    """Write a role assignment: Key Vault Administrator of the service, unless said otherwise."""
    role = f"{ROOT}/providers/{DEFINITION_TYPE}/{KEY_VAULT_ADMINISTRATOR}"
    return {
        "id": f"{scope}/providers/{ASSIGNMENT_TYPE}/99999999-0000-0000-0000-000000000002",
        "properties": {
            "roleDefinitionId": role,
            "principalId": SERVICE,
            "scope": scope,
            "principalType": "ServicePrincipal",
            **properties,
        },
    }


def give_and_take(stage: Stage) -> Plan:
    """Let the service in, and plan to take that back."""
    plan = grant(stage)
    assert 0 == stage.apply(plan).exit_code
    return inverse_of(plan)
