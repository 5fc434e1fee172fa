"""Serve virtual machines: reading them and what changes their power or state."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from azremedy.sandbox import (
    agent_reports,
    backup_names,
    guest_boot,
    guest_extensions,
    guest_facts,
    vm_state,
)
from azremedy.sandbox.compute_answers import (
    BASE,
    REGIONLESS,
    existing,
    group_id,
    quota,
    shown_vm,
    upper_group,
    vm_id,
)
from azremedy.sandbox.http import Answer, Json, Request, ok
from azremedy.sandbox.operations import COMPUTE
from azremedy.sandbox.paging import page
from azremedy.sandbox.routing import Handler, Route

if TYPE_CHECKING:
    from collections.abc import Callable

    from azremedy.sandbox.world import World

_VM = BASE + "/virtualMachines/{vm}"
_ACTION = "Microsoft.Compute/virtualMachines"
_READ = quota("LowCostGetSubscriptionMaximum;23999", "LowCostGetResource;35")
_LIST = quota("HighCostGetSubscriptionMaximum;899")
_WRITE = quota("UpdateVMSubscriptionMaximum;1499", "UpdateVMResource;11")


def _get(world: World, request: Request, **place: str) -> Answer:
    vm = existing(world, vm_id(place))
    body = shown_vm(world, vm, with_view=_wants_view(request))
    return replace(ok(body), headers=_READ)


def _instance_view(world: World, _request: Request, **place: str) -> Answer:
    vm = existing(world, vm_id(place))
    return replace(ok(agent_reports.shown_view(world, vm)), headers=_READ)


def _list(world: World, request: Request, **place: str) -> Answer:
    scope = group_id(place)
    existing(world, scope)
    return _page(world, request, world.documents.of_type(backup_names.VM_TYPE, under=scope))


def _list_all(world: World, request: Request, **place: str) -> Answer:
    scope = f"/subscriptions/{place['subscription']}"
    machines = world.documents.of_type(backup_names.VM_TYPE, under=scope)
    return _page(world, request, tuple(upper_group(vm) for vm in machines))


def _list_region(world: World, request: Request, **place: str) -> Answer:
    scope = f"/subscriptions/{place['subscription']}"
    machines = world.documents.of_type(backup_names.VM_TYPE, under=scope)
    here = tuple(vm for vm in machines if vm["location"].lower() == place["location"].lower())
    return _page(world, request, here)


def _page(world: World, request: Request, machines: tuple[Json, ...]) -> Answer:
    with_view = _wants_view(request)
    shown = [_listed(world, vm, with_view=with_view) for vm in machines]
    answer = page(request, shown, world.page_size)
    return replace(answer, headers={**answer.headers, **_LIST})


def _listed(world: World, vm: Json, *, with_view: bool) -> Json:
    """Show a machine in a list: only the ids of its extensions (recorded Azure traffic, 2021)."""
    entry = shown_vm(world, vm, with_view=with_view)
    if "resources" in entry:
        entry["resources"] = [{"id": extension["id"]} for extension in entry["resources"]]
    return entry


def _wants_view(request: Request) -> bool:
    expand = request.query.get("$expand", "").lower()
    return expand == "instanceview" or request.query.get("statusonly", "").lower() == "true"


def _acting(timing: str, effect: Callable[[World, Json], None]) -> Handler:
    """Make the handler of a long-running action that changes one machine."""

    def handler(world: World, request: Request, **place: str) -> Answer:
        vm = existing(world, vm_id(place))
        before = vm["properties"].get("provisioningState", "Succeeded")
        vm_state.set_provisioning(world, vm, "Updating")
        world.documents.put(vm)

        def finish() -> None:
            machine = existing(world, vm["id"])
            vm_state.set_provisioning(world, machine, before)
            effect(world, machine)
            world.documents.put(machine)

        answer = world.operations.start(
            request, name=timing, style=COMPUTE, location=vm["location"], finish=finish
        )
        return replace(answer, headers={**answer.headers, **_WRITE})

    return handler


def _restart(world: World, vm: Json) -> None:
    """Restart the guest; a machine that is off stays off."""
    if vm_state.power(vm) == "running":
        guest_boot.boot(world, vm)


def _power_off(world: World, vm: Json) -> None:
    vm_state.set_power(vm, "stopped")
    _note_off(world, vm)


def _deallocate(world: World, vm: Json) -> None:
    vm_state.set_power(vm, "deallocated")
    _note_off(world, vm)


def _note_off(world: World, vm: Json) -> None:
    """Note that Azure turned the machine off, whatever its guest did before."""
    guest_facts.change(world, vm["id"], shut_down=False)


def _reapply(world: World, vm: Json) -> None:
    """Apply the model again: a failed machine recovers, nothing reboots.

    Its failed extensions are tried again, for which it takes a living agent; while one stays failed
    the machine does too.
    Source: learn.microsoft.com/troubleshoot/azure, vm-stuck-in-failed-state (2021-10-04).
    """
    guest_extensions.retry_failed(world, vm)
    if not guest_extensions.failed(world, vm):
        vm_state.set_provisioning(world, vm, "Succeeded")


def _redeploy(world: World, vm: Json) -> None:
    """Move to another host, which reboots what was running."""
    if not guest_extensions.failed(world, vm):
        vm_state.set_provisioning(world, vm, "Succeeded")
    _restart(world, vm)


_EFFECTS: tuple[tuple[str, str, Callable[[World, Json], None]], ...] = (
    ("start", "startVirtualMachine", guest_boot.boot),
    ("restart", "restartVirtualMachine", _restart),
    ("powerOff", "powerOffVirtualMachine", _power_off),
    ("deallocate", "deallocateVirtualMachine", _deallocate),
    ("reapply", "reapplyVirtualMachine", _reapply),
    ("redeploy", "redeployVirtualMachine", _redeploy),
)


def _read(template: str, handler: Handler, action: str = f"{_ACTION}/read") -> Route:
    return Route(method="GET", template=template, handler=handler, action=action)


ROUTES = (
    _read(_VM, _get),
    _read(_VM + "/instanceView", _instance_view, f"{_ACTION}/instanceView/read"),
    _read(BASE + "/virtualMachines", _list),
    _read(REGIONLESS + "/virtualMachines", _list_all),
    _read(REGIONLESS + "/locations/{location}/virtualMachines", _list_region),
    *(
        Route(
            method="POST",
            template=f"{_VM}/{verb}",
            handler=_acting(timing, effect),
            action=f"{_ACTION}/{verb}/action",
        )
        for verb, timing, effect in _EFFECTS
    ),
)
"""The operations of virtual machines."""
