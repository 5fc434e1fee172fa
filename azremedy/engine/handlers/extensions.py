"""Uninstall the snapshot extension of the VM that was shown."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from azremedy.domain.extensions import find_snapshot_extensions
from azremedy.domain.steps import DeleteExtension
from azremedy.engine.handlers.base import Accepted, Already, Moved, Outcome, Proceed, Seen, Tools
from azremedy.engine.handlers.idle import find_running_job
from azremedy.engine.handlers.patient import keep_asking, retry_locked
from azremedy.errors import AzureError

if TYPE_CHECKING:
    from azremedy.ids import ResourceId

_GUEST_SIDE = (
    "Azure has removed it but the guest still reports it: clean it up inside the VM, "
    "see learn.microsoft.com/azure/backup/backup-azure-manage-vms."
)


@dataclass(frozen=True, slots=True, kw_only=True)
class ExtensionDeletion:
    """Carries out ``DeleteExtension``."""

    step: DeleteExtension
    """The step."""
    tools: Tools
    """What it works with."""

    def observe(self) -> Seen:
        """Look that it is the same VM, that the extension is there and no job works on the VM."""
        vm = self.tools.gateways(self._vm_id).compute.get_vm(self._vm_id)
        if vm.vm_id.lower() != self.step.vm_unique_id.lower():
            return Moved(why="the VM was re-created since the plan")
        if not self._is_there():
            return Already(why="the extension is gone already")
        if job := find_running_job(self.step.idle_items, self.tools):
            return Moved(why=f"a {job.operation} job of this VM has started")
        return Proceed()

    def act(self) -> Accepted:
        """Start the uninstallation."""
        compute = self.tools.gateways(self._vm_id).compute
        operation = retry_locked(
            lambda: compute.delete_extension(self.step.extension_id), self.tools
        )
        return Accepted(
            request_id=operation.receipt.request_id,
            correlation_id=operation.receipt.correlation_id,
            operation=operation,
        )

    def confirm(self) -> Accepted | None:
        """Look whether the extension is gone."""
        return None if self._is_there() else Accepted()

    def finish(self, accepted: Accepted) -> Outcome:
        """Follow the uninstallation to its end and see that nothing reports the extension."""
        patience, operation = self.tools.patience.delete, accepted.operation
        if operation is not None:
            keep_asking(
                lambda: operation.wait(timeout_s=patience.total_seconds()),
                self.tools,
                until=self.tools.clock.now() + patience,
            )
        if self._is_there():
            raise AzureError(
                f"The extension {self.step.extension_id} is still reported after its removal",
                advice=_GUEST_SIDE,
            )
        self.tools.memory.deleted.add(self.step.extension_id)
        return Outcome(message="the extension is gone; the next backup installs it again")

    def _is_there(self) -> bool:
        compute = self.tools.gateways(self._vm_id).compute
        listed = compute.list_extensions(self._vm_id)
        found = find_snapshot_extensions(compute.get_vm(self._vm_id), listed)
        return self.step.extension_id in found

    @property
    def _vm_id(self) -> ResourceId:
        return self.step.extension_id.parent
