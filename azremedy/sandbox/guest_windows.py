"""Know the commands by which a Windows guest is examined and mended."""

from __future__ import annotations

import json
import re
from dataclasses import replace

from azremedy.sandbox import guest_facts, vm_state
from azremedy.sandbox.guest_inside import (
    Inside,
    complain,
    know,
    named,
    say,
    set_service,
    state_of,
)

_PLUGIN = r"Microsoft\.Azure\.RecoveryServices\.VMSnapshot"
_EXCLUDED = (
    "C:\\Packages\\Plugins\\Microsoft.Azure.RecoveryServices.VMSnapshot",
    "C:\\WindowsAzure\\Logs\\Plugins\\Microsoft.Azure.RecoveryServices.VMSnapshot",
)
_NUMBERS = {"Running": 4, "Stopped": 1}
_AWAY = {"disabled", "missing"}


def _services(inside: Inside, command: str) -> Inside:
    """List services as `Get-Service` does: as a table, one property, or JSON."""
    there = [each for each in named(inside, command) if state_of(inside, each) != "missing"]
    gone = [each for each in named(inside, command) if each not in there]
    if gone:
        inside = complain(inside, f"Cannot find any service with service name '{gone[0]}'.")
    found = {name: _shown(inside, name) for name in there}
    if "converttojson" in command.lower().replace("-", ""):
        rows = [{"Name": name, "Status": _NUMBERS[state]} for name, state in found.items()]
        return say(inside, json.dumps(rows))
    if re.search(r"\.StartType\b", command, re.IGNORECASE):
        return say(inside, "\n".join(_start_type(inside, name) for name in found))
    if re.search(r"\.Status\b|-ExpandProperty\s+Status", command, re.IGNORECASE):
        return say(inside, "\n".join(found.values()))
    head = ["Status   Name               DisplayName", "------   ----               -----------"]
    return say(inside, "\n".join([*head, *(f"{s:<8} {n:<18} {n}" for n, s in found.items())]))


def _query(inside: Inside, command: str) -> Inside:
    name = named(inside, command)[0]
    state = _shown(inside, name)
    return say(inside, f"SERVICE_NAME: {name}\n  STATE : {_NUMBERS[state]}  {state.upper()}")


def _shown(inside: Inside, name: str) -> str:
    return "Running" if state_of(inside, name) == "running" else "Stopped"


def _service_rows(inside: Inside, command: str) -> Inside:
    """List services as management knows them, as comma-separated values."""
    there = [each for each in named(inside, command) if state_of(inside, each) != "missing"]
    rows = [f'"{each}","{_shown(inside, each)}","{_start_mode(inside, each)}"' for each in there]
    return say(inside, "\n".join(['"Name","State","StartMode"', *rows] if rows else []))


def _start_mode(inside: Inside, name: str) -> str:
    return "Disabled" if state_of(inside, name) == "disabled" else "Auto"


def _start_type(inside: Inside, name: str) -> str:
    return "Disabled" if state_of(inside, name) == "disabled" else "Automatic"


def _start(inside: Inside, command: str) -> Inside:
    for name in named(inside, command):
        if state_of(inside, name) in _AWAY:
            return complain(inside, f"Service '{name}' cannot be started.")
        inside = set_service(inside, name, "running")
    return replace(inside, restarted=True)


def _automatic(inside: Inside, command: str) -> Inside:
    for name in named(inside, command):
        if state_of(inside, name) == "disabled":
            inside = set_service(inside, name, "stopped")
    return inside


def _version(inside: Inside, _command: str) -> Inside:
    return say(inside, inside.version)


def _install(inside: Inside, _command: str) -> Inside:
    """Install the current agent from its MSI; that restarts it."""
    for name in guest_facts.agent_services(inside.vm):
        inside = set_service(inside, name, "running")
    return replace(inside, version=vm_state.current_agent(inside.vm), restarted=True)


def _dhcp(inside: Inside, _command: str) -> Inside:
    return say(inside, "Enabled" if inside.guest.dhcp else "Disabled")


def _leased(inside: Inside, _command: str) -> Inside:
    return say(inside, str(inside.guest.dhcp))


def _use_dhcp(inside: Inside, _command: str) -> Inside:
    return know(inside, replace(inside.guest, dhcp=True))


def _dot_net(inside: Inside, command: str) -> Inside:
    if inside.guest.dot_net or "SilentlyContinue" in command:
        return say(inside, inside.guest.dot_net)
    return complain(inside, "Cannot find path 'HKLM:\\SOFTWARE\\Microsoft\\NET Framework Setup'.")


def _watches(inside: Inside, _command: str) -> Inside:
    """Say that Defender watches: it does unless somebody turned it off."""
    return say(inside, "True")


def _exclusions(inside: Inside, _command: str) -> Inside:
    return say(inside, "" if inside.guest.blocker == "antivirus" else "\n".join(_EXCLUDED))


def _exclude(inside: Inside, _command: str) -> Inside:
    blocker = "" if inside.guest.blocker == "antivirus" else inside.guest.blocker
    return know(inside, replace(inside.guest, blocker=blocker))


