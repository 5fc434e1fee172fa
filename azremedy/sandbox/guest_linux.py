"""Know the commands by which a Linux guest is examined and mended."""

from __future__ import annotations

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

_CONF = r"waagent\.conf"
_EXTENSION = "/var/lib/waagent/Microsoft.Azure.RecoveryServices.VMSnapshotLinux"
_FILE_STATES = {"missing": "", "disabled": "disabled"}
_WRITTEN = re.compile(r"([A-Z]\w*(?:\.\w+)+)\s*=\s*(\w+)")


def _is_active(inside: Inside, command: str) -> Inside:
    states = [state_of(inside, name) for name in named(inside, command)]
    words = "\n".join("active" if each == "running" else "inactive" for each in states)
    return _tell(inside, command, words, well=all(each == "running" for each in states))


def _tell(inside: Inside, command: str, words: str, *, well: bool) -> Inside:
    """Print, unless the command is to be quiet, and end well or not."""
    quiet = re.search(r"\s(-q|--quiet)\b|(>|\s-o)\s*/dev/null", command.replace("2>/dev/null", ""))
    return replace(say(inside, "" if quiet else words), well=well)


def _is_enabled(inside: Inside, command: str) -> Inside:
    states = [state_of(inside, name) for name in named(inside, command)]
    off = {"disabled", "missing"}
    words = "\n".join("disabled" if each in off else "enabled" for each in states)
    return _tell(inside, command, words, well=not off & set(states))


def _status(inside: Inside, command: str) -> Inside:
    lines = []
    for name in named(inside, command):
        running = state_of(inside, name) == "running"
        lines.append(f"* {name}.service - Azure Linux Agent")
        lines.append(f"     Active: {'active (running)' if running else 'inactive (dead)'}")
    return say(inside, "\n".join(lines))


def _show_unit(inside: Inside, command: str) -> Inside:
    """Show a unit's properties; one that this system does not have is not found."""
    state = state_of(inside, _unit(command))
    known = state != "missing"
    words = (
        f"LoadState={'loaded' if known else 'not-found'}",
        f"ActiveState={'active' if state == 'running' else 'inactive'}",
        f"UnitFileState={_FILE_STATES.get(state, 'enabled')}",
    )
    return say(inside, (" " if re.search(r"\|\s*tr\b", command) else "\n").join(words))


def _read_unit(inside: Inside, command: str) -> Inside:
    known = state_of(inside, _unit(command)) != "missing"
    words = "[Unit]\nDescription=Azure Linux Agent" if known else ""
    return _tell(inside, command, words, well=known)


def _unit(command: str) -> str:
    found = re.search(r"systemctl\s+\w+\s+([\w-]+)", command)
    return found[1] if found else ""


def _processes(inside: Inside, command: str) -> Inside:
    running = all(state_of(inside, name) == "running" for name in named(inside, command))
    line = "    912 ?        00:00:04 python3 -u /usr/sbin/waagent -daemon"
    return _tell(inside, command, line if running else "", well=running)


def _version(inside: Inside, _command: str) -> Inside:
    system = inside.vm["properties"].get("instanceView", {})
    name = f"{system.get('osName', 'ubuntu')} {system.get('osVersion', '24.04')}"
    first = f"WALinuxAgent-{inside.version} running on {name}"
    return say(inside, f"{first}\nPython: 3.12.3\nGoal state agent: {inside.version}")


def _start(inside: Inside, command: str) -> Inside:
    for name in named(inside, command):
        if state_of(inside, name) == "missing":
            return complain(inside, f"Failed to restart {name}.service: Unit not found.")
        inside = set_service(inside, name, "running")
    return replace(inside, restarted=True)


def _enable(inside: Inside, command: str) -> Inside:
    for name in named(inside, command):
        if state_of(inside, name) == "disabled":
            inside = set_service(inside, name, "stopped")
    return _start(inside, command) if "--now" in command else inside


