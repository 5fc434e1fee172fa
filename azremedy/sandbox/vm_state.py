"""Read and change what a machine's document says of its power, agent and provisioning.

The functions that change take a document that the caller owns and stores afterwards.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from azremedy.sandbox.clock import timestamp
from azremedy.sandbox.http import ArmError

if TYPE_CHECKING:
    from azremedy.sandbox.http import Json
    from azremedy.sandbox.world import World

_POWER = "PowerState/"
_PROVISIONING = "ProvisioningState/"
_AGENT = {
    "linux": ("2.11.1.12", "Guest Agent is running"),
    "windows": ("2.7.41491.1155", "GuestAgent is running and processing the extensions."),
}
_ONLY_WHILE_ALLOCATED = ("computerName", "osName", "osVersion", "vmAgent", "extensions")


def os_type(vm: Json) -> str:
    """Give `linux` or `windows`; a document that says neither is taken for Linux."""
    disk = vm["properties"].get("storageProfile", {}).get("osDisk", {})
    return str(disk.get("osType", "Linux")).lower()


def power(vm: Json) -> str:
    """Give the power state, such as `running` or `deallocated`."""
    for status in _view(vm).get("statuses", []):
        if status["code"].startswith(_POWER):
            return str(status["code"].removeprefix(_POWER))
    return "running"


def set_power(vm: Json, state: str) -> None:
    """Change the power state."""
    code = f"{_POWER}{state}"
    status = {"code": code, "level": "Info", "displayStatus": f"VM {state}"}
    _set_status(vm, _POWER, status)


def set_provisioning(world: World, vm: Json, state: str) -> None:
    """Change the provisioning state, in the properties and in the instance view."""
    vm["properties"]["provisioningState"] = state
    displays = {"Succeeded": "Provisioning succeeded", "Failed": "Provisioning failed"}
    status = {
        "code": f"{_PROVISIONING}{state.lower()}",
        "level": "Error" if state == "Failed" else "Info",
        "displayStatus": displays.get(state, state),
        "time": offset_time(world),
    }
    _set_status(vm, _PROVISIONING, status)


def agent_ready(vm: Json) -> bool:
    """Tell whether the VM agent answers: the machine runs and the agent's last word was Ready."""
    statuses = _view(vm).get("vmAgent", {}).get("statuses", [])
    ready = any(status.get("displayStatus") == "Ready" for status in statuses)
    return ready and power(vm) == "running"


def set_agent_booting(world: World, vm: Json) -> None:
    """Let the agent look as it does right after a boot: seen, but not yet heard.

    Source: recorded Azure traffic, 2017-2024.
    """
    status = {
        "code": "ProvisioningState/Unavailable",
        "level": "Warning",
        "displayStatus": "Not Ready",
        "message": "VM status blob is found but not yet populated.",
        "time": offset_time(world),
    }
    _agent(vm).update({"vmAgentVersion": "Unknown", "statuses": [status]})


def set_agent_unresponsive(world: World, vm: Json) -> None:
    """Let the agent look as one that does not answer. Source: recorded Azure traffic, 2018-2024."""
    status = {
        "code": "ProvisioningState/Unavailable",
        "level": "Warning",
        "displayStatus": "Not Ready",
        "message": "VM Agent is unresponsive.",
        "time": offset_time(world),
    }
    _agent(vm).update({"vmAgentVersion": "Unknown", "statuses": [status]})


def set_agent_ready(world: World, vm: Json, *, version: str = "") -> None:
    """Let the agent and its extension handlers report that all is well.

    Without a version the agent is a current one.
    """
    current, message = _AGENT[os_type(vm)]
    status = {
        "code": "ProvisioningState/succeeded",
        "level": "Info",
        "displayStatus": "Ready",
        "message": message,
        "time": offset_time(world),
    }
    _agent(vm).update({"vmAgentVersion": version or current, "statuses": [status]})
    for handler in _agent(vm).get("extensionHandlers", []):
        if handler.get("status", {}).get("code") == "ProvisioningState/NotReady":
            handler["status"] = handler_ready()


def current_agent(vm: Json) -> str:
    """Give the version to which an update of the agent leads."""
    return _AGENT[os_type(vm)][0]


def has_agent(vm: Json) -> bool:
    """Tell whether an agent was ever heard of in the machine."""
    return "vmAgent" in _view(vm)


def handler_ready() -> Json:
    """Write the status of an extension handler that is well."""
    return {"code": "ProvisioningState/succeeded", "level": "Info", "displayStatus": "Ready"}


def shown_view(vm: Json) -> Json:
    """Give the instance view as Azure shows it: a deallocated machine has no guest to report.

    Source: recorded Azure traffic, 2024-08.
    """
    view = dict(_view(vm))
    if power(vm) == "deallocated":
        for key in _ONLY_WHILE_ALLOCATED:
            view.pop(key, None)
    return view


def agent_silent(vm: Json) -> ArmError:
    """Word that no agent reported. Source: recorded Azure traffic, 2023-10."""
    message = (
        f"VM '{vm['name']}' has not reported status for VM agent or extensions. "
        "Verify that the OS is up and healthy and that a VM agent is running in it."
    )
    return ArmError(409, "VMAgentStatusCommunicationError", message)


def offset_time(world: World) -> str:
    """Write the world's time as Compute does, with `+00:00`."""
    return timestamp(world.clock.now()).replace("Z", "+00:00")


def _view(vm: Json) -> Json:
    return vm["properties"].setdefault("instanceView", {})


def _agent(vm: Json) -> Json:
    return _view(vm).setdefault("vmAgent", {})


def _set_status(vm: Json, prefix: str, status: Json) -> None:
    statuses = _view(vm).setdefault("statuses", [])
    places = [i for i, old in enumerate(statuses) if old["code"].startswith(prefix)]
    if places:
        statuses[places[0]] = status
    else:
        statuses.append(status)
