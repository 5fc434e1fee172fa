"""Say of whole commands whether the caller may carry them out."""

from __future__ import annotations

from typing import TYPE_CHECKING

from azremedy.api.access import judge_needs, merge_needs
from azremedy.api.targets import resolve_vms
from azremedy.collect import Collector, Needs
from azremedy.domain.builtin_roles import find_role
from azremedy.domain.command_needs import ALL, find_commands
from azremedy.domain.evidence import Reading
from azremedy.domain.needs import At, Need, Weight
from azremedy.domain.permissions import AccessLine, AccessReport
from azremedy.errors import AzremedyError, SignInError
from azremedy.ids import ResourceId

if TYPE_CHECKING:
    from collections.abc import Iterable

    from azremedy.api.connect import Azure
    from azremedy.api.targets import VmNames
    from azremedy.domain.command_needs import CommandNeeds
    from azremedy.domain.permissions import Judgement
    from azremedy.domain.worlds import VmEvidence

Places = dict[At, tuple[ResourceId, ...]]


def check_access(azure: Azure, asked: VmNames, command: str = ALL) -> AccessReport:
    """Compare what a command may need with what the caller's roles give and what is denied.

    With VMs their own vaults and collections are asked; network and key vault, which may lie
    elsewhere, at the VM's group. Without a VM all is asked at the subscription. A plan asks at the
    places that its steps are really about.

    Args:
        azure: the connection.
        asked: the VMs; none means the subscription.
        command: the command, or ``all``.

    Raises:
        UsageError: there is no such command.
        TargetNotFoundError, AmbiguousTargetError: for a VM that is not there, or not one.
        SignInError: no credential worked.
    """
    commands = find_commands(command)
    vm_ids = resolve_vms(azure, asked)
    places = [_find_places(azure, vm_id) for vm_id in vm_ids] or [_subscription(azure)]
    wanted = {name: _list_needs(each, places) for name, each in commands.items()}
    merged = merge_needs(need for needs in wanted.values() for need in needs)
    answers = {
        (answer.need.action, answer.need.scope): answer for answer in judge_needs(azure, merged)
    }
    lines = tuple(
        _make_line(name, need, answers[need.action, need.scope])
        for name, needs in wanted.items()
        for need in needs
    )
    gaps = (answer.denials_unread for answer in answers.values() if answer.denials_unread)
    return AccessReport(lines=lines, gaps=tuple({gap.source: gap for gap in gaps}.values()))


def _list_needs(needs: CommandNeeds, places: Iterable[Places]) -> tuple[Need, ...]:
    return merge_needs(
        Need(action=use.action, scope=scope, weight=use.weight)
        for use in needs.uses
        if use.weight is not Weight.MAY
        for known in places
        for scope in known[use.at]
    )


def _make_line(command: str, need: Need, answer: Judgement) -> AccessLine:
    why = answer.denial.name if answer.denial else answer.unread.why if answer.unread else ""
    return AccessLine(
        command=command,
        action=need.action,
        scope=need.scope,
        weight=need.weight,
        holding=answer.holding,
        role=find_role(need.action),
        why=why,
    )


def _subscription(azure: Azure) -> Places:
    place = ResourceId.parse(f"/subscriptions/{azure.subscription_id}")
    return dict.fromkeys(At, (place,))


def _find_places(azure: Azure, vm_id: ResourceId) -> Places:
    """Find where a VM's commands work; where that cannot be read, the subscription is asked.

    Who lacks permissions is just who asks, so that is no reason to stop.
    """
    evidence = _read_vm(azure, vm_id)
    items = evidence.items if evidence else Reading()
    found = evidence.collections if evidence else Reading()
    collections = tuple(sorted(each.id for each in found.values))
    vaults = tuple(dict.fromkeys(item.vault_id for item in items.values))
    groups = (*(each.group for each in collections), vm_id.group)
    return {
        At.SUBSCRIPTION: (vm_id.subscription,),
        At.VM: (vm_id,),
        At.VAULT: vaults or (vm_id.subscription,),
        At.COLLECTION: collections or (vm_id.subscription,),
        At.LOCK: tuple(dict.fromkeys(groups)),
        At.NETWORK: (vm_id.group,),
        At.KEY_VAULT: (vm_id.group,),
    }


def _read_vm(azure: Azure, vm_id: ResourceId) -> VmEvidence | None:
    collector = Collector(gateways=azure.gateways(vm_id.subscription_id), clock=azure.clock)
    try:
        return collector.collect_vm(vm_id, Needs(collections=True))
    except SignInError:
        raise
    except AzremedyError:
        return None