def _app_locker_service(inside: Inside, _command: str) -> Inside:
    return say(inside, "Running" if inside.guest.blocker == "AppLocker" else "Stopped")


def _app_locker_decision(inside: Inside, _command: str) -> Inside:
    return say(inside, "Denied" if inside.guest.blocker == "AppLocker" else "Allowed")


def _app_locker(inside: Inside, _command: str) -> Inside:
    blocked = inside.guest.blocker == "AppLocker"
    return say(inside, "Deny IaaSBcdrExtension.exe" if blocked else "")


def _runtime(inside: Inside, _command: str) -> Inside:
    found = "Microsoft Visual C++ 2013 Redistributable (x64) - 12.0.40664"
    return say(inside, found if inside.guest.visual_c else "")


def _install_runtime(inside: Inside, _command: str) -> Inside:
    return know(inside, replace(inside.guest, visual_c=True))


def _deep_clean(inside: Inside, _command: str) -> Inside:
    return know(inside, replace(inside.guest, leftovers=False))


def _program(inside: Inside, _command: str) -> Inside:
    found = [f"{_EXCLUDED[0]}\\{each}\\IaaSBcdrExtension.exe" for each in _handlers(inside)]
    return say(inside, "\n".join(found))


def _folders(inside: Inside, _command: str) -> Inside:
    """List the folders of the backup extension: those of its handlers, and what is left of it."""
    remains = ["1.0.95.0"] if inside.guest.leftovers else []
    return say(inside, "\n".join([*_handlers(inside), *remains]))


def _handler_states(inside: Inside, _command: str) -> Inside:
    """List the keys by which the agent knows its handlers; remains have none."""
    found = (f"Microsoft.Azure.RecoveryServices.VMSnapshot_{each}" for each in _handlers(inside))
    return say(inside, "\n".join(found))


def _handlers(inside: Inside) -> list[str]:
    view = inside.vm["properties"].get("instanceView", {})
    return [
        str(each.get("typeHandlerVersion", "1.0"))
        for each in view.get("vmAgent", {}).get("extensionHandlers", [])
        if str(each.get("type", "")).endswith("RecoveryServices.VMSnapshot")
    ]


def _newest_log(inside: Inside, command: str) -> Inside:
    """Name a log, or the newest in a folder."""
    path = re.findall(r"'([^']*)'", command)[0]
    return say(inside, path if path.endswith(".log") else f"{path}\\IaaSBcdrExtension.log")


def _log(inside: Inside, _command: str) -> Inside:
    return say(inside, f"[00000003] GuestAgent version {inside.version} is running.")


def _ask_host(inside: Inside, command: str) -> Inside:
    reached = inside.guest.host_reachable and inside.guest.dhcp
    if "Quiet" in command:
        return say(inside, str(reached))
    return say(inside, f"TcpTestSucceeded : {reached}")


_LOGS = r"WindowsAzure\\Logs\\"
COMMANDS = (
    (r"Get-Service.*AppIDSvc", _app_locker_service),
    (r"Get-Service", _services),
    (r"Win32_Service", _service_rows),
    (r"\bsc(\.exe)?\s+query", _query),
    (r"Set-Service.*Automatic|\bsc(\.exe)?\s+config.*auto", _automatic),
    (r"(Restart|Start)-Service|\bnet\s+start\b|\bsc(\.exe)?\s+start", _start),
    (r"msiexec.*agent|WindowsAzureVmAgent.*\.msi", _install),
    (r"vc_?redist.*(/quiet|/install|/passive)", _install_runtime),
    (r"Visual C\+\+|vc_?redist", _runtime),
    (rf"(Rename|Remove|Move)-Item.*{_PLUGIN}", _deep_clean),
    (rf"Add-MpPreference.*{_PLUGIN}", _exclude),
    (r"Get-MpPreference", _exclusions),
    (r"Get-MpComputerStatus", _watches),
    (r"Test-AppLockerPolicy", _app_locker_decision),
    (r"AppLocker", _app_locker),
    (rf"Get-ChildItem.*{_PLUGIN}.*IaaSBcdrExtension", _program),
    (r"Get-ChildItem.*HandlerState", _handler_states),
    (rf"Get-ChildItem.*{_LOGS}", _newest_log),
    (rf"Get-ChildItem.*{_PLUGIN}", _folders),
    (rf"Get-Content.*{_LOGS}", _log),
    (r"DHCPEnabled", _leased),
    (r"Set-NetIPInterface.*-Dhcp\s+Enabled|set\s+address.*\bdhcp\b", _use_dhcp),
    (r"dhcp|Get-NetIPInterface", _dhcp),
    (r"NET Framework Setup|\\NDP\\", _dot_net),
    (r"168\.63\.129\.16", _ask_host),
    (r"WaAppAgent|GuestAgentVersion|WindowsAzureGuestAgent\.exe", _version),
)
"""The looks of commands, most particular first, with what carries each out."""

DETACHED = r"Start-Process|Start-Job|Start-ScheduledTask|schtasks"
"""The look of a command that outlives its script."""
