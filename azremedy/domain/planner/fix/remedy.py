"""Draft each remedy: which steps, and how the world is expected to be after them."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from azremedy.domain.evidence import Reading
from azremedy.domain.guards import RESTORE_POINT_LIMIT
from azremedy.domain.planner import agent, clean, keys, network, reset
from azremedy.domain.planner.assemble import Draft
from azremedy.domain.planner.fix import service
from azremedy.domain.points import list_binding, list_closing, sort_out
from azremedy.domain.remedies import Remedy
from azremedy.domain.resources import VmAgent
from azremedy.domain.steps import AddRoleAssignment, AddVaultAccess, WaitForRights, WaitForVm

if TYPE_CHECKING:
    from collections.abc import Callable

    from azremedy.domain.case import Case
    from azremedy.domain.planner.fix.course import Course
    from azremedy.domain.planner.fix.options import FixOptions
    from azremedy.domain.worlds import VmEvidence

_SCRIPTS = {
    Remedy.START_AGENT: "start-agent",
    Remedy.UPDATE_AGENT: "update-agent",
    Remedy.ENABLE_EXTENSIONS: "enable-extensions",
    Remedy.DEEP_CLEAN: "deep-clean",
}
_CHANGES = {
    Remedy.RESTART_VM: agent.AgentBy.RESTART,
    Remedy.REAPPLY_VM: agent.AgentBy.REAPPLY,
    Remedy.REDEPLOY_VM: agent.AgentBy.REDEPLOY,
}


VM_TIMEOUT_S = 2 * 3600
"""How long somebody's change of a VM is waited for: as long as one of azremedy's own."""
RIGHTS_S = 600
"""How long new rights may take until Azure acts on them.
Source: learn.microsoft.com/azure/role-based-access-control/troubleshooting."""


def apply_remedy(remedy: Remedy, course: Course, case: Case, options: FixOptions) -> Course:
    """Go on with what one remedy takes."""
    if remedy in _SCRIPTS:
        return _run_script(_SCRIPTS[remedy], course, options)
    if remedy in _CHANGES:
        return _change_vm(_CHANGES[remedy], course, options)
    if remedy is Remedy.ALLOW_STORAGE:
        return _allow_storage(course, case, options)
    if remedy is Remedy.GRANT_KEY_VAULT:
        return _grant_key_vault(course, case, options)
    if remedy is Remedy.UNLOCK:
        return _unlock(course, case, options)
    return _OTHERS[remedy](course, options)


def _run_script(name: str, course: Course, options: FixOptions) -> Course:
    allowed = agent.GuestOptions(
        unlock=options.unlock,
        include_inherited=options.include_inherited,
        during_job=options.during_job,
    )
    section = agent.plan_guest(course.evidence, name, allowed)
    return course.join(section, then=_with_agent(course.evidence))


def _change_vm(by: agent.AgentBy, course: Course, options: FixOptions) -> Course:
    evidence = course.evidence
    asked = replace(_agent_options(by, options), while_away=_is_away(evidence))
    section = agent.plan_restart_agent(evidence, asked)
    reapplied = by is agent.AgentBy.REAPPLY and evidence.vm.power_state != "running"
    return course.join(section, then=evidence if reapplied else _with_agent(evidence))


def _wait_for_vm(course: Course, _options: FixOptions) -> Course:
    evidence = course.evidence
    step = WaitForVm(vm=agent.refer_to(evidence.vm), timeout_s=VM_TIMEOUT_S)
    at_rest = replace(evidence.vm, provisioning_state="Succeeded")
    draft = Draft(step=step, reason="backups wait for it, too; most changes take minutes")
    return course.add(draft, then=replace(evidence, vm=at_rest))


def _is_away(evidence: VmEvidence) -> bool:
    """Say whether the agent of a VM that runs is away: only then it is to come back."""
    known = evidence.vm.vm_agent
    return evidence.vm.power_state == "running" and (known is None or not known.ready)


def _agent_options(by: agent.AgentBy, options: FixOptions) -> agent.AgentOptions:
    return agent.AgentOptions(
        by=by,
        unlock=options.unlock,
        include_inherited=options.include_inherited,
        during_job=options.during_job,
    )


def _deallocate(course: Course, options: FixOptions) -> Course:
    section = agent.plan_deallocate(
        course.evidence, _agent_options(agent.AgentBy.DEALLOCATE, options)
    )
    off = replace(course.evidence.vm, power_state="deallocated", vm_agent=None)
    return course.join(section, then=replace(course.evidence, vm=off))


def _with_agent(evidence: VmEvidence) -> VmEvidence:
    """Expect a VM that runs with an agent that is ready; the handlers wait for that, and see."""
    known = evidence.vm.vm_agent or VmAgent(version="Unknown", status_code="", display_status="")
    ready = replace(known, display_status="Ready", message="")
    vm = replace(evidence.vm, power_state="running", vm_agent=ready)
    return replace(evidence, vm=vm)


def _allow_storage(course: Course, case: Case, options: FixOptions) -> Course:
    allowed = network.StorageOptions(
        unlock=options.unlock, include_inherited=options.include_inherited
    )
    return course.join(network.plan_allow_storage(course.evidence, case.network, allowed))


def _grant_key_vault(course: Course, case: Case, options: FixOptions) -> Course:
    allowed = keys.GrantOptions(unlock=options.unlock, include_inherited=options.include_inherited)
    section = keys.plan_grant_keyvault(
        course.evidence, case.keys, disks=case.disks, options=allowed
    )
    if not any(
        isinstance(each.step, AddVaultAccess | AddRoleAssignment) for each in section.drafts
    ):
        return course.join(section)
    # The wait in the plan is what the note asks a person for.
    notes = tuple(note for note in section.notes if note != keys.TAKES_EFFECT)
    wait = WaitForRights(vm_id=course.evidence.vm.id, wait_s=RIGHTS_S)
    reason = "a backup before that would fail like the last one"
    return course.join(replace(section, notes=notes)).add(Draft(step=wait, reason=reason))


def _reset_extension(course: Course, options: FixOptions) -> Course:
    allowed = reset.ResetOptions(
        unlock=options.unlock,
        include_inherited=options.include_inherited,
        agent_not_ready=options.agent_not_ready,
        during_job=options.during_job,
    )
    return course.join(reset.plan_reset(course.evidence, allowed))


def _clean_points(course: Course, options: FixOptions) -> Course:
    section = clean.plan_clean(course.evidence, _clean_options(clean.CleanBy.DELETE, options))
    told = {clean.AFTERMATH: clean.BEFORE_BACKUP}
    section = replace(section, notes=tuple(told.get(note, note) for note in section.notes))
    return course.join(section, then=replace(course.evidence, collections=Reading()))


def _clean_by_backup(course: Course, options: FixOptions) -> Course:
    section = clean.plan_clean(course.evidence, _clean_options(clean.CleanBy.BACKUP, options))
    return course.join(section)


def _unlock(course: Course, case: Case, options: FixOptions) -> Course:
    evidence = course.evidence
    points = sort_out(evidence)
    binding = list_binding(points.proven, case) if points.count >= RESTORE_POINT_LIMIT else []
    # Exactly the locks for which the cause was confirmed: others in the group are somebody's own.
    in_the_way = tuple(dict.fromkeys((*list_closing(evidence, case, points), *binding)))
    allowed = _clean_options(clean.CleanBy.DELETE, options)
    return course.join(clean.plan_unlocking(evidence, in_the_way, allowed))


def _clean_options(by: clean.CleanBy, options: FixOptions) -> clean.CleanOptions:
    return clean.CleanOptions(
        by=by,
        unlock=options.unlock,
        include_inherited=options.include_inherited,
        relock=options.relock,
        accept_loss=options.accept_loss,
        during_job=options.during_job,
        max_backups_per_day=options.max_backups_per_day,
        no_cool_down=options.no_cool_down,
    )


def _nothing(course: Course, _options: FixOptions) -> Course:
    """Nothing but the backup that ends every repair."""
    return course


_OTHERS: dict[Remedy, Callable[[Course, FixOptions], Course]] = {
    Remedy.CLEAN_POINTS: _clean_points,
    Remedy.CLEAN_BY_BACKUP: _clean_by_backup,
    Remedy.RESET_EXTENSION: _reset_extension,
    Remedy.BACKUP: _nothing,
    Remedy.DEALLOCATE_VM: _deallocate,
    Remedy.WAIT_FOR_JOB: service.wait_for_job,
    Remedy.WAIT_FOR_VM: _wait_for_vm,
    Remedy.CANCEL_JOB: service.cancel_job,
    Remedy.RESUME_PROTECTION: service.resume_protection,
}
