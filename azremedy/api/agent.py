"""Plan what brings VMs' agents back, and scripts inside VMs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from azremedy.api.assembling import Order, plan_vms
from azremedy.api.targets import MAX_TARGETS
from azremedy.collect import Needs
from azremedy.domain.guest_scripts import GuestScript, find_script, find_system, list_logs
from azremedy.domain.planner.agent import (
    AgentOptions,
    GuestOptions,
    plan_guest,
    plan_restart_agent,
)

if TYPE_CHECKING:
    from azremedy.api.connect import Azure
    from azremedy.api.targets import VmNames
    from azremedy.collect import Collector
    from azremedy.domain.plan import Plan
    from azremedy.domain.planner.assemble import Section
    from azremedy.domain.worlds import VmEvidence
    from azremedy.ids import ResourceId

LOCKS = Needs(locks=True)
"""What changes of whole VMs and scripts inside them look at, besides jobs."""

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
    return plan_vms(
        azure,
        asked,
        Order(command="restart-agent", options=chosen, max_targets=max_targets),
        lambda collector, vm_id: plan_restart_agent(collector.collect_vm(vm_id, LOCKS), chosen),
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

    def plan(collector: Collector, vm_id: ResourceId) -> Section:
        evidence = collector.collect_vm(vm_id, LOCKS)
        return plan_guest(evidence, name, chosen, arguments=_list_arguments(script, evidence))

    order = Order(command=f"guest {name}", options=chosen, max_targets=max_targets)
    return plan_vms(azure, asked, order, plan)


def _list_arguments(script: GuestScript, evidence: VmEvidence) -> tuple[tuple[str, ...], ...]:
    system = find_system(evidence.vm.os_type)
    if not script.places or system is None:
        return _NONE
    return tuple((place,) for place in list_logs(system))
