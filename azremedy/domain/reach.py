"""Can a VM reach Azure Storage by itself? Evaluate rules, routes and endpoints as Azure does.

Source: learn.microsoft.com/azure/virtual-network/network-security-groups-overview and
.../virtual-networks-udr-overview. What a virtual network manager's admin rules forbid, and routes
that a gateway learns, stand in none of the documents that are read.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from ipaddress import IPv4Network, collapse_addresses, ip_address
from typing import TYPE_CHECKING

from azremedy.domain.network import STORAGE, NetworkFacts, Route, SecurityGroup, SecurityRule
from azremedy.ids import ResourceId

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

HTTPS = "443"
"""The port of Azure Storage: the one that decides."""
MANAGED = "8443"
"""The port that the article of 2018 asks for in addition, for managed disks."""
PORTS = (HTTPS, MANAGED)
"""The ports that are looked at."""
NOT_NEEDED = (
    "Azure Backup of VMs does not need it today, except with an old agent, with write accelerator "
    "disks, or when the host's own way of taking the snapshot fails"
)
"""What today's documentation says about it.
Source: learn.microsoft.com/azure/backup/private-endpoints-overview (2025-09-09) and
.../backup-support-matrix-iaas (2025-10-27)."""

_ALL = (IPv4Network("0.0.0.0/0"),)
_EPHEMERAL = "50000"
"""A port that connections are made from, on Windows and on Linux."""
_OWN = frozenset({"*", "virtualnetwork"})
_WHOLE = frozenset({"*", "internet"})
# Azure Storage has no address in these. Source: IANA's registry of special-purpose addresses.
_ELSEWHERE = tuple(
    IPv4Network(text)
    for text in (
        "10.0.0.0/8",
        "100.64.0.0/10",
        "127.0.0.0/8",
        "168.63.129.16/32",
        "169.254.0.0/16",
        "172.16.0.0/12",
        "192.168.0.0/16",
        "224.0.0.0/3",
    )
)


class Cover(StrEnum):
    """How much of Azure Storage in a region a list of destinations takes in."""

    ALL = "all"
    """Every address."""
    PART = "part"
    """Perhaps some: public addresses whose owner is not known here."""
    NONE = "none"
    """No address."""


class Way(StrEnum):
    """Where traffic to Azure Storage goes, if the rules let it."""

    ENDPOINT = "endpoint"
    """Through the subnet's service endpoint, past all routes."""
    INTERNET = "internet"
    """Straight out."""
    DIVERTED = "diverted"
    """A route leads it elsewhere, wholly or in part: a firewall there may let it pass."""
    DROPPED = "dropped"
    """A route drops it."""
    PRIVATE = "private"
    """Nowhere: the subnet has no way out."""
    UNKNOWN = "unknown"
    """The subnet has no way out of its own, but a load balancer's rules may be one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Denial:
    """A rule that keeps traffic from Azure Storage."""

    group_id: ResourceId
    """The network security group."""
    rule: SecurityRule
    """The rule that decides there."""
    ports: tuple[str, ...]
    """The ports that it denies, of those that were looked at."""
    partly: bool
    """Whether rules for single public addresses leave open how much of Storage is denied."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reach:
    """Whether a VM reaches Azure Storage in its region, and what is against it."""

    denials: tuple[Denial, ...]
    """Rules that deny, of the interface's group before those of the subnet's."""
    way: Way
    """Where routes and endpoints lead."""
    route: Route | None = None
    """The route that diverts or drops."""

    @property
    def passable(self) -> bool:
        """Whether the way leads to Storage as far as routes go."""
        return self.way in {Way.ENDPOINT, Way.INTERNET}

    @property
    def impassable(self) -> bool:
        """Whether the way surely leads nowhere."""
        return self.way in {Way.DROPPED, Way.PRIVATE}

    @property
    def open(self) -> bool:
        """Whether nothing is against it, at any port that was looked at."""
        return self.passable and not self.denials


def find_reach(facts: NetworkFacts, ports: tuple[str, ...] = PORTS) -> Reach:
    """Find out whether a VM reaches Azure Storage in its region."""
    way, route = _find_way(facts)
    denials = (denial for group in facts.groups for denial in find_denials(group, facts, ports))
    return Reach(denials=tuple(denials), way=way, route=route)


