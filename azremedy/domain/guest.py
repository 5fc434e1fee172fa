"""What a check inside the VM told."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from azremedy.domain.guest_scripts import System, find_system

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping


@dataclass(frozen=True, slots=True, kw_only=True)
class GuestFacts:
    """The answers of the ``check`` script.

    ``None``: this system has no such thing, or the script did not tell.
    """

    services: tuple[tuple[str, str], ...] = ()
    """The agent's services with ``running``, ``stopped``, ``disabled`` or ``missing``."""
    agent_version: str | None = None
    """The agent's own word."""
    extensions_enabled: bool | None = None
    """Linux: ``Extensions.Enabled`` in /etc/waagent.conf."""
    provisioning_agent: str | None = None
    """Linux: ``Provisioning.Agent`` in /etc/waagent.conf, in lower case."""
    verbose_logging: bool | None = None
    """Linux: ``Logs.Verbose`` in /etc/waagent.conf."""
    dhcp: bool | None = None
    """Whether the guest takes its address by DHCP."""
    host_reachable: bool | None = None
    """Whether 168.63.129.16 answers."""
    dot_net: str | None = None
    """Windows: the .NET Framework's version; empty when there is none."""
    visual_c: bool | None = None
    """Windows: whether the Visual C++ runtime of the snapshot provider is installed."""
    app_locker: bool | None = None
    """Windows: whether an AppLocker rule denies the extension's program."""
    antivirus_excluded: bool | None = None
    """Windows: whether the extension's two folders are excluded from the antivirus."""
    leftovers: bool | None = None
    """Whether remains of the snapshot extension lie in the guest that no installed one owns."""


def parse_guest_facts(os_type: str, output: str) -> GuestFacts:
    """Read what the ``check`` script printed; a fact that it does not tell stays ``None``.

    Args:
        os_type: ``Windows`` or ``Linux``.
        output: all that was printed; lines that say nothing known are passed over.
    """
    printed, _, _ = output.partition("\n[stderr]\n")
    lines = tuple(line.rstrip() for line in printed.splitlines())
    told = dict(_pairs(lines))
    match find_system(os_type):
        case System.LINUX:
            return _parse_linux(lines, told)
        case System.WINDOWS:
            return _parse_windows(lines, told)
        case None:
            return GuestFacts()


def _pairs(lines: Iterable[str]) -> Iterable[tuple[str, str]]:
    """Take lines apart that say ``key=value``; of doubles the last counts, as the agent reads."""
    for line in lines:
        key, equals, value = line.partition("=")
        if equals and re.fullmatch(r" *[A-Za-z][\w.]*\s*", key):
            yield key.strip(), value.strip()


_LINUX_SERVICES = ("walinuxagent", "waagent")
_WINDOWS_SERVICES = ("RdAgent", "WindowsAzureGuestAgent")
_GOAL_STATE = re.compile(r"^Goal state agent:\s*(\d[\d.]*)")
_INSTALLED = re.compile(r"^WALinuxAgent-(\d[\d.]*)")
_ADDRESS = re.compile(r"\binet \S+ .*?\bscope global\b([^\\]*)")
_ROUTE = re.compile(r"^default .*?\bdev (\S+)")
_LEASED = re.compile(r"\bproto dhcp\b")
_HANDLER = re.compile(r"^(\S*/Microsoft\.Azure\.RecoveryServices\.VMSnapshotLinux-[\w.]+)(/\S*)?$")


def _parse_linux(lines: tuple[str, ...], told: Mapping[str, str]) -> GuestFacts:
    conf = "conf" in told
    return GuestFacts(
        services=_read_units(told),
        agent_version=_first(_GOAL_STATE, lines) or _first(_INSTALLED, lines),
        extensions_enabled=_switch(told, "Extensions.Enabled", default=True) if conf else None,
        provisioning_agent=_unquoted(told, "Provisioning.Agent", "auto") if conf else None,
        verbose_logging=_switch(told, "Logs.Verbose", default=False) if conf else None,
        dhcp=_read_addresses(lines, told) if "addresses" in told else None,
        host_reachable=_both(told.get("host80"), told.get("host32526"), yes="yes", no="no"),
        leftovers=_read_handlers(lines) if "remains" in told else None,
    )


def _read_units(told: Mapping[str, str]) -> tuple[tuple[str, str], ...]:
    """Read the units; a name that systemd does not know counts only when it knows none of them."""
    found = {
        name: _unit_state(dict(_words(told.get(f"service.{name}", "")))) for name in _LINUX_SERVICES
    }
    known = {name: state for name, state in found.items() if state}
    there = {name: state for name, state in known.items() if state != "missing"}
    if there or len(known) < len(_LINUX_SERVICES):
        return tuple(there.items())
    return (("waagent", "missing"),)


def _words(text: str) -> Iterable[tuple[str, str]]:
    for word in text.split():
        key, _, value = word.partition("=")
        yield key, value


def _unit_state(unit: Mapping[str, str]) -> str | None:
    """Put systemd's states into one word. Source: systemctl(1), unit properties."""
    if unit.get("LoadState") == "not-found":
        return "missing"
    if "ActiveState" not in unit:
        return None
    if unit["ActiveState"] in {"active", "activating", "reloading"}:
        return "running"
    off = {unit.get("LoadState"), unit.get("UnitFileState")} & {"masked", "disabled"}
    return "disabled" if off else "stopped"


def _unquoted(told: Mapping[str, str], key: str, default: str) -> str:
    """Read a switch as the agent does: without a remark behind it and without quotes.

    Source: github.com/Azure/WALinuxAgent (2025-11), whose README has the defaults too.
    """
    value = told.get(key, "").partition("#")[0].strip(' "').lower()
    return default if value in {"", "none"} else value


