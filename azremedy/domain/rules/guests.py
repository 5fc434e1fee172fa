"""Is the guest well, as a check inside the VM told?

Nobody looks inside without being told to, so these rules cannot tell until somebody was. What a
system cannot have, such as AppLocker on Linux, is ruled out without a look.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from azremedy.domain.evidence import UNREAD, Observed, Unreadable
from azremedy.domain.findings import Answer
from azremedy.domain.remedies import Remedy
from azremedy.domain.rules.agents import confirm_asked, say_look_inside, see_asked_vm
from azremedy.domain.rules.base import Need, Rule, basis_of, cannot_tell, ruled_out, unread
from azremedy.domain.rules.versions import is_below, parse_version
from azremedy.domain.rules.vms import ARTICLE, find_code

if TYPE_CHECKING:
    from azremedy.domain.case import Case
    from azremedy.domain.findings import Basis
    from azremedy.domain.guest import GuestFacts
    from azremedy.domain.resources import VirtualMachine

KILLED = frozenset({"vmrestorepointinternalerror"})
"""Compute's code where an antivirus ended the extension's program. Source:
learn.microsoft.com/azure/backup/backup-azure-vms-troubleshoot (2025-11-12)."""

OLDEST_DOT_NET = (4, 5)
"""What the Windows agent needs. Source: ``ARTICLE`` (2018-10-30)."""

_SOURCE = f"{ARTICLE} (2025-11-12)"
_VM_ARTICLE = "learn.microsoft.com/azure/backup/backup-azure-vms-troubleshoot (2025-11-12)"
_NEEDS = frozenset({Need.VM, Need.ITEMS, Need.GUEST})


def _look(case: Case, *, system: str = "") -> Observed[GuestFacts] | Answer:
    """Give what the check told; else the answer of a rule about a guest of that system."""
    seen = see_asked_vm(case)
    if isinstance(seen, Answer):
        return seen
    found = seen.value.os_type
    if system and found and found.lower() != system.lower():
        return ruled_out(f"{found} has no such thing", basis_of(f"system: {found}", seen))
    if isinstance(case.guest, Observed):
        return case.guest
    if isinstance(case.guest, Unreadable) and case.guest != UNREAD:
        return unread(case.guest, what="the guest")
    return _ask_to_look(case, seen.value)


def _ask_to_look(case: Case, vm: VirtualMachine) -> Answer:
    why = "nobody has looked inside the VM"
    if vm.vm_agent is not None and vm.vm_agent.ready:
        return cannot_tell(why, settle=say_look_inside(case))
    settle = "sign in to the VM and look: Run Command needs a VM agent that is ready"
    return cannot_tell(f"{why}, and its agent is not ready to", settle=settle)


def _untold(case: Case, what: str) -> Answer:
    """Answer that the check said nothing about it."""
    basis = basis_of(f"{what}: not told", case.guest)
    return cannot_tell(
        f"the check inside did not tell: {what}", basis, settle=f"check {what} by hand"
    )


def check_agent_stopped(case: Case) -> Answer:
    """Decide ``agent-stopped``. Linux has its agent under one of two names, Windows in two parts.

    Without the .NET Framework the Windows agent cannot start: then that is the cause.
    """
    told = _look(case)
    if isinstance(told, Answer):
        return told
    services = told.value.services
    if not services:
        return _untold(case, "the agent's services")
    basis = tuple(basis_of(f"service {name}: {state}", told) for name, state in services)
    running = [state == "running" for _, state in services]
    windows = _runs_windows(case)
    if all(running) or (any(running) and not windows):
        return ruled_out("the agent's services run", *basis)
    if told.value.dot_net == "" and windows:
        why = "the agent's services do not run, which the missing .NET Framework explains"
        return cannot_tell(why, *basis, settle="install the .NET Framework, then look again")
    return confirm_asked(case, "the agent's services do not run", *basis)


def _runs_windows(case: Case) -> bool:
    return isinstance(case.vm, Observed) and case.vm.value.os_type.lower() == "windows"


def check_extensions_disabled(case: Case) -> Answer:
    """Decide ``extensions-disabled``, by the switches of /etc/waagent.conf.

    The article calls the first one ``Extensions.Enable``; its name is ``Extensions.Enabled``
    (github.com/Azure/WALinuxAgent, README, 2025-11). ``cloud-init`` is a legal value of the other,
    which the article does not know.
    """
    told = _look(case, system="Linux")
    if isinstance(told, Answer):
        return told
    enabled, agent = told.value.extensions_enabled, told.value.provisioning_agent
    basis = tuple(_tell_switches(told))
    if enabled is False or agent not in {"auto", "waagent", "cloud-init", "", None}:
        return confirm_asked(case, "waagent.conf keeps extensions from running", *basis)
    if enabled is None:
        return _untold(case, "Extensions.Enabled")
    if agent == "cloud-init":
        why = "Provisioning.Agent is cloud-init, where the article asks for auto"
        return cannot_tell(why, *basis, settle="set it to auto, then back up")
    return ruled_out("waagent.conf lets extensions run", *basis)


def _tell_switches(told: Observed[GuestFacts]) -> list[Basis]:
    enabled, agent = told.value.extensions_enabled, told.value.provisioning_agent
    shown = {True: "y", False: "n", None: "not told"}[enabled]
    return [
        basis_of(f"Extensions.Enabled: {shown}", told),
        basis_of(f"Provisioning.Agent: {agent or 'not told'}", told),
    ]


def check_dot_net(case: Case) -> Answer:
    """Decide ``dot-net-missing``.

    Without it the Windows agent cannot start, so what usually shows is ``agent-not-ready``, and
    then nobody can look inside from outside.
    """
    told = _look(case, system="Windows")
    if isinstance(told, Answer):
        return told
    found = told.value.dot_net
    if found is None:
        return _untold(case, "the .NET Framework")
    basis = basis_of(f".NET Framework: {found or 'none'}", told)
    version = parse_version(found)
    if not found or (version and is_below(version, OLDEST_DOT_NET)):
        return confirm_asked(case, "the Windows agent needs .NET Framework 4.5 or later", basis)
    if version is None:
        return cannot_tell("its version is not a number", basis, settle="check it by hand")
    return ruled_out("the .NET Framework is there", basis)


def check_visual_c(case: Case) -> Answer:
    """Decide ``visual-c-missing``: the runtime without which iaasvmprovider.dll does not load."""
    told = _look(case, system="Windows")
    if isinstance(told, Answer):
        return told
    if told.value.visual_c is None:
        return _untold(case, "the Visual C++ runtime")
    if told.value.visual_c:
        return ruled_out("it is installed", basis_of("Visual C++ runtime: installed", told))
    why = "the snapshot provider cannot load without it"
    return confirm_asked(case, why, basis_of("Visual C++ runtime: missing", told))


def check_app_locker(case: Case) -> Answer:
    """Decide ``app-locker``: a rule denies IaaSBcdrExtension.exe."""
    told = _look(case, system="Windows")
    if isinstance(told, Answer):
        return told
    if told.value.app_locker is None:
        return _untold(case, "AppLocker's rules")
    if not told.value.app_locker:
        return ruled_out("no rule denies the program", basis_of("AppLocker: allows it", told))
    why = "a rule keeps the backup extension's program from running"
    return confirm_asked(case, why, basis_of("AppLocker: denies IaaSBcdrExtension.exe", told))


def check_antivirus(case: Case) -> Answer:
    """Decide ``antivirus``. Folders that are not excluded are the rule, so a code must say more."""
    told = _look(case, system="Windows")
    killed = find_code(case, KILLED)
    if isinstance(told, Answer):
        return _suspect(told, killed) if killed and told.settle else told
    excluded = told.value.antivirus_excluded
    if excluded is None:
        untold = _untold(case, "the antivirus's exclusions")
        return _suspect(untold, killed) if killed else untold
    basis = basis_of(f"antivirus exclusions: {'there' if excluded else 'missing'}", told)
    if excluded or not case.symptoms:
        return ruled_out("no antivirus ends the extension's program", basis)
    if killed:
        why = "the extension's program was ended, and its folders are not excluded"
        return confirm_asked(case, why, killed, basis)
    why = "the extension's folders are not excluded, but the code does not speak of it"
    return cannot_tell(why, basis, settle="exclude the folders, then back up")


def _suspect(told: Answer, killed: Basis) -> Answer:
    why = f"likely, as the code says that the extension's program was ended; {told.message}"
    return cannot_tell(why, killed, *told.basis, settle=told.settle)


def check_dhcp(case: Case) -> Answer:
    """Decide ``no-dhcp``: extensions reach their host by the address that DHCP names."""
    told = _look(case)
    if isinstance(told, Answer):
        return told
    if told.value.dhcp is None:
        return _untold(case, "DHCP")
    if told.value.dhcp:
        return ruled_out("the guest takes its address by DHCP", basis_of("DHCP: on", told))
    why = "the guest has an address of its own; a static one belongs on the interface in Azure"
    return confirm_asked(case, why, basis_of("DHCP: off", told))


def check_host(case: Case) -> Answer:
    """Decide ``host-unreachable``: by that address the extension has its host take snapshots."""
    told = _look(case)
    if isinstance(told, Answer):
        return told
    if told.value.host_reachable is None:
        return _untold(case, "168.63.129.16")
    if told.value.host_reachable:
        return ruled_out("the host answers the guest", basis_of("168.63.129.16: answers", told))
    basis = basis_of("168.63.129.16: does not answer", told)
    if told.value.dhcp is False:
        why = "the host does not answer, which DHCP being off explains"
        return cannot_tell(why, basis, settle="turn DHCP on, then look again")
    return confirm_asked(case, "a firewall or proxy in the guest closes the way to its host", basis)


def check_leftovers(case: Case) -> Answer:
    """Decide ``extension-leftovers``: remains that no installed extension owns."""
    told = _look(case)
    if isinstance(told, Answer):
        return told
    if told.value.leftovers is None:
        return _untold(case, "remains of the extension")
    if not told.value.leftovers:
        return ruled_out("nothing is left behind", basis_of("remains: none", told))
    why = "remains of the snapshot extension keep a new one from working"
    return confirm_asked(case, why, basis_of("remains: found", told))


RULES: tuple[Rule, ...] = (
    Rule(
        cause="agent-stopped",
        title="The VM agent's services do not run",
        needs=_NEEDS,
        check=check_agent_stopped,
        source=_SOURCE,
        remedies=(Remedy.START_AGENT, Remedy.RESTART_VM),
        instructions=("reinstall-agent-windows", "install-agent-linux"),
    ),
    Rule(
        cause="extensions-disabled",
        title="The Linux agent's configuration switches extensions off",
        needs=_NEEDS,
        check=check_extensions_disabled,
        source=_SOURCE,
        remedies=(Remedy.ENABLE_EXTENSIONS,),
        instructions=("enable-extensions-linux",),
    ),
    Rule(
        cause="dot-net-missing",
        title="Windows lacks the .NET Framework that its VM agent needs",
        needs=_NEEDS,
        check=check_dot_net,
        source=f"{ARTICLE} (2018-10-30)",
        instructions=("install-dot-net",),
    ),
    Rule(
        cause="visual-c-missing",
        title="Windows lacks the Visual C++ runtime of the snapshot provider",
        needs=_NEEDS,
        check=check_visual_c,
        source=_SOURCE,
        instructions=("install-visual-c",),
    ),
    Rule(
        cause="app-locker",
        title="AppLocker keeps the backup extension's program from running",
        needs=_NEEDS,
        check=check_app_locker,
        source=_SOURCE,
        instructions=("allow-in-app-locker",),
    ),
    Rule(
        cause="antivirus",
        title="An antivirus ends the backup extension's program",
        needs=_NEEDS,
        check=check_antivirus,
        source=_VM_ARTICLE,
        instructions=("exclude-from-antivirus",),
    ),
    Rule(
        cause="no-dhcp",
        title="The guest does not take its address by DHCP",
        needs=_NEEDS,
        check=check_dhcp,
        source=_SOURCE,
        instructions=("use-dhcp-windows", "use-dhcp-linux"),
    ),
    Rule(
        cause="host-unreachable",
        title="The guest does not reach 168.63.129.16",
        needs=_NEEDS,
        check=check_host,
        source=_SOURCE,
        instructions=("open-host-address",),
    ),
    Rule(
        cause="extension-leftovers",
        title="Remains of the snapshot extension lie in the guest",
        needs=_NEEDS,
        check=check_leftovers,
        source="learn.microsoft.com/azure/backup/backup-azure-manage-vms (2024)",
        remedies=(Remedy.DEEP_CLEAN,),
        instructions=("deep-clean-windows", "deep-clean-linux"),
    ),
)
