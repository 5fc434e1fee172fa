"""Least-privilege custom roles: for reading, for repairing, and for locks, each apart.

Three roles, so that whoever looks need not be able to delete, and whoever repairs need not be able
to take locks off. Source: learn.microsoft.com/azure/role-based-access-control/custom-roles (2025).
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from azremedy.domain.command_needs import COMMANDS, DENIALS_READ, ROLE_READS, CommandNeeds
from azremedy.domain.needs import LOCK_READ, At, Use, list_needs

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from azremedy.domain.plan import Plan

LONGEST_NAME = 512
"""Characters that a role's name may have. Source: Azure's limits of custom roles (2025)."""

_OTHERS = {"look-inside": COMMANDS["guest"]}
"""Commands that make a plan under another name."""
_AHEAD = tuple(Use(action=each, at=At.SUBSCRIPTION) for each in (DENIALS_READ, *ROLE_READS))
"""What is read to see beforehand whether the rights are there."""


class Part(StrEnum):
    """What a role is for."""

    DIAGNOSE = "diagnose"
    """To read."""
    OPERATE = "operate"
    """To repair, but for locks."""
    UNLOCK = "unlock"
    """To take locks off and put them back."""


_ABOUT = {
    Part.DIAGNOSE: "Read what azremedy reads",
    Part.OPERATE: "Repair what azremedy repairs; takes no lock off",
    Part.UNLOCK: "Take management locks off and put them back",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class CustomRole:
    """A role definition."""

    part: Part
    """What it is for."""
    name: str
    """Its name, which must be free in the tenant."""
    description: str
    """What it lets do."""
    actions: tuple[str, ...]
    """What it gives, in order; no wildcard."""
    scopes: tuple[str, ...]
    """Where it may be assigned: subscriptions."""

    @property
    def document(self) -> dict[str, object]:
        """The role as ``az role definition create --role-definition @file`` takes it."""
        return {
            "Name": self.name,
            "Description": self.description,
            "Actions": list(self.actions),
            "NotActions": [],
            "DataActions": [],
            "NotDataActions": [],
            "AssignableScopes": list(self.scopes),
        }


def make_roles(
    needs: Mapping[str, CommandNeeds], *, scopes: Iterable[str], prefix: str
) -> tuple[CustomRole, ...]:
    """Make the roles that some commands need; a part that would be empty is left out.

    They add up: who repairs needs to read as well.
    """
    actions = _split(use for each in needs.values() for use in each.uses)
    places = tuple(dict.fromkeys(scopes))
    return tuple(
        CustomRole(
            part=part,
            name=f"{prefix} {part.value}"[:LONGEST_NAME],
            description=f"{_ABOUT[part]}: {_tell(needs)}.",
            actions=tuple(sorted(actions[part], key=str.lower)),
            scopes=places,
        )
        for part in Part
        if actions[part]
    )


def find_plan_needs(plan: Plan) -> dict[str, CommandNeeds]:
    """Give what exactly this plan needs: its own steps, and what its command reads.

    ``apply`` makes the plan anew before it carries it out, to see whether it still holds.
    """
    first = plan.command.partition(" ")[0]
    known = COMMANDS.get(plan.command) or COMMANDS.get(first) or _OTHERS.get(plan.command)
    kinds = tuple(dict.fromkeys(planned.step.kind for planned in plan.steps))
    reads = known.reads if known is not None else _AHEAD
    return {f"a plan of {plan.command}": CommandNeeds(reads=reads, steps=kinds)}


def find_plan_scopes(plan: Plan) -> tuple[str, ...]:
    """Give the subscriptions in which a plan needs rights; a key vault may have its own."""
    needed = (need.scope for planned in plan.steps for need in list_needs(planned.step))
    places = (*(target.target for target in plan.targets), *needed)
    return tuple(str(place) for place in dict.fromkeys(each.subscription for each in places))


def _tell(needs: Mapping[str, CommandNeeds]) -> str:
    return "all commands" if needs.keys() == COMMANDS.keys() else ", ".join(needs)


def _split(uses: Iterable[Use]) -> dict[Part, set[str]]:
    found: dict[Part, set[str]] = {part: set() for part in Part}
    for use in uses:
        found[_find_part(use)].add(use.action)
    if found[Part.UNLOCK]:
        found[Part.UNLOCK].add(LOCK_READ)
    return found


def _find_part(use: Use) -> Part:
    # Asking for a VM's protection is a POST, and so no "read", but it changes nothing.
    if use.action.endswith(("/read", "/backupStatus/action")):
        return Part.DIAGNOSE
    return Part.UNLOCK if use.at is At.LOCK else Part.OPERATE
