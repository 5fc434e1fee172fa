"""What stands between a VM and Azure Storage: rules, routes, endpoints; ``reach`` evaluates it."""

from __future__ import annotations

from dataclasses import dataclass

from azremedy.ids import ResourceId

STORAGE = "Microsoft.Storage"
"""The service whose endpoint on a subnet leads to Azure Storage past all routes."""


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
    source_groups: tuple[ResourceId, ...] = ()
    """Application security groups that it is for; ``sources`` is empty then."""
    source_ports: tuple[str, ...] = ("*",)
    """Ports and ranges that the connection comes from."""
    provisioning_state: str = ""
    """``Succeeded``, or what Azure does with it, such as ``Updating`` and ``Deleting``."""


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
    group_id: ResourceId | None = None
    """Its network security group."""
    route_table_id: ResourceId | None = None
    """Its route table; without one Azure's own routes hold."""
    provisioning_state: str = ""
    """``Succeeded``, or what Azure does with it, such as ``Updating`` and ``Deleting``."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Interface:
    """A network interface, as far as its primary address goes."""

    id: ResourceId
    """The interface's id."""
    region: str
    """Its region, which is its VM's."""
    allocation: str
    """``privateIPAllocationMethod``: ``Static`` or ``Dynamic``."""
    address: str = ""
    """Its private address; empty when Azure sends none."""
    public_address: bool = False
    """Whether it has a public address."""
    load_balanced: bool = False
    """Whether it stands behind a load balancer, whose rules may lead out."""
    application_groups: tuple[ResourceId, ...] = ()
    """Application security groups that it belongs to."""
    group_id: ResourceId | None = None
    """Its own network security group."""
    subnet_id: ResourceId | None = None
    """Its subnet."""


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
    address: str = ""
    """The interface's private address; empty when Azure sends none."""
    load_balanced: bool = False
    """Whether it stands behind a load balancer, whose rules may lead out."""
    application_groups: tuple[ResourceId, ...] = ()
    """Application security groups that the interface belongs to."""

    @property
    def groups(self) -> tuple[SecurityGroup, ...]:
        """The groups that both must allow, in the order of outbound traffic, each once."""
        found = (self.interface_group, self.subnet_group)
        return tuple({each.id: each for each in found if each is not None}.values())


def make_storage_rule(
    name: str, priority: int, *, destination: str, ports: tuple[str, ...]
) -> SecurityRule:
    """Make the one outbound rule that azremedy writes: TCP from the VMs' own network."""
    return SecurityRule(
        name=name,
        priority=priority,
        direction="Outbound",
        access="Allow",
        protocol="Tcp",
        destinations=(destination,),
        destination_ports=ports,
        sources=("VirtualNetwork",),
    )


def is_same_rule(one: SecurityRule, other: SecurityRule) -> bool:
    """Say whether two rules mean the same under one name; case and order do not count."""
    return _canon(one) == _canon(other)


def _canon(rule: SecurityRule) -> tuple[object, ...]:
    words = (rule.name, rule.direction, rule.access, rule.protocol)
    lists = (rule.destinations, rule.destination_ports, rule.sources, rule.source_ports)
    return (
        rule.priority,
        frozenset(rule.source_groups),
        *(word.lower() for word in words),
        *(frozenset(each.lower() for each in texts) for texts in lists),
    )
