"""Wait for changes of VMs to end, and for rights to take effect."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from azremedy.domain.rules.vms import is_in_motion
from azremedy.domain.steps import WaitForRights, WaitForVm
from azremedy.engine.handlers.base import Accepted, Already, Moved, Outcome, Proceed, Seen, Tools
from azremedy.engine.handlers.patient import keep_asking
from azremedy.errors import AzureError

if TYPE_CHECKING:
    from azremedy.domain.resources import VirtualMachine

_EVERY = timedelta(minutes=1)
"""Time between looks: nothing of azremedy's own hangs on the very second."""


@dataclass(frozen=True, slots=True, kw_only=True)
class VmWait:
    """Carries out ``WaitForVm``."""

    step: WaitForVm
    """The step."""
    tools: Tools
    """What it works with."""

    def observe(self) -> Seen:
        """Look that it is the same VM, and that Azure still works on it."""
        vm = self._read()
        if vm.vm_id.lower() != self.step.vm.unique_id.lower():
            return Moved(why="the VM was re-created since the plan")
        return Proceed() if is_in_motion(vm) else Already(why="nobody is changing the VM")

    def act(self) -> Accepted:
        """Nothing is sent."""
        return Accepted()

    def confirm(self) -> Accepted | None:
        """Nothing was sent, so nothing can be lost."""
        return Accepted()

    def finish(self, accepted: Accepted) -> Outcome:  # noqa: ARG002 - part of the protocol
        """Look at the VM until the change has ended, and say how.

        Raises:
            AzureError: it has not when time is up, or the VM cannot be read.
        """
        until = self.tools.clock.now() + timedelta(seconds=self.step.timeout_s)
        while is_in_motion(vm := keep_asking(self._read, self.tools, until=until)):
            if self.tools.clock.now() >= until:
                raise AzureError(
                    f"Azure is still changing {self.step.vm.id}",
                    advice="It may be stuck: 'azremedy fix --reapply' applies its model again.",
                )
            self.tools.clock.sleep(_EVERY.total_seconds())
        told = f"the VM's provisioning state is {vm.provisioning_state}, and it is {vm.power_state}"
        failed = vm.provisioning_state.lower() == "failed"
        error = AzureError(f"{vm.id}: {told}", advice="Diagnose again: that has a cause.")
        return Outcome(message=told, failure=error if failed else None)

    def _read(self) -> VirtualMachine:
        return self.tools.gateways(self.step.vm.id).compute.get_vm(self.step.vm.id)


@dataclass(frozen=True, slots=True, kw_only=True)
class RightsWait:
    """Carries out ``WaitForRights``."""

    step: WaitForRights
    """The step."""
    tools: Tools
    """What it works with."""

    def observe(self) -> Seen:
        """There is nothing to compare: Azure does not show whom its caches know."""
        return Proceed()

    def act(self) -> Accepted:
        """Nothing is sent."""
        return Accepted()

    def confirm(self) -> Accepted | None:
        """Nothing was sent, so nothing can be lost."""
        return Accepted()

    def finish(self, accepted: Accepted) -> Outcome:  # noqa: ARG002 - part of the protocol
        """Let the time pass."""
        minutes = f"{self.step.wait_s // 60} minutes"
        self.tools.progress(f"waiting {minutes} until Azure acts on the new rights")
        self.tools.clock.sleep(self.step.wait_s)
        return Outcome(message=f"Azure has had {minutes} to act on the new rights")
