"""Let VM agents that run go on reporting: their last word is never long ago.

Documents keep the time at which an agent first said what it says; how it shows follows the clock.
Azure's `Not Ready` bears the time at which it was asked for, and a living agent's `Ready` was never
more than three minutes old.
Source: recorded Azure traffic, 2016-2024.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from azremedy.sandbox import guest_facts, vm_state
from azremedy.sandbox.clock import timestamp

if TYPE_CHECKING:
    from azremedy.sandbox.guest_model import Guest
    from azremedy.sandbox.http import Json
    from azremedy.sandbox.world import World

_INTERVAL = timedelta(minutes=2)
"""How often an agent reports here."""


def works(guest: Guest, vm: Json) -> bool:
    """Tell whether the service runs that reports and carries scripts out, whatever the other does.

    On Windows that is `WindowsAzureGuestAgent`; `RdAgent` may be down beside it. This is the
    sandbox's reading of learn.microsoft.com/troubleshoot/azure/virtual-machines,
    windows-azure-guest-agent (2025-08-14).
    """
    if guest.shut_down or (vm_state.os_type(vm) == "windows" and not guest.dot_net):
        return False
    return guest_facts.service(guest, vm, guest_facts.agent_services(vm)[-1]) == "running"


def shown_view(world: World, vm: Json) -> Json:
    """Give the instance view as Azure shows it now."""
    view = vm_state.shown_view(vm)
    agent = view.get("vmAgent")
    if agent:
        alive = vm_state.agent_ready(vm) and works(guest_facts.of(world, vm["id"]), vm)
        statuses = [_shown(world, status, alive=alive) for status in agent.get("statuses", [])]
        view["vmAgent"] = {**agent, "statuses": statuses}
    return view


def _shown(world: World, status: Json, *, alive: bool) -> Json:
    if status.get("displayStatus") == "Not Ready" and "time" in status:
        return {**status, "time": vm_state.offset_time(world)}
    return _renewed(world, status) if alive else status


def _renewed(world: World, status: Json) -> Json:
    try:
        first = datetime.fromisoformat(str(status.get("time"))).astimezone(UTC)
        rounds = (world.clock.now() - first) // _INTERVAL
    except ValueError:
        return status  # a scenario's own words stay
    if rounds < 1:
        return status
    return {**status, "time": timestamp(first + rounds * _INTERVAL).replace("Z", "+00:00")}