def find_denials(
    group: SecurityGroup, facts: NetworkFacts, ports: tuple[str, ...]
) -> tuple[Denial, ...]:
    """Find the rules of one group that deny Azure Storage, each with its ports."""
    found: dict[tuple[str, bool], Denial] = {}
    for port in ports:
        if (decided := _decide(group, facts, port)) is not None:
            rule, partly = decided
            known = found.get((rule.name, partly))
            denied = (*(known.ports if known else ()), port)
            found[rule.name, partly] = Denial(
                group_id=group.id, rule=rule, ports=denied, partly=partly
            )
    return tuple(found.values())


def _decide(
    group: SecurityGroup, facts: NetworkFacts, port: str
) -> tuple[SecurityRule, bool] | None:
    """Give the rule that denies a port, and whether only in part; ``None`` when it is allowed.

    The first rule that takes all of Storage in decides. Rules before it that take a part in leave
    something open when they say the opposite. Where no rule fits, Azure's own 65001 allows.
    """
    parts: list[SecurityRule] = []
    for rule in sorted(group.rules, key=lambda rule: rule.priority):
        if not _meets(rule, facts, port):
            continue
        cover = find_cover(rule.destinations, facts.region)
        if cover is Cover.PART:
            parts.append(rule)
        if cover is Cover.ALL:
            opposite = [part for part in parts if _denies(part) is not _denies(rule)]
            if _denies(rule):
                return rule, bool(opposite)
            return (opposite[0], True) if opposite else None
    denying = [part for part in parts if _denies(part)]
    return (denying[0], True) if denying else None


def find_rule_ahead(group: SecurityGroup, rule: SecurityRule) -> SecurityRule | None:
    """Find a rule that comes before a rule of azremedy's and denies what that allows.

    Only denials for every VM count: for which VMs the others are cannot be told from the group.
    """
    for other in sorted(group.rules, key=lambda each: each.priority):
        if other.priority < rule.priority and _denies(other) and _opposes(other, rule):
            return other
    return None


def is_needed(group: SecurityGroup, rule: SecurityRule) -> bool:
    """Say whether a rule of azremedy's would allow something that its group denies without it.

    For which VMs a denial is cannot be told from the group: each counts, also one in part.
    """
    return any(_may_be_denied(group, rule, port) for port in rule.destination_ports)


def _may_be_denied(group: SecurityGroup, rule: SecurityRule, port: str) -> bool:
    """Go through the rules up to the one that lets every VM reach all of Azure Storage."""
    region = rule.destinations[0].partition(".")[2]
    for other in sorted(group.rules, key=lambda each: each.priority):
        cover = find_cover(other.destinations, region)
        fits = _is_outbound_tcp(other) and _has_port(other.destination_ports, port)
        if not fits or cover is Cover.NONE:
            continue
        if _denies(other):
            return True
        if cover is Cover.ALL and any(source.lower() in _OWN for source in other.sources):
            return False
    return False


def _opposes(other: SecurityRule, rule: SecurityRule) -> bool:
    region = rule.destinations[0].partition(".")[2]
    return (
        _is_outbound_tcp(other)
        and any(source.lower() in _OWN for source in other.sources)
        and any(_has_port(other.destination_ports, port) for port in rule.destination_ports)
        and find_cover(other.destinations, region) is Cover.ALL
    )


def _is_outbound_tcp(rule: SecurityRule) -> bool:
    return rule.direction.lower() == "outbound" and rule.protocol.lower() in {"*", "tcp"}


def _denies(rule: SecurityRule) -> bool:
    return rule.access.lower() == "deny"


def _meets(rule: SecurityRule, facts: NetworkFacts, port: str) -> bool:
    """Say whether a rule is about this VM's outbound TCP traffic to a port."""
    return (
        _is_outbound_tcp(rule)
        and _has_port(rule.destination_ports, port)
        and _has_port(rule.source_ports, _EPHEMERAL)
        and _comes_from(rule, facts)
    )


def _has_port(ranges: Iterable[str], port: str) -> bool:
    for each in ranges:
        low, _, high = each.partition("-")
        if each == "*" or int(low) <= int(port) <= int(high or low):
            return True
    return False


def _comes_from(rule: SecurityRule, facts: NetworkFacts) -> bool:
    if any(group in facts.application_groups for group in rule.source_groups):
        return True
    if any(source.lower() in _OWN for source in rule.sources):
        return True
    networks = tuple(_networks(rule.sources))
    if not facts.address:
        return _ALL[0] in networks
    return any(ip_address(facts.address) in network for network in networks)


