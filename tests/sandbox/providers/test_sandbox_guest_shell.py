"""What the sandbox's guests make of scripts: texts for later, variables, ends, more commands."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from azremedy.sandbox import guest_facts, guest_scripts, vm_state
from azremedy.sandbox.scenario import Timing

if TYPE_CHECKING:
    from azremedy.sandbox.world import World
    from tests.sandbox.conftest import OpenWorld

SUBSCRIPTION = "5ab0e6c1-3f2d-4a7b-9c18-7d20b4f1a001"
VM = (
    f"/subscriptions/{SUBSCRIPTION}/resourceGroups/rg-shop/providers/Microsoft.Compute"
    "/virtualMachines/web-1"
)
LINUX, WINDOWS = "guest-agent-snapshot-task-status-error", "back-up-operation-failed"
PLUGIN = r"C:\Packages\Plugins\Microsoft.Azure.RecoveryServices.VMSnapshot"
FOLDERS = "/var/lib/waagent/Microsoft.Azure.RecoveryServices.VMSnapshotLinux"
LATER = """
cat > /run/later.sh <<'END'
echo unheard
systemctl restart walinuxagent
END
"""
TASK = """
$work = @'
Restart-Service RdAgent
'@
"""


def run(world: World, script: str, **facts: Any) -> guest_scripts.Ran:
    """Run a script in web-1, with other facts inside it."""
    guest_facts.change(world, VM, **facts)
    vm = world.documents.get(VM)
    assert vm is not None
    return guest_scripts.run(world, vm, [script])


@pytest.mark.parametrize(
    ("name", "script", "expected"),
    [
        (LINUX, LATER, (False, False)),
        (LINUX, f"{LATER}sh /run/later.sh", (False, False)),
        (LINUX, f"{LATER}systemd-run --on-active=30 /bin/sh /run/later.sh", (True, True)),
        (LINUX, f"if false_alarm; then\n{LATER}\nfi\nnohup sh /run/later.sh &", (True, True)),
        (WINDOWS, f"{TASK}Register-ScheduledTask -TaskName later", (False, False)),
        (WINDOWS, f"{TASK}Start-ScheduledTask -TaskName later", (True, True)),
    ],
)
def test_texts_for_later_run_when_they_are_started(
    open_world: OpenWorld, name: str, script: str, expected: tuple[bool, bool]
) -> None:
    """What a script carries for a task of its own acts only when something starts that task."""
    ran = run(open_world(name).world, script)

    assert expected == (bool(ran.inside.started), ran.inside.detached)
    assert (False, False, "") == (ran.inside.restarted, ran.cut_off, ran.stdout)


@pytest.mark.parametrize("seconds", [0, 300])
def test_what_is_started_acts_in_its_own_time(open_world: OpenWorld, seconds: int) -> None:
    """It outlives its script, for as long as the scenario says."""
    world = open_world(LINUX).world
    world.scenario = replace(world.scenario, operations={"detachedScript": Timing(seconds=seconds)})
    noting = LATER.replace("echo unheard", "echo over >/var/lib/azremedy/it")
    ran = run(world, f"{noting}systemd-run --on-active=30 /bin/sh /run/later.sh")

    guest_scripts.leave(world, ran)
    early = run(world, "cat /var/lib/azremedy/it").stdout
    world.clock.advance(seconds)
    late = run(world, "cat /var/lib/azremedy/it").stdout

    assert ("" if seconds else "over", "over") == (early, late)


def test_what_is_started_dies_with_the_machine(open_world: OpenWorld) -> None:
    """A machine that is off carries nothing out."""
    world = open_world(LINUX).world
    world.scenario = replace(world.scenario, operations={"detachedScript": Timing(seconds=60)})
    noting = LATER.replace("echo unheard", "echo over >/var/lib/azremedy/it")
    guest_scripts.leave(world, run(world, f"{noting}systemd-run /bin/sh /run/later.sh"))
    vm = world.documents.get(VM)
    assert vm is not None
    vm_state.set_power(vm, "stopped")
    world.documents.put(vm)

    world.clock.advance(60)

    assert "" == run(world, "cat /var/lib/azremedy/it").stdout


@pytest.mark.parametrize(
    ("script", "printed"),
    [
        ("echo a=1 >/var/lib/azremedy/f\ncat /var/lib/azremedy/f", "a=1"),
        ("echo a >/var/lib/azremedy/f\nrm -f /var/lib/azremedy/f\ncat /var/lib/azremedy/f", ""),
        ("cat /var/lib/azremedy/g || echo none", "none"),
        ("word=one\nfrobnicate && word=two\necho $word >/var/lib/azremedy/f", ""),
        ("word=one\nfrobnicate && word=two\necho $word", "two"),
        ("word=one\nsystemctl cat nothing.service && word=two\necho $word", "one"),
    ],
)
def test_small_files_and_words_are_kept(open_world: OpenWorld, script: str, printed: str) -> None:
    """What is written can be read again, and a variable holds its last word."""
    assert printed == run(open_world(LINUX).world, script).stdout


@pytest.mark.parametrize(
    ("repository", "expected"),
    [("", ("2.11.1.12", True)), ("2.2.45", ("2.2.45", True)), ("2.2.40", ("2.2.40", False))],
)
def test_agent_becomes_the_repositorys(
    open_world: OpenWorld, repository: str, expected: tuple[str, bool]
) -> None:
    """One that is there already is left alone."""
    world = open_world(LINUX).world

    ran = run(world, "apt-get -y install walinuxagent", repository_agent=repository)

    assert expected == (ran.inside.version, ran.inside.restarted)


@pytest.mark.parametrize(
    ("script", "printed"),
    [
        ("echo a\nexit 1\necho b", "a"),
        ("systemctl cat nothing.service || exit 1\necho b", ""),
        ("cat > x <<END\necho never", ""),
        ('file=$(ls -tdp /var/log/waagent.log)\necho "file=$file ${file}"', "file={0} {0}"),
        ("none=$(frobnicate)\necho [$none]", "[]"),
        ("ls -td /var/lib/waagent/*.xml", "/var/lib/waagent/GoalState.1.xml"),
        ("tail -c 9 /var/lib/waagent/GoalState.1.xml", "INFO ExtHandler ExtHandler {1}"),
        ("echo 'a > b'", "a > b"),
        ("echo a > /tmp/b", ""),
    ],
)
def test_scripts_are_followed(open_world: OpenWorld, script: str, printed: str) -> None:
    """Variables, ends and redirections count as in a shell."""
    version = "Goal State Agent version: 2.2.40"

    ran = run(open_world(LINUX).world, script)

    assert printed.format("/var/log/waagent.log", version) == ran.stdout


@pytest.mark.parametrize(
    ("facts", "script", "printed"),
    [
        (
            {"services": {"walinuxagent": "disabled"}},
            "systemctl show walinuxagent -p LoadState",
            "LoadState=loaded\nActiveState=inactive\nUnitFileState=disabled",
        ),
        (
            {"services": {"walinuxagent": "stopped"}},
            "systemctl show walinuxagent | tr '\\n' ' '",
            "LoadState=loaded ActiveState=inactive UnitFileState=enabled",
        ),
        ({}, "systemctl cat walinuxagent", "[Unit]\nDescription=Azure Linux Agent"),
        ({}, "systemctl cat waagent && echo there", ""),
        ({"dhcp": False}, "ip route show default", "default via 10.0.0.1 dev eth0 proto static"),
        ({}, "pgrep -x dhclient && echo leased", ""),
        ({"host_reachable": False}, "curl -s http://168.63.129.16/ || echo no", "no"),
        ({}, "curl -s -o /dev/null http://168.63.129.16/ && echo yes", "yes"),
        ({}, f"ls -d {FOLDERS}-*", f"{FOLDERS}-1.0.9223.0"),
        (
            {"leftovers": True},
            f"ls -d {FOLDERS}-*",
            f"{FOLDERS}-1.0.9223.0\n{FOLDERS}-1.0.9150.0",
        ),
        (
            {"leftovers": True},
            f"grep -l Enabled {FOLDERS}-*/config/HandlerState",
            f"{FOLDERS}-1.0.9223.0/config/HandlerState",
        ),
    ],
)
def test_linux_is_examined_further(
    open_world: OpenWorld, facts: dict[str, Any], script: str, printed: str
) -> None:
    """Units, routes, hosts and folders tell the guest's facts."""
    ran = run(open_world(LINUX).world, script, **facts)

    assert ran.stdout.startswith(printed)
    assert bool(ran.stdout) == bool(printed)
    assert ran.stderr == ""


