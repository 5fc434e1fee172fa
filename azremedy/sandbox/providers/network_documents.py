"""Write and change documents of Microsoft.Network; their parts are embedded in them."""

from __future__ import annotations

from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING

from azremedy.sandbox import arm_ids, backup_network, refusals
from azremedy.sandbox.http import ArmError, Json

if TYPE_CHECKING:
    from collections.abc import Mapping

    from azremedy.sandbox.world import World

PROVIDER = "Microsoft.Network"
"""The namespace."""

_DEFAULTS = (
    ("AllowVnetInBound", 65000, "Inbound", "Allow", "VirtualNetwork", "VirtualNetwork"),
    ("AllowAzureLoadBalancerInBound", 65001, "Inbound", "Allow", "AzureLoadBalancer", "*"),
    ("DenyAllInBound", 65500, "Inbound", "Deny", "*", "*"),
    ("AllowVnetOutBound", 65000, "Outbound", "Allow", "VirtualNetwork", "VirtualNetwork"),
    ("AllowInternetOutBound", 65001, "Outbound", "Allow", "*", "Internet"),
    ("DenyAllOutBound", 65500, "Outbound", "Deny", "*", "*"),
)
"""The rules that end every security group: name, priority, direction, access, from, to.

Source: learn.microsoft.com/azure/virtual-network/network-security-groups-overview.
"""
_RANGES = (
    "sourcePortRanges",
    "destinationPortRanges",
    "sourceAddressPrefixes",
    "destinationAddressPrefixes",
)
_PRIORITIES = range(100, 4097)
_ALWAYS: Mapping[str, Json] = MappingProxyType(
    {
        "virtualNetworks": {"virtualNetworkPeerings": [], "enableDdosProtection": False},
        "subnets": {
            "delegations": [],
            "privateEndpointNetworkPolicies": "Disabled",
            "privateLinkServiceNetworkPolicies": "Enabled",
        },
        "networkInterfaces": {
            "dnsSettings": {"dnsServers": [], "appliedDnsServers": []},
            "enableAcceleratedNetworking": False,
            "enableIPForwarding": False,
            "hostedWorkloads": [],
            "tapConfigurations": [],
        },
    }
)
"""What answers say of a kind even when its maker did not (recorded Azure traffic, 2022-2024)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """One type of resource with the parts that are embedded in it."""

    name: str
    """The type's name, such as `networkSecurityGroups`."""
    parts: tuple[str, ...] = ()
    """The types of its parts, which are also the keys under which they are embedded."""
    in_use: str = ""
    """The code with which the deletion of one that is in use is refused."""
    part_in_use: str = ""
    """The same for a part."""


def shown(world: World, kind: Kind, document: Json) -> Json:
    """Give a document as GET shows it: with all its parts and, for rules, the default ones."""
    for part in kind.parts:
        own = backup_network.parts_of(world, document, part)
        document["properties"][part] = [shown_part(document, part, each) for each in own]
    if kind.name == "networkSecurityGroups":
        document["properties"].setdefault("defaultSecurityRules", default_rules(document))
    document["properties"] = {**_ALWAYS.get(kind.name, {}), **document["properties"]}
    addresses = document["properties"].get("ipConfigurations") or []
    if kind.name == "networkInterfaces":
        document["properties"]["ipConfigurations"] = [
            _address(document, each, number) for number, each in enumerate(addresses)
        ]
    return document


def _address(card: Json, own: Json, number: int) -> Json:
    """Complete an address of an interface; one that nobody chose is a private one of ten.

    Source: recorded Azure traffic, 2019-2024.
    """
    shown_with = {
        "provisioningState": "Succeeded",
        "privateIPAddress": f"10.0.0.{4 + number}",
        "privateIPAddressVersion": "IPv4",
        **(own.get("properties") or {}),
    }
    name = own.get("name", f"ipconfig{number + 1}")
    etag = {"etag": card["etag"]} if "etag" in card else {}
    about = {"name": name, "id": f"{card['id']}/ipConfigurations/{name}", **etag}
    return {**about, "type": f"{card['type']}/ipConfigurations", **own, "properties": shown_with}


def shown_part(parent: Json, part: str, own: Json) -> Json:
    """Give a part as GET shows it, with what a scenario left out."""
    part_id = own.get("id") or f"{parent['id']}/{part}/{own['name']}"
    etag = {"etag": parent["etag"]} if "etag" in parent else {}
    properties = {**_ALWAYS.get(part, {}), **(own.get("properties") or {})}
    kind = f"{parent['type']}/{part}"
    return {**etag, **own, "id": part_id, "type": kind, "properties": properties}


def default_rules(group: Json) -> list[Json]:
    """Write the default rules of a security group."""
    kind = "defaultSecurityRules"
    etag = {"etag": group["etag"]} if "etag" in group else {}
    return [
        {
            "name": name,
            "id": f"{group['id']}/{kind}/{name}",
            **etag,
            "type": f"{group['type']}/{kind}",
            "properties": {
                "provisioningState": "Succeeded",
                "description": f"{access} {direction.lower()} traffic, by default",
                "protocol": "*",
                "sourcePortRange": "*",
                "destinationPortRange": "*",
                "sourceAddressPrefix": source,
                "destinationAddressPrefix": target,
                "access": access,
                "priority": priority,
                "direction": direction,
                **{each: [] for each in _RANGES},
            },
        }
        for name, priority, direction, access, source, target in _DEFAULTS
    ]


