"""Plan what brings a VM's agent back, and scripts inside the VM."""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum
from typing import TYPE_CHECKING

from azremedy.domain import guards
from azremedy.domain.guest_scripts import START_AGENT, GuestScript, System, find_script, find_system
from azremedy.domain.locks import is_inherited
from azremedy.domain.planner.assemble import (
    Draft,
    Section,
    list_idle_items,
    select_allowed,
)
from azremedy.domain.resources import LockLevel
from azremedy.domain.rules.agents import SILENCE
from azremedy.domain.steps import (
    DeallocateVm,
    DeleteLock,
    ItemRef,
    ReapplyVm,
    RedeployVm,
    RestartVm,
    RunGuestScript,
    StartVm,
    VmRef,
    VmStep,
)

if TYPE_CHECKING:
    from azremedy.domain.plan import Verdict
    from azremedy.domain.resources import ManagementLock, VirtualMachine
    from azremedy.domain.worlds import VmEvidence

BY_RESTART = "--by restart"
"""The flag for the gentlest way that disrupts the VM."""

DYNAMIC_ADDRESS = "A dynamic address may change, and what is on the temporary disk is lost."
TEMPORARY_DISK = "What is on the temporary disk is lost."
STAYS_OFF = "The VM stays off until somebody starts it: 'az vm start --ids VM'."


class AgentBy(StrEnum):
    """How the agent is brought back."""

    AUTO = "auto"
    """By a script where the agent is Ready; otherwise refused without a further word."""
    RUN_COMMAND = "run-command"
    """By a script inside; it takes an agent that is Ready."""
    RESTART = "restart"
    """Restart the VM."""
    REAPPLY = "reapply"
    """Apply the VM's model again, without a restart."""
    REDEPLOY = "redeploy"
    """Move the VM to another host, which restarts it."""
    DEALLOCATE = "deallocate"
    """Shut it down from outside, give its host back, and start it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AgentOptions:
    """What the caller allows."""

    by: AgentBy = AgentBy.AUTO
    """How."""
    unlock: bool = False
    """Take locks in the way off, and put them back."""
    include_inherited: bool = False
    """Also those on the subscription."""
    accept_unknown_rights: bool = False
    """Lend locks although it could not be seen that the caller may put them back."""
    during_job: bool = False
    """Go on while a job works on the VM."""
    while_away: bool = False
    """Only while the agent is away: one that is Ready again needs nothing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class GuestOptions:
    """What the caller allows a script."""

    unlock: bool = False
    """Take locks in the way off, and put them back."""
    include_inherited: bool = False
    """Also those on the subscription."""
    accept_unknown_rights: bool = False
    """Lend locks although it could not be seen that the caller may put them back."""
    during_job: bool = False
    """Go on while a job works on the VM."""


Options = AgentOptions | GuestOptions
"""What a caller allows either of the two."""


def plan_restart_agent(evidence: VmEvidence, options: AgentOptions) -> Section:
    """Plan one VM: a script where the agent can run one, else the way that the caller named."""
    vm = evidence.vm
    if options.by in {AgentBy.AUTO, AgentBy.RUN_COMMAND}:
        return _plan_script(evidence, find_script(START_AGENT), options, arguments=((),))
    verdicts = (*_check_power(vm, options.by), *_check_jobs(evidence, options))
    steps = _choose_steps(_refer(evidence, options), options.by)
    drafts = tuple(_draft_change(step, options.by) for step in steps)
    return _section(evidence, options, drafts=drafts, verdicts=verdicts, notes=_notes(options.by))


def plan_deallocate(evidence: VmEvidence, options: AgentOptions) -> Section:
    """Plan to shut one VM down from outside and to leave it off: its backups ask no guest then."""
    vm = evidence.vm
    if vm.power_state == "deallocated":
        return Section(target=vm.id, gaps=evidence.gaps)
    ref = replace(_refer(evidence, options), power_state=vm.power_state)
    step = DeallocateVm(vm=ref)
    draft = Draft(step=step, reason="shut down inside, it half runs on")
    verdicts = tuple(_check_jobs(evidence, options))
    notes = (DYNAMIC_ADDRESS, STAYS_OFF)
    return _section(evidence, options, drafts=(draft,), verdicts=verdicts, notes=notes)


