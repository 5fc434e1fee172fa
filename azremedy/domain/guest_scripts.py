"""The scripts that azremedy can run inside a VM: a closed set, each with what it does.

Their texts lie in ``azremedy/guest_scripts``, one file for each system that has it.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from azremedy.errors import UsageError


class System(StrEnum):
    """The systems that scripts are written for."""

    LINUX = "linux"
    """With a shell and systemd or a service command."""
    WINDOWS = "windows"
    """With Windows PowerShell 3 or newer."""


@dataclass(frozen=True, slots=True, kw_only=True)
class GuestScript:
    """One script."""

    name: str
    """Stable name in kebab case; steps and the command line name it."""
    title: str
    """What it does, in the imperative, in one line."""
    systems: frozenset[System]
    """The systems that have it."""
    changes: bool
    """Whether it changes something inside; the others only look."""
    detached: frozenset[System] = frozenset()
    """The systems on which it leaves its work to something that outlives it, because that stops
    the agent under it.
    Source: learn.microsoft.com/azure/virtual-machines/windows/run-command (2025-08-18)."""
    end: str = ""
    """The script that tells how the detached work ended; empty where the agent's return tells."""
    undo: str = ""
    """How a person, or which script, takes it back; empty when there is nothing to take back."""
    places: tuple[str, ...] = ()
    """The only values that its one argument may have; empty when it has none."""


_BOTH = frozenset({System.LINUX, System.WINDOWS})
_LINUX = frozenset({System.LINUX})
_WINDOWS = frozenset({System.WINDOWS})

LOGS = {
    System.LINUX: (
        "/var/log/waagent.log",
        "/var/lib/waagent/*.xml",
        "/var/log/azure/*",
        "/var/log/azure/Microsoft.Azure.RecoveryServices.VMSnapshotLinux/*",
    ),
    System.WINDOWS: (
        r"C:\WindowsAzure\Logs\WaAppAgent.log",
        r"C:\WindowsAzure\Logs\Plugins\Microsoft.Azure.RecoveryServices.VMSnapshot",
    ),
}
"""Where the logs of agent and snapshot extension lie; of a folder or pattern the newest file is
meant. Source: learn.microsoft.com/azure/backup, "agent or extension" article (2018 and 2025-11-12);
learn.microsoft.com/azure/virtual-machines/virtual-machines-restore-points-vm-snapshot-extension."""

CHECK = "check"
COLLECT_LOGS = "collect-logs"
DEEP_CLEAN = "deep-clean"
ENABLE_EXTENSIONS = "enable-extensions"
START_AGENT = "start-agent"
UPDATE_AGENT = "update-agent"
UPDATE_AGENT_END = "update-agent-end"

SCRIPTS: tuple[GuestScript, ...] = (
    GuestScript(
        name=CHECK,
        title="Look at the VM agent and at what it needs",
        systems=_BOTH,
        changes=False,
    ),
    GuestScript(
        name=START_AGENT,
        title="Start the VM agent's services anew, and let them start with the system",
        systems=_BOTH,
        changes=True,
        detached=_BOTH,
    ),
    GuestScript(
        name=UPDATE_AGENT,
        title="Update the VM agent from the distribution's repository",
        systems=_LINUX,
        changes=True,
        detached=_LINUX,
        end=UPDATE_AGENT_END,
        undo="install the earlier version with the distribution's package manager",
    ),
    GuestScript(
        name=ENABLE_EXTENSIONS,
        title="Let the VM agent handle extensions: Extensions.Enabled=y, Provisioning.Agent=auto",
        systems=_LINUX,
        changes=True,
        detached=_LINUX,
        undo="put the copy /etc/waagent.conf.azremedy back and restart the agent",
    ),
    GuestScript(
        name="verbose-on",
        title="Let the VM agent log in detail: Logs.Verbose=y",
        systems=_LINUX,
        changes=True,
        detached=_LINUX,
        undo="azremedy guest verbose-off",
    ),
    GuestScript(
        name="verbose-off",
        title="Let the VM agent log as usual: Logs.Verbose=n",
        systems=_LINUX,
        changes=True,
        detached=_LINUX,
        undo="azremedy guest verbose-on",
    ),
    GuestScript(
        name=DEEP_CLEAN,
        title="Move what is left of the snapshot extension aside; the next backup installs it anew",
        systems=_BOTH,
        changes=True,
        detached=_WINDOWS,
        undo=r"move back what it set aside in /var/lib/azremedy or C:\WindowsAzure\azremedy",
    ),
    GuestScript(
        name=COLLECT_LOGS,
        title="Read the end of a log of the VM agent or of the snapshot extension",
        systems=_BOTH,
        changes=False,
        places=tuple(place for places in LOGS.values() for place in places),
    ),
)
"""Every script that can be asked for, each name once."""

ENDS: tuple[GuestScript, ...] = (
    GuestScript(
        name=UPDATE_AGENT_END,
        title="Look how the update of the VM agent ended",
        systems=_LINUX,
        changes=False,
    ),
)
"""Scripts that only follow another one."""


def find_script(name: str) -> GuestScript:
    """Find a script by its name.

    Raises:
        UsageError: there is no such script.
    """
    for script in (*SCRIPTS, *ENDS):
        if script.name == name:
            return script
    known = ", ".join(script.name for script in SCRIPTS)
    raise UsageError(f"There is no guest script '{name}'", advice=f"There are: {known}.")


def find_system(os_type: str) -> System | None:
    """Find the system by Azure's word for it; ``None`` for a word that is not known, or none."""
    return next((each for each in System if each == os_type.lower()), None)


def list_logs(system: System) -> tuple[str, ...]:
    """List the places of logs that ``collect-logs`` can be asked for on a system."""
    return LOGS[system]


def check_arguments(script: GuestScript, arguments: tuple[str, ...]) -> None:
    """Refuse arguments that are not exactly what the script takes: they become part of its text.

    Raises:
        UsageError: too many, too few, or a value that is not on the script's list.
    """
    wanted = 1 if script.places else 0
    if len(arguments) != wanted:
        raise UsageError(f"The guest script '{script.name}' takes {wanted} arguments")
    for argument in arguments:
        if argument not in script.places:
            known = ", ".join(script.places)
            raise UsageError(
                f"The guest script '{script.name}' does not take '{argument}'",
                advice=f"It takes: {known}.",
            )
