"""Are the extensions well?

Compute shows an extension in up to three lists, and the snapshot extension in fewer: ARM's list,
the instance view, and the agent's handlers. The first is the control plane's word, the others are
the guest's.
Source: learn.microsoft.com/azure/virtual-machines/extensions/vmsnapshot-windows (2023).
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from azremedy.domain.extensions import is_snapshot_extension
from azremedy.domain.findings import Answer
from azremedy.domain.remedies import Remedy
from azremedy.domain.rules.agents import confirm_asked, see_asked_vm
from azremedy.domain.rules.base import (
    Need,
    Rule,
    basis_in,
    basis_of,
    cannot_tell,
    ruled_out,
    unread,
)
from azremedy.domain.rules.vms import ARTICLE, is_changing

if TYPE_CHECKING:
    from collections.abc import Callable

    from azremedy.domain.case import Case
    from azremedy.domain.evidence import Observed
    from azremedy.domain.findings import Basis
    from azremedy.domain.resources import VirtualMachine, VmExtension

_FAILED = frozenset({"failed", "canceled", "notready"})
_WELL = frozenset({"succeeded", ""})
_PLACES = {
    "extensions": "ARM's list",
    "instanceView": "the instance view",
    "handlers": "the agent's handlers",
}
_OWN_REPORT = re.compile(r"\bStatusCode\.(\w+)")


def check_snapshot_extension(case: Case) -> Answer:
    """Decide ``extension-failed``, about VMSnapshot or VMSnapshotLinux.

    Lists hide it on many VMs, and then only an agent that is ready tells of it.
    """
    seen = see_asked_vm(case)
    if isinstance(seen, Answer):
        return seen
    agent, gaps = seen.value.vm_agent, case.extensions.gaps
    ready = agent is not None and agent.ready
    if (
        not ready
        and not gaps
        and not any(map(is_snapshot_extension, _list_heard(case, seen.value)))
    ):
        why = "the VM agent is not ready, so an extension that lists hide would not be seen"
        settle = "mend the VM agent, then diagnose again"
        return cannot_tell(why, basis_of("snapshot extension: in no list", seen), settle=settle)
    return _check(case, seen, is_snapshot_extension)


def check_other_extensions(case: Case) -> Answer:
    """Decide ``other-extension-failed``, about all others, such as WorkloadBackup's.

    A restore point begins only when all extensions are provisioned.
    Source: learn.microsoft.com/azure/virtual-machines, restore points (2026).
    """
    seen = see_asked_vm(case)
    return seen if isinstance(seen, Answer) else _check(case, seen, _is_other)


def _is_other(extension: VmExtension) -> bool:
    return not is_snapshot_extension(extension)


def _check(
    case: Case, seen: Observed[VirtualMachine], wanted: Callable[[VmExtension], bool]
) -> Answer:
    ours = tuple(filter(wanted, _list_heard(case, seen.value)))
    if failed := tuple(each for each in ours if _word(each) in _FAILED):
        return _judge_failed(case, seen, failed)
    if moving := tuple(each for each in ours if _word(each) not in _WELL):
        return _judge_moving(case, seen, moving)
    if case.extensions.gaps:
        return unread(case.extensions.gaps[0], what="the list of extensions")
    if not ours:
        return ruled_out("there is no such extension", basis_of("extensions: none", seen))
    return ruled_out("all are well", *(_basis(case, seen, each) for each in ours))


def _list_heard(case: Case, vm: VirtualMachine) -> tuple[VmExtension, ...]:
    """List every sighting, except handlers whose agent is not there to speak for them."""
    ready = vm.vm_agent is not None and vm.vm_agent.ready
    shown = (each for each in vm.extensions if ready or each.seen_in != "handlers")
    return (*case.extensions.values, *shown)


def _word(extension: VmExtension) -> str:
    """Give the state's word: ``failed`` for ``Failed`` and for ``ProvisioningState/failed/1``."""
    return extension.state.lower().removeprefix("provisioningstate/").partition("/")[0]


def _judge_failed(
    case: Case, seen: Observed[VirtualMachine], failed: tuple[VmExtension, ...]
) -> Answer:
    basis = tuple(_basis(case, seen, each) for each in failed)
    name = failed[0].name
    if code := next(filter(None, map(_find_own_report, failed)), None):
        why = f"{name} ran and reports {code}: the snapshot failed, perhaps not the extension"
        settle = f"mend what {code} names, back up, then diagnose again"
        return cannot_tell(why, *basis, settle=settle)
    said = next((f": {each.message}" for each in failed if each.message), "")
    return confirm_asked(case, f"extension {name} failed{said}", *basis)


def _find_own_report(extension: VmExtension) -> str | None:
    """Find the code with which the snapshot extension for Linux says why a snapshot failed.

    Source: github.com/Azure/azure-linux-extensions, VMBackup (2026-08).
    """
    found = _OWN_REPORT.search(extension.message)
    return found[1] if found and is_snapshot_extension(extension) else None


def _judge_moving(
    case: Case, seen: Observed[VirtualMachine], moving: tuple[VmExtension, ...]
) -> Answer:
    """Tell an extension that is stuck from one that somebody is working on.

    Compute shows the VM as ``Updating`` while it works on an extension, so one that is on its way
    in ARM's list of a VM at rest is stuck. What only the guest says may still end: operations of
    extensions last 90 minutes at most.
    Sources: recorded Azure traffic, 2020 and 2023;
    learn.microsoft.com/azure/virtual-machines/extensions/features-windows (2025-08-18).
    """
    basis = tuple(_basis(case, seen, each) for each in moving)
    name, state = moving[0].name, moving[0].state
    if is_changing(seen.value) or case.running_jobs.values:
        why = f"extension {name} is {state}, and Azure is at work on the VM"
        return cannot_tell(why, *basis, settle="wait until that has ended, then diagnose again")
    if case.running_jobs.gaps:
        unknown = unread(case.running_jobs.gaps[0], what="whether a job is at work on it")
        why = f"extension {name} is {state}, but {unknown.message}"
        return cannot_tell(why, *basis, *unknown.basis, settle=unknown.settle)
    if all(each.seen_in != "extensions" for each in moving):
        why = f"the guest says that extension {name} is {state}"
        return cannot_tell(why, *basis, settle="diagnose again in 90 minutes")
    return confirm_asked(case, f"extension {name} is stuck: {state}, and nobody is at work", *basis)


def _basis(case: Case, seen: Observed[VirtualMachine], extension: VmExtension) -> Basis:
    place = _PLACES.get(extension.seen_in, extension.seen_in)
    fact = f"{extension.name} in {place}: {extension.state or 'not told'}"
    if extension.seen_in != "extensions":
        return basis_of(fact, seen)
    return basis_in(fact, extension.id or case.vm_id, case.extensions)


RULES: tuple[Rule, ...] = (
    Rule(
        cause="extension-failed",
        title="The snapshot extension failed or is stuck",
        needs=frozenset({Need.VM, Need.ITEMS, Need.EXTENSIONS}),
        check=check_snapshot_extension,
        source="learn.microsoft.com/azure/backup/backup-azure-vms-troubleshoot (2025-11-12)",
        remedies=(Remedy.RESET_EXTENSION,),
    ),
    Rule(
        cause="other-extension-failed",
        title="Another extension failed or is stuck",
        needs=frozenset({Need.VM, Need.ITEMS, Need.EXTENSIONS}),
        check=check_other_extensions,
        source=f"{ARTICLE} (2025-11-12)",
        remedies=(Remedy.REAPPLY_VM,),
        instructions=("repair-other-extension",),
    ),
)
