"""Plan the uninstallation of the snapshot extension; the next backup installs it again."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from azremedy.domain import guards
from azremedy.domain.extensions import find_snapshot_extensions
from azremedy.domain.locks import list_locks_in_the_way
from azremedy.domain.planner.assemble import (
    Draft,
    Section,
    draft_unlock,
    list_idle_items,
    select_allowed,
)
from azremedy.domain.steps import DeleteExtension

if TYPE_CHECKING:
    from azremedy.domain.plan import Verdict
    from azremedy.domain.resources import ManagementLock, VirtualMachine
    from azremedy.domain.worlds import VmEvidence
    from azremedy.ids import ResourceId

REINSTALLED = (
    "The next backup installs the extension again; until then nothing takes application-consistent "
    "restore points of this VM."
)


@dataclass(frozen=True, slots=True, kw_only=True)
class ResetOptions:
    """What the caller allows."""

    unlock: bool = False
    """Take locks in the way off, and put them back."""
    include_inherited: bool = False
    """Also those on the subscription."""
    accept_unknown_rights: bool = False
    """Lend locks although it could not be seen that the caller may put them back."""
    agent_not_ready: bool = False
    """Try although the agent cannot do its part."""
    during_job: bool = False
    """Go on while a job works on the VM."""


def plan_reset(evidence: VmEvidence, options: ResetOptions) -> Section:
    """Plan one VM."""
    vm = evidence.vm
    unreadable = [
        guards.refuse("extensions-unreadable", gap.source, f"could not be read: {gap.why}")
        for gap in evidence.extensions.gaps
    ]
    found = find_snapshot_extensions(vm, evidence.extensions.values)
    if not found:
        return Section(target=vm.id, verdicts=(*unreadable, *_check_unseen(vm)), gaps=evidence.gaps)
    in_the_way = tuple(
        dict.fromkeys(
            lock for id_ in found for lock in list_locks_in_the_way(id_, evidence.locks.values)
        )
    )
    return Section(
        target=vm.id,
        drafts=(
            *_draft_leases(in_the_way, options),
            *(_draft_delete(id_, evidence, options) for id_ in found),
        ),
        verdicts=(*unreadable, *_check(evidence, options, in_the_way)),
        gaps=evidence.gaps,
        notes=(REINSTALLED,),
    )


def _check(
    evidence: VmEvidence, options: ResetOptions, in_the_way: tuple[ManagementLock, ...]
) -> tuple[Verdict, ...]:
    vm = evidence.vm
    return (
        *guards.check_agent(vm, agent_not_ready=options.agent_not_ready),
        *guards.check_jobs(evidence.running_jobs, vm_id=vm.id, during_job=options.during_job),
        *guards.check_locks(
            in_the_way, unlock=options.unlock, include_inherited=options.include_inherited
        ),
        *guards.check_locks_read(evidence.locks, vm_id=vm.id),
    )


def _check_unseen(vm: VirtualMachine) -> list[Verdict]:
    """Warn that nothing was found because the agent, which alone sees a hidden one, is silent."""
    if vm.power_state == "running" and vm.vm_agent is not None and vm.vm_agent.ready:
        return []
    message = "the VM's agent reports nothing now: an extension that lists hide would not be seen"
    return [guards.warn("extension-unseen", vm.id, message)]


def _draft_leases(
    in_the_way: tuple[ManagementLock, ...], options: ResetOptions
) -> tuple[Draft, ...]:
    allowed = select_allowed(
        in_the_way, unlock=options.unlock, include_inherited=options.include_inherited
    )
    return tuple(draft_unlock(lock, leased=True) for lock in allowed)


def _draft_delete(extension_id: ResourceId, evidence: VmEvidence, options: ResetOptions) -> Draft:
    return Draft(
        step=DeleteExtension(
            extension_id=extension_id,
            vm_unique_id=evidence.vm.vm_id,
            state=_find_state(extension_id, evidence),
            agent_may_be_dead=options.agent_not_ready,
            idle_items=() if options.during_job else list_idle_items(evidence),
        ),
        reason=f"'{extension_id.name}' is loaded afresh by the next backup",
    )


def _find_state(extension_id: ResourceId, evidence: VmEvidence) -> str:
    listed = (each.state for each in evidence.extensions.values if each.id == extension_id)
    return next(listed, "")
