"""Serve VM extensions: the VM agent carries out what changes one, so it takes a living agent."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from azremedy.sandbox import guest_extensions, vm_state
from azremedy.sandbox.compute_answers import BASE, existing, quota, vm_id
from azremedy.sandbox.http import Answer, ArmError, Json, Request, no_content, ok
from azremedy.sandbox.operations import COMPUTE, Work
from azremedy.sandbox.routing import Route

if TYPE_CHECKING:
    from azremedy.sandbox.world import World

_LIST = BASE + "/virtualMachines/{vm}/extensions"
_ONE = _LIST + "/{name}"
_ACTION = "Microsoft.Compute/virtualMachines/extensions"
_READ = quota("LowCostGetSubscriptionMaximum;23999", "LowCostGetResource;35")
_WRITE = quota("UpdateVMSubscriptionMaximum;1499", "UpdateVMResource;11")


def _get(world: World, request: Request, **place: str) -> Answer:
    machine = existing(world, vm_id(place))
    extension = existing(world, f"{machine['id']}/extensions/{place['name']}")
    return replace(ok(_shown(request, machine, extension)), headers=_READ)


def _list(world: World, request: Request, **place: str) -> Answer:
    """List the extensions in one page, as Azure does."""
    machine = existing(world, vm_id(place))
    found = world.documents.of_type(guest_extensions.EXTENSION_TYPE, under=machine["id"])
    body = {"value": [_shown(request, machine, extension) for extension in found]}
    return replace(ok(body), headers=_READ)


def _shown(request: Request, vm: Json, extension: Json) -> Json:
    """Give an extension, with the agent's report on it when asked for."""
    if request.query.get("$expand", "").lower() != "instanceview":
        return extension
    reports = vm_state.shown_view(vm).get("extensions", [])
    for report in reports:
        if str(report.get("name", "")).lower() == extension["name"].lower():
            extension["properties"]["instanceView"] = report
    return extension


def _delete(world: World, request: Request, **place: str) -> Answer:
    """Uninstall an extension; 204 when there is none.

    Without an agent the operation hangs for long and then fails.
    """
    machine, name = existing(world, vm_id(place)), place["name"]
    if not guest_extensions.known(world, machine, name):
        return no_content()
    _check_running(machine)
    answered = vm_state.agent_ready(machine)
    _mark(world, machine, name, state="Deleting")
    work = Work(
        name="deleteExtension" if answered else "deleteExtensionUnanswered",
        style=COMPUTE,
        location=machine["location"],
        finish=lambda: _end_delete(world, machine["id"], name, answered=answered),
    )
    answer = world.operations.begin(request, work)
    return replace(answer, headers={**answer.headers, **_WRITE})


def _end_delete(world: World, machine_id: str, name: str, *, answered: bool) -> None:
    machine = world.documents.get(machine_id)
    if machine and answered:
        guest_extensions.remove(world, machine, name)
        _recover(world, machine_id)
    elif machine:
        _mark(world, machine, name, state="Failed")
        raise vm_state.agent_silent(machine)


def _recover(world: World, machine_id: str) -> None:
    """Let a failed machine recover when its last failed extension is gone."""
    machine: Json = world.documents.get(machine_id)
    failed = machine["properties"].get("provisioningState") == "Failed"
    if failed and not guest_extensions.failed(world, machine):
        vm_state.set_provisioning(world, machine, "Succeeded")
        world.documents.put(machine)


def _put(world: World, request: Request, **place: str) -> Answer:
    """Install or update an extension."""
    machine = existing(world, vm_id(place))
    _check_running(machine)
    extension_id = f"{machine['id']}/extensions/{place['name']}"
    fresh = extension_id not in world.documents
    body = world.documents.put(_written(request.json() or {}, machine, extension_id, fresh=fresh))
    work = Work(
        name="writeExtension",
        style=COMPUTE,
        location=machine["location"],
        finish=lambda: _end_put(world, machine["id"], extension_id),
        status=201 if fresh else 200,
        body=body,
    )
    answer = world.operations.begin(request, work)
    return replace(answer, headers={**answer.headers, **_WRITE})


def _written(sent: Json, machine: Json, extension_id: str, *, fresh: bool) -> Json:
    """Give an extension as it stands while the agent works on it; secrets are never kept."""
    properties = {**sent.get("properties", {})}
    properties.pop("protectedSettings", None)
    properties["provisioningState"] = "Creating" if fresh else "Updating"
    document = {**sent, "id": extension_id, "properties": properties}
    return {"location": machine["location"], **document}


def _end_put(world: World, machine_id: str, extension_id: str) -> None:
    machine, extension = world.documents.get(machine_id), world.documents.get(extension_id)
    if not machine or not extension:
        return
    well = vm_state.agent_ready(machine)
    extension["properties"]["provisioningState"] = "Succeeded" if well else "Failed"
    world.documents.put(extension)
    if not well:
        raise vm_state.agent_silent(machine)


def _mark(world: World, machine: Json, name: str, *, state: str) -> None:
    extension = world.documents.get(f"{machine['id']}/extensions/{name}")
    if extension:
        extension["properties"]["provisioningState"] = state
        world.documents.put(extension)


def _check_running(machine: Json) -> None:
    """Refuse to change extensions of a machine that is off.

    Raises:
        ArmError: 409.
    """
    if vm_state.power(machine) != "running":
        message = "Cannot modify extensions in the VM when the VM is not running."
        raise ArmError(409, "OperationNotAllowed", message)


ROUTES = (
    Route(method="GET", template=_LIST, handler=_list, action=f"{_ACTION}/read"),
    Route(method="GET", template=_ONE, handler=_get, action=f"{_ACTION}/read"),
    Route(method="PUT", template=_ONE, handler=_put, action=f"{_ACTION}/write"),
    Route(method="DELETE", template=_ONE, handler=_delete, action=f"{_ACTION}/delete"),
)
"""The operations of VM extensions."""
