"""Run azremedy's own scripts inside a VM."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from azremedy.domain.guest_scripts import GuestScript, System, find_script, find_system
from azremedy.domain.steps import RunGuestScript
from azremedy.engine.handlers.base import Accepted, Moved, Outcome, Seen, Tools
from azremedy.engine.handlers.idle import look_for_job
from azremedy.engine.handlers.patient import retry_locked, retry_throttled
from azremedy.engine.handlers.ready import (
    follow_operation,
    is_ready,
    not_back,
    tell_agent,
    wait_for_agent,
)
from azremedy.errors import AzureError, ConflictError, UsageError
from azremedy.gateways.vm_changes import read_output
from azremedy.guest_scripts import DONE, load_script

if TYPE_CHECKING:
    from azremedy.domain.resources import VirtualMachine
    from azremedy.gateways.operations import Operation
    from azremedy.gateways.wire_commands import ScriptOutput

_TURN = timedelta(minutes=30)
"""How long somebody else's script is waited for: Azure runs one at a time in a VM."""
_DELAY = timedelta(seconds=30)
"""After how long the detached part of a script begins: its own end must be reported first."""
_OFF = "OperationNotAllowed"
"""Compute's word when the VM does not run; no waiting helps then."""
_BACK = "Run 'azremedy restart-agent --by restart', or look at the VM's boot diagnostics."


@dataclass(frozen=True, slots=True, kw_only=True)
class GuestScriptRun:
    """Carries out ``RunGuestScript``."""

    step: RunGuestScript
    """The step."""
    tools: Tools
    """What it works with."""

    def observe(self) -> Seen:
        """Look that it is the same VM and that its agent can run a script at all."""
        vm = self._read()
        self.tools.memory.vms[vm.id] = vm
        if vm.vm_id.lower() != self.step.vm.unique_id.lower():
            return Moved(why="the VM was re-created since the plan")
        if not is_ready(vm):
            return Moved(why=tell_agent(vm))
        return look_for_job(self.step.vm.idle_items, self.tools)

    def act(self) -> Accepted:
        """Start the script; another one that runs in the VM is waited for.

        Raises:
            UsageError: the step names no script for this system, or wrong arguments.
            ConflictError: the other script outlasts the patience.
        """
        lines = load_script(self._script, self._system, self.step.arguments)
        operation = self._take_turn(lines)
        return Accepted(
            request_id=operation.receipt.request_id,
            correlation_id=operation.receipt.correlation_id,
            operation=operation,
        )

    def resume(self, token: str) -> Accepted:
        """Take up a script that another process started."""
        vm_id = self.step.vm.id
        operation = self.tools.gateways(vm_id).vm_changes.resume_script(vm_id, token)
        return Accepted(operation=operation)

    def confirm(self) -> Accepted | None:
        """Nothing tells whether a script has begun whose request got no answer."""
        return None

    def finish(self, accepted: Accepted) -> Outcome:
        """Follow the script to its end; where it goes on detached, until the agent is back.

        Raises:
            AzureError: the script failed, or goes on after patience has ended.
        """
        before = self._read()
        if accepted.operation is None or not follow_operation(accepted, self.tools):
            raise self._goes_on()
        output = read_output(accepted.operation)
        if DONE not in output.stdout.splitlines():
            return self._broken_off(output)
        if self._script.end:
            return Outcome(message=_tell(output, "it goes on inside the VM"), output=_join(output))
        if self._system not in self._script.detached:
            return Outcome(message=_tell(output, "the script ran to its end"), output=_join(output))
        return self._wait_for_agent(before, output)

    def _wait_for_agent(self, before: VirtualMachine, output: ScriptOutput) -> Outcome:
        self.tools.progress("waiting until the VM agent is Ready again")
        since = self.tools.clock.now() + _DELAY
        wait = wait_for_agent(self.step.vm.id, since, self.tools)
        told = _tell(output, f"{tell_agent(wait.vm)}{compare_agents(before, wait.vm)}")
        failure = None if wait.back else not_back(wait.vm, _BACK)
        return Outcome(message=told, output=_join(output), failure=failure)

    def _take_turn(self, lines: tuple[str, ...]) -> Operation:
        give_up = self.tools.clock.now() + _TURN
        while True:
            try:
                return retry_locked(lambda: self._send_once(lines), self.tools)
            except ConflictError as error:
                off = error.answer is not None and error.answer.code == _OFF
                if off or self.tools.clock.now() >= give_up:
                    raise
            self.tools.progress("another script runs in the VM; waiting for its end")
            self.tools.clock.sleep(self.tools.patience.retry_every.total_seconds())

    def _send_once(self, lines: tuple[str, ...]) -> Operation:
        """Send the request; only one that was throttled, and so not carried out, is repeated."""
        vm, changes = self.step.vm, self.tools.gateways(self.step.vm.id).vm_changes
        return retry_throttled(lambda: changes.run_script(vm.id, vm.os_type, lines), self.tools)

    def _broken_off(self, output: ScriptOutput) -> Outcome:
        told = _tell(output, "the script did not reach its end")
        error = AzureError(
            f"{self.step.script} in {self.step.vm.id}: {told}",
            advice="Its output says how far it came; it is safe to run it again.",
        )
        return Outcome(message=told, output=_join(output), failure=error)

    def _goes_on(self) -> AzureError:
        return AzureError(
            f"The script '{self.step.script}' in {self.step.vm.id} has not ended",
            advice="Azure cannot cancel it and ends it after 90 minutes.",
        )

    def _read(self) -> VirtualMachine:
        return self.tools.gateways(self.step.vm.id).compute.get_vm(self.step.vm.id)

    @property
    def _script(self) -> GuestScript:
        return find_script(self.step.script)

    @property
    def _system(self) -> System:
        system = find_system(self.step.vm.os_type)
        if system is None or system not in self._script.systems:
            raise UsageError(
                f"There is no script '{self.step.script}' for '{self.step.vm.os_type}'"
            )
        return system


def compare_agents(before: VirtualMachine, after: VirtualMachine) -> str:
    """Say, to be put behind the version after, what it was before."""
    if before.vm_agent is None or after.vm_agent is None:
        return ""
    if before.vm_agent.version == after.vm_agent.version:
        return ", as before"
    return f" (before: {before.vm_agent.version})"


def _tell(output: ScriptOutput, told: str) -> str:
    """Add the first complaint: scripts complain of what they could not look at, and go on."""
    first = output.stderr.splitlines()[0] if output.stderr else ""
    return f"{told}; it complained: {first}" if first else told


def _join(output: ScriptOutput) -> str:
    """Put both streams together; the end mark is of no use to people."""
    printed = "\n".join(line for line in output.stdout.splitlines() if line != DONE)
    return f"{printed}\n[stderr]\n{output.stderr}".strip() if output.stderr else printed.strip()
