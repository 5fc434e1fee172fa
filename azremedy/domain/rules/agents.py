"""Is the VM agent well, as far as Azure shows it?

A VM that does not run is backed up without its guest, and so is one whose policy takes
crash-consistent points only: what is wrong in such a guest is not why its backup fails.
Sources: learn.microsoft.com/azure/backup/backup-support-matrix-iaas (2025-10-27) and
learn.microsoft.com/azure/backup/whats-new (2025-11-10).
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from azremedy.domain.evidence import Absent, Observed, Unreadable
from azremedy.domain.findings import Answer
from azremedy.domain.remedies import Remedy
from azremedy.domain.rules.base import (
    Need,
    Rule,
    basis_of,
    cannot_tell,
    confirmed,
    ruled_out,
    unread,
)
from azremedy.domain.rules.versions import is_below, parse_version
from azremedy.domain.rules.vms import ARTICLE, list_codes, see_vm

if TYPE_CHECKING:
    from azremedy.domain.case import Case
    from azremedy.domain.findings import Basis
    from azremedy.domain.resources import VirtualMachine

CRASH_CONSISTENT = "onlycrashconsistent"
"""The policy's ``snapshotConsistencyType`` that asks neither agent nor extension."""

SILENCE = timedelta(minutes=30)
"""How old an agent's word may be. A living one was never more than three minutes old in recorded
Azure traffic (2017 to 2024); the rest is patience."""

OLDEST = {"windows": (2, 7, 41491, 1010), "linux": (2, 2, 53, 1)}
"""The oldest agents that are supported. Source:
learn.microsoft.com/troubleshoot/azure/virtual-machines, support-extensions-agent-version
(2025-09-15)."""

_OFF = frozenset({"stopped", "deallocated"})
_GUEST_WORDS = ("agent", "extension", "extention")
_DISRUPTIVE = (Remedy.RESTART_VM, Remedy.REAPPLY_VM, Remedy.REDEPLOY_VM)
_REINSTALL = ("reinstall-agent-windows", "install-agent-linux")


def see_asked_vm(case: Case) -> Observed[VirtualMachine] | Answer:
    """Give the VM whose guest is asked by its backups; else a rule's answer about the guest."""
    if isinstance(case.policy, Observed):
        consistency = case.policy.value.snapshot_consistency
        if consistency.lower() == CRASH_CONSISTENT:
            why = "its policy takes crash-consistent points, so the guest is not asked"
            return ruled_out(why, basis_of(f"policy: {consistency}", case.policy))
    seen = see_vm(case)
    if isinstance(seen, Answer) or seen.value.power_state.lower() == "running":
        return seen
    power = seen.value.power_state
    basis = basis_of(f"power state: {power or 'not told'}", seen)
    if power.lower() in _OFF:
        return ruled_out("the VM does not run, so the guest is not asked", basis)
    why = f"the VM is {power}" if power else "Azure does not say whether the VM runs"
    return cannot_tell(why, basis, settle="diagnose again when the VM runs")


def confirm_asked(case: Case, message: str, *basis: Basis) -> Answer:
    """Confirm trouble in the guest, unless it is not known whether backups ask the guest at all.

    A code that only an asked guest can cause settles that, whatever could not be read.
    """
    gap = _find_policy_gap(case)
    if gap is None or any(word in code for code in list_codes(case) for word in _GUEST_WORDS):
        return confirmed(message, *basis)
    unknown = unread(gap, what="whether its policy asks the guest")
    why = f"{message}, but {unknown.message}"
    return cannot_tell(why, *basis, *unknown.basis, settle=unknown.settle)


def _find_policy_gap(case: Case) -> Unreadable | None:
    if isinstance(case.policy, Unreadable):
        return case.policy
    if isinstance(case.policy, Absent):
        return next(iter(case.items.gaps), None)
    return None