def _switch(told: Mapping[str, str], key: str, *, default: bool) -> bool:
    return {"y": True, "n": False}.get(_unquoted(told, key, ""), default)


def _read_addresses(lines: tuple[str, ...], told: Mapping[str, str]) -> bool | None:
    """Say whether an address is leased, on the interface of the default route where it is told.

    A lease shows as ``dynamic``, or in the route that came with it. DHCP clients of old systems set
    neither, but then one of them runs. SUSE's always runs, whether or not it is used: it makes that
    nobody can tell. Source: ip-route(8), ip-address(8); wicked(8).
    """
    flags = [match[1].split() for line in lines if (match := _ADDRESS.search(line))]
    routes = [match for line in lines if (match := _ROUTE.search(line))]
    outward = {match[1] for match in routes}
    meant = [each for each in flags if outward & set(each)] or flags
    if not meant:
        return None
    leased = any("dynamic" in each for each in meant) or any(
        _LEASED.search(m.string) for m in routes
    )
    if leased or told.get("dhcp") == "client":
        return True
    return None if told.get("dhcp") == "wicked" else False


def _read_handlers(lines: Iterable[str]) -> bool:
    """Say whether a folder of the extension is not that of a handler that the agent installed."""
    found = [match for line in lines if (match := _HANDLER.match(line))]
    folders = {match[1] for match in found if not match[2]}
    owned = {match[1] for match in found if match[2]}
    return bool(folders - owned)


_ROW = re.compile(r'^"(\w+)","(\w+)","(\w+)"$')
_FOLDERS = (
    r"c:\packages\plugins\microsoft.azure.recoveryservices.vmsnapshot",
    r"c:\windowsazure\logs\plugins\microsoft.azure.recoveryservices.vmsnapshot",
)
"""What an antivirus is to leave alone. Source: learn.microsoft.com/azure/backup, "agent or
extension" article (2025-11-12)."""


def _parse_windows(lines: tuple[str, ...], told: Mapping[str, str]) -> GuestFacts:
    return GuestFacts(
        services=_read_services(lines) if "services" in told else (),
        agent_version=_newest(told.get("version", "").split()),
        dhcp=_any_true(told.get("dhcp", "")),
        host_reachable=_both(told.get("host80"), told.get("host32526"), yes="true", no="false"),
        dot_net=told.get("dotnet"),
        visual_c=bool(told["visualc"]) if "visualc" in told else None,
        app_locker=_read_app_locker(told),
        antivirus_excluded=_read_exclusions(told),
        leftovers=_read_plugins(told),
    )


def _read_services(lines: Iterable[str]) -> tuple[tuple[str, str], ...]:
    rows = {match[1].lower(): match for line in lines if (match := _ROW.match(line))}
    return tuple((name, _service_state(rows.get(name.lower()))) for name in _WINDOWS_SERVICES)


def _service_state(row: re.Match[str] | None) -> str:
    """Put Windows' words into one. Source: learn.microsoft.com, Win32_Service."""
    if row is None:
        return "missing"
    if row[2].lower() == "running":
        return "running"
    return "disabled" if row[3].lower() == "disabled" else "stopped"


def _newest(versions: Iterable[str]) -> str | None:
    """Give the highest version: an agent that updates itself leaves the older folders there."""
    numbers = {
        version: tuple(map(int, version.split(".")))
        for version in versions
        if re.fullmatch(r"\d+(\.\d+)*", version)
    }
    return max(numbers, key=lambda version: numbers[version], default=None)


def _any_true(words: str) -> bool | None:
    found = {word.strip().lower() for word in words.split(",")}
    if "true" in found:
        return True
    return False if "false" in found else None


def _read_app_locker(told: Mapping[str, str]) -> bool | None:
    """Say whether AppLocker denies the program; its rules bind only while its service runs.

    Source: learn.microsoft.com/powershell/module/applocker/test-applockerpolicy.
    """
    decision, service = told.get("applocker", "").lower(), told.get("appid", "").lower()
    if "appid" not in told:
        return None
    if service and service != "running":
        return False
    if decision.startswith("denied"):
        return True
    return False if decision.startswith("allowed") else None


def _read_exclusions(told: Mapping[str, str]) -> bool | None:
    """Say whether both folders, or folders above them, are excluded from Defender.

    Where Defender does not watch, another product may, and its list is not known.
    """
    if told.get("defender", "").lower() != "true" or "excluded" not in told:
        return None
    spared = [each.strip().rstrip("\\*").lower() for each in told["excluded"].split("|")]
    return all(any(_within(folder, each) for each in spared if each) for folder in _FOLDERS)


def _within(folder: str, spared: str) -> bool:
    return folder == spared or folder.startswith(f"{spared}\\")


def _read_plugins(told: Mapping[str, str]) -> bool | None:
    """Say whether folders and handlers do not match, version by version."""
    if "plugins" not in told or "handlers" not in told:
        return None
    if told["handlers"].lower() in {"true", "false"}:
        # What PowerShell prints when it compares one name instead of choosing among several.
        return None
    folders = {each.strip() for each in told["plugins"].split(",") if re.match(r"\s*\d", each)}
    handlers = {each.rpartition("_")[2].strip() for each in told["handlers"].split(",")} - {""}
    return folders != handlers


def _first(pattern: re.Pattern[str], lines: Iterable[str]) -> str | None:
    found = (match[1] for line in lines if (match := pattern.match(line)))
    return next(found, None)


def _both(one: str | None, other: str | None, *, yes: str, no: str) -> bool | None:
    """Say whether both answered; one that did not settles it."""
    words = {each.lower() for each in (one, other) if each is not None}
    if no in words:
        return False
    return True if words == {yes} and None not in (one, other) else None
