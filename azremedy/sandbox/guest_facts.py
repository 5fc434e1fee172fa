"""Keep what is true inside machines and stands in no ARM document.

A world's present facts are its scenario's `guest`: a change gives the world a scenario with other
facts, and the one that was loaded stays as it was.
"""

from __future__ import annotations

from dataclasses import replace
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from azremedy.sandbox import arm_ids, vm_state
from azremedy.sandbox.guest_model import Guest

if TYPE_CHECKING:
    from azremedy.sandbox.http import Json
    from azremedy.sandbox.world import World

CONF = MappingProxyType(
    {
        "Provisioning.Agent": "auto",
        "Extensions.Enabled": "y",
        "Logs.Verbose": "n",
        "OS.EnableFIPS": "n",
        "AutoUpdate.Enabled": "y",
    }
)
"""The switches of /etc/waagent.conf that are known here, with their defaults.

Source: github.com/Azure/WALinuxAgent, README (2025-11).
"""
_OLDEST = MappingProxyType({"linux": (2, 2, 53, 1), "windows": (2, 7, 41491, 1010)})
"""The oldest agents that are supported, and that let the host take snapshots.

Source: learn.microsoft.com/troubleshoot/azure/virtual-machines, support-extensions-agent-version
(2025-09-15).
"""
_AWAY = frozenset({"disabled", "missing"})


def of(world: World, vm_id: str) -> Guest:
    """Give the present facts of a machine."""
    wanted = arm_ids.key(vm_id)
    for known, guest in world.scenario.guest.items():
        if arm_ids.key(known) == wanted:
            return guest
    return Guest()


def change(world: World, vm_id: str, **facts: Any) -> None:
    """Change facts of a machine, by the names of `Guest`'s fields."""
    fresh = replace(of(world, vm_id), **facts)
    wanted = arm_ids.key(vm_id)
    others = {key: each for key, each in world.scenario.guest.items() if arm_ids.key(key) != wanted}
    world.scenario = replace(world.scenario, guest={**others, wanted: fresh})


def agent_services(vm: Json) -> tuple[str, ...]:
    """Name the services that are the VM agent. Debian and Ubuntu call theirs `walinuxagent`.

    Source: learn.microsoft.com/azure/virtual-machines/extensions/agent-linux.
    """
    if vm_state.os_type(vm) == "windows":
        return ("RdAgent", "WindowsAzureGuestAgent")
    properties = vm["properties"]
    image = properties.get("storageProfile", {}).get("imageReference") or {}
    system = str(properties.get("instanceView", {}).get("osName") or image.get("offer", "ubuntu"))
    debian = any(name in system.lower() for name in ("ubuntu", "debian"))
    return ("walinuxagent",) if debian else ("waagent",)


def service(guest: Guest, vm: Json, name: str) -> str:
    """Give the state of a service; one that this system does not have is missing."""
    spelled = {each.lower(): each for each in (*agent_services(vm), *guest.services)}
    known = spelled.get(name.lower())
    return guest.services.get(known, "running") if known else "missing"


def agent_version(world: World, vm: Json) -> str:
    """Give the agent's version, `Unknown` when nobody ever heard it."""
    view = vm["properties"].get("instanceView", {})
    return of(world, vm["id"]).agent_version or str(
        view.get("vmAgent", {}).get("vmAgentVersion", "Unknown")
    )


def agent_outdated(world: World, vm: Json) -> bool:
    """Tell whether the agent is older than the oldest that is supported."""
    version = agent_version(world, vm)
    parts = tuple(int(part) for part in version.split(".") if part.isdigit())
    return bool(parts) and parts < _OLDEST[vm_state.os_type(vm)]


def agent_can_start(guest: Guest, vm: Json) -> bool:
    """Tell whether a boot brings the agent up."""
    if guest.shut_down or (vm_state.os_type(vm) == "windows" and not guest.dot_net):
        return False
    return all(service(guest, vm, name) not in _AWAY for name in agent_services(vm))


def agent_runs(guest: Guest, vm: Json) -> bool:
    """Tell whether the agent's services run right now, whatever was last reported."""
    states = (service(guest, vm, name) for name in agent_services(vm))
    return agent_can_start(guest, vm) and all(state == "running" for state in states)


def switches(guest: Guest) -> dict[str, str]:
    """Give the switches of /etc/waagent.conf as they stand."""
    return {**CONF, **guest.conf}
