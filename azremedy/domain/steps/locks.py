"""Take management locks off and put them back."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, Literal

from azremedy.domain.resources import ManagementLock
from azremedy.domain.steps.base import Reversible

if TYPE_CHECKING:
    from azremedy.ids import ResourceId


@dataclass(frozen=True, slots=True, kw_only=True)
class DeleteLock:
    """Remove a management lock and wait until Azure no longer shows it."""

    permission: ClassVar[str] = "Microsoft.Authorization/locks/delete"
    reversible: ClassVar[Reversible] = Reversible.YES
    repeatable: ClassVar[bool] = True

    lock: ManagementLock
    """The lock as it was read, with its whole body: what would be put back."""
    leased: bool = False
    """Whether this run puts it back at its end, whatever the ending."""
    kind: Literal["DeleteLock"] = "DeleteLock"

    @property
    def target(self) -> ResourceId:
        """The lock's id."""
        return self.lock.id


@dataclass(frozen=True, slots=True, kw_only=True)
class CreateLock:
    """Put a lock back as it was, notes and owners included."""

    permission: ClassVar[str] = "Microsoft.Authorization/locks/write"
    reversible: ClassVar[Reversible] = Reversible.YES
    repeatable: ClassVar[bool] = True

    lock: ManagementLock
    """The lock's whole body."""
    kind: Literal["CreateLock"] = "CreateLock"

    @property
    def target(self) -> ResourceId:
        """The lock's id."""
        return self.lock.id
