"""Let a machine whose model is being changed when a world begins come to rest."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from azremedy.sandbox import backup_names, vm_state

if TYPE_CHECKING:
    from azremedy.sandbox.http import Json
    from azremedy.sandbox.world import World

_PASSING = frozenset({"creating", "updating", "migrating"})


def take_over(world: World) -> None:
    """Put the end of such changes on the clock: they succeed after `settleVirtualMachine`."""
    for vm in world.documents.of_type(backup_names.VM_TYPE):
        if _passes(vm):
            seconds = world.timing("settleVirtualMachine").seconds
            world.clock.schedule(seconds, partial(_settle, world, vm["id"]))


def _settle(world: World, vm_id: str) -> None:
    vm = world.documents.get(vm_id)
    if vm and _passes(vm):
        vm_state.set_provisioning(world, vm, "Succeeded")
        world.documents.put(vm)


def _passes(vm: Json) -> bool:
    # A scenario's machine may have no properties at all.
    return str(vm.get("properties", {}).get("provisioningState")).lower() in _PASSING
