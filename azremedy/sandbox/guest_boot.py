"""Bring guests up and down: the agent reports a while after its start, if it starts."""

from __future__ import annotations

from typing import TYPE_CHECKING

from azremedy.sandbox import guest_facts, vm_state

if TYPE_CHECKING:
    from azremedy.sandbox.http import Json
    from azremedy.sandbox.world import World


def boot(world: World, vm: Json) -> None:
    """Start the guest of a machine that the caller stores; stopped services start with it."""
    vm_state.set_power(vm, "running")
    guest_facts.change(world, vm["id"], shut_down=False, script_running=False)
    start_agent(world, vm)


def start_agent(world: World, vm: Json) -> None:
    """Start the agent anew: silent at first; a while later it reports, if it can run.

    A machine without an agent stays without one. The caller stores the machine.
    """
    if not vm_state.has_agent(vm):
        return
    guest = guest_facts.of(world, vm["id"])
    version = guest_facts.agent_version(world, vm)
    known = "" if version == "Unknown" else version
    services = {name: _started(state) for name, state in guest.services.items()}
    guest_facts.change(world, vm["id"], agent_version=known, services=services)
    vm_state.set_agent_booting(world, vm)
    seconds = world.timing("agentStart").seconds
    world.clock.schedule(seconds, lambda: _agent_up(world, vm["id"]))


def _started(state: str) -> str:
    return "running" if state == "stopped" else state


def _agent_up(world: World, machine_id: str) -> None:
    vm = world.documents.get(machine_id)
    if not vm or vm_state.power(vm) != "running":
        return
    guest = guest_facts.of(world, machine_id)
    if guest_facts.agent_can_start(guest, vm):
        vm_state.set_agent_ready(world, vm, version=guest.agent_version)
    else:
        vm_state.set_agent_unresponsive(world, vm)
    world.documents.put(vm)
