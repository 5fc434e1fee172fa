"""Plan to let the backup service read the keys of encrypted VMs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from azremedy.api.assembling import Order, plan_vms
from azremedy.api.targets import MAX_TARGETS
from azremedy.collect.disks import read_disks
from azremedy.collect.keys import read_keys
from azremedy.domain.planner.keys import GrantOptions
from azremedy.domain.planner.keys import plan_grant_keyvault as plan_grant
from azremedy.domain.worlds import VmEvidence
from azremedy.errors import UsageError
from azremedy.ids import is_guid

if TYPE_CHECKING:
    from azremedy.api.connect import Azure
    from azremedy.api.targets import VmNames
    from azremedy.collect import Collector
    from azremedy.domain.plan import Plan
    from azremedy.domain.planner.assemble import Section
    from azremedy.ids import ResourceId


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
    return plan_vms(
        azure,
        asked,
        Order(command="grant-keyvault", options=chosen, max_targets=max_targets),
        lambda collector, vm_id: _plan_vm(collector, vm_id, chosen),
    )


def _plan_vm(collector: Collector, vm_id: ResourceId, options: GrantOptions) -> Section:
    vm = collector.get_vm(vm_id)
    disks = read_disks(collector.gateways, vm)
    facts = read_keys(collector.gateways, vm, disks, object_id=options.object_id)
    evidence = VmEvidence(vm=vm, read_at=collector.clock.now(), locks=collector.list_locks())
    return plan_grant(evidence, facts, disks=disks, options=options)
