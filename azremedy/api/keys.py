"""Plan to let the backup service read the keys of encrypted VMs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from azremedy.api.planning import MAX_TARGETS, assemble_plan, refuse_too_many
from azremedy.api.targets import resolve_vms
from azremedy.collect import Collector
from azremedy.collect_disks import read_disks
from azremedy.collect_keys import read_keys
from azremedy.domain.planner.keys import GrantOptions
from azremedy.domain.planner.keys import plan_grant_keyvault as plan_grant
from azremedy.domain.worlds import VmEvidence
from azremedy.errors import UsageError
from azremedy.ids import is_guid

if TYPE_CHECKING:
    from azremedy.api.connect import Azure
    from azremedy.api.targets import VmNames
    from azremedy.domain.plan import Plan
    from azremedy.domain.planner.assemble import Section
    from azremedy.ids import ResourceId

COMMAND = "grant-keyvault"


def plan_grant_keyvault(
    azure: Azure,
    asked: VmNames,
    options: GrantOptions | None = None,
    *,
    max_targets: int = MAX_TARGETS,
) -> Plan:
    """Plan to let the Backup Management Service into the key vaults of encrypted VMs.

    Raises:
        UsageError: when the object id is no GUID.
        TargetNotFoundError, AmbiguousTargetError: for a VM that is not there, or not one.
    """
    chosen = options or GrantOptions()
    if chosen.object_id is not None and not is_guid(chosen.object_id):
        raise UsageError(
            f"'{chosen.object_id}' is not an object id", advice="It is a GUID with its dashes."
        )
    vm_ids = resolve_vms(azure, asked)
    if len(vm_ids) > max_targets:
        return refuse_too_many(azure, COMMAND, vm_ids, max_targets)
    # One collector a subscription: the locks are read once.
    collectors = {
        key: Collector(gateways=azure.gateways(key), clock=azure.clock)
        for key in {id_.subscription_id.lower() for id_ in vm_ids}
    }
    sections = tuple(
        _plan_vm(collectors[vm_id.subscription_id.lower()], vm_id, chosen) for vm_id in vm_ids
    )
    return assemble_plan(azure, COMMAND, sections, max_targets)


def _plan_vm(collector: Collector, vm_id: ResourceId, options: GrantOptions) -> Section:
    vm = collector.get_vm(vm_id)
    disks = read_disks(collector.gateways, vm)
    facts = read_keys(collector.gateways, vm, disks, object_id=options.object_id)
    evidence = VmEvidence(vm=vm, read_at=collector.clock.now(), locks=collector.list_locks())
    return plan_grant(evidence, facts, disks=disks, options=options)
