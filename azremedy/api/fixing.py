"""Diagnose VMs and plan their repair."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from azremedy.api.assembling import Order, assemble_plan, refuse_names, refuse_too_many
from azremedy.api.diagnosing import DiagnoseOptions, Examined, examine_each, resolve_protected
from azremedy.api.recent import open_diary, read_recent
from azremedy.api.side_by_side import once
from azremedy.api.targets import MAX_TARGETS, VmNames
from azremedy.domain.planner.fix.options import FixOptions
from azremedy.domain.planner.fix.plan import plan_fix as plan_one
from azremedy.playbooks import load_library

if TYPE_CHECKING:
    from collections.abc import Mapping

    from azremedy.api.connect import Azure
    from azremedy.domain.evidence import Observation
    from azremedy.domain.guest import GuestFacts
    from azremedy.domain.plan import Plan
    from azremedy.domain.planner.assemble import Section
    from azremedy.ids import ResourceId


def plan_fix(
    azure: Azure,
    asked: VmNames,
    options: FixOptions | None = None,
    *,
    how: DiagnoseOptions | None = None,
    guest: Mapping[ResourceId, Observation[GuestFacts]] | None = None,
    max_targets: int = MAX_TARGETS,
) -> Plan:
    """Diagnose VMs and plan what mends each of them, ending with a backup as proof.

    Args:
        azure: the connection.
        asked: the VMs.
        options: what may be done; without a word only what the backup service made is changed.
        how: how to diagnose.
        guest: what a look inside told, where there was one.
        max_targets: more VMs than this are refused.

    Raises:
        TargetNotFoundError, AmbiguousTargetError: for a VM that is not there, or not one.
        UsageError: for a code that nobody knows, or a playbook that cannot be used.
    """
    asking, chosen = how or DiagnoseOptions(), options or FixOptions()
    order = Order(command="fix", options=chosen, how=asking, max_targets=max_targets)
    if (refused := refuse_names(azure, order, asked)) is not None:
        return refused
    vm_ids = resolve_protected(azure, asked)
    if len(vm_ids) > max_targets:
        return refuse_too_many(azure, order, vm_ids)
    library = load_library(asking.playbooks)
    instructions = {each.name: each for each in library.instructions}
    # Not before the first answer: Azure's time is known from its answers.
    diary = once(partial(open_diary, azure))

    def plan(each: Examined) -> Section:
        recent = read_recent(diary(), each.case.vm_id)
        return plan_one(each.case, each.diagnosis, chosen, instructions=instructions, recent=recent)

    named = VmNames(names=tuple(map(str, vm_ids)))
    sections = examine_each(azure, named, plan, asking, guest=guest)
    return assemble_plan(azure, order, sections)