def _update(inside: Inside, _command: str) -> Inside:
    """Install the repository's agent, which restarts it; one that is there already stays."""
    version = inside.guest.repository_agent or vm_state.current_agent(inside.vm)
    if version == inside.version:
        return say(inside, f"agent is already the newest version ({version}).")
    for name in guest_facts.agent_services(inside.vm):
        inside = set_service(inside, name, "running")
    return replace(
        say(inside, f"Setting up agent ({version}) ..."), version=version, restarted=True
    )


def _write_file(inside: Inside, command: str) -> Inside:
    text, _, path = command.partition(">")
    words = text.strip().removeprefix("echo").strip().strip("'\"")
    return know(inside, replace(inside.guest, files={**inside.guest.files, path.strip(): words}))


def _read_file(inside: Inside, command: str) -> Inside:
    held = inside.guest.files.get(next(word for word in command.split() if "/" in word))
    return replace(say(inside, held or ""), well=held is not None)


def _remove_file(inside: Inside, command: str) -> Inside:
    path = command.rsplit(maxsplit=1)[-1]
    left = {name: text for name, text in inside.guest.files.items() if name != path}
    return know(inside, replace(inside.guest, files=left))


def _write_conf(inside: Inside, command: str) -> Inside:
    """Change the switches that the command writes; in a substitution what it puts in."""
    puts = re.findall(r"\bs([/|#,])(?:.*?)\1(.*?)\1", command)
    text = " ".join(put for _, put in puts) if puts else command
    conf = {**inside.guest.conf, **dict(_WRITTEN.findall(text))}
    return know(inside, replace(inside.guest, conf=conf))


def _read_conf(inside: Inside, command: str) -> Inside:
    lines = [f"{name}={value}" for name, value in guest_facts.switches(inside.guest).items()]
    asked = re.search(r"grep\s+(?:-\S+\s+)*(?:'([^']*)'|\"([^\"]*)\"|(\S+))", command)
    pattern = next(filter(None, asked.groups()), "") if asked else ""
    alternatives = pattern.replace(r"\|", "|").replace(r"\(", "(").replace(r"\)", ")")
    found = [line for line in lines if re.search(alternatives, line)]
    return _tell(inside, command, "\n".join(found), well=bool(found))


def _address(inside: Inside, _command: str) -> Inside:
    kind = "dynamic " if inside.guest.dhcp else ""
    return say(inside, f"    inet 10.0.0.4/24 brd 10.0.0.255 scope global {kind}eth0")


def _dhcp(inside: Inside, _command: str) -> Inside:
    return say(inside, f"dhcp4: {'true' if inside.guest.dhcp else 'false'}")


def _use_dhcp(inside: Inside, _command: str) -> Inside:
    return know(inside, replace(inside.guest, dhcp=True))


def _route(inside: Inside, _command: str) -> Inside:
    proto = "dhcp" if inside.guest.dhcp else "static"
    return say(inside, f"default via 10.0.0.1 dev eth0 proto {proto} src 10.0.0.4 metric 100")


def _no_client(inside: Inside, command: str) -> Inside:
    """Find no DHCP client: systemd-networkd is none of those that run on their own."""
    return _tell(inside, command, "", well=False)


def _ask_host(inside: Inside, command: str) -> Inside:
    if inside.guest.host_reachable and inside.guest.dhcp:
        words = "<Versions><Supported><Version>2015-04-05</Version></Supported></Versions>"
        return _tell(inside, command, words, well=True)
    if re.search(r"\s-s\b", command):
        return replace(inside, well=False)
    return complain(inside, "curl: (28) Failed to connect to 168.63.129.16 port 80")


def _folders(inside: Inside, command: str) -> Inside:
    """List the folders of the backup extension: those of its handlers, and what is left of it."""
    found = [*(f"{_EXTENSION}-{each}" for each in _handlers(inside)), *_remains(inside)]
    return _tell(inside, command, "\n".join(found), well=bool(found))


