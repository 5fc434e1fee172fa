"""Can the VM reach Azure Storage? Advisory."""

from __future__ import annotations

from typing import TYPE_CHECKING

from azremedy.domain.evidence import Absent, Observed, Unreadable
from azremedy.domain.findings import Basis
from azremedy.domain.reach import (
    HTTPS,
    NOT_NEEDED,
    Denial,
    Reach,
    Way,
    describe_denial,
    describe_way,
    find_reach,
)
from azremedy.domain.remedies import Remedy
from azremedy.domain.rules.base import (
    Need,
    Rule,
    basis_of,
    cannot_tell,
    confirmed,
    ruled_out,
    unread,
)

if TYPE_CHECKING:
    from azremedy.domain.case import Case
    from azremedy.domain.findings import Answer
    from azremedy.domain.network import NetworkFacts

_FIREWALL = "look whether the firewall that the route leads to lets the VM reach Azure Storage"
_ADDRESSES = "look whether the rules for single addresses take Azure Storage in, or allow its tag"
_BALANCER = "look whether the VM's load balancer has an outbound rule"


def check_storage(case: Case) -> Answer:
    """Decide whether rules or routes keep the VM from Azure Storage at port 443."""
    seen = case.network
    if isinstance(case.vm, Absent):
        return ruled_out("there is no VM", basis_of("no such VM", case.vm))
    if isinstance(seen, Unreadable):
        return unread(seen, what="the VM's network")
    if isinstance(seen, Absent):
        fact = basis_of("no network interface", seen)
        settle = "look whether the VM has a network interface"
        return cannot_tell("the VM's network interface does not exist", fact, settle=settle)
    reach = find_reach(seen.value)
    decisive = [denial for denial in reach.denials if HTTPS in denial.ports]
    certain = [denial for denial in decisive if not denial.partly]
    if certain or reach.impassable:
        basis = [*(_denied(each, seen) for each in certain), *_find_bar(reach, seen)]
        return confirmed(f"the VM cannot reach Azure Storage. {NOT_NEEDED}", *basis)
    if decisive or not reach.passable:
        return _doubt(reach, decisive, seen)
    return _clear(reach, seen)


def _doubt(reach: Reach, decisive: list[Denial], seen: Observed[NetworkFacts]) -> Answer:
    basis = [*(_denied(each, seen) for each in decisive), *_find_bar(reach, seen)]
    settle = {Way.DIVERTED: _FIREWALL, Way.UNKNOWN: _BALANCER}.get(reach.way, _ADDRESSES)
    message = f"whether the VM reaches Azure Storage cannot be seen here. {NOT_NEEDED}"
    return cannot_tell(message, *basis, settle=settle)


def _clear(reach: Reach, seen: Observed[NetworkFacts]) -> Answer:
    facts = seen.value
    names = " and ".join(group.id.name for group in facts.groups)
    allowed = f"port {HTTPS} is allowed by {names}" if names else "no security group is in the way"
    led = "through its service endpoint" if reach.way is Way.ENDPOINT else "to the internet"
    way = f"subnet {facts.subnet.id.name} leads to Azure Storage {led}"
    basis = (basis_of(allowed, seen), basis_of(way, seen))
    others = [_denied(each, seen) for each in reach.denials]
    return ruled_out("the VM's rules and routes let it reach Azure Storage", *basis, *others)


def _denied(denial: Denial, seen: Observed[NetworkFacts]) -> Basis:
    found = basis_of(describe_denial(denial), seen)
    return Basis(
        fact=found.fact, source=str(denial.group_id), at=found.at, request_id=found.request_id
    )


def _find_bar(reach: Reach, seen: Observed[NetworkFacts]) -> tuple[Basis, ...]:
    if reach.passable:
        return ()
    return (basis_of(describe_way(reach, seen.value), seen),)


RULES: tuple[Rule, ...] = (
    Rule(
        cause="storage-blocked",
        title="The VM cannot reach Azure Storage",
        needs=frozenset({Need.NETWORK}),
        check=check_storage,
        source="learn.microsoft.com/azure/backup/private-endpoints-overview (2025-09-09); "
        "learn.microsoft.com/azure/virtual-network/network-security-groups-overview",
        remedies=(Remedy.ALLOW_STORAGE,),
        instructions=("allow-storage-by-proxy",),
        advisory=True,
    ),
)
