"""Uninstall the snapshot extension of the VM that was shown."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from azremedy.domain import guards
from azremedy.domain.extensions import find_snapshot_extensions
from azremedy.domain.steps import DeleteExtension
from azremedy.engine.handlers.base import Accepted, Already, Moved, Outcome, Proceed, Seen, Tools
from azremedy.engine.handlers.deletions import follow_deletion, still_deleting, wait_until_gone
from azremedy.engine.handlers.idle import find_running_job
from azremedy.engine.handlers.patient import retry_locked
from azremedy.errors import AzureError

if TYPE_CHECKING:
    from azremedy.domain.resources import VirtualMachine
    from azremedy.ids import ResourceId

_GUEST_SIDE = (
    "Azure has no such extension any more but the guest still reports it: clean it up inside the "
    "VM, see learn.microsoft.com/azure/backup/backup-azure-manage-vms."
)


@dataclass(frozen=True, slots=True, kw_only=True)
class ExtensionDeletion:
    """Carries out ``DeleteExtension``."""

    step: DeleteExtension
    """The step."""
    tools: Tools
    """What it works with."""

    def observe(self) -> Seen:
        """Look that it is the same VM with the extension, fit to remove it, and without a job."""
        vm = self.tools.gateways(self._vm_id).compute.get_vm(self._vm_id)
        if vm.vm_id.lower() != self.step.vm_unique_id.lower():
            return Moved(why="the VM was re-created since the plan")
        if not self._is_there(vm):
            return Already(why="the extension is gone already")
        if why := self._find_unfitness(vm):
            return Moved(why=why)
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

    def resume(self, token: str) -> Accepted:
        """Take up a deletion that another process started."""
        compute = self.tools.gateways(self._vm_id).compute
        return Accepted(operation=compute.resume_delete_extension(self.step.extension_id, token))

    def confirm(self) -> Accepted | None:
        """Look whether the extension is gone, or going.

        One that was stuck in its deletion from the start tells nothing by that.
        """
        if not self._is_there():
            return Accepted()
        listed = self.tools.gateways(self._vm_id).compute.list_extensions(self._vm_id)
        states = (each.state for each in listed if each.id == self.step.extension_id)
        underway = next(states, "").lower() == "deleting" != self.step.state.lower()
        return Accepted(underway=True) if underway else None

    def finish(self, accepted: Accepted) -> Outcome:
        """Follow the uninstallation to its end and see that nothing reports the extension."""
        ended = follow_deletion(accepted, self.tools)
        if accepted.underway:
            patience = self.tools.patience.delete
            ended = wait_until_gone(self._is_there, self.tools, within=patience)
        if not ended and self._is_there():
            raise still_deleting(self.step.extension_id)
        if not wait_until_gone(self._is_there, self.tools):
            raise self._still_reported(accepted)
        self.tools.memory.deleted.add(self.step.extension_id)
        return Outcome(message="the extension is gone; the next backup installs it again")

    def _find_unfitness(self, vm: VirtualMachine) -> str | None:
        if self.step.agent_may_be_dead:
            return None
        verdicts = guards.check_agent(vm, agent_not_ready=False)
        return next((verdict.message for verdict in verdicts), None)

    def _still_reported(self, accepted: Accepted) -> AzureError:
        operation, extension_id = accepted.operation, self.step.extension_id
        if operation is not None and operation.receipt.already_gone:
            summary = f"Azure knows no extension {extension_id}, yet the VM reports it"
        else:
            summary = f"The extension {extension_id} is still reported after its removal"
        return AzureError(summary, advice=_GUEST_SIDE)

    def _is_there(self, vm: VirtualMachine | None = None) -> bool:
        compute = self.tools.gateways(self._vm_id).compute
        listed = compute.list_extensions(self._vm_id)
        found = find_snapshot_extensions(vm or compute.get_vm(self._vm_id), listed)
        return self.step.extension_id in found

    @property
    def _vm_id(self) -> ResourceId:
        return self.step.extension_id.parent
