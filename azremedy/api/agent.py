"""Plan what brings VMs' agents back, and scripts inside VMs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from azremedy.api.planning import MAX_TARGETS, assemble_plan, refuse_too_many
from azremedy.api.targets import resolve_vms
from azremedy.collect import Collector, Needs
from azremedy.domain.guest_scripts import GuestScript, find_script, find_system, list_logs
from azremedy.domain.planner.agent import (
    AgentOptions,
    GuestOptions,
    plan_guest,
    plan_restart_agent,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from azremedy.api.connect import Azure
    from azremedy.api.targets import VmNames
    from azremedy.domain.plan import Plan
    from azremedy.domain.planner.assemble import Section
    from azremedy.domain.worlds import VmEvidence

_NONE: tuple[tuple[str, ...], ...] = ((),)
"""One run without an argument."""


def plan_agents(
    azure: Azure,
    asked: VmNames,
    options: AgentOptions | None = None,
    *,
    max_targets: int = MAX_TARGETS,
) -> Plan:
    """Plan to bring VMs' agents back; what disrupts a VM only as the caller says.

    Raises:
        TargetNotFoundError, AmbiguousTargetError: for a VM that is not there, or not one.
    """
    chosen = options or AgentOptions()
    return plan_inside(
        azure,
        asked,
        command="restart-agent",
        plan=lambda evidence: plan_restart_agent(evidence, chosen),
        max_targets=max_targets,
    )


def plan_script(
    azure: Azure,
    asked: VmNames,
    name: str,
    options: GuestOptions | None = None,
    *,
    max_targets: int = MAX_TARGETS,
) -> Plan:
    """Plan one of azremedy's scripts in VMs; ``collect-logs`` once for each place of logs.

    Raises:
        UsageError: there is no such script.
        TargetNotFoundError, AmbiguousTargetError: for a VM that is not there, or not one.
    """
    chosen, script = options or GuestOptions(), find_script(name)
    return plan_inside(
        azure,
        asked,
        command="guest",
        plan=lambda evidence: plan_guest(
            evidence, name, chosen, arguments=_list_arguments(script, evidence)
        ),
        max_targets=max_targets,
    )


def plan_inside(
    azure: Azure,
    asked: VmNames,
    *,
    command: str,
    plan: Callable[[VmEvidence], Section],
    max_targets: int,
) -> Plan:
    """Read each VM with its jobs and locks, and plan it.

    Raises:
        TargetNotFoundError, AmbiguousTargetError: for a VM that is not there, or not one.
    """
    vm_ids = resolve_vms(azure, asked)
    if len(vm_ids) > max_targets:
        return refuse_too_many(azure, command, vm_ids, max_targets)
    # One collector a subscription: what all its VMs share is read once.
    collectors = {
        key: Collector(gateways=azure.gateways(key), clock=azure.clock)
        for key in {id_.subscription_id.lower() for id_ in vm_ids}
    }
    sections = tuple(
        plan(collectors[vm_id.subscription_id.lower()].collect_vm(vm_id, Needs(locks=True)))
        for vm_id in vm_ids
    )
    return assemble_plan(azure, command, sections, max_targets)


def _list_arguments(script: GuestScript, evidence: VmEvidence) -> tuple[tuple[str, ...], ...]:
    system = find_system(evidence.vm.os_type)
    if not script.places or system is None:
        return _NONE
    return tuple((place,) for place in list_logs(system))
