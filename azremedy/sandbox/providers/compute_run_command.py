"""Serve Run Command: scripts run in a guest that knows only what its scenario says.

Which commands are understood stands in `guest_linux` and `guest_windows`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from azremedy.sandbox import agent_reports, guest_facts, guest_scripts, vm_state
from azremedy.sandbox.compute_answers import BASE, existing, vm_id
from azremedy.sandbox.http import Answer, ArmError, Json, Request
from azremedy.sandbox.operations import COMPUTE, Work
from azremedy.sandbox.routing import Route

if TYPE_CHECKING:
    from collections.abc import Sequence

    from azremedy.sandbox.world import World

_SHELLS = {"runshellscript": "linux", "runpowershellscript": "windows"}


def _run(world: World, request: Request, **place: str) -> Answer:
    """Run a script in the guest.

    The agent carries it out: without one the operation hangs and then fails; so it does when the
    script takes the agent down without leaving that to something that outlives it.
    Source: learn.microsoft.com/azure/virtual-machines/windows/run-command (2025-08-18).

    Raises:
        ArmError: 400 without a command or with one for another system; 409 when the machine does
            not run or another script does.
    """
    vm = existing(world, vm_id(place))
    sent = request.json() or {}
    _check(world, vm, command=str(sent.get("commandId", "")))
    script = [str(line) for line in sent.get("script") or []]
    answered = _answers(world, vm)
    lasting = answered and not guest_scripts.run(world, vm, script).cut_off
    guest_facts.change(world, vm["id"], script_running=True)
    work = Work(
        name="runCommand" if lasting else "runCommandUnanswered",
        style=COMPUTE,
        location=vm["location"],
        finish=lambda: _end(world, vm["id"], script, answered=answered),
    )
    return world.operations.begin(request, work)


def _check(world: World, vm: Json, *, command: str) -> None:
    if not command:
        raise ArmError(400, "InvalidParameter", "Required parameter 'commandId' is missing (null).")
    if _SHELLS.get(command.lower(), vm_state.os_type(vm)) != vm_state.os_type(vm):
        message = f"The command '{command}' does not run on this operating system."
        raise ArmError(400, "InvalidParameter", message)
    if vm_state.power(vm) != "running":
        message = "The operation requires the VM to be running (or set to run)."
        raise ArmError(409, "OperationNotAllowed", message)
    if guest_facts.of(world, vm["id"]).script_running:
        message = (
            "Run command extension execution is in progress. "
            "Please wait for completion before invoking a run command."
        )
        raise ArmError(409, "Conflict", message)


def _answers(world: World, vm: Json) -> bool:
    """Tell whether an agent carries scripts out: its part works, and it may run extensions."""
    guest = guest_facts.of(world, vm["id"])
    allowed = guest_facts.switches(guest)["Extensions.Enabled"].lower() == "y"
    on_linux = vm_state.os_type(vm) == "linux"
    ready = vm_state.agent_ready(vm) and agent_reports.works(guest, vm)
    return ready and (allowed or not on_linux)


def _end(world: World, machine_id: str, script: Sequence[str], *, answered: bool) -> Json:
    vm = existing(world, machine_id)
    guest_facts.change(world, machine_id, script_running=False)
    if not answered or not _answers(world, vm):
        raise vm_state.agent_silent(vm)
    ran = guest_scripts.run(world, vm, script)
    guest_scripts.leave(world, ran)
    if ran.cut_off:
        raise vm_state.agent_silent(vm)
    return {"value": _output(vm, ran)}


def _output(vm: Json, ran: guest_scripts.Ran) -> list[Json]:
    """Write the output: Linux gives one line for both streams, Windows one for each.

    Source: recorded Azure traffic, 2018-2024.
    """
    if vm_state.os_type(vm) == "windows":
        streams = (("StdOut", ran.stdout), ("StdErr", ran.stderr))
        return [_line(f"ComponentStatus/{name}/succeeded", text) for name, text in streams]
    stdout, stderr = (f"{text}\n" if text else "" for text in (ran.stdout, ran.stderr))
    message = f"Enable succeeded: \n[stdout]\n{stdout}\n[stderr]\n{stderr}"
    return [_line("ProvisioningState/succeeded", message)]


def _line(code: str, message: str) -> Json:
    return {
        "code": code,
        "level": "Info",
        "displayStatus": "Provisioning succeeded",
        "message": message,
    }


ROUTES = (
    Route(
        method="POST",
        template=BASE + "/virtualMachines/{vm}/runCommand",
        handler=_run,
        action="Microsoft.Compute/virtualMachines/runCommand/action",
    ),
)
"""The operation of Run Command."""
