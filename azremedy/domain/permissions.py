"""What the caller may do where: roles give, deny assignments take away.

Data actions are not looked at: no step of a plan needs one.
Source: learn.microsoft.com/azure/role-based-access-control/role-definitions and
.../deny-assignments (2025).
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Literal

from azremedy.domain.evidence import Absent, Observation, Observed, Unreadable
from azremedy.domain.needs import Need, Weight
from azremedy.ids import ResourceId

if TYPE_CHECKING:
    from collections.abc import Iterable

EVERYBODY = "00000000-0000-0000-0000-000000000000"
"""The principal of type SystemDefined that stands for all.
Source: learn.microsoft.com/azure/role-based-access-control/deny-assignments (2025)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Grant:
    """What one role gives: its actions but for those that it leaves out."""

    actions: tuple[str, ...] = ()
    """Patterns, in which ``*`` stands for any text."""
    not_actions: tuple[str, ...] = ()
    """Patterns that this role does not give; another role may."""

    def gives(self, action: str) -> bool:
        """Say whether the action is among them."""
        return matches(action, self.actions) and not matches(action, self.not_actions)


@dataclass(frozen=True, slots=True, kw_only=True)
class Principal:
    """A user, a group or a program that a deny assignment names."""

    id: str
    """The object id; ``EVERYBODY``'s stands for all."""
    kind: str = ""
    """``User``, ``Group``, ``ServicePrincipal`` or ``SystemDefined``, as Azure writes it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Denial:
    """A deny assignment: no role outweighs it."""

    id: str
    """Its id."""
    name: str
    """Its display name."""
    scope: str
    """Where it holds: there and below."""
    permissions: tuple[Grant, ...] = ()
    """What it takes away, in the form of what a role gives."""
    principals: tuple[Principal, ...] = ()
    """From whom; none named means everybody."""
    spared: tuple[Principal, ...] = ()
    """From whom not."""
    only_here: bool = False
    """Whether what lies below its scope is left alone (``doNotApplyToChildScopes``)."""

    def reaches(self, scope: ResourceId) -> bool:
        """Say whether it holds at a scope of the subscription whose list shows it.

        That list shows what was made above the subscription, at a management group, too.
        """
        home = self.scope.rstrip("/").lower()
        is_above = not home.startswith("/subscriptions/")
        below = (is_above or scope.key.startswith(home + "/")) and not self.only_here
        return scope.key == home or below

    def concerns(self, object_id: str) -> bool | None:
        """Say whether it is about a principal; ``None``: that hangs on who is in a group.

        Who is in a group only the directory knows, which most callers may not read.
        """
        named = _is_among(object_id, self.principals) if self.principals else True
        spared = _is_among(object_id, self.spared)
        if named is False or spared is True:
            return False
        return True if named is True and spared is False else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Access:
    """What was read about the caller's rights."""

    object_id: str
    """The caller's object id; empty when the token does not tell it."""
    grants: dict[ResourceId, Observation[tuple[Grant, ...]]] = field(default_factory=dict)
    """By scope: what the roles give there, those that were assigned above included."""
    denials: dict[ResourceId, Observation[tuple[Denial, ...]]] = field(default_factory=dict)
    """By subscription: its deny assignments, at every level. Where they could not be read, also by
    group: who has a role in a group alone may read them there."""

    def find_denials(self, scope: ResourceId) -> Observation[tuple[Denial, ...]] | None:
        """Give the deny assignments that may hold at a scope; ``None``: nobody asked for them."""
        wide = self.denials.get(scope.subscription)
        narrow = self.denials.get(scope.group)
        return narrow if isinstance(narrow, Observed) else wide


