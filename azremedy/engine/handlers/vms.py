"""Restart, reapply, redeploy, deallocate and start VMs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, assert_never

from azremedy.domain.steps import (
    DeallocateVm,
    ReapplyVm,
    RedeployVm,
    RestartVm,
    StartVm,
    VmStep,
)
from azremedy.engine.handlers.base import Accepted, Already, Moved, Outcome, Proceed, Seen, Tools
from azremedy.engine.handlers.idle import look_for_job
from azremedy.engine.handlers.patient import retry_locked, retry_throttled
from azremedy.engine.handlers.ready import (
    find_restart,
    follow_operation,
    is_ready,
    not_back,
    tell_agent,
    wait_for_agent,
    wait_until,
)
from azremedy.engine.handlers.traces import is_changing, look_for_change, unproven, was_away
from azremedy.errors import AzureError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from datetime import datetime

    from azremedy.domain.resources import VirtualMachine
    from azremedy.gateways.operations import Operation

_RUNNING, _DEALLOCATED = "running", "deallocated"
_EFFECT = {DeallocateVm: _DEALLOCATED, StartVm: _RUNNING}
_DONE = {
    RestartVm: "restarted",
    ReapplyVm: "reapplied",
    RedeployVm: "redeployed",
    DeallocateVm: "deallocated",
    StartVm: "started",
}
_NEXT = {
    RestartVm: "Try 'azremedy restart-agent --by redeploy'.",
    RedeployVm: "Look at the boot diagnostics; the agent may have to be installed again inside.",
    StartVm: "Look at the boot diagnostics; the agent may have to be installed again inside.",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class VmChange:
    """Carries out the steps that change how a whole VM runs."""

    step: VmStep
    """The step."""
    tools: Tools
    """What it works with."""

    def observe(self) -> Seen:
        """Look that it is the same VM, and in a state in which the change means something."""
        vm = self._read()
        self.tools.memory.vms[vm.id] = vm
        self._note_power(vm)
        if vm.vm_id.lower() != self.step.vm.unique_id.lower():
            return Moved(why="the VM was re-created since the plan")
        wanted = self.step.vm.power_state
        match self.step:
            case DeallocateVm() if vm.power_state == _DEALLOCATED:
                return Already(why="the VM is deallocated already")
            case _ if wanted and vm.power_state != wanted:
                return Moved(why=f"the VM is {vm.power_state or 'in an unknown power state'} now")
            case _ if self.step.vm.agent_away and is_ready(vm):
                return Already(why="the VM agent is Ready again")
            case StartVm() if vm.power_state == _RUNNING:
                return Already(why="the VM is running already")
            case StartVm():
                # A VM that this run shut down comes up again whatever else goes on.
                return Proceed()
            case RestartVm() | RedeployVm() if vm.power_state != _RUNNING:
                return Moved(why=f"the VM is {vm.power_state or 'in an unknown power state'} now")
            case _:
                return look_for_job(self.step.vm.idle_items, self.tools)

    def act(self) -> Accepted:
        """Start the change, once; a lock that was just removed may refuse for a while.

        Raises:
            ServiceUnavailableError, ConnectionFailedError: whether it was started is not known.
        """
        send = self._choose_call()
        if isinstance(self.step, DeallocateVm):
            self.tools.memory.stopped_vms.add(self.step.vm.id)
        operation = retry_locked(lambda: retry_throttled(send, self.tools), self.tools)
        return Accepted(
            request_id=operation.receipt.request_id,
            correlation_id=operation.receipt.correlation_id,
            operation=operation,
        )

    def resume(self, token: str) -> Accepted:
        """Take up a change that another process started."""
        vm_id = self.step.vm.id
        operation = self.tools.gateways(vm_id).vm_changes.resume_change(vm_id, token)
        return Accepted(operation=operation)

    def confirm(self) -> Accepted | None:
        """Look whether the VM shows that this very change is under way, or done."""
        if self._is_in_effect(self._read()):
            return Accepted()
        seen = look_for_change(self.step, self._read, self.tools)
        if seen is None or not (is_changing(seen) or self._may_be_done(seen)):
            return None
        return Accepted(underway=True)

    def finish(self, accepted: Accepted) -> Outcome:
        """Follow the change to its end, and see that the VM, and its agent, are as they should be.

        Raises:
            ConnectionFailedError: the answer was lost, and nothing proves that it was this change.
            AzureError: the change failed, or goes on after patience has ended.
        """
        begun, looks = self.tools.clock.now(), [not was_away(self.step, self.tools)]
        ended = follow_operation(accepted, self.tools)
        vm = wait_until(self.step.vm.id, lambda seen: _is_settled(seen, looks), self.tools)
        self._note_power(vm)
        if not ended or is_changing(vm):
            raise self._goes_on()
        if accepted.underway and not self._may_be_done(vm):
            raise unproven(self.step, _DONE[type(self.step)])
        if isinstance(self.step, ReapplyVm | DeallocateVm):
            return self._tell_end(self.step, vm, begun)
        since = find_restart(begun, self.tools)
        if isinstance(self.step, StartVm):
            return self._wait_for_agent(since)
        return self._wait_for_agent(since, proven=not accepted.underway, looks=looks)

    def _tell_end(
        self, step: ReapplyVm | DeallocateVm, vm: VirtualMachine, begun: datetime
    ) -> Outcome:
        if isinstance(step, DeallocateVm):
            return self._tell_deallocated(vm)
        return self._wait_for_agent(begun) if step.vm.agent_away else _tell_reapplied(vm)

    def _choose_call(self) -> Callable[[], Operation]:
        vm_id = self.step.vm.id
        changes = self.tools.gateways(vm_id).vm_changes
        match self.step:
            case RestartVm():
                return lambda: changes.restart_vm(vm_id)
            case ReapplyVm():
                return lambda: changes.reapply_vm(vm_id)
            case RedeployVm():
                return lambda: changes.redeploy_vm(vm_id)
            case DeallocateVm():
                return lambda: changes.deallocate_vm(vm_id)
            case StartVm():
                return lambda: changes.start_vm(vm_id)
            case _:
                assert_never(self.step)

    def _note_power(self, vm: VirtualMachine) -> None:
        """Keep in mind whether this run still owes it to the VM to start it."""
        stopped = self.tools.memory.stopped_vms
        if vm.power_state == _RUNNING:
            stopped.discard(vm.id)
        elif isinstance(self.step, StartVm) or vm.power_state == _DEALLOCATED:
            stopped.add(vm.id)

    def _is_in_effect(self, vm: VirtualMachine) -> bool:
        """Say whether the power state alone shows that the change was carried out.

        A restart leaves no such mark.
        """
        return vm.power_state == _EFFECT.get(type(self.step))

    def _may_be_done(self, vm: VirtualMachine) -> bool:
        """Say whether the power state speaks against it."""
        return type(self.step) not in _EFFECT or self._is_in_effect(vm)

    def _tell_deallocated(self, vm: VirtualMachine) -> Outcome:
        if vm.power_state != _DEALLOCATED:
            raise AzureError(f"{vm.id} is {vm.power_state} after its deallocation")
        return Outcome(message="the VM is deallocated; it costs nothing until it is started")

    def _wait_for_agent(
        self, since: datetime, *, proven: bool = True, looks: Iterable[bool] = ()
    ) -> Outcome:
        self.tools.progress("waiting until the VM agent is Ready again")
        wait = wait_for_agent(self.step.vm.id, since, self.tools)
        returned = wait.back and (wait.was_away or not all(looks))
        if not proven and not returned:
            raise unproven(self.step, _DONE[type(self.step)])
        told = tell_agent(wait.vm)
        if wait.back:
            return Outcome(message=told)
        return Outcome(message=told, failure=not_back(wait.vm, _NEXT.get(type(self.step), "")))

    def _goes_on(self) -> AzureError:
        return AzureError(
            f"Azure is still changing {self.step.vm.id}",
            advice="The change goes on in Azure. Run the command again later.",
        )

    def _read(self) -> VirtualMachine:
        return self.tools.gateways(self.step.vm.id).compute.get_vm(self.step.vm.id)


def _is_settled(vm: VirtualMachine, looks: list[bool]) -> bool:
    """Say whether nothing works on the VM, and keep whether its agent was Ready."""
    looks.append(is_ready(vm))
    return not is_changing(vm)


def _tell_reapplied(vm: VirtualMachine) -> Outcome:
    """Say how the VM stands after its model was applied again.

    Source: learn.microsoft.com/troubleshoot/azure/virtual-machines, "VM stuck in failed state"
    (2021-10-04).
    """
    told = f"the VM's provisioning state is {vm.provisioning_state}"
    if vm.provisioning_state.lower() != "failed":
        return Outcome(message=told)
    failed = sorted({each.name for each in vm.extensions if _is_failed(each.state)})
    named = f" Failed extensions: {', '.join(failed)}; mend or remove them first." if failed else ""
    advice = f"Reapplying did not help.{named} Then try 'azremedy restart-agent --by redeploy'."
    return Outcome(message=told, failure=AzureError(f"{vm.id}: {told}", advice=advice))


def _is_failed(state: str) -> bool:
    return state.lower().startswith(("failed", "provisioningstate/failed"))
