"""Delete a restore point collection that is still exactly the one that was shown."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from azremedy.domain.ownership import names_vm
from azremedy.domain.steps import DeleteRestorePointCollection
from azremedy.engine.handlers.base import Accepted, Already, Moved, Outcome, Proceed, Seen, Tools
from azremedy.engine.handlers.idle import find_running_job
from azremedy.engine.handlers.patient import retry_locked
from azremedy.errors import (
    AzureError,
    ConflictError,
    LockedError,
    NotFoundError,
)

if TYPE_CHECKING:
    from azremedy.domain.resources import RestorePointCollection

_IN_USE = "DiskRestorePointUsedByCustomer"


@dataclass(frozen=True, slots=True, kw_only=True)
class CollectionDeletion:
    """Carries out ``DeleteRestorePointCollection``."""

    step: DeleteRestorePointCollection
    """The step."""
    tools: Tools
    """What it works with."""

    def observe(self) -> Seen:
        """Look that source and points are as shown, and that no job works on the VM."""
        found = self._find()
        if found is None:
            return Already(why="the collection is gone already")
        if not names_vm(found.source_id, self.step.source_id):
            return Moved(why=f"its source is now {found.source_id or 'not told'}")
        shown = {name.lower() for name in self.step.restore_points}
        if new := [p.name for p in found.restore_points or () if p.name.lower() not in shown]:
            return Moved(why=f"restore point {new[0]} was made since the plan")
        if job := find_running_job(self.step.idle_items, self.tools):
            return Moved(why=f"a {job.operation} job of this VM has started")
        return Proceed()

    def act(self) -> Accepted:
        """Start the deletion; a lock that was just removed may refuse for a while."""
        compute = self.tools.gateways(self.step.collection_id).compute
        operation = retry_locked(
            lambda: compute.delete_collection(self.step.collection_id), self.tools
        )
        return Accepted(
            request_id=operation.receipt.request_id,
            correlation_id=operation.receipt.correlation_id,
            operation=operation,
        )

    def confirm(self) -> Accepted | None:
        """Look whether the collection is gone."""
        return Accepted() if self._find() is None else None

    def finish(self, accepted: Accepted) -> Outcome:
        """Follow the deletion to its end, and start again when a large one timed out."""
        attempts = self.tools.patience.delete_attempts
        for attempt in range(1, attempts + 1):
            try:
                self._follow(accepted)
                break
            except (LockedError, ConflictError):
                raise
            except AzureError as error:
                if self._find() is None:
                    break
                if attempt == attempts or _is_in_use(error):
                    raise _explained(error) from error
                self.tools.progress(f"{error.summary}; trying again ({attempt + 1}/{attempts})")
                accepted = self.act()
        if self._find() is not None:
            raise AzureError(
                f"The collection {self.step.collection_id} is still there after its deletion"
            )
        return Outcome(
            message=f"the collection is gone with {len(self.step.restore_points)} points"
        )

    def _follow(self, accepted: Accepted) -> None:
        if accepted.operation is not None:
            accepted.operation.wait(timeout_s=self.tools.patience.delete.total_seconds())

    def _find(self) -> RestorePointCollection | None:
        compute = self.tools.gateways(self.step.collection_id).compute
        try:
            return compute.get_collection(self.step.collection_id)
        except NotFoundError:
            return None


def _is_in_use(error: AzureError) -> bool:
    return error.answer is not None and error.answer.code == _IN_USE


def _explained(error: AzureError) -> AzureError:
    """Tell what to do when somebody reads a disk of a point.

    Source: learn.microsoft.com/azure/virtual-machines/restore-point-troubleshooting (2023-04-12).
    """
    if not _is_in_use(error):
        return error
    return ConflictError(
        error.summary,
        advice="Somebody has access to a disk restore point of this collection (a SAS is open). "
        "End that access, then run the command again.",
        answer=error.answer,
    )
