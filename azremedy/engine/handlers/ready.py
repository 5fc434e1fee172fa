"""Wait until a VM and its agent are well again, and say truthfully when they are not."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from azremedy.domain.resources import VirtualMachine
from azremedy.engine.handlers.patient import keep_asking
from azremedy.errors import AzureError

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from azremedy.engine.handlers.base import Accepted, Tools
    from azremedy.ids import ResourceId

OPERATION = timedelta(hours=2)
"""How long a change of a VM, or a script, is followed: Azure itself ends a script after 90 minutes.
Source: learn.microsoft.com/azure/virtual-machines/windows/run-command (2025-08-18)."""
AGENT = timedelta(minutes=15)
"""How long an agent may take to report after a start: it is silent for minutes after a boot."""
EVERY = timedelta(seconds=15)
"""Time between looks: Compute allows four reads of one VM a minute without end.
Source: learn.microsoft.com/azure/virtual-machines/compute-throttling-limits (2024-05-27)."""
_SLACK = timedelta(seconds=30)
"""How late the end of an operation may be seen."""


def follow_operation(accepted: Accepted, tools: Tools) -> bool:
    """Follow an operation; say whether it ended before patience did.

    Raises:
        AzureError: it failed, or could not be followed.
    """
    operation = accepted.operation
    if operation is None:
        return True
    keep_asking(
        lambda: operation.wait(timeout_s=OPERATION.total_seconds(), pause=tools.clock.sleep),
        tools,
        until=tools.clock.now() + OPERATION,
    )
    return operation.finished()


def find_restart(begun: datetime, tools: Tools) -> datetime:
    """Give the time after which a report of the agent is one of after the restart.

    Azure shows old reports for a while. The operation ends when the VM has been started; when that
    was seen late, the agent may have reported already.
    """
    return max(begun, tools.clock.now() - _SLACK)


def wait_until(
    vm_id: ResourceId, is_so: Callable[[VirtualMachine], bool], tools: Tools
) -> VirtualMachine:
    """Look at a VM until something is so, or patience is over; give the last look.

    Raises:
        AzureError: when a look got no answer in all that time.
    """
    compute = tools.gateways(vm_id).compute
    give_up = tools.clock.now() + AGENT
    while True:
        vm = keep_asking(lambda: compute.get_vm(vm_id), tools, until=give_up)
        if is_so(vm) or tools.clock.now() >= give_up:
            return vm
        tools.clock.sleep(EVERY.total_seconds())


@dataclass(frozen=True, slots=True, kw_only=True)
class Wait:
    """How a wait for an agent ended."""

    vm: VirtualMachine
    """The last look."""
    back: bool
    """Whether the agent has said Ready since its restart."""
    was_away: bool
    """Whether an earlier look showed it away."""


def wait_for_agent(vm_id: ResourceId, since: datetime, tools: Tools) -> Wait:
    """Wait until a VM runs and its agent says Ready after a restart.

    What it said before proves nothing. It counts when it was said after a time, when it carries no
    time, or when an earlier look showed the agent away.

    Raises:
        AzureError: when a look got no answer in all that time.
    """
    looks: list[bool] = []

    def is_back(vm: VirtualMachine) -> bool:
        ready = is_ready(vm)
        looks.append(ready)
        reported = vm.vm_agent.reported_at if vm.vm_agent is not None else None
        return ready and (not all(looks) or reported is None or reported > since)

    vm = wait_until(vm_id, is_back, tools)
    return Wait(vm=vm, back=is_back(vm), was_away=not all(looks))


def is_ready(vm: VirtualMachine) -> bool:
    """Say whether the VM runs and its agent's last word was Ready."""
    return vm.power_state == "running" and vm.vm_agent is not None and vm.vm_agent.ready


def tell_agent(vm: VirtualMachine) -> str:
    """Say in one line how VM and agent stand."""
    if vm.power_state != "running":
        return f"the VM is {vm.power_state or 'in an unknown power state'}"
    if vm.vm_agent is None:
        return "the VM reports no agent"
    said = vm.vm_agent.message or vm.vm_agent.display_status
    if vm.vm_agent.ready:
        return f"the VM agent is Ready, version {vm.vm_agent.version}"
    return f"the VM agent is not ready: {said}"


def not_back(vm: VirtualMachine, advice: str) -> AzureError:
    """Make the error for an agent that did not come back in time."""
    told = tell_agent(vm)
    if vm.vm_agent is not None and vm.vm_agent.ready:
        told = f"the VM agent said Ready last at {vm.vm_agent.reported_at}, before the change"
    return AzureError(f"{vm.id}: after {AGENT} {told}", advice=advice)
