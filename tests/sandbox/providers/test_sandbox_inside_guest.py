"""What scripts find in guests, what they change there, and when none can run."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from azure.core.exceptions import HttpResponseError

from azremedy.sandbox import guest_facts, guest_scripts, scenario
from azremedy.sandbox.guest_model import Guest

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.sandbox.conftest import OpenWorld
    from tests.sandbox.providers.conftest import Azure, Connect

SUBSCRIPTION = "5ab0e6c1-3f2d-4a7b-9c18-7d20b4f1a001"
VM = (
    f"/subscriptions/{SUBSCRIPTION}/resourceGroups/rg-shop/providers/Microsoft.Compute"
    "/virtualMachines/web-1"
)
LINUX_VM: Any = {"id": VM, "properties": {"storageProfile": {"osDisk": {"osType": "Linux"}}}}
WINDOWS_VM: Any = {"id": VM, "properties": {"storageProfile": {"osDisk": {"osType": "Windows"}}}}
LINUX, WINDOWS = "user-error-backup-operation-in-progress", "back-up-operation-failed"
SERVICE = "* walinuxagent.service - Azure Linux Agent\n     Active: active (running)"
PROCESS = "    912 ?        00:00:04 python3 -u /usr/sbin/waagent -daemon"
VERSION = "WALinuxAgent-2.9.1.1 running on ubuntu 24.04\nPython: 3.12.3\nGoal state agent: 2.9.1.1"
HOST = "<Versions><Supported><Version>2015-04-05</Version></Supported></Versions>"
ADDRESS = "    inet 10.0.0.4/24 brd 10.0.0.255 scope global"
AGENT_EXE = r"C:\WindowsAzure\Packages\WaAppAgent.exe"
FRAMEWORK = r"HKLM:\SOFTWARE\Microsoft\NET Framework Setup\NDP\v4\Full"
LEFT = "/var/lib/waagent/Microsoft.Azure.RecoveryServices.VMSnapshotLinux-1.0.*"
BRANCHES = """
if grep -q Verbose=y /etc/waagent.conf; then echo on; if true; then echo x; fi
else
  echo off
