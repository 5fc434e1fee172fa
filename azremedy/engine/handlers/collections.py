"""Delete a restore point collection that is still exactly the one that was shown."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from azremedy.domain.ownership import names_vm
from azremedy.domain.steps import DeleteRestorePointCollection
from azremedy.engine.handlers.base import (
    Accepted,
    Already,
    Moved,
    Outcome,
    Proceed,
    Seen,
    Tools,
    goes_on,
    stale,
)
from azremedy.engine.handlers.deletions import follow_deletion, still_deleting, wait_until_gone
from azremedy.engine.handlers.idle import find_running_job
from azremedy.engine.handlers.patient import retry_locked
from azremedy.errors import (
    AzureError,
    ConflictError,
    LockedError,
    NotFoundError,
)

if TYPE_CHECKING:
    from azremedy.domain.resources import RestorePointCollection, VirtualMachine

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
        if why := self._find_change(found):
            return Moved(why=why)
        if job := find_running_job(self.step.idle_items, self.tools):
            return Moved(why=f"a {job.operation} job of this VM has started")
        return Proceed()

    def act(self) -> Accepted:
        """Start the deletion; a lock that was just removed may refuse for a while."""
        compute = self.tools.gateways(self.step.collection_id).compute
        try:
            operation = retry_locked(
                lambda: compute.delete_collection(self.step.collection_id), self.tools
            )
        except ConflictError as error:
            raise _explained(error) from error
        return Accepted(
            request_id=operation.receipt.request_id,
            correlation_id=operation.receipt.correlation_id,
            operation=operation,
        )

    def resume(self, token: str) -> Accepted:
        """Take up a deletion that another process started."""
        compute = self.tools.gateways(self.step.collection_id).compute
        return Accepted(operation=compute.resume_delete_collection(self.step.collection_id, token))

    def confirm(self) -> Accepted | None:
        """Look whether the collection is gone, or going."""
        found = self._find()
        if found is None:
            return Accepted()
        underway = found.provisioning_state.lower() == "deleting"
        return Accepted(underway=True) if underway else None

    def finish(self, accepted: Accepted) -> Outcome:
        """Follow the deletion to its end, and start again when a large one timed out."""
        left = self.tools.patience.delete_attempts - 1
        while (error := self._follow(accepted)) is not None:
            if left == 0 or isinstance(error, LockedError | ConflictError) or _is_in_use(error):
                raise _explained(error) from error
            self.tools.progress(f"{error.summary}; trying again ({left} left)")
            left -= 1
            accepted = self._start_again()
        self.tools.memory.deleted.add(self.step.collection_id)
        return Outcome(
            message=f"the collection is gone with {len(self.step.restore_points)} points"
        )

    def _follow(self, accepted: Accepted) -> AzureError | None:
        """Follow one deletion; give its failure unless the collection is gone all the same.

        Raises:
            AzureError: it goes on, as far as anybody could see.
        """
        try:
            ended = follow_deletion(accepted, self.tools)
        except AzureError as error:
            gone = self._find() is None
            if not gone and goes_on(accepted, error):
                raise
            return None if gone else error
        patience = self.tools.patience.delete
        if accepted.underway:
            ended = wait_until_gone(self._is_there, self.tools, within=patience)
        if not ended and self._is_there():
            raise still_deleting(self.step.collection_id)
        if not wait_until_gone(self._is_there, self.tools):
            raise AzureError(
                f"The collection {self.step.collection_id} is still there after its deletion"
            )
        return None

    def _start_again(self) -> Accepted:
        """Delete once more, if the world is still as planned after all that time."""
        seen = self.observe()
        if isinstance(seen, Moved):
            raise stale(self.step.collection_id, seen)
        if isinstance(seen, Already):
            return Accepted()
        self.tools.intend_again()
        return self.act()

    def _is_there(self) -> bool:
        return self._find() is not None

    def _find(self) -> RestorePointCollection | None:
        compute = self.tools.gateways(self.step.collection_id).compute
        try:
            return compute.get_collection(self.step.collection_id)
        except NotFoundError:
            return None

    def _find_change(self, found: RestorePointCollection) -> str | None:
        points = found.restore_points or ()
        if not names_vm(found.source_id, self.step.source_id):
            return f"its source is now {found.source_id or 'not told'}"
        shown = {name.lower() for name in self.step.restore_points}
        if new := [point.name for point in points if point.name.lower() not in shown]:
            return f"restore point {new[0]} was made since the plan"
        source = self._find_source()
        if self.step.source_gone:
            return "there is a VM of that id again" if source is not None else None
        if source is None:
            return "the VM was deleted since the plan"
        unique_ids = {point.source_vm_id.lower() for point in points if point.source_vm_id}
        if unique_ids - {source.vm_id.lower()}:
            return "the VM was re-created since the plan"
        return None

    def _find_source(self) -> VirtualMachine | None:
        try:
            return self.tools.gateways(self.step.source_id).compute.get_vm(self.step.source_id)
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
