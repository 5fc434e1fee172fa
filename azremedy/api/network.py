"""Plan to open the way from VMs to Azure Storage."""

from __future__ import annotations

from typing import TYPE_CHECKING

from azremedy.api.planning import MAX_TARGETS, assemble_plan, refuse_too_many
from azremedy.api.targets import resolve_vms
from azremedy.collect import Collector
from azremedy.collect_network import read_network
from azremedy.domain.planner import network
from azremedy.domain.worlds import VmEvidence

if TYPE_CHECKING:
    from azremedy.api.connect import Azure
    from azremedy.api.targets import VmNames
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
    vm_ids = resolve_vms(azure, asked)
    if len(vm_ids) > max_targets:
        return refuse_too_many(azure, "allow-storage", vm_ids, max_targets)
    chosen = options or network.StorageOptions()
    sections = tuple(_plan_one(azure, vm_id, chosen) for vm_id in vm_ids)
    return assemble_plan(azure, "allow-storage", sections, max_targets)


def _plan_one(azure: Azure, vm_id: ResourceId, options: network.StorageOptions) -> Section:
    gateways = azure.gateways(vm_id.subscription_id)
    collector = Collector(gateways=gateways, clock=azure.clock)
    vm, locks = collector.get_vm(vm_id), collector.list_locks()
    evidence = VmEvidence(vm=vm, read_at=azure.clock.now(), locks=locks)
    return network.plan_allow_storage(evidence, read_network(gateways, vm), options)