fi
echo end
"""
TO_AUTO = "s/^Provisioning.Agent=.*/Provisioning.Agent=auto/"
PLUGIN = r"C:\Packages\Plugins\Microsoft.Azure.RecoveryServices.VMSnapshot"


@pytest.fixture
def enter(open_world: OpenWorld, connect: Connect) -> Callable[..., Azure]:
    """Open a world of one machine with other facts inside it."""

    def entered(name: str, **facts: Any) -> Azure:
        base = scenario.load(name)
        document = {
            "schema": base.schema,
            "name": base.name,
            "title": base.title,
            "now": base.now.isoformat(),
            "resources": list(base.resources),
            "guest": {VM.upper().replace("/SUBSCRIPTIONS/", "/subscriptions/"): facts},
        }
        return connect(open_world(document))

    return entered


def _begin(azure: Azure, *script: str) -> Any:
    vm = azure.compute.virtual_machines.get("rg-shop", "web-1")
    linux = vm.storage_profile.os_disk.os_type == "Linux"
    command = "RunShellScript" if linux else "RunPowerShellScript"
    return azure.compute.virtual_machines.begin_run_command(
        "rg-shop", "web-1", {"commandId": command, "script": list(script)}
    )


def _run(azure: Azure, *script: str) -> tuple[str, str]:
    """Run a script and give what it printed and complained of."""
    lines = _begin(azure, *script).result().value
    if len(lines) > 1:
        return lines[0].message, lines[1].message
    text = lines[0].message.removeprefix("Enable succeeded: \n[stdout]\n")
    stdout, _, stderr = text.partition("\n[stderr]\n")
    return stdout.rstrip("\n"), stderr.rstrip("\n")


def _agent(azure: Azure) -> tuple[str, str]:
    got = azure.compute.virtual_machines.instance_view("rg-shop", "web-1").vm_agent
    return str(got.statuses[0].display_status), str(got.vm_agent_version)


def _backup(azure: Azure) -> str:
    azure.opened.transport.sleep(1200)
    item = azure.item("vault-shop", "rg-shop", "web-1")
    return "".join(azure.errors(azure.back_up(item))) or "success"


@pytest.mark.parametrize(
    ("facts", "script", "printed"),
    [
        ({}, "systemctl is-active walinuxagent", "active"),
        ({}, "systemctl is-active waagent || systemctl is-active walinuxagent", "active"),
        ({}, "systemctl is-enabled walinuxagent.service 2>/dev/null", "enabled"),
        ({}, "service walinuxagent status | head -2", SERVICE),
        ({}, "ps -e | grep waagent", PROCESS),
        ({"agentVersion": "2.9.1.1"}, "waagent --version | head -1 | cat", VERSION),
        (
            {},
            "grep -E '^(Extensions|Provisioning)' /etc/waagent.conf",
            "Provisioning.Agent=auto\nExtensions.Enabled=y",
        ),
        (
            {"conf": {"Provisioning.Agent": "disabled"}},
            "grep Provisioning.Agent /etc/waagent.conf",
            "Provisioning.Agent=disabled",
        ),
        ({}, 'grep -i "Logs\\|FIPS" /etc/waagent.conf', "Logs.Verbose=n\nOS.EnableFIPS=n"),
        ({}, "ip -4 addr show eth0", f"{ADDRESS} dynamic eth0"),
        ({"dhcp": False}, "ip addr", f"{ADDRESS} eth0"),
        ({"dhcp": False}, "netplan get", "dhcp4: false"),
        (
            {},
            "tail -5 /var/log/waagent.log",
            "INFO ExtHandler ExtHandler Goal State Agent version: 2.11.1.12",
        ),
        ({}, "curl -s http://168.63.129.16/?comp=versions", HOST),
        (
            {},
            '# a remark\necho "agent=$(systemctl is-active walinuxagent)"; echo done',
            "agent=active\ndone",
        ),
        ({}, "uname -a && echo `systemctl is-active walinuxagent`", "active"),
        ({}, "if systemctl is-active --quiet waagent; then echo 'up'; fi", "up"),
        ({}, "frobnicate || true", ""),
        (
            {"dhcp": False},
            BRANCHES,
            "off\nend",
        ),
        ({}, "pgrep -f waagent > /dev/null && echo runs || echo dead", "runs"),
        ({}, "fi; else; echo odd", "odd"),
    ],
)
def test_linux_is_examined(
    enter: Callable[..., Azure], facts: dict[str, Any], script: str, printed: str
) -> None:
    """The read-only checks of a Linux guest tell its facts."""
    assert (printed, "") == _run(enter(LINUX, **facts), script)


@pytest.mark.parametrize(
    ("facts", "script", "printed"),
    [
        ({}, "Get-Service RdAgent | Select-Object -ExpandProperty Status", "Running"),
        ({}, "(Get-Service WindowsAzureGuestAgent).StartType", "Automatic"),
        ({}, "sc query RdAgent", "SERVICE_NAME: RdAgent\n  STATE : 4  RUNNING"),
        (
            {"agentVersion": "2.7.1.2"},
            f"(Get-Item {AGENT_EXE}).VersionInfo.ProductVersion",
            "2.7.1.2",
        ),
        ({}, "(Get-NetIPInterface -AddressFamily IPv4).Dhcp", "Enabled"),
        ({"dhcp": False}, "ipconfig /all | Select-String DHCP", "Disabled"),
        ({}, f"Get-ItemPropertyValue '{FRAMEWORK}' Version", "4.8"),
        ({"blocker": "antivirus"}, "(Get-MpPreference).ExclusionPath", ""),
        ({"blocker": "AppLocker"}, "Get-AppLockerPolicy -Effective", "Deny IaaSBcdrExtension.exe"),
        ({}, "Get-AppLockerPolicy -Effective", ""),
        (
            {},
            "Get-Package '*Visual C++ 2013*'",
            "Microsoft Visual C++ 2013 Redistributable (x64) - 12.0.40664",
        ),
        (
            {"hostReachable": False},
            "Test-NetConnection 168.63.129.16 -Port 80",
            "TcpTestSucceeded : False",
        ),
        ({}, 'Write-Output "state=$((Get-Service RdAgent).Status)"', "state=Running"),
    ],
)
def test_windows_is_examined(
    enter: Callable[..., Azure], facts: dict[str, Any], script: str, printed: str
) -> None:
    """The read-only checks of a Windows guest tell its facts."""
    got, complaint = _run(enter(WINDOWS, **facts), script)

    assert complaint == ""
    assert got.startswith(printed)


def test_windows_services_are_listed_in_both_forms(enter: Callable[..., Azure]) -> None:
    """The services come as a table or as JSON with their numbers."""
    azure = enter(WINDOWS)
    table, _ = _run(azure, "Get-Service RdAgent, WindowsAzureGuestAgent")
    rows, _ = _run(azure, "Get-Service RdAgent, WindowsAzureGuestAgent | ConvertTo-Json")
    excluded, _ = _run(azure, "(Get-MpPreference).ExclusionPath")

    assert [line.split()[:2] for line in table.splitlines()[2:]] == [
        ["Running", "RdAgent"],
        ["Running", "WindowsAzureGuestAgent"],
    ]
    assert json.loads(rows) == [
        {"Name": "RdAgent", "Status": 4},
        {"Name": "WindowsAzureGuestAgent", "Status": 4},
    ]
    assert excluded.splitlines()[0] == PLUGIN


@pytest.mark.parametrize(
    ("facts", "code", "script"),
    [
        (
            {"conf": {"Provisioning.Agent": "no"}},
            "GuestAgentSnapshotTaskStatusError",
            f"sed -i '{TO_AUTO}' /etc/waagent.conf",
        ),
        (
            {"conf": {"Provisioning.Agent": "no"}},
            "GuestAgentSnapshotTaskStatusError",
            'echo "Provisioning.Agent=auto" >> /etc/waagent.conf',
        ),
        (
            {"dhcp": False},
            "ExtensionSnapshotFailedNoNetwork",
            "netplan set ethernets.eth0.dhcp4=true",
        ),
        ({"leftovers": True}, "ExtensionOperationFailedForManagedDisks", f"rm -rf {LEFT}"),
        (
            {"agentVersion": "2.2.9"},
            "GuestAgentSnapshotTaskStatusError",
            "nohup yum -y update WALinuxAgent &",
        ),
    ],
)
def test_linux_is_mended(
    enter: Callable[..., Azure], facts: dict[str, Any], code: str, script: str
) -> None:
    """A script that takes away the cause heals the backup."""
    azure = enter(LINUX, **facts)
    before = _backup(azure)
    _run(azure, script)

    assert (code, "success") == (before, _backup(azure))


@pytest.mark.parametrize(
    ("facts", "code", "script"),
    [
        (
            {"blocker": "antivirus"},
            "UserErrorCrpReportedUserError",
            f"Add-MpPreference -ExclusionPath {PLUGIN}",
        ),
        (
            {"dhcp": False},
            "ExtensionSnapshotFailedNoNetwork",
            "Set-NetIPInterface -InterfaceAlias Ethernet -Dhcp Enabled",
        ),
        ({"visualC": False}, "BackUpOperationFailed", "& .\\vc_redist.x64.exe /install /quiet"),
        (
            {"leftovers": True},
            "ExtensionOperationFailedForManagedDisks",
            f"Remove-Item -Recurse {PLUGIN}",
        ),
    ],
)
def test_windows_is_mended(
    enter: Callable[..., Azure], facts: dict[str, Any], code: str, script: str
) -> None:
    """A script that takes away the cause heals the backup."""
    azure = enter(WINDOWS, **facts)
    before = _backup(azure)
    _run(azure, script)

    assert (code, "success") == (before, _backup(azure))


def test_exclusions_do_not_help_against_app_locker(enter: Callable[..., Azure]) -> None:
    """What an antivirus spares, AppLocker still blocks."""
    azure = enter(WINDOWS, blocker="AppLocker")
    _run(azure, f"Add-MpPreference -ExclusionPath {PLUGIN}")

    assert _backup(azure) == "GuestAgentSnapshotTaskStatusError"


def test_verbose_logging_is_switched_on(enter: Callable[..., Azure]) -> None:
    """The switch that a script writes is read back; the agent restarts and reports again."""
    azure = enter(LINUX)
    _run(azure, "sed -i 's/Logs.Verbose=n/Logs.Verbose=y/' /etc/waagent.conf")
    _run(azure, "systemd-run --on-active=10 systemctl restart walinuxagent")
    booting = _agent(azure)
    azure.opened.transport.sleep(60)
    switch, _ = _run(azure, "grep Verbose /etc/waagent.conf")

    assert (booting, _agent(azure)) == (("Not Ready", "Unknown"), ("Ready", "2.11.1.12"))
    assert switch == "Logs.Verbose=y"


def test_updated_agent_reports_its_version(enter: Callable[..., Azure]) -> None:
    """After a detached update the instance view names the new agent."""
    azure = enter(LINUX, agentVersion="2.2.9")
    said, _ = _run(azure, "setsid sh -c 'sleep 5; apt-get -y install walinuxagent'")
    azure.opened.transport.sleep(60)

    assert said == "Setting up agent (2.11.1.12) ..."
    assert _agent(azure) == ("Ready", "2.11.1.12")


@pytest.mark.parametrize(
    ("name", "script"),
    [(LINUX, "systemctl restart walinuxagent"), (WINDOWS, "Restart-Service RdAgent")],
)
def test_script_that_takes_the_agent_down_never_reports(
    enter: Callable[..., Azure], name: str, script: str
) -> None:
    """Restarting the agent from within hangs and fails, although the agent comes back."""
    azure = enter(name)
    before = azure.opened.world.clock.now()
    with pytest.raises(HttpResponseError) as failed:
        _begin(azure, script).result()
    waited = (azure.opened.world.clock.now() - before).total_seconds()
    azure.opened.transport.sleep(60)

    assert failed.value.error is not None
    assert failed.value.error.code == "VMAgentStatusCommunicationError"
    assert waited >= 5400
    assert _agent(azure)[0] == "Ready"


@pytest.mark.parametrize(
    "facts",
    [
        {"shutDown": True},
        {"services": {"walinuxagent": "stopped"}},
        {"conf": {"Extensions.Enabled": "n"}},
    ],
)
def test_guest_that_only_looks_ready(enter: Callable[..., Azure], facts: dict[str, Any]) -> None:
    """No script ends and no snapshot is reported where the agent's Ready is not true."""
    azure = enter(LINUX, **facts)
    with pytest.raises(HttpResponseError) as failed:
        _run(azure, "true")

    assert failed.value.error is not None
    assert failed.value.error.code == "VMAgentStatusCommunicationError"
    assert _backup(azure) == "GuestAgentSnapshotTaskStatusError"


