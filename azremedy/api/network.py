"""Plan to open the way from VMs to Azure Storage."""

from __future__ import annotations

from typing import TYPE_CHECKING

from azremedy.api.assembling import Order, plan_vms
from azremedy.api.targets import MAX_TARGETS
from azremedy.collect.network import read_network
from azremedy.domain.planner import network
from azremedy.domain.worlds import VmEvidence

if TYPE_CHECKING:
    from azremedy.api.connect import Azure
    from azremedy.api.targets import VmNames
    from azremedy.collect import Collector
    from azremedy.domain.plan import Plan
    from azremedy.domain.planner.assemble import Section
    from azremedy.ids import ResourceId


def plan_allow_storage(
    azure: Azure,
    asked: VmNames,
    options: network.StorageOptions | None = None,
    *,
    max_targets: int = MAX_TARGETS,
) -> Plan:
    """Plan to let VMs reach Azure Storage; with nothing in the way there is nothing to do.

    Raises:
        TargetNotFoundError, AmbiguousTargetError: for a VM that is not there, or not one.
    """
    chosen = options or network.StorageOptions()
    return plan_vms(
        azure,
        asked,
        Order(command="allow-storage", options=chosen, max_targets=max_targets),
        lambda collector, vm_id: _plan_one(collector, vm_id, chosen),
    )


def _plan_one(collector: Collector, vm_id: ResourceId, options: network.StorageOptions) -> Section:
    vm, locks = collector.get_vm(vm_id), collector.list_locks()
    evidence = VmEvidence(vm=vm, read_at=collector.clock.now(), locks=locks)
    return network.plan_allow_storage(evidence, read_network(collector.gateways, vm), options)
