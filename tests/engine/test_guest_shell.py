"""The Linux scripts in a real shell, with a folder as the system and recorded commands."""

from __future__ import annotations

import os
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from azremedy.domain.guest import GuestFacts, parse_guest_facts
from azremedy.domain.guest_scripts import ENDS, LOGS, SCRIPTS, GuestScript, System, find_script
from azremedy.guest_scripts import DONE, load_script

pytestmark = pytest.mark.skipif(os.name != "posix", reason="the scripts are for a Unix shell")

EXTENSION = "Microsoft.Azure.RecoveryServices.VMSnapshotLinux"
CONF = "Provisioning.Agent=disabled\nExtensions.Enabled=n\nLogs.Verbose=n\nOS.EnableFIPS=n\n"
LINUX_SCRIPTS = [each for each in (*SCRIPTS, *ENDS) if System.LINUX in each.systems]
UNITS = """case "$1 $2" in
"show walinuxagent.service") printf 'LoadState=loaded\\nActiveState=active\\n';;
"show waagent.service") printf 'LoadState=not-found\\nActiveState=inactive\\n';;
"cat walinuxagent.service") echo '[Unit]';;
"cat waagent.service") exit 1;;
*) echo "systemctl $*" >>"$CALLS";;
esac
"""
OTHER_UNITS = """case "$1 $2" in
"cat walinuxagent.service") exit 1;;
*) echo "systemctl $*" >>"$CALLS";;
esac
"""
NOTE = 'echo "${0##*/} $*" >>"$CALLS"\n'
COMMANDS = {
    "systemctl": UNITS,
    "systemd-run": 'shift\nexec "$@"\n',
    "waagent": "echo 'WALinuxAgent-2.9.0.4 running on ubuntu 22.04'\n"
    "echo 'Goal state agent: 2.11.1.12'\n",
    "ip": """case "$*" in
*route*) echo 'default via 10.0.0.1 dev eth0 proto dhcp src 10.0.0.4 metric 100';;
*) echo '2: eth0    inet 10.0.0.4/24 brd 10.0.0.255 scope global dynamic eth0\\';;
esac
""",
    "pgrep": "exit 1\n",
    "curl": "exit 0\n",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Machine:
    """A folder that stands for a system, and the commands that it has."""

    root: Path

    @property
    def conf(self) -> Path:
        """Give the agent's configuration."""
        return self.root / "etc" / "waagent.conf"

    @property
    def agent(self) -> Path:
        """Give the agent's folder."""
        return self.root / "var" / "lib" / "waagent"

    @property
    def calls(self) -> list[str]:
        """List the commands that were recorded, in order."""
        path = self.root / "calls"
        return path.read_text().splitlines() if path.exists() else []

    def add_command(self, name: str, text: str) -> None:
        """Put a command in the path."""
        path = self.root / "bin" / name
        path.write_text(f"#!/bin/sh\n{text}")
        path.chmod(0o755)

    def add_folder(self, version: str, state: str | None) -> Path:
        """Put a folder of the extension there, with the agent's word on it."""
        folder = self.agent / f"{EXTENSION}-{version}"
        (folder / "config").mkdir(parents=True)
        if state is not None:
            (folder / "config" / "HandlerState").write_text(state)
        return folder

    def run(
        self, name: str, *arguments: str, shell: str = "/bin/sh"
    ) -> subprocess.CompletedProcess[str]:
        """Run a script with its absolute paths below the folder."""
        lines = "\n".join(load_script(find_script(name), System.LINUX, arguments))
        for top in ("/etc/waagent", "/var/l", "/run/"):
            lines = lines.replace(top, f"{self.root}{top}")
        path = f"{self.root / 'bin'}:/usr/bin:/bin"
        return subprocess.run(
            [shell, "-c", lines],
            env={"PATH": path, "CALLS": str(self.root / "calls"), "LC_ALL": "C"},
            capture_output=True,
            text=True,
            check=False,
            timeout=30,
        )


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    """Give a machine with an agent that is switched off in its configuration."""
    made = Machine(root=tmp_path)
    for folder in ("bin", "etc", "run", "var/lib/waagent", "var/log/azure"):
        (tmp_path / folder).mkdir(parents=True)
    made.conf.write_text(CONF)
    for name, text in COMMANDS.items():
        made.add_command(name, text)
    return made


@pytest.mark.parametrize("shell", ["sh", "bash"])
@pytest.mark.parametrize("script", LINUX_SCRIPTS, ids=lambda script: script.name)
def test_scripts_are_valid(script: GuestScript, shell: str) -> None:
    """Every script, and what it leaves to a task, is understood by the shell."""
    arguments = script.places[:1]
    lines = "\n".join(load_script(script, System.LINUX, arguments))

    done = subprocess.run([shell, "-n"], input=lines, capture_output=True, text=True, check=False)

    assert (0, "") == (done.returncode, done.stderr)


def test_check_tells_the_truth(machine: Machine) -> None:
    """What the commands of the system say comes out as facts."""
    machine.add_folder("1.0.9223.0", "Enabled")

    done = machine.run("check")

    assert done.stdout.splitlines()[-1] == DONE
    assert parse_guest_facts("Linux", done.stdout) == GuestFacts(
        services=(("walinuxagent", "running"),),
        agent_version="2.11.1.12",
        extensions_enabled=False,
        provisioning_agent="disabled",
        verbose_logging=False,
        dhcp=True,
        host_reachable=True,
        leftovers=False,
    )


@pytest.mark.parametrize(
    ("name", "text", "told"),
    [
        ("curl", "exit 28\n", {"host_reachable": False}),
        ("ip", "echo '2: eth0 inet 10.0.0.4/24 scope global eth0'\n", {"dhcp": False}),
        ("waagent", "exit 1\n", {"agent_version": None}),
    ],
)
def test_check_tells_what_is_wrong(
    machine: Machine, name: str, text: str, told: dict[str, Any]
) -> None:
    """A command that fails, or says something else, changes its fact alone."""
    before = parse_guest_facts("Linux", machine.run("check").stdout)
    machine.add_command(name, text)

    after = parse_guest_facts("Linux", machine.run("check").stdout)

    assert {
        field: getattr(after, field)
        for field in GuestFacts.__slots__
        if getattr(after, field) != getattr(before, field)
    } == told


@pytest.mark.parametrize("state", [None, "NotInstalled", "FailedUpgrade"])
def test_check_tells_remains(machine: Machine, state: str | None) -> None:
    """A folder of the extension that the agent does not call installed is a remainder."""
    machine.add_folder("1.0.9223.0", "Enabled")
    machine.add_folder("1.0.9150.0", state)

    assert parse_guest_facts("Linux", machine.run("check").stdout).leftovers is True


def test_extensions_are_enabled(machine: Machine) -> None:
    """Both switches are set, nothing else changes, and the first copy of the file stays."""
    machine.conf.write_text(CONF.replace("Extensions.Enabled=n\n", " Extensions.Enabled = n\n"))
    first = machine.conf.read_text()

    codes = [machine.run("enable-extensions").returncode for _ in range(2)]

    assert [0, 0] == codes
    assert machine.conf.read_text() == (
        "Provisioning.Agent=auto\nExtensions.Enabled=y\nLogs.Verbose=n\nOS.EnableFIPS=n\n"
    )
    assert first == (machine.root / "etc" / "waagent.conf.azremedy").read_text()
    assert ["systemctl restart walinuxagent.service"] * 2 == machine.calls


def test_switches_that_are_not_written_are_added(machine: Machine) -> None:
    """A configuration without the switches gets them at its end."""
    machine.conf.write_text("OS.EnableFIPS=n\n")

    machine.run("enable-extensions")
    machine.run("verbose-on")

    assert ["OS.EnableFIPS=n", "Extensions.Enabled=y", "Provisioning.Agent=auto"] == (
        machine.conf.read_text().splitlines()[:3]
    )
    assert parse_guest_facts("Linux", machine.run("check").stdout).verbose_logging is True


def test_verbose_logging_goes_on_and_off(machine: Machine) -> None:
    """The two scripts undo each other to the letter."""
    machine.run("verbose-on")
    between = machine.conf.read_text()
    machine.run("verbose-off")

    assert CONF.replace("Verbose=n", "Verbose=y") == between
    assert CONF == machine.conf.read_text()


@pytest.mark.parametrize(
    ("units", "unit"), [(UNITS, "walinuxagent.service"), (OTHER_UNITS, "waagent.service")]
)
def test_agent_is_started_by_its_own_name(machine: Machine, units: str, unit: str) -> None:
    """Debian's family calls the service walinuxagent, the others waagent."""
    machine.add_command("systemctl", units)

    done = machine.run("start-agent")

    assert DONE in done.stdout
    assert [f"systemctl enable {unit}", f"systemctl restart {unit}"] == machine.calls


@pytest.mark.parametrize(
    ("manager", "expected"),
    [
        ("apt-get", "install --only-upgrade walinuxagent"),
        ("yum", "yum -y update WALinuxAgent"),
        ("tdnf", "tdnf -y update WALinuxAgent"),
        ("zypper", "zypper --non-interactive update python-azure-agent"),
    ],
)
def test_agent_is_updated_by_the_systems_manager(
    machine: Machine, manager: str, expected: str
) -> None:
    """Each distribution's own package manager updates the agent, which then starts anew."""
    others = {"apt-get", "yum", "tdnf", "zypper"} - {manager}
    for other in others:
        machine.add_command(other, "exit 127\n")
    machine.add_command(manager, NOTE)

    done = machine.run("update-agent")

    assert DONE in done.stdout
    assert any(expected in call for call in machine.calls)
    assert machine.calls[-1] == "systemctl restart walinuxagent.service"


@pytest.mark.parametrize(
    ("manager", "text", "word"),
    [
        ("apt-get", NOTE, "ended"),
        ("apt-get", 'case "$*" in *walinuxagent) exit 100;; esac\n', "ended"),
        ("apt-get", "exit 100\n", "failed"),
        ("zypper", "exit 0\n", "ended"),
        ("yum", "exit 1\n", "failed"),
    ],
)
def test_update_tells_how_it_ended(machine: Machine, manager: str, text: str, word: str) -> None:
    """Its own word comes after all that it did, and is asked for by another script."""
    for other in {"apt-get", "yum", "tdnf", "zypper"} - {manager}:
        machine.add_command(other, "exit 127\n")
    machine.add_command(manager, text)

    before = machine.run("update-agent-end").stdout
    machine.run("update-agent")
    after = machine.run("update-agent-end").stdout

    assert ["", DONE] == before.splitlines()
    assert [f"update={word}", DONE] == after.splitlines()[-2:]


def test_update_that_begins_is_not_over(machine: Machine) -> None:
    """The word of an earlier update is gone before the next begins."""
    machine.add_command("apt-get", NOTE)
    machine.run("update-agent")
    machine.add_command("systemd-run", "exit 0\n")

    machine.run("update-agent")

    assert "update=" not in machine.run("update-agent-end").stdout


def test_remains_are_moved_aside(machine: Machine) -> None:
    """Folders of the extension are kept elsewhere, also when that happens again."""
    aside = machine.root / "var" / "lib" / "azremedy"
    machine.add_folder("1.0.9150.0", None)
    first = machine.run("deep-clean")
    machine.add_folder("1.0.9150.0", None)
    second = machine.run("deep-clean")
    third = machine.run("deep-clean")

    assert [0, 0, 0] == [done.returncode for done in (first, second, third)]
    assert [] == list(machine.agent.glob(f"{EXTENSION}-*"))
    assert 2 == len(list(aside.glob(f"{EXTENSION}-*")))
    assert 0o700 == aside.stat().st_mode & 0o777


def test_the_newest_log_is_shown_without_keys(machine: Machine) -> None:
    """Files with passwords and certificates stay inside, and so do keys of storage addresses."""
    address = "https://md.blob.core.windows.net/s?sv=1&amp;sig=Ab%2Fc123%3D&amp;se=2"
    for age, name in enumerate(("GoalState.1.xml", "Certificates.xml", "ovf-env.xml")):
        path = machine.agent / name
        path.write_text(f"<Url>{address}</Url>")
        os.utime(path, (1_700_000_000 + age, 1_700_000_000 + age))

    done = machine.run("collect-logs", "/var/lib/waagent/*.xml")

    lines = done.stdout.splitlines()
    assert [f"file={machine.agent / 'GoalState.1.xml'}", DONE] == lines[-2:]
    assert "sig=...&amp;se=2" in lines[0]
    assert "Ab%2Fc123" not in done.stdout


def test_the_end_of_a_log_is_shown(machine: Machine) -> None:
    """Of a long log so much is shown as Azure keeps, the end mark included."""
    log = machine.root / "var" / "log" / "waagent.log"
    log.write_text("".join(f"line {number}\n" for number in range(2000)))

    done = machine.run("collect-logs", "/var/log/waagent.log")

    assert "line 1999" in done.stdout
    assert 3600 < len(done.stdout) < 4096


@pytest.mark.parametrize("place", LOGS[System.LINUX])
def test_a_place_without_logs_is_told(machine: Machine, place: str) -> None:
    """Where there is no log the script says so by an empty name."""
    done = machine.run("collect-logs", place)

    assert ["file=", DONE] == done.stdout.splitlines()[-2:]


@pytest.mark.parametrize("name", ["start-agent", "update-agent", "enable-extensions", "verbose-on"])
def test_without_a_timer_nothing_is_claimed(machine: Machine, name: str) -> None:
    """Where the work cannot be left to something that outlives the script, it fails."""
    machine.add_command("systemd-run", "exit 1\n")

    done = machine.run(name)

    assert done.returncode != 0
    assert DONE not in done.stdout
    assert [] == machine.calls


@pytest.mark.parametrize(
    "script",
    [script for script in SCRIPTS if System.WINDOWS in script.systems],
    ids=lambda script: script.name,
)
def test_powershell_is_balanced(script: GuestScript) -> None:
    """No line of a Windows script leaves a bracket or a quote open."""
    for line in load_script(script, System.WINDOWS, script.places[-1:]):
        if line.endswith("@'") or line == "'@" or line.startswith("#"):
            continue
        assert line.count("(") == line.count(")"), line
        assert line.count("'") % 2 == 0, line
