"""Find restore point groups, and plan to take their locks off, changing nothing."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from azremedy.api.assembling import MAX_TARGETS, Order, assemble_plan, make_collector
from azremedy.api.targets import parse_group, resolve_vms
from azremedy.domain.ownership import looks_like_backup, names_vm
from azremedy.domain.planner import unlock
from azremedy.domain.planner.assemble import Section
from azremedy.errors import NotFoundError, RefusedError, TargetNotFoundError, UsageError
from azremedy.ids import ResourceId

if TYPE_CHECKING:
    from collections.abc import Iterable

    from azremedy.api.connect import Azure
    from azremedy.api.targets import GroupNames
    from azremedy.domain.plan import Plan
    from azremedy.domain.worlds import GroupsEvidence, RestorePointGroup


def find_groups(azure: Azure, *, locked: bool = False) -> GroupsEvidence:
    """Find the restore point groups of the subscription.

    What could not be read is in ``gaps``.

    Args:
        azure: the connection.
        locked: only groups that a lock binds, their own or an inherited one.

    Raises:
        AzremedyError: when not even the groups can be listed.
    """
    found = make_collector(azure, azure.subscription_id).collect_groups()
    if not locked:
        return found
    return replace(found, groups=tuple(group for group in found.groups if _is_locked(group)))


def plan_unlock(
    azure: Azure,
    asked: GroupNames,
    options: unlock.UnlockOptions | None = None,
    *,
    max_targets: int = MAX_TARGETS,
) -> Plan:
    """Plan to remove the locks that stop the clean-up of restore points.

    Raises:
        UsageError: when no group is named in any way.
        TargetNotFoundError: when a named group does not exist.
        RefusedError: when a named group is not a restore point group.
    """
    if not (asked.names or asked.vms.names or asked.all_groups):
        raise UsageError("No group is named", advice="Give a GROUP, --vm VM or --all.")
    chosen = options or unlock.UnlockOptions()
    sections = tuple(
        section
        for evidence in _read_groups(azure, asked)
        for section in _plan_groups(evidence, chosen)
    )
    order = Order(command="unlock-rg", options=chosen, max_targets=max_targets)
    return assemble_plan(azure, order, sections or _nothing_found(azure, asked))


def _is_locked(found: RestorePointGroup) -> bool:
    return bool(found.locks or found.resource_locks or found.inherited_locks)


def _read_groups(azure: Azure, asked: GroupNames) -> list[GroupsEvidence]:
    """Read the subscriptions that are meant, and keep of their groups those that are meant."""
    named = [parse_group(azure, name) for name in asked.names]
    vm_ids = resolve_vms(azure, asked.vms)
    for vm_id in vm_ids:
        make_collector(azure, vm_id.subscription_id).get_vm(vm_id)
    ids = [id_.subscription_id.lower() for id_ in (*named, *vm_ids)]
    if asked.all_groups:
        ids.append(azure.subscription_id.lower())
    read = {id_: make_collector(azure, id_).collect_groups() for id_ in dict.fromkeys(ids)}
    for group_id in named:
        _check_named(azure, group_id, read[group_id.subscription_id.lower()])
    return [
        replace(
            evidence,
            groups=tuple(
                found
                for found in evidence.groups
                if asked.all_groups or found.group.id in named or _holds_points_of(found, vm_ids)
            ),
        )
        for evidence in read.values()
    ]


def _plan_groups(evidence: GroupsEvidence, options: unlock.UnlockOptions) -> tuple[Section, ...]:
    """Plan each group; where none was found say what could not be read on the way."""
    if not evidence.groups and evidence.gaps:
        subscription = ResourceId.parse(f"/subscriptions/{evidence.subscription_id}")
        return (Section(target=subscription, gaps=evidence.gaps),)
    return tuple(
        replace(unlock.plan_unlock(found, options), gaps=evidence.gaps) for found in evidence.groups
    )


def _nothing_found(azure: Azure, asked: GroupNames) -> tuple[Section, ...]:
    """Say for each VM that no group holds its points, so that nobody takes it for unlocked."""
    note = "no restore point group holds restore points of this VM"
    return tuple(Section(target=vm_id, notes=(note,)) for vm_id in resolve_vms(azure, asked.vms))


def _holds_points_of(found: RestorePointGroup, vm_ids: Iterable[ResourceId]) -> bool:
    return any(
        names_vm(collection.source_id, vm_id) and looks_like_backup(collection)
        for collection in found.collections
        for vm_id in vm_ids
    )


def _check_named(azure: Azure, group_id: ResourceId, evidence: GroupsEvidence) -> None:
    if any(found.group.id == group_id for found in evidence.groups):
        return
    try:
        azure.gateways(group_id.subscription_id).groups.get_group(group_id)
    except NotFoundError as error:
        raise TargetNotFoundError(
            f"There is no resource group {group_id}", answer=error.answer
        ) from error
    known = "known, as far as could be read, to be" if evidence.gaps else "recognisable as"
    raise RefusedError(
        f"{group_id} is not {known} a restore point group of Azure Backup, so its locks stay",
        advice="See 'azremedy find-rg' for the groups that this command works on.",
    )