@pytest.mark.parametrize("facts", [{"shutDown": True}, {"services": {"walinuxagent": "stopped"}}])
def test_restart_brings_up_what_was_stopped(
    enter: Callable[..., Azure], facts: dict[str, Any]
) -> None:
    """A boot ends a shutdown from inside and starts a stopped service."""
    azure = enter(LINUX, **facts)
    azure.compute.virtual_machines.begin_restart("rg-shop", "web-1").result()

    assert _backup(azure) == "success"


@pytest.mark.parametrize(
    ("name", "facts"),
    [
        (LINUX, {"services": {"walinuxagent": "disabled"}}),
        (WINDOWS, {"services": {"RdAgent": "missing"}}),
        (WINDOWS, {"dotNet": ""}),
    ],
)
def test_restart_does_not_bring_back_what_is_away(
    enter: Callable[..., Azure], name: str, facts: dict[str, Any]
) -> None:
    """An agent that is disabled, missing or without .NET stays silent after a boot."""
    azure = enter(name, **facts)
    azure.compute.virtual_machines.begin_restart("rg-shop", "web-1").result()
    azure.opened.transport.sleep(120)

    assert _agent(azure) == ("Not Ready", "Unknown")
    assert _backup(azure) == "UserErrorGuestAgentStatusUnavailable"


