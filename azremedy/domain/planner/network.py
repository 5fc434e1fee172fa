"""Plan to open the way from a VM to Azure Storage: one rule where one denies, or an endpoint."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from azremedy.domain import guards
from azremedy.domain.evidence import Observed
from azremedy.domain.network import STORAGE
from azremedy.domain.planner.assemble import Draft, Section, select_allowed
from azremedy.domain.reach import (
    NOT_NEEDED,
    PORTS,
    Way,
    describe_denial,
    describe_way,
    find_denials,
    find_reach,
)
from azremedy.domain.resources import LockLevel
from azremedy.domain.steps import AddSecurityRule, AddServiceEndpoint, DeleteLock

if TYPE_CHECKING:
    from collections.abc import Iterable

    from azremedy.domain.evidence import Observation
    from azremedy.domain.network import NetworkFacts, SecurityGroup
    from azremedy.domain.plan import Verdict
    from azremedy.domain.reach import Reach
    from azremedy.domain.resources import ManagementLock
    from azremedy.domain.worlds import VmEvidence
    from azremedy.ids import ResourceId

RULE_NAME = "azremedy-allow-storage"
"""The name of the rule that is added; a number follows where it is taken."""
PRIORITIES = range(100, 4097)
"""What a rule of one's own may have.
Source: learn.microsoft.com/azure/virtual-network/network-security-groups-overview."""
BY_ENDPOINT = "--by endpoint"

ADVISORY = f"{NOT_NEEDED}."
PROXY = (
    "Where only a proxy leads out, a rule does not help: give the VM's agent and extensions the "
    "proxy instead; one that asks for a password is not supported."
)
SHARED_RULE = "The rule holds for every VM behind its security group, and opens nothing inwards."
SHARED_ENDPOINT = (
    "The endpoint holds for every VM of the subnet: open connections to Azure Storage are cut for "
    "a moment, and storage accounts that admit the subnet by its public address refuse it then."
)


class AllowBy(StrEnum):
    """How the way is opened."""

    NEEDED = "needed"
    """By rules where rules deny, by an endpoint where no way leads out."""
    RULE = "rule"
    """By rules only."""
    ENDPOINT = "endpoint"
    """By a service endpoint, and by rules where rules deny: an endpoint does not pass them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StorageOptions:
    """What the caller wants and allows."""

    by: AllowBy = AllowBy.NEEDED
    """How the way is opened."""
    ports: tuple[str, ...] = PORTS
    """The ports that are opened where a rule denies them."""
    unlock: bool = False
    """Take locks in the way off, and put them back."""
    include_inherited: bool = False
    """Also those on the subscription."""
    accept_unknown_rights: bool = False
    """Lend locks although it could not be seen that the caller may put them back."""


def plan_allow_storage(
    evidence: VmEvidence, network: Observation[NetworkFacts], options: StorageOptions
) -> Section:
    """Plan one VM; with nothing in the way there is nothing to do.

    Of ``evidence`` only the VM and the locks matter, and what of these could not be read.
    """
    vm_id = evidence.vm.id
    if not isinstance(network, Observed):
        why = network.why if network.kind == "unreadable" else "it does not exist"
        refusal = guards.refuse(
            "network-unreadable", network.source, f"the VM's network could not be read: {why}"
        )
        gaps = (network,) if network.kind == "unreadable" else ()
        return Section(target=vm_id, verdicts=(refusal,), gaps=gaps)
    reach = find_reach(network.value, options.ports)
    if reach.open:
        return Section(target=vm_id, notes=(ADVISORY,))
    drafts, verdicts = _draft(network.value, reach, options)
    in_the_way = _list_locks_in_the_way(drafts, evidence.locks.values)
    return Section(
        target=vm_id,
        drafts=(*_draft_leases(in_the_way, options), *drafts),
        verdicts=(
            *verdicts,
            *guards.check_locks(
                in_the_way, unlock=options.unlock, include_inherited=options.include_inherited
            ),
            *guards.check_locks_read(evidence.locks, vm_id=vm_id),
        ),
        gaps=evidence.locks.gaps,
        notes=(ADVISORY, *_notes(drafts)),
    )


def _draft(
    facts: NetworkFacts, reach: Reach, options: StorageOptions
) -> tuple[tuple[Draft, ...], tuple[Verdict, ...]]:
    drafts: list[Draft] = []
    verdicts = list(_check_way(facts, reach, options))
    if _wants_endpoint(reach, options.by):
        drafts.append(_draft_endpoint(facts, reach))
    for group in facts.groups:
        found = _draft_rule(group, facts, options.ports)
        if isinstance(found, Draft):
            drafts.append(found)
        elif found is not None:
            verdicts.append(found)
    return tuple(drafts), tuple(verdicts)


