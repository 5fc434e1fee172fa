"""Change how whole VMs run, and run scripts inside them with Run Command."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from azremedy.gateways.operations import Call, Operation, Operations
from azremedy.gateways.translate import translating
from azremedy.gateways.wire_commands import ScriptOutput, parse_script_output
from azremedy.gateways.wire_json import document_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from azure.mgmt.compute import ComputeManagementClient

    from azremedy.gateways.clients import Connect
    from azremedy.gateways.clock import Clock
    from azremedy.ids import ResourceId

_ACTION = "Microsoft.Compute/virtualMachines/{}/action"
_SHELLS = {"linux": "RunShellScript", "windows": "RunPowerShellScript"}


class VmChangesGateway:
    """Actions on the VMs of one subscription. All of them are long-running operations.

    A ReadOnly lock at or above the VM refuses every one of them. Exactly one request is sent for
    each: after ``ConnectionFailedError`` or ``ServiceUnavailableError`` look at the VM, after
    ``ThrottledError`` the request may be sent again.
    """

    def __init__(
        self,
        connect: Connect[ComputeManagementClient],
        clock: Clock,
        *,
        polling_interval_s: float,
    ) -> None:
        self._connect = connect
        self._operations = Operations(clock=clock, polling_interval_s=polling_interval_s)

    def restart_vm(self, vm_id: ResourceId) -> Operation:
        """Start to restart a VM; one that is off stays off. Safe to repeat, but restarts again.

        Permission: ``Microsoft.Compute/virtualMachines/restart/action``.

        Raises:
            LockedError: a ReadOnly lock stands in the way.
            AzremedyError: as ``translating`` tells them.
        """
        begin = self._connect(vm_id).virtual_machines.begin_restart
        return self._operations.begin(self._call(begin, vm_id, "restarting", "restart"))

    def reapply_vm(self, vm_id: ResourceId) -> Operation:
        """Start to apply a VM's model again, without a restart. Safe to repeat.

        Permission: ``Microsoft.Compute/virtualMachines/reapply/action``.

        Raises:
            LockedError: a ReadOnly lock stands in the way.
            AzremedyError: as ``translating`` tells them.
        """
        begin = self._connect(vm_id).virtual_machines.begin_reapply
        return self._operations.begin(self._call(begin, vm_id, "reapplying", "reapply"))

    def redeploy_vm(self, vm_id: ResourceId) -> Operation:
        """Start to move a VM to another host. Safe to repeat, but moves again.

        Permission: ``Microsoft.Compute/virtualMachines/redeploy/action``.

        Raises:
            LockedError: a ReadOnly lock stands in the way.
            AzremedyError: as ``translating`` tells them.
        """
        begin = self._connect(vm_id).virtual_machines.begin_redeploy
        return self._operations.begin(self._call(begin, vm_id, "redeploying", "redeploy"))

    def deallocate_vm(self, vm_id: ResourceId) -> Operation:
        """Start to shut a VM down and to give its host back. Safe to repeat.

        Permission: ``Microsoft.Compute/virtualMachines/deallocate/action``.

        Raises:
            LockedError: a ReadOnly lock stands in the way.
            AzremedyError: as ``translating`` tells them.
        """
        begin = self._connect(vm_id).virtual_machines.begin_deallocate
        return self._operations.begin(self._call(begin, vm_id, "deallocating", "deallocate"))

    def start_vm(self, vm_id: ResourceId) -> Operation:
        """Start a VM. Safe to repeat.

        Permission: ``Microsoft.Compute/virtualMachines/start/action``.

        Raises:
            LockedError: a ReadOnly lock stands in the way.
            AzremedyError: as ``translating`` tells them.
        """
        begin = self._connect(vm_id).virtual_machines.begin_start
        return self._operations.begin(self._call(begin, vm_id, "starting", "start"))

    def resume_change(self, vm_id: ResourceId, token: str) -> Operation:
        """Take up a change that another process started; sends none.

        Args:
            vm_id: the VM, for messages.
            token: what ``Operation.token`` returned.

        Raises:
            AzureError: the token cannot be read.
        """
        # Which of the changes it was does not matter: none of them gives a result.
        begin = self._connect(vm_id).virtual_machines.begin_restart
        return self._operations.resume(
            self._call(begin, vm_id, "following the change of", "restart"), token
        )

    def run_script(self, vm_id: ResourceId, os_type: str, lines: Sequence[str]) -> Operation:
        """Start to run a script inside a VM; ``read_output`` gives what it printed.

        The VM's agent carries it out: without one the operation hangs for 90 minutes and then
        fails. A script that exits with an error fails the operation. Azure runs one at a time and
        cannot cancel it. Repeating it runs it again.
        Permission: ``Microsoft.Compute/virtualMachines/runCommand/action``.
        Source: learn.microsoft.com/azure/virtual-machines/windows/run-command (2025-08-18).

        Args:
            vm_id: the VM.
            os_type: ``Windows`` or ``Linux``, which decides about the shell.
            lines: the script.

        Raises:
            ConflictError: another script runs in the VM, or the VM does not run.
            LockedError: a ReadOnly lock stands in the way.
            AzremedyError: as ``translating`` tells them.
        """
        sent: dict[str, object] = {"commandId": _SHELLS[os_type.lower()], "script": list(lines)}
        return self._operations.begin(self._command(vm_id, sent))

    def resume_script(self, vm_id: ResourceId, token: str) -> Operation:
        """Take up a script that another process started; runs none.

        Args:
            vm_id: the VM, for messages.
            token: what ``Operation.token`` returned.

        Raises:
            AzureError: the token cannot be read.
        """
        return self._operations.resume(self._command(vm_id, {}), token)

    def _command(self, vm_id: ResourceId, sent: dict[str, object]) -> Call:
        begin = self._connect(vm_id).virtual_machines.begin_run_command
        call = self._call(begin, vm_id, "running a script in", "runCommand")
        return Call(begin=partial(call.begin, sent), translate=call.translate)

    def _call(self, begin: Any, vm_id: ResourceId, tried: str, verb: str) -> Call:
        # The SDK repeats a POST after 500, 503 and 504, when the VM may be changing already.
        return Call(
            begin=partial(begin, vm_id.resource_group, vm_id.name, retry_total=0),
            translate=partial(translating, tried, action=_ACTION.format(verb), target=vm_id),
        )


def read_output(operation: Operation) -> ScriptOutput:
    """Give what a script printed, once its operation has ended; asks nothing.

    Raises:
        AzureError: the answer cannot be read.
    """
    polling: Any = operation.polling
    with operation.translate():
        return parse_script_output(document_of(polling.resource()))