def check_ready(case: Case) -> Answer:
    """Decide ``agent-not-ready``.

    The time of a ``Not Ready`` says nothing: it is the time of reading, also on VMs that have been
    so for years. Hence a boot some minutes ago cannot be told from it.
    Source: recorded Azure traffic, 2017 to 2024.
    """
    seen = see_asked_vm(case)
    if isinstance(seen, Answer):
        return seen
    agent = seen.value.vm_agent
    if agent is None:
        why = "the VM runs and reports no agent: none is installed, or it never started"
        return confirm_asked(case, why, basis_of("VM agent: none reported", seen))
    basis = basis_of(f"VM agent: {agent.display_status or 'no status'}", seen)
    if agent.ready:
        return ruled_out("the VM agent is ready", basis)
    if not agent.display_status:
        return cannot_tell("the VM agent has no status", basis, settle="diagnose again")
    said = f": {agent.message}" if agent.message else ""
    return confirm_asked(case, f"the VM agent is not ready{said}", basis)


def check_silent(case: Case) -> Answer:
    """Decide ``agent-silent``: the last word was ``Ready``, and that was long ago."""
    seen = see_asked_vm(case)
    if isinstance(seen, Answer):
        return seen
    agent = seen.value.vm_agent
    if agent is None or not agent.ready:
        said = agent.display_status if agent else ""
        basis = basis_of(f"VM agent: {said or 'none reported'}", seen)
        return ruled_out("the VM agent does not pass for ready", basis)
    at = agent.reported_at
    if at is None:
        why = "the VM agent is ready, but since when is not told"
        return cannot_tell(why, basis_of("VM agent: Ready", seen), settle=say_look_inside(case))
    basis = basis_of(f"VM agent: Ready at {at:%Y-%m-%d %H:%M:%S}Z", seen)
    age = case.read_at - at
    if age <= SILENCE:
        return ruled_out("the VM agent reports", basis)
    minutes = int(age.total_seconds() // 60)
    why = f"the VM agent was ready {minutes} minutes ago and has said nothing since"
    return confirm_asked(case, why, basis)


def check_outdated(case: Case) -> Answer:
    """Decide ``agent-outdated``: older than what Azure supports, and what lets the host help.

    The instance view's version counts; where that is unknown, the guest's own.
    """
    seen = see_asked_vm(case)
    if isinstance(seen, Answer):
        return seen
    text, basis = _find_version(case, seen)
    version, oldest = parse_version(text), OLDEST.get(seen.value.os_type.lower())
    if version is None or oldest is None:
        why = "the VM agent's version is not known" if oldest else "the VM's system is not known"
        settle = f"get the VM agent to report, or {say_look_inside(case)}"
        return cannot_tell(why, basis, settle=settle)
    limit = ".".join(map(str, oldest))
    if is_below(version, oldest):
        return confirm_asked(case, f"the VM agent is older than {limit}", basis)
    return ruled_out(f"the VM agent is not older than {limit}", basis)


def _find_version(case: Case, seen: Observed[VirtualMachine]) -> tuple[str, Basis]:
    agent = seen.value.vm_agent
    text = agent.version if agent else ""
    if parse_version(text) is None and isinstance(case.guest, Observed):
        inside = case.guest.value.agent_version or ""
        if parse_version(inside):
            return inside, basis_of(f"VM agent version inside: {inside}", case.guest)
    return text, basis_of(f"VM agent version: {text or 'not told'}", seen)


def say_look_inside(case: Case) -> str:
    """Say how to look into the guest."""
    return f"look inside: azremedy diagnose --vm {case.vm_id} --look-inside"


RULES: tuple[Rule, ...] = (
    Rule(
        cause="agent-not-ready",
        title="The VM agent is not ready",
        needs=frozenset({Need.VM, Need.ITEMS}),
        check=check_ready,
        source=f"{ARTICLE} (2025-11-12)",
        remedies=_DISRUPTIVE,
        instructions=_REINSTALL,
    ),
    Rule(
        cause="agent-silent",
        title="The VM agent passes for ready but has not reported for a while",
        needs=frozenset({Need.VM, Need.ITEMS}),
        check=check_silent,
        source=f"{ARTICLE} (2025-11-12); recorded Azure traffic, 2017 to 2024",
        remedies=_DISRUPTIVE,
        instructions=_REINSTALL,
    ),
    Rule(
        cause="agent-outdated",
        title="The VM agent is older than Azure supports",
        needs=frozenset({Need.VM, Need.ITEMS}),
        check=check_outdated,
        source="learn.microsoft.com/troubleshoot/azure/virtual-machines, "
        "support-extensions-agent-version (2025-09-15)",
        remedies=(Remedy.UPDATE_AGENT,),
        instructions=("update-agent-linux", "reinstall-agent-windows"),
    ),
)
