"""What a rule is, and the words in which rules answer."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from azremedy.domain.case import Case
from azremedy.domain.evidence import Absent, Observed, Unreadable
from azremedy.domain.findings import Answer, Basis, Certainty
from azremedy.domain.remedies import Remedy

if TYPE_CHECKING:
    from azremedy.domain.evidence import Observation, Reading


class Need(StrEnum):
    """A group of facts that is read together, and only when a rule in play needs it."""

    VM = "vm"
    """The VM with its instance view."""
    ITEMS = "items"
    """Protected items, the policy, jobs and the last failure: always read."""
    POINTS = "points"
    """Locks, groups, collections with points, recovery points."""
    EXTENSIONS = "extensions"
    """ARM's list of extensions."""
    DISKS = "disks"
    """Managed disks and their disk encryption sets."""
    KEYS = "keys"
    """Key vaults of an encrypted VM."""
    NETWORK = "network"
    """Interface, subnet, security groups, routes."""
    GUEST = "guest"
    """A check inside the VM, which only a person can ask for."""


ALWAYS = frozenset({Need.VM, Need.ITEMS, Need.POINTS, Need.EXTENSIONS})
"""What every diagnosis reads: rules that need no more are in play whatever the code, because a
job names only the first of several causes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """Decides whether one cause is behind a failed backup."""

    cause: str
    """Stable name in kebab case; playbooks name it."""
    title: str
    """The cause in one line."""
    needs: frozenset[Need]
    """What it looks at."""
    check: Callable[[Case], Answer]
    """The decision: pure, from the case alone."""
    source: str
    """Where the connection between facts and cause comes from."""
    remedies: tuple[Remedy, ...] = ()
    """Ways to mend it from outside, the gentlest first, where no playbook says otherwise."""
    instructions: tuple[str, ...] = ()
    """Names of instructions for a person, where no playbook says otherwise."""
    advisory: bool = False
    """Whether it is only worth knowing: true in many worlds whose backups are fine."""


def confirmed(message: str, *basis: Basis) -> Answer:
    """Answer that the facts show the cause."""
    return Answer(certainty=Certainty.CONFIRMED, message=message, basis=basis)


def ruled_out(message: str, *basis: Basis) -> Answer:
    """Answer that the facts show that it is not this cause."""
    return Answer(certainty=Certainty.RULED_OUT, message=message, basis=basis)


def cannot_tell(message: str, *basis: Basis, settle: str) -> Answer:
    """Answer that a fact is missing, and what would decide."""
    return Answer(certainty=Certainty.CANNOT_TELL, message=message, basis=basis, settle=settle)


def basis_of(fact: str, seen: Observation[object]) -> Basis:
    """Say what was seen in one fact, and where."""
    if isinstance(seen, Observed | Absent):
        return Basis(fact=fact, source=seen.source, at=seen.at, request_id=seen.request_id)
    answer = seen.answer
    return Basis(fact=fact, source=seen.source, request_id=answer.request_id if answer else None)


def basis_in(fact: str, source: object, reading: Reading[object]) -> Basis:
    """Say what was seen in a list, and where: by the receipt whose source holds it, else the last.

    Args:
        fact: what was seen, in one line.
        source: the id of the thing that was seen, or the list's name.
        reading: the list.
    """
    name = str(source)
    fitting = [each for each in reading.receipts if each.source.lower() in name.lower()]
    receipt = next(iter((*fitting, *reversed(reading.receipts))), None)
    return Basis(
        fact=fact,
        source=name,
        at=receipt.at if receipt else None,
        request_id=receipt.request_id if receipt else None,
    )


def unread(gap: Unreadable, *, what: str) -> Answer:
    """Answer that a fact could not be read, and which permission would settle it."""
    settle = f"grant {gap.action}, then diagnose again" if gap.action else "diagnose again"
    why = f"{what} could not be read: {gap.why}"
    return cannot_tell(why, basis_of(f"not read: {gap.why}", gap), settle=settle)
