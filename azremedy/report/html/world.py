"""A VM's backup world before and after, as far as a plan, its diagnosis and its run tell of it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from azremedy.report.html.tones import Tone


class Kind(StrEnum):
    """What a part is."""

    VM = "Virtual machine"
    AGENT = "VM agent"
    EXTENSION = "Snapshot extension"
    NETWORK = "Way to storage"
    KEYS = "Keys of the disks"
    COLLECTION = "Collection"
    LOCK = "Lock"
    ITEM = "Protection"
    BACKUP = "Backup"


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """How a part looks at one time."""

    detail: str
    """One line."""
    tone: Tone
    """How it stands."""
    gone: bool = False
    """Whether it is not there."""


UNSEEN = Look(detail="not looked at", tone=Tone.IDLE)
"""Of a part of which nothing is known."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """One part of a VM's backup world."""

    kind: Kind
    """What it is."""
    name: str
    """Its name, or its kind where it needs none."""
    before: Look
    """As it was read when the plan was made."""
    after: Look
    """As the run left it, or as the plan would leave it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Box:
    """What lies together: in the VM, in the group of restore points, in the vault."""

    icon: str
    """Its sign: ``vm``, ``points`` or ``vault``."""
    role: str
    """Which of the three, in words."""
    name: str
    """The resource's name."""
    parts: tuple[Part, ...]
    """What is in it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class World:
    """Where one VM's backups are made and kept."""

    name: str
    """The VM, or the group that is treated."""
    boxes: tuple[Box, ...]
    """From the VM to the vault."""

    @property
    def parts(self) -> tuple[Part, ...]:
        """All parts of all boxes."""
        return tuple(part for box in self.boxes for part in box.parts)
