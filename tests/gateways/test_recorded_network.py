"""Hold the network gateway against recorded Azure traffic, and against what Azure never sent."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from azremedy.errors import AzureError
from azremedy.gateways.wire_network import list_services, write_subnet
from azremedy.ids import ResourceId

if TYPE_CHECKING:
    from tests.gateways.conftest import Exchange, ReadRecordings, Scripted

NETWORK = "/subscriptions/5ab0e6c1-3f2d-4a7b-9c18-7d20b4f1a001/resourceGroups/g/providers"
ANY = ResourceId.parse(f"{NETWORK}/Microsoft.Network/networkInterfaces/any")


def recorded(read_recordings: ReadRecordings, kind: str) -> list[Exchange]:
    """Pick the recorded reads of one document of a kind."""
    wanted = f"microsoft.network/{kind}".lower()
    return [
        exchange
        for exchange in read_recordings("network")
        if exchange.method == "GET"
        and exchange.status == 200
        and isinstance(exchange.body, dict)
        and str(exchange.body.get("type", "")).lower() == wanted
    ]


def named(document: dict[str, Any], key: str) -> str | None:
    """Give the id that a document refers to, by hand."""
    reference = document.get(key) or {}
    return reference["id"].lower() if "id" in reference else None


def test_every_recorded_interface_is_read(
    scripted: Scripted, read_recordings: ReadRecordings
) -> None:
    """Ids, address, subnet and group are those of the primary address."""
    found = recorded(read_recordings, "networkInterfaces")

    for exchange in found:
        interface = scripted.play(exchange.reply()).network.get_interface(ANY)
        properties = exchange.body["properties"]
        addresses = [each["properties"] for each in properties["ipConfigurations"]]
        primary = next((each for each in addresses if each.get("primary")), addresses[0])
        assert exchange.body["id"].lower() == interface.id.key, exchange.name
        assert primary.get("privateIPAddress", "") == interface.address
        assert primary["privateIPAllocationMethod"] == interface.allocation
        assert named(primary, "subnet") == (interface.subnet_id and interface.subnet_id.key)
        assert named(properties, "networkSecurityGroup") == (
            interface.group_id and interface.group_id.key
        )
        public = any("publicIPAddress" in each for each in addresses)
        assert public == interface.public_address

    assert len(found) >= 10


def test_every_recorded_group_is_read_with_all_its_rules(
    scripted: Scripted, read_recordings: ReadRecordings
) -> None:
    """Own and default rules keep names, priorities and both spellings of their values."""
    found = recorded(read_recordings, "networkSecurityGroups")

    for exchange in found:
        group = scripted.play(exchange.reply()).network.get_group(ANY)
        properties = exchange.body["properties"]
        rules = [*properties["securityRules"], *properties["defaultSecurityRules"]]
        expected = [
            (each["name"], each["properties"]["priority"], each["properties"]["access"])
            for each in rules
        ]
        assert expected == [(rule.name, rule.priority, rule.access) for rule in group.rules]
        assert all(rule.destination_ports and rule.source_ports for rule in group.rules)

    assert len(found) >= 10


def test_every_recorded_rule_is_read(scripted: Scripted, read_recordings: ReadRecordings) -> None:
    """Values in the singular and in the plural are put together."""
    found = recorded(read_recordings, "networkSecurityGroups/securityRules")

    for exchange in found:
        rule = scripted.play(exchange.reply()).network.get_rule(ANY)
        properties = exchange.body["properties"]
        single = properties.get("destinationPortRange")
        ports = [*([single] if single else []), *properties["destinationPortRanges"]]
        assert (exchange.body["name"], tuple(ports)) == (rule.name, rule.destination_ports)

    assert len(found) >= 5


def test_every_recorded_subnet_is_read_and_written_back_whole(
    scripted: Scripted, read_recordings: ReadRecordings
) -> None:
    """Nothing but what Azure computes is left out of what is sent back."""
    computed = {"provisioningState", "ipConfigurations", "purpose", "serviceAssociationLinks"}
    found = recorded(read_recordings, "virtualNetworks/subnets")

    for exchange in found:
        subnet = scripted.play(exchange.reply()).network.get_subnet(ANY)
        properties = exchange.body["properties"]
        services = [each["service"] for each in properties.get("serviceEndpoints") or ()]
        body = write_subnet(exchange.body, services=list_services(exchange.body))
        assert exchange.body["id"].lower() == subnet.id.key
        assert tuple(services) == subnet.service_endpoints
        assert properties.get("defaultOutboundAccess") is subnet.default_outbound
        kept = {key: value for key, value in properties.items() if key not in computed}
        sent = body["properties"]
        assert {**kept, "serviceEndpoints": None} == {**sent, "serviceEndpoints": None}
        assert services == [each["service"] for each in sent["serviceEndpoints"]]
        assert "provisioningState" not in json.dumps(sent["serviceEndpoints"])

    assert len(found) >= 10


RULE = {"name": "r", "properties": {"priority": 100, "destinationPortRange": "443"}}


@pytest.mark.parametrize(
    ("read", "document"),
    [
        ("get_rule", {**RULE, "properties": {}}),
        ("get_rule", {**RULE, "properties": {"priority": 100, "destinationPortRange": "https"}}),
        ("get_subnet", {"id": str(ANY), "properties": {"defaultOutboundAccess": "no"}}),
        ("get_interface", {"properties": {}}),
    ],
)
def test_what_azure_never_sends_is_no_value(
    scripted: Scripted, read: str, document: dict[str, Any]
) -> None:
    """A document of another shape is an error that names it, never a guess."""
    network = scripted.play(scripted.reply(body=document)).network

    with pytest.raises(AzureError, match="cannot be read"):
        getattr(network, read)(ANY)


def test_an_interface_without_addresses_has_no_subnet(scripted: Scripted) -> None:
    """What is missing is missing."""
    document = {"id": str(ANY), "location": "westeurope", "properties": {}}

    interface = scripted.play(scripted.reply(body=document)).network.get_interface(ANY)

    assert (None, "", ()) == (interface.subnet_id, interface.address, interface.application_groups)