def test_one_script_at_a_time(enter: Callable[..., Azure]) -> None:
    """While one script runs another is refused; after it the next may run."""
    azure = enter(LINUX)
    first = {"commandId": "RunShellScript", "script": ["true"]}
    azure.compute.virtual_machines.begin_run_command("rg-shop", "web-1", first, polling=False)
    with pytest.raises(HttpResponseError) as refused:
        _begin(azure, "true")
    azure.opened.transport.sleep(60)

    assert refused.value.status_code == 409
    assert _run(azure, "echo again") == ("again", "")


def test_script_of_another_system_is_refused(enter: Callable[..., Azure]) -> None:
    """PowerShell scripts do not run on Linux."""
    machines = enter(LINUX).compute.virtual_machines
    with pytest.raises(HttpResponseError) as refused:
        machines.begin_run_command(
            "rg-shop", "web-1", {"commandId": "RunPowerShellScript", "script": ["dir"]}
        )

    assert refused.value.status_code == 400


def test_output_is_cut_to_its_end(enter: Callable[..., Azure]) -> None:
    """Of a long output the last 4,096 characters are kept."""
    printed, _ = _run(enter(LINUX), *(f"echo {'x' * 99}" for _ in range(60)))

    assert len(printed) == 4096


def test_hidden_facts_never_show(enter: Callable[..., Azure]) -> None:
    """No answer of a world tells what is hidden in its guests."""
    azure = enter(WINDOWS, blocker="antivirus", leftovers=True)
    _backup(azure)
    vm = azure.compute.virtual_machines.get("rg-shop", "web-1", expand="instanceView")

    assert "antivirus" not in json.dumps(vm.as_dict())
    assert "leftovers" not in azure.opened.exchanges.read_text()