def written(world: World, kind: Kind, document_id: str, *, sent: Json, before: Json | None) -> Json:
    """Write a resource as it stands while a PUT goes on."""
    parsed = arm_ids.parse(document_id)
    etag = new_etag(world)
    guid = (before or {"properties": {}})["properties"].get("resourceGuid")
    document: Json = {
        **{key: sent[key] for key in ("location", "tags") if key in sent},
        "id": document_id,
        "name": parsed.name,
        "type": parsed.type,
        "etag": etag,
        "properties": {
            **(sent.get("properties") or {}),
            "provisioningState": "Updating",
            "resourceGuid": guid or world.ids.new(),
        },
    }
    document.setdefault("location", (before or {}).get("location", "westeurope"))
    for part in kind.parts:
        parts = [
            part_written(document, part, each) for each in document["properties"].get(part, [])
        ]
        check_parts(part, parts)
        document["properties"][part] = parts
    return document


def part_written(parent: Json, part: str, sent: Json) -> Json:
    """Write a part as it stands while a PUT goes on.

    Raises:
        ArmError: 400 for a rule that lacks something or has an impossible priority.
    """
    properties = {**(sent.get("properties") or {}), "provisioningState": "Updating"}
    if part == "securityRules":
        _check_rule(sent.get("name", ""), properties)
        properties = {**properties, **{each: properties.get(each) or [] for each in _RANGES}}
    part_id = f"{parent['id']}/{part}/{sent['name']}"
    about = {"name": sent["name"], "id": part_id}
    about |= {"etag": parent["etag"]} if "etag" in parent else {}
    return {**about, "type": f"{parent['type']}/{part}", "properties": properties}


def settle(world: World, kind: Kind, document_id: str) -> None:
    """Mark a document and its parts as done, when it is still there."""
    document = world.documents.get(document_id)
    if not document:
        return
    document["etag"] = new_etag(world)
    parts = [each for part in kind.parts for each in document["properties"].get(part, [])]
    for each in (document, *parts):
        each["properties"]["provisioningState"] = "Succeeded"
    world.documents.put(document)


def check_parts(part: str, parts: list[Json]) -> None:
    """Refuse two rules of one direction with one priority.

    Raises:
        ArmError: 400 `SecurityRuleConflict`; the wording is in no recording.
    """
    seen: dict[tuple[str, int], str] = {}
    for rule in parts if part == "securityRules" else []:
        properties = rule["properties"]
        place = (str(properties["direction"]).lower(), int(properties["priority"]))
        if place in seen:
            message = (
                f"Security rule {rule['name']} conflicts with rule {seen[place]}. "
                "Rules cannot have the same Priority and Direction."
            )
            raise ArmError(400, "SecurityRuleConflict", message)
        seen[place] = rule.get("name", "")


def part_of(world: World, parent: Json, *, part: str, name: str) -> Json | None:
    """Give a part by its name, or None."""
    for own in backup_network.parts_of(world, parent, part):
        if own.get("name", "").lower() == name.lower():
            return shown_part(parent, part, own)
    return None


def with_part(world: World, parent: Json, *, part: str, fresh: Json) -> Json:
    """Give the parent with a part put in, in place of one of the same name.

    Raises:
        ArmError: 400 when the part conflicts with another.
    """
    others = [
        each for each in _own(parent, part) if each.get("name", "").lower() != fresh["name"].lower()
    ]
    loose = backup_network.parts_of(world, parent, part)[len(_own(parent, part)) :]
    check_parts(
        part, [*others, *(each for each in loose if each.get("name", "") != fresh["name"]), fresh]
    )
    parent["properties"][part] = [*others, fresh]
    return parent


def without_part(world: World, parent: Json, *, part: str, name: str) -> None:
    """Take a part out of its parent, which is stored."""
    kept = [each for each in _own(parent, part) if each.get("name", "").lower() != name.lower()]
    parent["properties"][part] = kept
    parent["etag"] = new_etag(world)
    world.documents.put(parent)
    world.documents.remove(f"{parent['id']}/{part}/{name}")


def check_unused(world: World, document_id: str, code: str) -> None:
    """Refuse to delete what another document of the network refers to.

    Raises:
        ArmError: 400 with the code, which is in no recording.
    """
    wanted = f'"{arm_ids.key(document_id)}"'
    for other in world.documents:
        apart = not arm_ids.within(other["id"], document_id)
        if code and apart and wanted in _references(other) and not _holds(other, document_id):
            name = refusals.short_name(document_id)
            message = f"{name} cannot be deleted because it is in use by {other['id']}."
            raise ArmError(400, code, message)


def new_etag(world: World) -> str:
    """Write the next entity tag."""
    return f'W/"{world.ids.new()}"'


def _own(parent: Json, part: str) -> list[Json]:
    return list(parent["properties"].get(part, []))


def _holds(other: Json, document_id: str) -> bool:
    """Tell whether a document is the one in which another is embedded."""
    return arm_ids.within(document_id, other["id"])


def _references(document: Json) -> str:
    """Give what a document of the network or a machine says, in lower case, for a search of ids."""
    kinds = (f"{PROVIDER}/", "Microsoft.Compute/virtualMachines")
    if not str(document.get("type", "")).startswith(kinds):
        return ""
    return str(document.get("properties")).lower().replace("'", '"')


def _check_rule(name: str, properties: Json) -> None:
    missing = [
        each for each in ("protocol", "access", "priority", "direction") if each not in properties
    ]
    if missing:
        message = f"Security rule {name} lacks a value for {missing[0]}."
        raise ArmError(400, "SecurityRuleParameterMissing", message)
    if int(properties["priority"]) not in _PRIORITIES:
        message = f"Security rule {name} has an invalid priority. It must be from 100 to 4096."
        raise ArmError(400, "SecurityRuleInvalidPriority", message)