class Holding(StrEnum):
    """Whether the caller may do something."""

    HAVE = "have"
    """A role gives it, and nothing takes it away."""
    MISSING = "missing"
    """No role gives it."""
    DENIED = "denied"
    """A deny assignment takes it away."""
    MAYBE_DENIED = "maybe-denied"
    """A deny assignment takes it away from a group, in which the caller may be."""
    UNKNOWN = "unknown"
    """It could not be read."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Judgement:
    """The answer about one need."""

    need: Need
    """What is needed, and where."""
    holding: Holding
    """Whether the caller has it."""
    denial: Denial | None = None
    """What takes it away."""
    unread: Unreadable | None = None
    """What could not be read."""
    denials_unread: Unreadable | None = None
    """Why deny assignments are not known, where they are not."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AccessLine:
    """One permission that a command needs, and whether the caller has it."""

    command: str
    """The command."""
    action: str
    """The ARM action."""
    scope: ResourceId
    """Where it is needed."""
    weight: Weight
    """What it means when it is missing."""
    holding: Holding
    """Whether the caller has it."""
    role: str
    """A built-in role that has it."""
    why: str = ""
    """What denies it, or why it could not be read."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AccessReport:
    """What the caller may do, command by command. Data actions are not looked at."""

    lines: tuple[AccessLine, ...]
    """In the order of the commands."""
    gaps: tuple[Unreadable, ...] = ()
    """What else could not be read: deny assignments."""
    schema: Literal["azremedy.access/1"] = "azremedy.access/1"

    @property
    def lacking(self) -> tuple[AccessLine, ...]:
        """What must be there and is not."""
        without = {Holding.MISSING, Holding.DENIED}
        return tuple(line for line in self._musts if line.holding in without)

    @property
    def unknown(self) -> bool:
        """Whether something that must be there could not be read."""
        unread = {Holding.UNKNOWN, Holding.MAYBE_DENIED}
        return bool(self.gaps) or any(line.holding in unread for line in self._musts)

    @property
    def _musts(self) -> tuple[AccessLine, ...]:
        return tuple(line for line in self.lines if line.weight is Weight.MUST)


def matches(action: str, patterns: Iterable[str]) -> bool:
    """Say whether an action is one of the patterns; case does not count."""
    return any(_fits(action, pattern) for pattern in patterns)


def allows(grants: Iterable[Grant], action: str) -> bool:
    """Say whether one of several roles gives an action: what one leaves out another may give."""
    return any(grant.gives(action) for grant in grants)


def list_places(scope: ResourceId) -> tuple[ResourceId, ...]:
    """List where rights at a scope can be asked for, the widest first.

    What is given for the group is given for all that is in it, so one answer serves many needs;
    the resource itself is asked only where the group's answer is no.
    """
    return tuple(dict.fromkeys((scope.group, scope if scope.resource_group else scope.group)))


def judge(need: Need, access: Access) -> Judgement:
    """Say whether the caller has what is needed."""
    seen = [access.grants[place] for place in list_places(need.scope) if place in access.grants]
    denied = access.find_denials(need.scope)
    denials_unread = denied if isinstance(denied, Unreadable) else None
    if not any(isinstance(each, Observed) and allows(each.value, need.action) for each in seen):
        return _judge_ungiven(need, seen)
    holding, denial = _find_denial(need, access, denied)
    return Judgement(need=need, holding=holding, denial=denial, denials_unread=denials_unread)


def _judge_ungiven(need: Need, seen: Iterable[Observation[tuple[Grant, ...]]]) -> Judgement:
    """Tell missing from unknown: the narrowest place that answered has what was given above too."""
    answered = [each for each in seen if not isinstance(each, Absent)]
    narrowest = answered[-1] if answered else None
    if isinstance(narrowest, Observed):
        return Judgement(need=need, holding=Holding.MISSING)
    return Judgement(need=need, holding=Holding.UNKNOWN, unread=narrowest)


def _find_denial(
    need: Need, access: Access, seen: Observation[tuple[Denial, ...]] | None
) -> tuple[Holding, Denial | None]:
    denials = seen.value if isinstance(seen, Observed) else ()
    maybe: Denial | None = None
    for denial in denials:
        if not denial.reaches(need.scope) or not allows(denial.permissions, need.action):
            continue
        concerned = denial.concerns(access.object_id)
        if concerned is True:
            return Holding.DENIED, denial
        maybe = denial if concerned is None else maybe
    return (Holding.HAVE, None) if maybe is None else (Holding.MAYBE_DENIED, maybe)


def _is_among(object_id: str, principals: Iterable[Principal]) -> bool | None:
    """Say whether somebody is among principals; ``None``: perhaps, through a group."""
    among: bool | None = False
    for principal in principals:
        if principal.id == EVERYBODY or (object_id and principal.id.lower() == object_id.lower()):
            return True
        # A caller whose token does not name them may be anybody.
        if principal.kind.lower() == "group" or not object_id:
            among = None
    return among


def _fits(action: str, pattern: str) -> bool:
    parts = map(re.escape, pattern.split("*"))
    return re.fullmatch(".*".join(parts), action, re.IGNORECASE) is not None