@pytest.mark.parametrize(
    ("facts", "script", "printed"),
    [
        (
            {"services": {"RdAgent": "disabled"}},
            "Get-CimInstance Win32_Service -Filter \"Name='RdAgent'\"",
            '"Name","State","StartMode"\n"RdAgent","Stopped","Disabled"',
        ),
        (
            {"services": {"RdAgent": "missing"}},
            "Get-CimInstance Win32_Service -Filter \"Name='RdAgent'\"",
            "",
        ),
        ({}, "(Get-Service -Name AppIDSvc).Status", "Stopped"),
        ({"blocker": "AppLocker"}, "(Get-Service -Name AppIDSvc).Status", "Running"),
        ({"blocker": "AppLocker"}, "x | Test-AppLockerPolicy -Path y", "Denied"),
        ({}, "(Get-MpComputerStatus).RealTimeProtectionEnabled", "True"),
        ({"dot_net": ""}, r"Get-Item 'HKLM:\NET Framework Setup' -EA SilentlyContinue", ""),
        ({"dhcp": False}, "(Get-CimInstance x).DHCPEnabled", "False"),
        ({}, "Test-NetConnection 168.63.129.16 -Port 80 -InformationLevel Quiet", "True"),
        (
            {},
            f"(Get-ChildItem '{PLUGIN}' -Recurse -Filter IaaSBcdrExtension.exe).FullName",
            rf"{PLUGIN}\1.0.110.0\IaaSBcdrExtension.exe",
        ),
        (
            {"leftovers": True},
            f"Write-Output \"x=$((Get-ChildItem '{PLUGIN}' -Directory).Name -join ',')\"",
            "x=1.0.110.0,1.0.95.0",
        ),
        (
            {"leftovers": True},
            r"(Get-ChildItem 'HKLM:\SOFTWARE\Microsoft\Windows Azure\HandlerState').Name",
            "Microsoft.Azure.RecoveryServices.VMSnapshot_1.0.110.0",
        ),
        (
            {},
            "$file = Get-ChildItem 'C:\\WindowsAzure\\Logs\\Plugins\\x'\nWrite-Output $file",
            r"C:\WindowsAzure\Logs\Plugins\x\IaaSBcdrExtension.log",
        ),
        (
            {},
            r"Get-Content C:\WindowsAzure\Logs\WaAppAgent.log",
            "[00000003] GuestAgent version 2.7.41491.1155 is running.",
        ),
    ],
)
def test_windows_is_examined_further(
    open_world: OpenWorld, facts: dict[str, Any], script: str, printed: str
) -> None:
    """Services, policies, folders, keys and logs tell the guest's facts."""
    ran = run(open_world(WINDOWS).world, script, **facts)

    assert (printed, "") == (ran.stdout, ran.stderr)
