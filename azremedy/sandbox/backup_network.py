"""Find out from documents whether a guest reaches Azure Storage by itself.

Network documents stand as GET returns them, with their parts embedded: rules in a network security
group, subnets in a virtual network, routes in a route table. A part that a scenario gives as a
document of its own counts as well.
Source: learn.microsoft.com/azure/virtual-network/network-security-groups-overview and
.../virtual-networks-udr-overview.
"""

from __future__ import annotations

import ipaddress
from typing import TYPE_CHECKING

from azremedy.sandbox import arm_ids

if TYPE_CHECKING:
    from azremedy.sandbox.http import Json
    from azremedy.sandbox.world import World

NSG_TYPE = "Microsoft.Network/networkSecurityGroups"
"""A network security group; its rules are `securityRules`."""
VNET_TYPE = "Microsoft.Network/virtualNetworks"
"""A virtual network; its parts are `subnets`."""
ROUTES_TYPE = "Microsoft.Network/routeTables"
"""A route table; its parts are `routes`."""
NIC_TYPE = "Microsoft.Network/networkInterfaces"
"""A network interface."""

_HTTPS = 443
_ANYWHERE = frozenset({"*", "0.0.0.0/0", "internet"})
_OWN = frozenset({"*", "0.0.0.0/0", "virtualnetwork"})


def parts_of(world: World, parent: Json, kind: str) -> list[Json]:
    """Give the parts of a network document: those embedded, then those that stand by themselves."""
    embedded = list(parent["properties"].get(kind, []))
    names = {part.get("name", "").lower() for part in embedded}
    loose = world.documents.of_type(f"{parent['type']}/{kind}", under=parent["id"])
    found = [*embedded, *(part for part in loose if part["name"].lower() not in names)]
    return [{**part, "properties": part.get("properties") or {}} for part in found]


def subnet_of(world: World, subnet_id: str) -> Json | None:
    """Give a subnet, or None when its network is not in the world."""
    vnet = world.documents.get(subnet_id.rsplit("/", 2)[0]) if subnet_id else None
    for subnet in parts_of(world, vnet, "subnets") if vnet else ():
        if subnet.get("name", "").lower() == subnet_id.rsplit("/", 1)[1].lower():
            return subnet
    return None


def interfaces_of(world: World, vm: Json) -> tuple[Json, ...]:
    """Give those network interfaces of a machine that are in the world."""
    profile = vm["properties"].get("networkProfile") or {}
    found = (world.documents.get(each["id"]) for each in profile.get("networkInterfaces", []))
    return tuple(nic for nic in found if nic)


def subnet_ids(nic: Json) -> tuple[str, ...]:
    """Give the ids of the subnets in which an interface stands."""
    configurations = nic["properties"].get("ipConfigurations", [])
    subnets = (each.get("properties", {}).get("subnet") or {} for each in configurations)
    return tuple(subnet["id"] for subnet in subnets if "id" in subnet)


def storage_blocked(world: World, vm: Json) -> bool:
    """Tell whether security rules or routes keep a guest from Storage in its region.

    A machine without network documents is taken for unhindered.
    """
    nics = interfaces_of(world, vm)
    return bool(nics) and all(_nic_blocked(world, nic, vm["location"]) for nic in nics)


def _nic_blocked(world: World, nic: Json, region: str) -> bool:
    found = (subnet_of(world, subnet_id) for subnet_id in subnet_ids(nic))
    subnets = [subnet for subnet in found if subnet]
    holders = [nic, *subnets]
    if any(_denied(world, holder, nic, region) for holder in holders):
        return True
    return any(_leads_nowhere(world, nic, subnet) for subnet in subnets)


def _denied(world: World, holder: Json, nic: Json, region: str) -> bool:
    """Tell whether the security group of an interface or a subnet denies: first match decides."""
    group_id = (holder["properties"].get("networkSecurityGroup") or {}).get("id", "")
    group = world.documents.get(group_id) if group_id else None
    rules = parts_of(world, group, "securityRules") if group else []
    for rule in sorted(rules, key=_priority):
        if _meets(rule["properties"], nic, region):
            return str(rule["properties"].get("access")).lower() == "deny"
    return False  # 65001 AllowInternetOutBound


