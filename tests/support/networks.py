"""Set up VMs whose way to Azure Storage is barred, and look whether it is open."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from azremedy import api
from azremedy.domain.steps import (
    AddSecurityRule,
    AddServiceEndpoint,
    RemoveSecurityRule,
    RemoveServiceEndpoint,
)
from azremedy.gateways.inventory import Ask
from azremedy.gateways.network import API_VERSION
from azremedy.ids import ResourceId
from azremedy.sandbox import backup_network
from azremedy.sandbox.scenario import Match
from tests.support.stages import (
    ROOT,
    VM_TYPE,
    Stage,
    built_in,
    changed,
    names,
    with_resources,
)

if TYPE_CHECKING:
    from azremedy.domain.plan import Plan
    from azremedy.domain.run import Run
    from azremedy.domain.steps import Step
    from azremedy.sandbox.scenario import Scenario

BLOCKED = "extension-snapshot-failed-no-network"
GROUP = f"{ROOT}/resourceGroups/rg-shop"
NETWORK = f"{GROUP}/providers/Microsoft.Network"
NSG = f"{NETWORK}/networkSecurityGroups/web-nsg"
VNET = f"{NETWORK}/virtualNetworks/web-vnet"
TABLE = f"{NETWORK}/routeTables/forced"
SUBNET = f"{VNET}/subnets/default"
RULE = f"{NSG}/securityRules/azremedy-allow-storage"
ADDING = AddSecurityRule(
    rule_id=ResourceId.parse(RULE),
    priority=199,
    destination="Storage.westeurope",
    ports=("443", "8443"),
)
REMOVING = RemoveSecurityRule(
    rule_id=ADDING.rule_id,
    priority=ADDING.priority,
    destination=ADDING.destination,
    ports=ADDING.ports,
)
ENDPOINT = AddServiceEndpoint(subnet_id=ResourceId.parse(SUBNET))
NO_ENDPOINT = RemoveServiceEndpoint(subnet_id=ENDPOINT.subnet_id)
PUT_RULE = Match(method="PUT", path="*/securityRules/*")
DELETE_RULE = Match(method="DELETE", path="*/securityRules/*")
PUT_SUBNET = Match(method="PUT", path="*/subnets/*")


def nsg_rule(name: str, priority: int, access: str, target: str, **more: Any) -> Any:
    """Write an outbound rule as Azure shows it."""
    properties = {
        "provisioningState": "Succeeded",
        "protocol": "*",
        "sourcePortRange": "*",
        "destinationPortRange": "*",
        "sourceAddressPrefix": "*",
        "destinationAddressPrefix": target,
        "access": access,
        "priority": priority,
        "direction": "Outbound",
        **more,
    }
    return {"name": name, "properties": properties}


DENIAL = nsg_rule("deny-internet", 200, "Deny", "Internet")
OURS = nsg_rule(
    "azremedy-allow-storage",
    199,
    "Allow",
    "storage.WestEurope",
    protocol="TCP",
    sourceAddressPrefix="VirtualNetwork",
    destinationPortRange=None,
    destinationPortRanges=["8443", "443"],
)


def behind_a_route(hop: str, **subnet: Any) -> Scenario:
    """Give the world whose subnet's route table, not its group, is in the way."""
    route = {"addressPrefix": "0.0.0.0/0", "nextHopType": hop}
    table = {
        "id": TABLE,
        "location": "westeurope",
        "properties": {
            "provisioningState": "Succeeded",
            "routes": [{"name": "all", "properties": {**route, "provisioningState": "Succeeded"}}],
        },
    }
    properties = {
        "provisioningState": "Succeeded",
        "addressPrefix": "10.0.0.0/24",
        "networkSecurityGroup": {"id": NSG},
        "routeTable": {"id": TABLE},
        **subnet,
    }
    subnets = {"subnets": [{"name": "default", "properties": properties}]}
    base = changed(built_in(BLOCKED), "/web-nsg", {"securityRules": []})
    return with_resources(changed(base, "/web-vnet", subnets), table)


def with_rules(*rules: Any) -> Scenario:
    """Give the world whose group has these rules of its own."""
    return changed(built_in(BLOCKED), "/web-nsg", {"securityRules": list(rules)})


def planned(stage: Stage, step: Step) -> Plan:
    """Plan one step by hand, as undoing a run does."""
    made = api.plan_backup(stage.azure, names("web-1"))
    target = made.targets[0]
    only = replace(target.steps[0], number=1, step=step, reason="a test")
    return replace(made, targets=(replace(target, steps=(only,), verdicts=()),))


def is_blocked(stage: Stage) -> bool:
    """Ask the world whether its VM reaches Azure Storage."""
    (vm,) = stage.documents(VM_TYPE)
    return backup_network.storage_blocked(stage.world, vm)


def show(stage: Stage, resource_id: str) -> Any:
    """Give a document as Azure answers it, without the tags that every change makes anew."""
    ask = Ask(path=resource_id, api_version=API_VERSION, action="")
    return without_tags(stage.azure.gateways().inventory.get_document(ask))


def without_tags(value: Any) -> Any:
    """Leave entity tags, and lists that are empty, out of a document."""
    if isinstance(value, dict):
        kept = {key: without_tags(each) for key, each in value.items() if key != "etag"}
        return {key: each for key, each in kept.items() if each != []}
    return [without_tags(each) for each in value] if isinstance(value, list) else value


def subnet_of(stage: Stage) -> Any:
    """Give the subnet's properties."""
    return show(stage, SUBNET)["properties"]


def messages(run: Run) -> list[str]:
    """Give what was told of each step."""
    return [result.error.message if result.error else result.message for result in run.steps]
