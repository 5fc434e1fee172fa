"""From targets to one plan: what all planning commands share."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from azremedy._version import __version__
from azremedy.api.access import check_permissions
from azremedy.api.collecting import make_collector
from azremedy.api.side_by_side import work_side_by_side
from azremedy.api.targets import MAX_TARGETS, count_named, resolve_vms
from azremedy.domain import guards
from azremedy.domain.plan import Request
from azremedy.domain.planner.assemble import Section, assemble
from azremedy.ids import ResourceId
from azremedy.wire import to_json

if TYPE_CHECKING:
    from collections.abc import Callable

    from azremedy.api.connect import Azure
    from azremedy.api.targets import VmNames
    from azremedy.collect import Collector
    from azremedy.domain.permissions import Access
    from azremedy.domain.plan import Plan


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """What is asked for, but for its targets."""

    command: str
    """The command's name."""
    options: object = None
    """What the caller allows, with which the plan can be made again."""
    how: object = None
    """For ``fix``: how to diagnose."""
    max_targets: int = MAX_TARGETS
    """More targets than this are refused."""


def plan_vms(
    azure: Azure, asked: VmNames, order: Order, plan: Callable[[Collector, ResourceId], Section]
) -> Plan:
    """Plan each VM and put the plans together.

    Args:
        azure: the connection.
        asked: the VMs.
        order: what is asked for.
        plan: plans one VM, with what reads its subscription; called in several threads.

    Raises:
        TargetNotFoundError, AmbiguousTargetError: for a VM that is not there, or not one.
    """
    if (refused := refuse_names(azure, order, asked)) is not None:
        return refused
    vm_ids = resolve_vms(azure, asked)
    if len(vm_ids) > order.max_targets:
        return refuse_too_many(azure, order, vm_ids)
    # One collector a subscription: what all its VMs share is read once.
    collectors = {
        key: make_collector(azure, key) for key in {id_.subscription_id.lower() for id_ in vm_ids}
    }
    sections = work_side_by_side(
        lambda id_: plan(collectors[id_.subscription_id.lower()], id_), vm_ids
    )
    return assemble_plan(azure, order, sections)


def refuse_too_many(azure: Azure, order: Order, targets: tuple[ResourceId, ...]) -> Plan:
    """Make the plan that refuses more targets than the caller expects; nothing more is read."""
    section = _too_many(targets[0].subscription, len(targets), order.max_targets)
    return assemble_plan(azure, order, (section,))


def refuse_names(azure: Azure, order: Order, asked: VmNames) -> Plan | None:
    """Refuse more names than targets are expected, before one of them is looked up.

    ``None``: there may be few enough.
    """
    count = count_named(asked)
    if count <= order.max_targets:
        return None
    place = ResourceId.parse(f"/subscriptions/{azure.subscription_id}")
    return assemble_plan(azure, order, (_too_many(place, count, order.max_targets),))


def _too_many(place: ResourceId, count: int, max_targets: int) -> Section:
    verdicts = guards.check_targets(count, max_targets=max_targets, subject=str(place))
    return Section(target=place, verdicts=tuple(verdicts))


def assemble_plan(
    azure: Azure, order: Order, sections: tuple[Section, ...], *, known: Access | None = None
) -> Plan:
    """Put sections together into one plan of this version, made now, here and by the caller.

    What the caller has no right to is refused in it.

    Args:
        azure: the connection.
        order: what is asked for.
        sections: what each target needs.
        known: what was read of the caller's rights already.

    Raises:
        SignInError: no credential worked.
    """
    targets = tuple(section.target for section in sections)
    if len(sections) > order.max_targets:
        place = targets[0].subscription
        sections = (_too_many(place, len(sections), order.max_targets),)
    request = Request(
        command=order.command,
        targets=targets,
        options=_write(order.options),
        how=_write(order.how),
    )
    plan = assemble(order.command, sections, created_at=azure.clock.now(), tool_version=__version__)
    made = replace(plan, origin=azure.find_origin(), request=request)
    return check_permissions(azure, made, known=known)


def _write(options: object) -> str:
    return "{}" if options is None else to_json(options, indent=None)