def test_loaded_facts_are_not_touched(open_world: OpenWorld, connect: Connect) -> None:
    """What a script changes in one world is as it was in the next one of the same scenario."""
    azure = connect(open_world(WINDOWS))
    before = azure.opened.world.scenario.guest[VM]
    _run(azure, "vc_redist.x64.exe /quiet")

    assert before == Guest(visual_c=False)
    assert scenario.load(WINDOWS).guest[VM] == before
    assert [each.visual_c for each in azure.opened.world.scenario.guest.values()] == [True]


def test_shut_down_from_inside_and_seen_as_stopped_is_backed_up(
    enter: Callable[..., Azure],
) -> None:
    """A machine that Azure knows to be stopped is backed up without its guest."""
    azure = enter(LINUX, shutDown=True)
    azure.compute.virtual_machines.begin_power_off("rg-shop", "web-1").result()
    outcome = _backup(azure)
    item = azure.item("vault-shop", "rg-shop", "web-1")
    point = azure.recovery_points(item)[0]

    assert outcome == "success"
    assert point.properties.recovery_point_type == "CrashConsistent"


def test_absent_agent_cannot_be_asked(enter: Callable[..., Azure]) -> None:
    """Scripts reach a guest whose extra services are away, and say so of each."""
    missing = guest_scripts.run(
        enter(LINUX, services={"walinuxagent": "missing"}).opened.world,
        LINUX_VM,
        ["systemctl restart walinuxagent", "systemctl is-enabled walinuxagent", "pgrep waagent"],
    )
    unseen = guest_scripts.run(
        enter(LINUX, dhcp=False).opened.world, LINUX_VM, ["curl http://168.63.129.16/"]
    )

    assert (missing.stdout, missing.stderr) == (
        "disabled",
        "Failed to restart walinuxagent.service: Unit not found.",
    )
    assert (missing.cut_off, unseen.stderr[:9]) == (False, "curl: (28)"[:9])


@pytest.mark.parametrize(
    ("state", "script", "after"),
    [
        ("disabled", "systemctl enable walinuxagent", "stopped"),
        ("disabled", "systemctl enable --now walinuxagent", "running"),
        ("running", "systemctl enable walinuxagent", "running"),
        ("stopped", "service walinuxagent start", "running"),
        ("missing", "apt-get install walinuxagent", "running"),
    ],
)
def test_linux_services_are_brought_back(
    enter: Callable[..., Azure], state: str, script: str, after: str
) -> None:
    """Enabling, starting and installing change the agent's service."""
    world = enter(LINUX, services={"walinuxagent": state}).opened.world
    ran = guest_scripts.run(world, LINUX_VM, [script])

    assert after == ran.inside.guest.services["walinuxagent"]


@pytest.mark.parametrize(
    ("state", "script", "after", "complaint"),
    [
        ("disabled", "Set-Service RdAgent -StartupType Automatic", "stopped", ""),
        ("stopped", "Set-Service RdAgent -StartupType Automatic", "stopped", ""),
        ("stopped", "net start RdAgent", "running", ""),
        ("disabled", "Start-Service RdAgent", "disabled", "Service 'RdAgent' cannot be started."),
        ("missing", "Start-Process msiexec /i WindowsAzureVmAgent.msi", "running", ""),
        (
            "missing",
            "Get-Service RdAgent",
            "missing",
            "Cannot find any service with service name 'RdAgent'.",
        ),
    ],
)
def test_windows_services_are_brought_back(
    enter: Callable[..., Azure], state: str, script: str, after: str, complaint: str
) -> None:
    """Enabling, starting and installing change the agent's services."""
    world = enter(WINDOWS, services={"RdAgent": state}, dotNet="").opened.world
    ran = guest_scripts.run(world, WINDOWS_VM, [script])

    assert (after, complaint) == (ran.inside.guest.services["RdAgent"], ran.stderr)


def test_missing_framework_is_complained_of(enter: Callable[..., Azure]) -> None:
    """Without .NET its registry key is not there."""
    world = enter(WINDOWS, dotNet="", visualC=False).opened.world
    ran = guest_scripts.run(
        world, WINDOWS_VM, [f"Get-Item '{FRAMEWORK}'", "Get-Package *vcredist*"]
    )

    assert ran.stdout == ""
    assert ran.stderr.startswith("Cannot find path")


@pytest.mark.parametrize(
    ("system", "service"),
    [
        ({"osName": "redhat"}, "waagent"),
        ({"osName": "Debian GNU/Linux"}, "walinuxagent"),
        ({}, "walinuxagent"),
    ],
)
def test_agent_is_called_as_its_system_calls_it(system: dict[str, str], service: str) -> None:
    """Debian's family calls the agent's service walinuxagent, the others waagent."""
    vm = {"properties": {"instanceView": system}}

    assert guest_facts.agent_services(vm) == (service,)
