"""Wait for the end of an update of the VM agent, by its own word, and judge the agent after it.

The update goes on inside the VM and restarts the agent, so that a report of the agent proves
nothing: it may be one from before.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from azremedy.domain.rules.agents import OLDEST
from azremedy.domain.rules.versions import is_below, parse_version
from azremedy.domain.steps import RunGuestScript
from azremedy.engine.handlers.base import Accepted, Moved, Outcome, Proceed, Seen, Tools
from azremedy.engine.handlers.guest import GuestScriptRun, compare_agents
from azremedy.engine.handlers.ready import (
    is_ready,
    not_back,
    tell_agent,
    wait_for_agent,
    wait_until,
)
from azremedy.errors import AzureError

if TYPE_CHECKING:
    from datetime import datetime

    from azremedy.domain.resources import VirtualMachine

_FIRST_LOOK = timedelta(minutes=2)
"""When it is looked for the end first: a package manager takes a minute or two, and a script that
runs while the agent is restarted gets lost."""
_EVERY = timedelta(minutes=1)
"""Time between looks."""
_UPDATE = timedelta(minutes=30)
"""How long an update may take."""
_END = re.compile(r"^update=(\w+)$", re.MULTILINE)
_ENDED = "ended"
_LOG = "It is in /var/log/azremedy.log inside the VM."
_BY_HAND = (
    "Install a newer agent by hand: see 'azremedy explain UserErrorGuestAgentVersionUnsupported'."
)
_BACK = "Run 'azremedy restart-agent --by restart', or look at the VM's boot diagnostics."


@dataclass(frozen=True, slots=True, kw_only=True)
class AgentUpdateEnd:
    """Carries out ``RunGuestScript`` of ``update-agent-end``."""

    step: RunGuestScript
    """The step."""
    tools: Tools
    """What it works with."""

    def observe(self) -> Seen:
        """Look that it is the same VM; its agent may be away just now."""
        vm = self._read()
        if vm.vm_id.lower() != self.step.vm.unique_id.lower():
            return Moved(why="the VM was re-created since the plan")
        return Proceed()

    def act(self) -> Accepted:
        """Give the update time, then look for its end when the agent can.

        Raises:
            AzureError: the agent stays away.
        """
        self.tools.progress("waiting until the update has ended inside the VM")
        self.tools.clock.sleep(_FIRST_LOOK.total_seconds())
        return self._look()

    def resume(self, token: str) -> Accepted:
        """Take up a look that another process began."""
        return self._script.resume(token)

    def confirm(self) -> Accepted | None:
        """A look that got no answer changed nothing: another one is taken."""
        return None

    def finish(self, accepted: Accepted) -> Outcome:
        """Look until the update has ended, then see which agent reports.

        Raises:
            AzureError: the update goes on after patience has ended.
        """
        give_up = self.tools.clock.now() + _UPDATE
        begun, seen = self.tools.clock.now(), self._read_end(accepted)
        while (word := _find_end(seen)) is None:
            if self.tools.clock.now() >= give_up:
                raise AzureError(
                    f"The update of the agent of {self.step.vm.id} has not ended after {_UPDATE}",
                    advice=f"It goes on inside the VM. {_LOG}",
                )
            self.tools.clock.sleep(_EVERY.total_seconds())
            begun, seen = self.tools.clock.now(), self._read_end(None)
        return self._judge(word, seen, since=begun)

    def _look(self) -> Accepted:
        vm = wait_until(self.step.vm.id, is_ready, self.tools)
        if not is_ready(vm):
            raise not_back(vm, _BACK)
        return self._script.act()

    def _read_end(self, accepted: Accepted | None) -> Outcome | None:
        """Give what a look found; ``None``: it got lost, as when the agent is restarted under it.

        A look changes nothing, so one that got lost is taken again.
        """
        try:
            return self._script.finish(accepted or self._look())
        except AzureError as error:
            self.tools.progress(f"{error.summary}; looking again")
            return None

    def _judge(self, word: str, seen: Outcome | None, *, since: datetime) -> Outcome:
        before = self.tools.memory.vms.get(self.step.vm.id)
        wait = wait_for_agent(self.step.vm.id, since, self.tools)
        compared = compare_agents(before, wait.vm) if before is not None else ""
        told, output = f"{tell_agent(wait.vm)}{compared}", seen.output if seen else ""
        failure = self._find_failure(word, wait.vm, back=wait.back)
        return Outcome(message=told, output=output, failure=failure)

    def _find_failure(self, word: str, vm: VirtualMachine, *, back: bool) -> AzureError | None:
        if not back:
            return not_back(vm, _BACK)
        if word != _ENDED:
            return AzureError(f"{vm.id}: the package manager could not update", advice=_LOG)
        version = vm.vm_agent.version if vm.vm_agent else ""
        found, oldest = parse_version(version), OLDEST[self.step.vm.os_type.lower()]
        if found is None or not is_below(found, oldest):
            return None
        limit = ".".join(map(str, oldest))
        return AzureError(
            f"{vm.id}: the VM agent is {version}, still older than {limit}: the distribution's "
            "repository has none that is supported",
            advice=_BY_HAND,
        )

    def _read(self) -> VirtualMachine:
        return self.tools.gateways(self.step.vm.id).compute.get_vm(self.step.vm.id)

    @property
    def _script(self) -> GuestScriptRun:
        return GuestScriptRun(step=self.step, tools=self.tools)


def _find_end(seen: Outcome | None) -> str | None:
    """Find the update's own word in what a look found; one that broke off tells nothing."""
    if seen is None or seen.failure is not None:
        return None
    printed, _, _ = seen.output.partition("\n[stderr]\n")
    found = _END.findall(printed)
    return found[-1] if found else None
