"""Read the world and plan, changing nothing."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

from azremedy.api.assembling import Order, assemble_plan, plan_vms
from azremedy.api.collecting import make_collector
from azremedy.api.recent import open_diary, read_recent
from azremedy.api.side_by_side import once
from azremedy.api.targets import MAX_TARGETS
from azremedy.collect import Needs
from azremedy.domain.planner import backup, clean, orphans, reset
from azremedy.domain.planner.assemble import Section
from azremedy.ids import ResourceId

if TYPE_CHECKING:
    from collections.abc import Callable

    from azremedy.api.connect import Azure
    from azremedy.api.recent import Diary
    from azremedy.api.targets import VmNames
    from azremedy.domain.plan import Plan
    from azremedy.domain.worlds import VmEvidence

ORPHANED = "clean-rpc --orphaned"
"""The command that has no VM to name: they are gone."""


def plan_clean(
    azure: Azure,
    asked: VmNames,
    options: clean.CleanOptions | None = None,
    *,
    max_targets: int = MAX_TARGETS,
) -> Plan:
    """Plan to delete VMs' restore point collections.

    Raises:
        TargetNotFoundError, AmbiguousTargetError: for a VM that is not there, or not one.
    """
    chosen, diary = options or clean.CleanOptions(), once(partial(open_diary, azure))
    return plan_vms(
        azure,
        asked,
        Order(command="clean-rpc", options=chosen, max_targets=max_targets),
        lambda collector, vm_id: clean.plan_clean(
            _recall(collector.collect_vm(vm_id, Needs(collections=True)), diary), chosen
        ),
    )


def plan_orphans(
    azure: Azure,
    options: clean.CleanOptions | None = None,
    *,
    max_targets: int = MAX_TARGETS,
) -> Plan:
    """Plan to delete the restore point collections of the subscription whose VM is gone."""
    evidence = make_collector(azure, azure.subscription_id).collect_orphans()
    sections = orphans.plan_orphans(evidence, options or clean.CleanOptions())
    if not sections:
        subscription = ResourceId.parse(f"/subscriptions/{evidence.subscription_id}")
        sections = (Section(target=subscription, gaps=evidence.gaps),)
    order = Order(command=ORPHANED, options=options, max_targets=max_targets)
    return assemble_plan(azure, order, sections)


def plan_reset(
    azure: Azure,
    asked: VmNames,
    options: reset.ResetOptions | None = None,
    *,
    max_targets: int = MAX_TARGETS,
) -> Plan:
    """Plan to uninstall VMs' snapshot extensions.

    Raises:
        TargetNotFoundError, AmbiguousTargetError: for a VM that is not there, or not one.
    """
    chosen = options or reset.ResetOptions()
    return plan_vms(
        azure,
        asked,
        Order(command="reset-extension", options=chosen, max_targets=max_targets),
        lambda collector, vm_id: reset.plan_reset(
            collector.collect_vm(vm_id, Needs(extensions=True, locks=True)), chosen
        ),
    )


def plan_backup(
    azure: Azure,
    asked: VmNames,
    options: backup.BackupOptions | None = None,
    *,
    max_targets: int = MAX_TARGETS,
) -> Plan:
    """Plan on-demand backups of VMs.

    Raises:
        TargetNotFoundError, AmbiguousTargetError: for a VM that is not there, or not one.
    """
    chosen, diary = options or backup.BackupOptions(), once(partial(open_diary, azure))
    return plan_vms(
        azure,
        asked,
        Order(command="backup-now", options=chosen, max_targets=max_targets),
        lambda collector, vm_id: backup.plan_backup(
            _recall(collector.collect_vm(vm_id, Needs()), diary), chosen
        ),
    )


def _recall(evidence: VmEvidence, diary: Callable[[], Diary]) -> VmEvidence:
    """Add what earlier runs did to what was read: before the first answer no time is known."""
    return replace(evidence, recent=read_recent(diary(), evidence.vm.id))
