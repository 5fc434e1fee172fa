"""Is the VM itself in a state that can be backed up?"""

from __future__ import annotations

from typing import TYPE_CHECKING

from azremedy.domain.evidence import Observed, Unreadable
from azremedy.domain.findings import Answer, Basis
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

if TYPE_CHECKING:
    from azremedy.domain.case import Case
    from azremedy.domain.resources import VirtualMachine

ARTICLE = (
    "learn.microsoft.com/azure/backup/backup-azure-troubleshoot-vm-backup-fails-snapshot-timeout"
)
"""The article on failures with the VM agent or an extension, of 2018 and of today."""

_SETTLED = frozenset({"succeeded", "failed", "canceled"})
_POWER_CHANGES = frozenset({"starting", "stopping", "deallocating"})
_OFF_CODES = frozenset(
    {
        "azurevmoffline",
        "backupoperationfailed",
        "backupoperationfailedv2",
        "extensionoperationfailedformanageddisks",
        "extensionsnapshotfailednonetwork",
        "extentionoperationfailedformanageddisks",
        "guestagentsnapshottaskstatuserror",
        "usererrorguestagentstatusunavailable",
        "vmagentstatuscommunicationerror",
    }
)


def see_vm(case: Case) -> Observed[VirtualMachine] | Answer:
    """Give the VM as it was read; the answer of every rule about it where it was not."""
    if isinstance(case.vm, Unreadable):
        return unread(case.vm, what="the VM")
    if not isinstance(case.vm, Observed):
        return ruled_out("there is no such VM", basis_of("VM: not there", case.vm))
    return case.vm


def list_codes(case: Case) -> frozenset[str]:
    """List all codes of the failed backup, those inside envelopes too, in lower case."""
    return frozenset(code.lower() for symptom in case.symptoms for code in symptom.codes)


def find_code(case: Case, codes: frozenset[str]) -> Basis | None:
    """Find the first code of the failed backup that is one of these, in lower case."""
    for symptom in case.symptoms:
        for code in symptom.codes:
            if code.lower() in codes:
                return Basis(fact=f"code {code}", source=symptom.source, at=symptom.at)
    return None


def is_changing(vm: VirtualMachine) -> bool:
    """Say whether Azure is at work on the VM. A state that is new to us means work, not rest.

    Compute shows ``Updating`` as long as it works on the VM or on one of its extensions.
    Source: recorded Azure traffic, 2020 and 2023.
    """
    state = vm.provisioning_state.lower()
    return bool(state) and state not in _SETTLED


def is_in_motion(vm: VirtualMachine) -> bool:
    """Say whether Azure is at work on the VM, or on its power state."""
    return is_changing(vm) or vm.power_state.lower() in _POWER_CHANGES


def check_failed(case: Case) -> Answer:
    """Decide ``vm-failed``: Compute gave up on the VM's last change, often on an extension."""
    seen = see_vm(case)
    if isinstance(seen, Answer):
        return seen
    state = seen.value.provisioning_state
    basis = basis_of(f"provisioning state: {state or 'not told'}", seen)
    if not state:
        why = "Azure does not say in which provisioning state the VM is"
        return cannot_tell(why, basis, settle="diagnose again")
    if state.lower() == "failed":
        return confirmed(
            "the VM's last change failed, and no backup works before it is mended", basis
        )
    return ruled_out("the VM's last change did not fail", basis)


def check_changing(case: Case) -> Answer:
    """Decide ``vm-changing``: Azure is changing the VM right now, or its power state."""
    seen = see_vm(case)
    if isinstance(seen, Answer):
        return seen
    state, power = seen.value.provisioning_state, seen.value.power_state
    basis = (
        basis_of(f"provisioning state: {state or 'not told'}", seen),
        basis_of(f"power state: {power or 'not told'}", seen),
    )
    if is_in_motion(seen.value):
        return confirmed("the VM is being changed: wait until that has ended", *basis)
    if not state:
        why = "Azure does not say whether the VM is being changed"
        return cannot_tell(why, *basis, settle="diagnose again")
    return ruled_out("nobody is changing the VM", *basis)


def check_stopped_inside(case: Case) -> Answer:
    """Decide ``vm-stopped-inside``: its system was shut down from inside, and it is still billed.

    A stopped VM is backed up all the same, so it is the cause only under a code that comes of it.
    """
    seen = see_vm(case)
    if isinstance(seen, Answer):
        return seen
    power = seen.value.power_state
    basis = basis_of(f"power state: {power or 'not told'}", seen)
    if not power:
        why = "Azure does not say whether the VM runs"
        return cannot_tell(why, basis, settle="diagnose again")
    if power.lower() != "stopped":
        return ruled_out("the VM was not shut down from inside", basis)
    code = find_code(case, _OFF_CODES)
    if code is None:
        return ruled_out("the VM was shut down from inside, but stopped VMs are backed up", basis)
    return confirmed("the VM was shut down from inside, so its agent cannot answer", basis, code)


RULES: tuple[Rule, ...] = (
    Rule(
        cause="vm-failed",
        title="The VM is in provisioning state Failed",
        needs=frozenset({Need.VM}),
        check=check_failed,
        source=f"{ARTICLE} (2025-11-12); "
        "learn.microsoft.com/troubleshoot/azure, VM stuck in a failed state (2021-10-04)",
        remedies=(Remedy.REAPPLY_VM, Remedy.REDEPLOY_VM),
        instructions=("find-failed-extension",),
    ),
    Rule(
        cause="vm-changing",
        title="The VM is being changed",
        needs=frozenset({Need.VM}),
        check=check_changing,
        source="learn.microsoft.com/azure/backup/backup-azure-vms-troubleshoot (2025-11-12)",
        remedies=(Remedy.WAIT_FOR_VM, Remedy.REAPPLY_VM),
    ),
    Rule(
        cause="vm-stopped-inside",
        title="The VM was shut down from inside and is still allocated",
        needs=frozenset({Need.VM}),
        check=check_stopped_inside,
        source=f"{ARTICLE} (2018-10-30); "
        "learn.microsoft.com/azure/backup/backup-support-matrix-iaas (2025-10-27)",
        remedies=(Remedy.DEALLOCATE_VM,),
        instructions=("shut-down-from-outside",),
    ),
)