def plan_guest(
    evidence: VmEvidence,
    name: str,
    options: GuestOptions,
    *,
    arguments: tuple[tuple[str, ...], ...] = ((),),
) -> Section:
    """Plan one of azremedy's scripts in one VM.

    Args:
        evidence: the VM's world.
        name: the script's name.
        options: what the caller allows.
        arguments: for each time that it runs, what it is given.

    Raises:
        UsageError: there is no such script.
    """
    return _plan_script(evidence, find_script(name), options, arguments=arguments)


def _plan_script(
    evidence: VmEvidence,
    script: GuestScript,
    options: Options,
    *,
    arguments: tuple[tuple[str, ...], ...],
) -> Section:
    vm = evidence.vm
    other_way = BY_RESTART if isinstance(options, AgentOptions) else None
    verdicts = (
        *_check_system(vm, script),
        *_check_agent(evidence, other_way),
        *(_check_jobs(evidence, options) if script.changes else ()),
    )
    ref = _refer(evidence, options) if script.changes else refer_to(vm)
    drafts = [draft_script(ref, script, arguments=each) for each in arguments]
    if script.end:
        drafts.append(draft_script(refer_to(vm), find_script(script.end)))
    undo = (f"To take it back: {script.undo}.",) if script.undo else ()
    return _section(evidence, options, drafts=tuple(drafts), verdicts=verdicts, notes=undo)


def draft_script(ref: VmRef, script: GuestScript, *, arguments: tuple[str, ...] = ()) -> Draft:
    """Draft one run of a script."""
    step = RunGuestScript(vm=ref, script=script.name, arguments=arguments)
    told = (
        "; it goes on after Run Command has ended"
        if find_system(ref.os_type) in script.detached
        else ""
    )
    where = f": {', '.join(arguments)}" if arguments else ""
    return Draft(step=step, reason=f"{script.title}{where}{told}")


def refer_to(vm: VirtualMachine, idle_items: tuple[ItemRef, ...] = ()) -> VmRef:
    """Name a VM for its whole life, with the items for which no job may run meanwhile."""
    return VmRef(id=vm.id, unique_id=vm.vm_id, os_type=vm.os_type, idle_items=idle_items)


def _refer(evidence: VmEvidence, options: Options) -> VmRef:
    idle = () if options.during_job else list_idle_items(evidence)
    away = isinstance(options, AgentOptions) and options.while_away
    return replace(refer_to(evidence.vm, idle), agent_away=away)


def list_refusing_locks(evidence: VmEvidence) -> tuple[ManagementLock, ...]:
    """List the locks that refuse changes of the VM's state and scripts: ReadOnly ones.

    Both are POST requests, which a CanNotDelete lock lets pass.
    Source: learn.microsoft.com/azure/azure-resource-manager/management/lock-resources (2024-03-08).
    """
    return tuple(
        lock
        for lock in evidence.locks.values
        if lock.level is LockLevel.READ_ONLY and lock.scope.contains(evidence.vm.id)
    )


def _section(
    evidence: VmEvidence,
    options: Options,
    *,
    drafts: tuple[Draft, ...],
    verdicts: tuple[Verdict, ...],
    notes: tuple[str, ...],
) -> Section:
    """Put the drafts between leases of the locks that would refuse them."""
    in_the_way = list_refusing_locks(evidence)
    allowed = select_allowed(
        in_the_way, unlock=options.unlock, include_inherited=options.include_inherited
    )
    locks = (
        *guards.check_locks(
            in_the_way, unlock=options.unlock, include_inherited=options.include_inherited
        ),
        *guards.check_locks_read(evidence.locks, vm_id=evidence.vm.id),
    )
    return Section(
        target=evidence.vm.id,
        drafts=(*map(_draft_lease, allowed), *drafts),
        verdicts=(*verdicts, *locks),
        gaps=evidence.gaps,
        notes=notes,
    )


def _draft_lease(lock: ManagementLock) -> Draft:
    where = "the subscription" if is_inherited(lock) else lock.scope.name
    reason = (
        f"{lock.level} lock '{lock.name}' at {where} refuses restarts and scripts, "
        "put back at the end"
    )
    return Draft(step=DeleteLock(lock=lock, leased=True), reason=reason)