def _wants_endpoint(reach: Reach, by: AllowBy) -> bool:
    if reach.way is Way.ENDPOINT:
        return False
    return by is AllowBy.ENDPOINT or (by is AllowBy.NEEDED and reach.impassable)


def _check_way(facts: NetworkFacts, reach: Reach, options: StorageOptions) -> tuple[Verdict, ...]:
    """Refuse what would not open the way; warn where nobody can tell from here."""
    if reach.passable or _wants_endpoint(reach, options.by):
        return ()
    what = describe_way(reach, facts)
    if reach.impassable:
        message = f"{what}: a rule does not change that"
    else:
        message = f"{what}: whether that way leads to Azure Storage cannot be seen from here"
    if reach.denials and not reach.impassable:
        return (guards.warn("way-unknown", facts.subnet.id, message),)
    return (guards.refuse("no-way-by-rule", facts.subnet.id, message, override=BY_ENDPOINT),)


def _draft_endpoint(facts: NetworkFacts, reach: Reach) -> Draft:
    why = "asked for" if reach.passable else describe_way(reach, facts)
    return Draft(step=AddServiceEndpoint(subnet_id=facts.subnet.id, service=STORAGE), reason=why)


def _draft_rule(
    group: SecurityGroup, facts: NetworkFacts, ports: tuple[str, ...]
) -> Draft | Verdict | None:
    """Draft the rule that goes before those that deny; ``None`` when none does."""
    denials = find_denials(group, facts, ports)
    if not denials:
        return None
    ahead_of = min(denial.rule.priority for denial in denials)
    priority = _find_free_priority(group, ahead_of)
    if priority is None:
        message = f"no priority before {ahead_of} is free for a rule that allows Azure Storage"
        return guards.refuse("no-free-priority", group.id, message)
    denied = {port for denial in denials for port in denial.ports}
    step = AddSecurityRule(
        rule_id=group.id.child("securityRules", _find_free_name(group)),
        priority=priority,
        destination=f"Storage.{facts.region.replace(' ', '')}",
        ports=tuple(port for port in ports if port in denied),
    )
    return Draft(step=step, reason="; ".join(map(describe_denial, denials)))


def _find_free_priority(group: SecurityGroup, ahead_of: int) -> int | None:
    """Find the priority closest before a rule's, so that nothing else changes its order."""
    taken = {rule.priority for rule in group.rules if rule.direction.lower() == "outbound"}
    free = (number for number in PRIORITIES if number < ahead_of and number not in taken)
    return max(free, default=None)


def _find_free_name(group: SecurityGroup) -> str:
    taken = {rule.name.lower() for rule in group.rules}
    names = (RULE_NAME, *(f"{RULE_NAME}-{number}" for number in range(2, len(taken) + 3)))
    return next(name for name in names if name not in taken)


def _list_locks_in_the_way(
    drafts: Iterable[Draft], locks: Iterable[ManagementLock]
) -> tuple[ManagementLock, ...]:
    """List the ReadOnly locks at or above what is changed: the others refuse deletions only.

    Source: learn.microsoft.com/azure/azure-resource-manager/management/lock-resources
    (2024-03-08).
    """
    changed: list[ResourceId] = [draft.step.target for draft in drafts]
    return tuple(
        lock
        for lock in locks
        if lock.level is LockLevel.READ_ONLY and any(lock.scope.contains(id_) for id_ in changed)
    )


def _draft_leases(
    in_the_way: tuple[ManagementLock, ...], options: StorageOptions
) -> tuple[Draft, ...]:
    allowed = select_allowed(
        in_the_way, unlock=options.unlock, include_inherited=options.include_inherited
    )
    return tuple(
        Draft(
            step=DeleteLock(lock=lock, leased=True),
            reason=f"{lock.level} lock '{lock.name}' stops the change, put back at the end",
        )
        for lock in allowed
    )


def _notes(drafts: Iterable[Draft]) -> tuple[str, ...]:
    kinds = {type(draft.step) for draft in drafts}
    told = ((AddSecurityRule, SHARED_RULE), (AddServiceEndpoint, SHARED_ENDPOINT))
    return (*(note for kind, note in told if kind in kinds), PROXY)