def _handler_states(inside: Inside, command: str) -> Inside:
    """Name the files by which the agent knows its handlers; remains have none."""
    found = [f"{_EXTENSION}-{each}/config/HandlerState" for each in _handlers(inside)]
    return _tell(inside, command, "\n".join(found), well=bool(found))


def _handlers(inside: Inside) -> list[str]:
    view = inside.vm["properties"].get("instanceView", {})
    return [
        str(each.get("typeHandlerVersion", "1.0"))
        for each in view.get("vmAgent", {}).get("extensionHandlers", [])
        if str(each.get("type", "")).endswith("VMSnapshotLinux")
    ]


def _remains(inside: Inside) -> list[str]:
    return [f"{_EXTENSION}-1.0.9150.0"] if inside.guest.leftovers else []


def _newest_log(inside: Inside, command: str) -> Inside:
    """Name the newest file of a pattern."""
    path = next(word for word in command.split() if word.startswith("/var/"))
    newest = path.replace("*.xml", "GoalState.1.xml").replace("*", "extension.log")
    return say(inside, newest)


def _deep_clean(inside: Inside, _command: str) -> Inside:
    return know(inside, replace(inside.guest, leftovers=False))


def _log(inside: Inside, _command: str) -> Inside:
    return say(inside, f"INFO ExtHandler ExtHandler Goal State Agent version: {inside.version}")


_AGENT = r"(walinuxagent|waagent)"
COMMANDS = (
    (r"\bsed\b.*" + _CONF, _write_conf),
    (r">>?\s*\S*" + _CONF, _write_conf),
    (r"\btee\b.*" + _CONF, _write_conf),
    (r"\b(cat|grep|awk|head|tail|sed)\b.*" + _CONF, _read_conf),
    (r"systemctl\s+is-active", _is_active),
    (r"systemctl\s+is-enabled", _is_enabled),
    (r"systemctl\s+show\b", _show_unit),
    (r"systemctl\s+cat\b", _read_unit),
    (r"systemctl\s+enable\b.*" + _AGENT, _enable),
    (rf"systemctl\s+(re)?start\b.*{_AGENT}", _start),
    (rf"service\s+{_AGENT}\s+(re)?start", _start),
    (r"systemctl\s+status|\bservice\s+\S+\s+status", _status),
    (r"\bpgrep\b.*dhc", _no_client),
    (r"\bpgrep\b|\bps\s+-?[eaA]", _processes),
    (r"waagent\s+--?version", _version),
    (r"\b(apt|apt-get|yum|dnf|zypper)\b.*\b(install|upgrade|update)\b.*agent", _update),
    (r"\becho\b.*>\s*/var/lib/azremedy/", _write_file),
    (r"\bcat\s+/var/lib/azremedy/", _read_file),
    (r"\brm\s+(-\S+\s+)*/var/lib/azremedy/", _remove_file),
    (r"\b(rm|mv)\b.*/var/lib/waagent/.*VMSnapshotLinux", _deep_clean),
    (r"\bgrep\b.*VMSnapshotLinux.*HandlerState", _handler_states),
    (r"\bls\b.*/var/lib/waagent/.*VMSnapshotLinux", _folders),
    (r"\bls\b.*\s/var/(log|lib/waagent)/", _newest_log),
    (r"168\.63\.129\.16", _ask_host),
    (r"\bsed\b.*dhcp|netplan\s+set.*dhcp4=(true|yes)|nmcli.*ipv4\.method\s+auto", _use_dhcp),
    (r"\bip\s+(-\S+\s+)*a(ddr)?\b", _address),
    (r"\bip\s+(-\S+\s+)*r(oute)?\b", _route),
    (r"dhcp|netplan|networkctl|BOOTPROTO", _dhcp),
    (r"/var/log/(waagent\.log|azure)|/var/lib/waagent/\S+\.xml", _log),
)
"""The looks of commands, most particular first, with what carries each out."""

DETACHED = r"\bsystemd-run\b|\bnohup\b|\bsetsid\b|\bat\s+now\b|&\s*$"
"""The look of a command that outlives its script."""