def _choose_steps(ref: VmRef, by: AgentBy) -> tuple[VmStep, ...]:
    steps: dict[AgentBy, tuple[VmStep, ...]] = {
        AgentBy.RESTART: (RestartVm(vm=ref),),
        AgentBy.REAPPLY: (ReapplyVm(vm=ref),),
        AgentBy.REDEPLOY: (RedeployVm(vm=ref),),
        AgentBy.DEALLOCATE: (DeallocateVm(vm=ref), StartVm(vm=ref)),
    }
    return steps[by]


def _draft_change(step: VmStep, by: AgentBy) -> Draft:
    if isinstance(step, ReapplyVm):
        return Draft(step=step, reason="Azure sends the agent its configuration once more")
    if isinstance(step, DeallocateVm):
        return Draft(step=step, reason="the VM gives its host back")
    return Draft(step=step, reason=f"the agent starts with the system (--by {by})")


def _notes(by: AgentBy) -> tuple[str, ...]:
    told = {AgentBy.REDEPLOY: TEMPORARY_DISK, AgentBy.DEALLOCATE: DYNAMIC_ADDRESS}
    return (told[by],) if by in told else ()


def _check_jobs(evidence: VmEvidence, options: Options) -> list[Verdict]:
    """Refuse while a job works on the VM: Compute takes restore points of a VM that stands still.

    Source: learn.microsoft.com/azure/virtual-machines/restore-point-troubleshooting (2023-04-12).
    """
    return guards.check_jobs(
        evidence.running_jobs, vm_id=evidence.vm.id, during_job=options.during_job
    )


def _check_power(vm: VirtualMachine, by: AgentBy) -> list[Verdict]:
    """Refuse to start by the way a VM that is off: its backups need no agent.

    Source: learn.microsoft.com/azure/backup, VM backup FAQ (2025-10-27). A model is applied again
    whether or not the VM runs.
    """
    if by is AgentBy.REAPPLY or vm.power_state == "running":
        return []
    if by is AgentBy.DEALLOCATE and vm.power_state == "deallocated":
        message = "the VM is deallocated already: it would be started"
        return [guards.warn("vm-not-running", vm.id, message)]
    return [guards.refuse("vm-not-running", vm.id, _tell_power(vm))]


def _tell_power(vm: VirtualMachine) -> str:
    state = vm.power_state or "in an unknown power state"
    return f"the VM is {state}: no agent runs in it, and its backups need none"


def _check_system(vm: VirtualMachine, script: GuestScript) -> list[Verdict]:
    system = find_system(vm.os_type)
    if system in script.systems:
        return []
    known = ", ".join(each.value for each in System if each in script.systems)
    message = f"script '{script.name}' is for {known}, and the VM's system is {vm.os_type or '?'}"
    return [guards.refuse("wrong-system", vm.id, message)]


def _check_agent(evidence: VmEvidence, other_way: str | None) -> list[Verdict]:
    """Refuse a script that nobody would carry out: it would hang for 90 minutes.

    Source: learn.microsoft.com/azure/virtual-machines/windows/run-command (2025-08-18).
    """
    vm = evidence.vm
    if vm.power_state != "running":
        return [guards.refuse("vm-not-running", vm.id, _tell_power(vm))]
    if vm.vm_agent is None:
        return [_refuse_script(vm, "agent-not-ready", "not reported", other_way)]
    if not vm.vm_agent.ready:
        said = f"not ready ({vm.vm_agent.message or vm.vm_agent.display_status})"
        return [_refuse_script(vm, "agent-not-ready", said, other_way)]
    reported = vm.vm_agent.reported_at
    if reported is not None and evidence.read_at - reported > SILENCE:
        said = f"silent since {reported:%Y-%m-%d %H:%M} UTC, whatever it said then"
        return [_refuse_script(vm, "agent-silent", said, other_way)]
    return []


def _refuse_script(vm: VirtualMachine, guard: str, said: str, other_way: str | None) -> Verdict:
    message = (
        f"the VM agent is {said}, so no script can run; 'azremedy restart-agent' can restart the "
        "VM, reapply its model, redeploy or deallocate it: --by says which"
    )
    return guards.refuse(guard, vm.id, message, override=other_way)
