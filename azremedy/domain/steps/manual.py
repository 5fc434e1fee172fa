"""What only a person can do."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Literal

from azremedy.domain.playbook import Instructions
from azremedy.domain.steps.base import Reversible
from azremedy.ids import ResourceId


@dataclass(frozen=True, slots=True, kw_only=True)
class Manual:
    """Exact instructions for a person; azremedy itself sends nothing."""

    permission: ClassVar[str] = ""
    reversible: ClassVar[Reversible] = Reversible.NOTHING
    repeatable: ClassVar[bool] = True

    vm_id: ResourceId
    """The VM that it is about."""
    instructions: Instructions
    """What to do, ready to be copied."""
    kind: Literal["Manual"] = "Manual"

    @property
    def target(self) -> ResourceId:
        """The VM's id."""
        return self.vm_id
