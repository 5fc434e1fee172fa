"""Read Microsoft.Network's JSON, and write the little of it that azremedy changes."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from azremedy.domain.network import Interface, Route, SecurityGroup, SecurityRule, Subnet
from azremedy.gateways.wire_json import (
    AnswerFormatError,
    Json,
    number,
    resource_id,
    section,
    sections,
    text,
    texts,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

    from azremedy.ids import ResourceId

_PORTS = re.compile(r"\*|\d+(-\d+)?")
DESCRIPTION = "Lets VMs reach Azure Storage for their backup. Made by azremedy."
"""What the rule says of itself in the portal."""
# What Azure computes, and refuses or ignores when it is sent back.
# Source: Azure/azure-rest-api-specs, network 2024-05-01, properties marked read-only.
_COMPUTED = frozenset(
    {
        "interfaceEndpoints",
        "ipConfigurationProfiles",
        "ipConfigurations",
        "privateEndpoints",
        "provisioningState",
        "purpose",
        "resourceNavigationLinks",
        "serviceAssociationLinks",
    }
)


def parse_interface(document: Json) -> Interface:
    """Read a network interface; of several addresses the primary one counts."""
    properties = section(document, "properties")
    addresses = [section(each, "properties") for each in sections(properties, "ipConfigurations")]
    # Sorting keeps the order of equals: without a primary one the first counts.
    primary = next(iter(sorted(addresses, key=lambda each: each.get("primary") is not True)), {})
    return Interface(
        id=resource_id(document),
        region=text(document, "location"),
        allocation=text(primary, "privateIPAllocationMethod"),
        address=text(primary, "privateIPAddress"),
        public_address=any(section(each, "publicIPAddress") for each in addresses),
        load_balanced=any(sections(each, "loadBalancerBackendAddressPools") for each in addresses),
        application_groups=tuple(
            resource_id(each) for each in sections(primary, "applicationSecurityGroups")
        ),
        group_id=_reference(properties, "networkSecurityGroup"),
        subnet_id=_reference(primary, "subnet"),
    )


def parse_subnet(document: Json) -> Subnet:
    """Read a subnet; ``defaultOutboundAccess`` is missing where nobody chose it."""
    properties = section(document, "properties")
    outbound = properties.get("defaultOutboundAccess")
    if outbound is not None and not isinstance(outbound, bool):
        raise AnswerFormatError("'defaultOutboundAccess' is neither true nor false")
    return Subnet(
        id=resource_id(document),
        service_endpoints=tuple(
            text(each, "service") for each in sections(properties, "serviceEndpoints")
        ),
        default_outbound=outbound,
        nat_gateway=bool(section(properties, "natGateway")),
        group_id=_reference(properties, "networkSecurityGroup"),
        route_table_id=_reference(properties, "routeTable"),
        provisioning_state=text(properties, "provisioningState"),
    )


def parse_group(document: Json) -> SecurityGroup:
    """Read a security group with its own rules and the default ones."""
    properties = section(document, "properties")
    kinds = ("securityRules", "defaultSecurityRules")
    rules = (parse_rule(each) for kind in kinds for each in sections(properties, kind))
    return SecurityGroup(id=resource_id(document), rules=tuple(rules))


def parse_rule(document: Json) -> SecurityRule:
    """Read a rule, whose values stand in the singular, the plural or both."""
    properties = section(document, "properties")
    priority = number(properties, "priority")
    if priority is None:
        raise AnswerFormatError("a security rule has no priority")
    return SecurityRule(
        name=text(document, "name"),
        priority=priority,
        direction=text(properties, "direction"),
        access=text(properties, "access"),
        protocol=text(properties, "protocol"),
        destinations=_both(properties, "destinationAddressPrefix", "destinationAddressPrefixes"),
        destination_ports=_ports(properties, "destinationPortRange"),
        sources=_both(properties, "sourceAddressPrefix", "sourceAddressPrefixes"),
        source_groups=tuple(
            resource_id(each) for each in sections(properties, "sourceApplicationSecurityGroups")
        ),
        source_ports=_ports(properties, "sourcePortRange"),
        provisioning_state=text(properties, "provisioningState"),
    )


def parse_routes(document: Json) -> tuple[Route, ...]:
    """Read the routes of a route table."""
    return tuple(
        Route(
            name=text(each, "name"),
            prefix=text(section(each, "properties"), "addressPrefix"),
            next_hop=text(section(each, "properties"), "nextHopType"),
        )
        for each in sections(section(document, "properties"), "routes")
    )


def write_rule(rule: SecurityRule) -> dict[str, Any]:
    """Write a rule's body as it is sent."""
    return {
        "properties": {
            "description": DESCRIPTION,
            "protocol": rule.protocol,
            "sourcePortRange": "*",
            "destinationPortRanges": list(rule.destination_ports),
            "sourceAddressPrefix": rule.sources[0],
            "destinationAddressPrefix": rule.destinations[0],
            "access": rule.access,
            "priority": rule.priority,
            "direction": rule.direction,
        }
    }


def write_subnet(document: Json, *, services: Mapping[str, Json]) -> dict[str, Any]:
    """Write a subnet as it was read, but for its service endpoints.

    Args:
        document: the subnet as Azure answered it; what Azure computes is left out, all else stays.
        services: what is asked for of each service, by its name.
    """
    kept = {
        key: value for key, value in section(document, "properties").items() if key not in _COMPUTED
    }
    return {
        "name": text(document, "name"),
        "properties": {**kept, "serviceEndpoints": list(services.values())},
    }


def list_services(document: Json) -> dict[str, Json]:
    """List a subnet's service endpoints by name, as they are sent back."""
    found = sections(section(document, "properties"), "serviceEndpoints")
    return {
        text(each, "service"): {k: v for k, v in each.items() if k != "provisioningState"}
        for each in found
    }


def _reference(document: Json, key: str) -> ResourceId | None:
    named = section(document, key)
    return resource_id(named) if text(named, "id") else None


def _both(document: Json, one: str, many: str) -> tuple[str, ...]:
    single = text(document, one)
    return (*((single,) if single else ()), *texts(document, many))


def _ports(document: Json, key: str) -> tuple[str, ...]:
    found = _both(document, key, f"{key}s")
    if odd := next((each for each in found if not _PORTS.fullmatch(each)), None):
        raise AnswerFormatError(f"'{odd}' is not a range of ports")
    return found
