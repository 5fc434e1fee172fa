"""Can a VM reach Azure Storage? Evaluate rules, routes and endpoints as Azure does."""

from __future__ import annotations

from dataclasses import dataclass

from azremedy.ids import ResourceId


@dataclass(frozen=True, slots=True, kw_only=True)
class SecurityRule:
    """One rule of a network security group, default rules included."""

    name: str
    """The rule's name."""
    priority: int
    """The lowest number is looked at first; the first that fits decides."""
    direction: str
    """``Inbound`` or ``Outbound``."""
    access: str
    """``Allow`` or ``Deny``."""
    protocol: str
    """``Tcp``, ``Udp``, ``*``…"""
    destinations: tuple[str, ...]
    """Address prefixes and service tags."""
    destination_ports: tuple[str, ...]
    """Ports and ranges, such as ``443``, ``8000-9000``, ``*``."""
    sources: tuple[str, ...] = ("*",)
    """Address prefixes and service tags."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SecurityGroup:
    """A network security group."""

    id: ResourceId
    """The group's id."""
    rules: tuple[SecurityRule, ...]
    """Its rules and default rules, in any order."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Route:
    """A route of a route table."""

    name: str
    """The route's name."""
    prefix: str
    """The address prefix, or a service tag."""
    next_hop: str
    """``Internet``, ``VirtualAppliance``, ``VirtualNetworkGateway``, ``VnetLocal`` or ``None``."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Subnet:
    """A subnet of a virtual network."""

    id: ResourceId
    """The subnet's id."""
    service_endpoints: tuple[str, ...] = ()
    """Services that are reached without the internet, such as ``Microsoft.Storage``."""
    default_outbound: bool | None = None
    """``defaultOutboundAccess``; ``None`` where Azure does not say, which means that it is on."""
    nat_gateway: bool = False
    """Whether a NAT gateway leads out."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NetworkFacts:
    """What stands between a VM's primary interface and Azure Storage."""

    interface_id: ResourceId
    """The primary network interface."""
    region: str
    """The VM's region as ARM writes it, such as ``westeurope``."""
    allocation: str
    """``privateIPAllocationMethod``: ``Static`` or ``Dynamic``."""
    public_address: bool
    """Whether it has a public address."""
    interface_group: SecurityGroup | None
    """The interface's own group."""
    subnet: Subnet
    """Its subnet."""
    subnet_group: SecurityGroup | None
    """The subnet's group."""
    routes: tuple[Route, ...] = ()
    """The subnet's route table."""
