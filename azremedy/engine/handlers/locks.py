"""Take a management lock off, and put one back, until Azure is believed to know."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from azremedy.domain.steps import CreateLock, DeleteLock
from azremedy.engine.handlers.base import Accepted, Already, Moved, Outcome, Proceed, Seen, Tools
from azremedy.engine.handlers.patient import keep_asking
from azremedy.errors import AccessError, AzremedyError, AzureError, NotFoundError

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import timedelta

    from azremedy.domain.resources import ManagementLock
    from azremedy.ids import ResourceId


@dataclass(frozen=True, slots=True, kw_only=True)
class LockDeletion:
    """Carries out ``DeleteLock``."""

    step: DeleteLock
    """The step."""
    tools: Tools
    """What it works with."""

    def observe(self) -> Seen:
        """Look whether the lock is still the one that was shown."""
        found = _find(self.tools, self.step.lock.id)
        if found is None:
            return Already(why="the lock is gone already")
        if not _same(found, self.step.lock):
            return Moved(why="the lock was changed since the plan was made")
        return Proceed()

    def act(self) -> Accepted:
        """Remove it. From here on it counts as taken off, whatever the answer."""
        self.tools.memory.removed_locks.add(self.step.lock.id)
        receipt = self.tools.gateways(self.step.lock.id).locks.delete_lock(self.step.lock.id)
        return Accepted(request_id=receipt.request_id, correlation_id=receipt.correlation_id)

    def confirm(self) -> Accepted | None:
        """Look whether the lock is gone."""
        return Accepted() if _find(self.tools, self.step.lock.id) is None else None

    def finish(self, accepted: Accepted) -> Outcome:  # noqa: ARG002 - part of the protocol
        """Read until several reads in a row find no lock."""
        _read_until(
            self.tools,
            lambda: _find(self.tools, self.step.lock.id) is None,
            failure=f"The lock {self.step.lock.id} is there again after its removal",
            within=self.tools.patience.lock_effect,
        )
        return Outcome(message="the lock is gone")


@dataclass(frozen=True, slots=True, kw_only=True)
class LockCreation:
    """Carries out ``CreateLock``: puts a leased lock back."""

    step: CreateLock
    """The step."""
    tools: Tools
    """What it works with."""

    def observe(self) -> Seen:
        """Look what is there: somebody else's lock of that name is not overwritten.

        The same lock is no reason to do nothing: its removal may still be on its way.
        """
        found = _find(self.tools, self.step.lock.id)
        if found is None or _same(found, self.step.lock):
            return Proceed()
        return Moved(why="somebody made another lock of that name meanwhile; it stays")

    def act(self) -> Accepted:
        """Put the lock back with its whole body; a lock goes with what it is attached to."""
        try:
            receipt = self.tools.gateways(self.step.lock.id).locks.create_lock(self.step.lock)
        except NotFoundError:
            scope = self.step.lock.scope
            if not any(gone.contains(scope) for gone in tuple(self.tools.memory.deleted)):
                raise
            return Accepted(moot=True)
        except AccessError:
            # Who may not write locks was, as a rule, refused their removal too: it never went.
            if not self._seems_back():
                raise
            return Accepted()
        return Accepted(request_id=receipt.request_id, correlation_id=receipt.correlation_id)

    def confirm(self) -> Accepted | None:
        """Look whether the lock is back."""
        found = _find(self.tools, self.step.lock.id)
        return Accepted() if found is not None and _same(found, self.step.lock) else None

    def finish(self, accepted: Accepted) -> Outcome:
        """Read until several reads in a row show the lock as it was."""
        if accepted.moot:
            self.tools.memory.removed_locks.discard(self.step.lock.id)
            return Outcome(message="what it protected is gone, and the lock with it")
        _read_until(
            self.tools,
            self._is_back,
            failure=f"The lock {self.step.lock.id} is not back as it was",
            within=self.tools.patience.lock_back,
        )
        self.tools.memory.removed_locks.discard(self.step.lock.id)
        return Outcome(message="the lock is back as it was")

    def _seems_back(self) -> bool:
        try:
            return self._is_back()
        except AzremedyError:
            return False

    def _is_back(self) -> bool:
        found = _find(self.tools, self.step.lock.id)
        return found is not None and _same(found, self.step.lock)


def _find(tools: Tools, lock_id: ResourceId) -> ManagementLock | None:
    try:
        return tools.gateways(lock_id).locks.get_lock(lock_id)
    except NotFoundError:
        return None


def _same(found: ManagementLock, planned: ManagementLock) -> bool:
    return (found.level, found.notes or "", sorted(found.owners)) == (
        planned.level,
        planned.notes or "",
        sorted(planned.owners),
    )


def _read_until(
    tools: Tools, agrees: Callable[[], bool], *, failure: str, within: timedelta
) -> None:
    """Believe a lock change after several reads in a row that agree.

    A read that disagrees begins the count anew: another of Azure's regions may have answered.

    Raises:
        AzureError: when a read disagrees, or gets no answer, after the time is up.
    """
    patience, agreed = tools.patience, 0
    give_up = tools.clock.now() + within
    while agreed < patience.lock_reads:
        agreed = agreed + 1 if keep_asking(agrees, tools, until=give_up) else 0
        if agreed == 0 and tools.clock.now() >= give_up:
            raise AzureError(failure, advice="Somebody, or Azure Policy, may be changing it back.")
        if agreed < patience.lock_reads:
            tools.clock.sleep(patience.lock_read_every.total_seconds())