def find_cover(destinations: Iterable[str], region: str) -> Cover:
    """Find how much of Azure Storage in a region a list of prefixes and service tags takes in."""
    texts = tuple(destinations)
    tags = {tag for rank in _rank_tags(region) for tag in rank}
    networks = tuple(_networks(texts))
    if tuple(collapse_addresses(networks)) == _ALL:
        return Cover.ALL
    if any(text.lower() in _WHOLE or text.lower() in tags for text in texts):
        return Cover.ALL
    return Cover.PART if any(map(_may_be_storage, networks)) else Cover.NONE


def _rank_tags(region: str) -> tuple[tuple[str, ...], ...]:
    """Give the service tags that take Storage in, the narrowest first, as routes rank them.

    Source: learn.microsoft.com/azure/virtual-network/virtual-networks-udr-overview, "Service tags
    for user-defined routes".
    """
    here = region.replace(" ", "").lower()
    return ((f"storage.{here}",), ("storage",), (f"azurecloud.{here}",), ("azurecloud",))


def _networks(texts: Iterable[str]) -> Iterator[IPv4Network]:
    """Read what of a list are IPv4 prefixes; the rest are service tags, or IPv6."""
    for text in texts:
        try:
            yield IPv4Network(text, strict=False)
        except ValueError:
            continue


def _may_be_storage(network: IPv4Network) -> bool:
    return not any(network.subnet_of(block) for block in _ELSEWHERE)


def has_storage_endpoint(services: Iterable[str]) -> bool:
    """Say whether a service endpoint leads to Azure Storage: the regional or the global one."""
    wanted = STORAGE.lower()
    return any(service.lower() in {wanted, f"{wanted}.global"} for service in services)


def _find_way(facts: NetworkFacts) -> tuple[Way, Route | None]:
    if has_storage_endpoint(facts.subnet.service_endpoints):
        return Way.ENDPOINT, None
    ruling = _find_ruling_route(facts)
    if ruling is not None and not _leads_out(ruling):
        return (Way.DROPPED if ruling.next_hop.lower() == "none" else Way.DIVERTED), ruling
    for route in facts.routes:
        if find_cover((route.prefix,), facts.region) is Cover.PART and not _leads_out(route):
            return Way.DIVERTED, route
    return _find_way_out(facts), None


def _find_ruling_route(facts: NetworkFacts) -> Route | None:
    """Find the route for all of Storage: the longest prefix wins, and tags are longer than all.

    ``None``: Azure's own route to the internet.
    """
    for wanted in (*_rank_tags(facts.region), ("0.0.0.0/0",)):
        for route in facts.routes:
            if route.prefix.lower() in wanted:
                return route
    return None


def _leads_out(route: Route) -> bool:
    return route.next_hop.lower() == "internet"


def _find_way_out(facts: NetworkFacts) -> Way:
    """Find the way out of a subnet; one without the default way needs an explicit one.

    Source: learn.microsoft.com/azure/virtual-network/ip-services/default-outbound-access.
    """
    if facts.subnet.default_outbound is not False:
        return Way.INTERNET
    if facts.subnet.nat_gateway or facts.public_address:
        return Way.INTERNET
    return Way.UNKNOWN if facts.load_balanced else Way.PRIVATE


def describe_denial(denial: Denial) -> str:
    """Say which rule denies what, in one line."""
    rule, part = denial.rule, " for some addresses" if denial.partly else ""
    ports = name_ports(denial.ports)
    where = f"rule {rule.name} (priority {rule.priority}) of {denial.group_id.name}"
    return f"{where} denies {ports}{part}"


def describe_way(reach: Reach, facts: NetworkFacts) -> str:
    """Say where the way leads that is not known to lead to Storage, in one line."""
    subnet = facts.subnet.id.name
    if reach.route is not None:
        hop = "drops it" if reach.way is Way.DROPPED else f"leads to {reach.route.next_hop}"
        return f"route {reach.route.name} ({reach.route.prefix}) of subnet {subnet} {hop}"
    lacks = f"subnet {subnet} is private, without NAT gateway or public address"
    return f"{lacks}, behind a load balancer" if reach.way is Way.UNKNOWN else lacks


def name_ports(ports: tuple[str, ...]) -> str:
    """Name ports, such as ``port 443`` or ``ports 443 and 8443``."""
    return f"port{'s' if ports[1:] else ''} {' and '.join(ports)}"