def _priority(rule: Json) -> int:
    return int(rule["properties"].get("priority", 0))


def _meets(rule: Json, nic: Json, region: str) -> bool:
    return (
        str(rule.get("direction")).lower() == "outbound"
        and str(rule.get("protocol", "*")).lower() in {"tcp", "*"}
        and any(_covers_port(text) for text in _both(rule, "destinationPortRange"))
        and any(_is_storage(text, region) for text in _both(rule, "destinationAddressPrefix"))
        and any(_is_own(text, nic) for text in _both(rule, "sourceAddressPrefix"))
    )


def _both(rule: Json, name: str) -> list[str]:
    """Give a rule's values, which it has in the singular, the plural or both."""
    plural = f"{name}es" if name.endswith("x") else f"{name}s"
    return [*filter(None, [rule.get(name)]), *(rule.get(plural) or [])]


def _covers_port(text: str) -> bool:
    low, _, high = text.partition("-")
    return text == "*" or int(low) <= _HTTPS <= int(high or low)


def _is_storage(text: str, region: str) -> bool:
    """Tell whether a destination takes in Storage of a region."""
    plain = text.lower()
    here = region.replace(" ", "").lower()
    tags = {name + tail for name in ("storage", "azurecloud") for tail in ("", f".{here}")}
    return plain in _ANYWHERE or plain in tags


def _is_own(text: str, nic: Json) -> bool:
    """Tell whether a source takes in the interface's own address."""
    if text.lower() in _OWN:
        return True
    addresses = [
        each.get("properties", {}).get("privateIPAddress")
        for each in nic["properties"].get("ipConfigurations", [])
    ]
    try:
        network = ipaddress.ip_network(text, strict=False)
    except ValueError:
        return False
    return any(address and ipaddress.ip_address(address) in network for address in addresses)


def _leads_nowhere(world: World, nic: Json, subnet: Json) -> bool:
    """Tell whether no way leads from a subnet to Storage."""
    if has_storage_endpoint(subnet):
        return False
    default = _default_hop(world, subnet)
    if default:
        return default.lower() != "internet"
    return subnet["properties"].get("defaultOutboundAccess") is False and not (
        subnet["properties"].get("natGateway") or _has_public_address(nic)
    )


def has_storage_endpoint(subnet: Json) -> bool:
    """Tell whether a subnet has a service endpoint of Storage: its own way, past all routes."""
    endpoints = subnet["properties"].get("serviceEndpoints") or []
    return any(str(each.get("service", "")).lower() == "microsoft.storage" for each in endpoints)


def routes_of(world: World, subnet: Json) -> list[Json]:
    """Give the routes that a subnet's own table lays down."""
    table_id = (subnet["properties"].get("routeTable") or {}).get("id", "")
    table = world.documents.get(table_id) if table_id else None
    return parts_of(world, table, "routes") if table else []


def _default_hop(world: World, subnet: Json) -> str:
    """Give where traffic to Storage goes by the table: a route for its tag, else the default."""
    hops = {
        str(route["properties"].get("addressPrefix")).lower(): str(
            route["properties"].get("nextHopType")
        )
        for route in routes_of(world, subnet)
    }
    tagged = [hop for prefix, hop in hops.items() if prefix.partition(".")[0] == "storage"]
    return tagged[0] if tagged else hops.get("0.0.0.0/0", "")


def _has_public_address(nic: Json) -> bool:
    configurations = nic["properties"].get("ipConfigurations", [])
    return any(each.get("properties", {}).get("publicIPAddress") for each in configurations)


def machine_of(world: World, nic: Json) -> Json | None:
    """Give the machine that an interface belongs to, or None."""
    named = (nic["properties"].get("virtualMachine") or {}).get("id", "")
    if named:
        return world.documents.get(named)
    wanted = arm_ids.key(nic["id"])
    for vm in world.documents.of_type("Microsoft.Compute/virtualMachines"):
        profile = vm["properties"].get("networkProfile") or {}
        ids = (arm_ids.key(each["id"]) for each in profile.get("networkInterfaces", []))
        if wanted in ids:
            return vm
    return None
