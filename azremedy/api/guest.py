"""Look inside VMs, and read what was told there."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from azremedy.api.agent import LOCKS
from azremedy.api.assembling import Order, plan_vms
from azremedy.api.targets import MAX_TARGETS
from azremedy.domain.evidence import Observation, Observed, Unreadable
from azremedy.domain.guards import skip
from azremedy.domain.guest import GuestFacts, parse_guest_facts
from azremedy.domain.guest_scripts import CHECK
from azremedy.domain.plan import Decision
from azremedy.domain.planner.agent import GuestOptions, plan_guest
from azremedy.domain.run import StepResult, StepState
from azremedy.domain.steps import RunGuestScript

if TYPE_CHECKING:
    from azremedy.api.connect import Azure
    from azremedy.api.targets import VmNames
    from azremedy.domain.plan import Plan
    from azremedy.domain.planner.assemble import Section
    from azremedy.domain.run import Run
    from azremedy.domain.worlds import VmEvidence
    from azremedy.ids import ResourceId


def plan_look_inside(
    azure: Azure,
    asked: VmNames,
    options: GuestOptions | None = None,
    *,
    max_targets: int = MAX_TARGETS,
) -> Plan:
    """Plan the ``check`` script in VMs; one that cannot run it now is left out, and why is said.

    Raises:
        TargetNotFoundError, AmbiguousTargetError: for a VM that is not there, or not one.
    """
    chosen = options or GuestOptions()
    return plan_vms(
        azure,
        asked,
        Order(command="look-inside", options=chosen, max_targets=max_targets),
        lambda collector, vm_id: _plan_check(collector.collect_vm(vm_id, LOCKS), chosen),
    )


def read_guest_facts(run: Run) -> dict[ResourceId, Observation[GuestFacts]]:
    """Read what the ``check`` scripts of a run told, by VM.

    A script that failed, or did not run, makes the VM's facts unreadable. A VM that the plan left
    out is not there.
    """
    results = {result.number: result for result in run.steps}
    return {
        planned.step.vm.id: _observe(planned.step, results[planned.number])
        for planned in run.plan.steps
        if isinstance(planned.step, RunGuestScript) and planned.step.script == CHECK
    }


def _observe(step: RunGuestScript, result: StepResult) -> Observation[GuestFacts]:
    source = f"{step.vm.id}/runCommand"
    if result.state is StepState.DONE:
        return Observed(
            value=parse_guest_facts(step.vm.os_type, result.output),
            source=source,
            at=result.ended_at,
            request_id=result.request_id,
        )
    error = result.error
    why = error.message if error else f"the check inside was not carried out: {result.state.value}"
    return Unreadable(source=source, why=why, answer=error.answer if error else None)


def _plan_check(evidence: VmEvidence, options: GuestOptions) -> Section:
    """Leave a VM out for which a script would be refused: the others are looked at all the same."""
    section = plan_guest(evidence, CHECK, options)
    refused = [each for each in section.verdicts if each.decision is Decision.REFUSE]
    if not refused:
        return section
    skipped = tuple(skip(each.guard, each.subject, each.message) for each in refused)
    return replace(section, drafts=(), verdicts=skipped)
