"""What every step says of itself."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from azremedy.ids import ResourceId


class Reversible(StrEnum):
    """Whether a step can be undone."""

    YES = "yes"
    """The inverse step puts everything back."""
    BY_SERVICE = "by-service"
    """Azure makes the thing again by itself at the next backup."""
    BY_HAND = "by-hand"
    """A person can put it back; the plan's notes say how."""
    NO = "no"
    """What is gone is gone."""
    NOTHING = "nothing"
    """It changes nothing that could be undone."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ItemRef:
    """A protected item as jobs name it."""

    item_id: ResourceId
    """The protected item."""
    container_name: str
    """``iaasvmcontainerv2;<group>;<vm>``, which its jobs carry."""


@dataclass(frozen=True, slots=True, kw_only=True)
class VmRef:
    """A VM for its whole life: one that is re-created under the same id is another."""

    id: ResourceId
    """The VM's id."""
    unique_id: str
    """``properties.vmId``."""
    os_type: str
    """``Windows`` or ``Linux``, as Azure writes it; empty when Azure does not say."""
    idle_items: tuple[ItemRef, ...] = ()
    """Protected items for which no job may run right before the change."""
    power_state: str = ""
    """What its power state must still be right before the change; empty: whatever it is."""
    agent_away: bool = False
    """Whether the change is for an agent that is away: one that is Ready again needs none."""
