"""Find out whether a change of a VM is this run's, where the answer to its request was lost.

Azure names no author in the VM, and somebody else may change it at the same time. So only what
began after the request counts, and a restart only where the agent was away and is back.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from azremedy.engine.handlers.ready import EVERY, is_ready
from azremedy.errors import ConnectionFailedError

if TYPE_CHECKING:
    from collections.abc import Callable

    from azremedy.domain.resources import VirtualMachine
    from azremedy.domain.steps import VmStep
    from azremedy.engine.handlers.base import Tools


def is_changing(vm: VirtualMachine) -> bool:
    """Say whether Azure works on the VM."""
    return vm.provisioning_state.lower() == "updating"


def look_for_change(
    step: VmStep, read: Callable[[], VirtualMachine], tools: Tools
) -> VirtualMachine | None:
    """Look for a change of the VM that began after the request; ``None``: none shows up.

    A VM that Azure was at work on already tells nothing: that work is somebody else's.
    """
    sent_at, before = tools.memory.sent_at.get(step.target), tools.memory.vms.get(step.target)
    if sent_at is None or (before is not None and is_changing(before)):
        return None
    give_up = tools.clock.now() + tools.patience.fresh
    while True:
        vm = read()
        if vm.provisioned_at is not None and vm.provisioned_at >= sent_at:
            return vm
        if tools.clock.now() >= give_up:
            return None
        tools.clock.sleep(EVERY.total_seconds())


def was_away(step: VmStep, tools: Tools) -> bool:
    """Say whether the agent was away before the request: then its return is a mark of the change.

    Another process may have looked; what it planned on says the same.
    """
    before = tools.memory.vms.get(step.target)
    return step.vm.agent_away or (before is not None and not is_ready(before))


def unproven(step: VmStep, done: str) -> ConnectionFailedError:
    """Make the error for a change that shows nothing by which it could be told whose it was."""
    return ConnectionFailedError(
        f"The answer to the request was lost. {step.target} was changed since, but whether it was "
        f"{done} does not show",
        advice="The VM's activity log says who changed what; then run the command again.",
    )
