"""Serve Run Command.

The sandbox has no guest: a script is accepted, takes its time and prints nothing.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from azremedy.sandbox import vm_state
from azremedy.sandbox.compute_answers import BASE, existing, quota, vm_id
from azremedy.sandbox.http import Answer, ArmError, Json, Request
from azremedy.sandbox.operations import COMPUTE, Work
from azremedy.sandbox.routing import Route

if TYPE_CHECKING:
    from azremedy.sandbox.world import World

_WRITE = quota("UpdateVMSubscriptionMaximum;1499", "UpdateVMResource;11")
_SHELLS = {"runshellscript": "linux", "runpowershellscript": "windows"}


def _run(world: World, request: Request, **place: str) -> Answer:
    """Run a script in the guest. The agent carries it out: without one it hangs and then fails.

    Raises:
        ArmError: 400 without a command, 409 when the machine does not run.
    """
    vm = existing(world, vm_id(place))
    command = str((request.json() or {}).get("commandId", ""))
    if not command:
        raise ArmError(400, "InvalidParameter", "Required parameter 'commandId' is missing (null).")
    if vm_state.power(vm) != "running":
        message = "The operation requires the VM to be running (or set to run)."
        raise ArmError(409, "OperationNotAllowed", message)
    work = Work(
        name="runCommand" if vm_state.agent_ready(vm) else "runCommandUnanswered",
        style=COMPUTE,
        location=vm["location"],
        finish=lambda: _end(world, vm["id"], command),
    )
    answer = world.operations.begin(request, work)
    return replace(answer, headers={**answer.headers, **_WRITE})


def _end(world: World, machine_id: str, command: str) -> Json:
    vm = existing(world, machine_id)
    if not vm_state.agent_ready(vm):
        raise vm_state.agent_silent(vm)
    if _SHELLS.get(command.lower(), vm_state.os_type(vm)) == "windows":
        return {
            "value": [
                _status(f"ComponentStatus/{name}/succeeded", "") for name in ("StdOut", "StdErr")
            ]
        }
    message = "Enable succeeded: \n[stdout]\n\n[stderr]\n"
    return {"value": [_status("ProvisioningState/succeeded", message)]}


def _status(code: str, message: str) -> Json:
    """Write one line of output: Linux gives one for both streams, Windows one for each.

    Source: recorded Azure traffic, 2022-2024.
    """
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
