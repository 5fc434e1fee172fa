"""Find restore point groups, and plan to take their locks off, changing nothing."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import TYPE_CHECKING

from azremedy.api.collecting import make_collector
from azremedy.api.targets import MAX_TARGETS, parse_group, resolve_vms
from azremedy.domain.locks import is_services_own
from azremedy.domain.naming import is_default_group_name
from azremedy.domain.ownership import looks_like_backup, names_vm
from azremedy.domain.planner.unlock_options import UnlockOptions
from azremedy.errors import NotFoundError, RefusedError, TargetNotFoundError, UsageError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from azremedy.api.connect import Azure
    from azremedy.api.targets import GroupNames
    from azremedy.collect import Collector
    from azremedy.domain.permissions import Access
    from azremedy.domain.plan import Plan
    from azremedy.domain.worlds import GroupsEvidence, RestorePointGroup
    from azremedy.ids import ResourceId


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
    options: UnlockOptions | None = None,
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
    chosen = options or UnlockOptions()
    named = tuple(parse_group(azure, name) for name in asked.names)
    vm_ids = resolve_vms(azure, asked.vms)
    collectors = _make_collectors(azure, asked, (*named, *vm_ids))
    with ThreadPoolExecutor(1) as pool:
        reading = pool.submit(_read_access, azure, collectors, named[:max_targets])
        read = _read_groups(azure, asked, collectors, named=named, vm_ids=vm_ids)
    from azremedy.api.assembling import (  # noqa: PLC0415 - not before Azure is asked
        Order,
        assemble_plan,
    )
    from azremedy.api.unlock_sections import find_nothing, plan_groups  # noqa: PLC0415 - as above

    order = Order(command="unlock-rg", options=chosen, max_targets=max_targets)
    sections = plan_groups(read, chosen) or find_nothing(vm_ids)
    return assemble_plan(azure, order, sections, known=reading.result())


def _is_locked(found: RestorePointGroup) -> bool:
    return bool(found.locks or found.resource_locks or found.inherited_locks)


def _make_collectors(
    azure: Azure, asked: GroupNames, targets: Iterable[ResourceId]
) -> dict[str, Collector]:
    """Make what reads each subscription that is meant, by its id in lower case."""
    ids = [target.subscription_id.lower() for target in targets]
    if asked.all_groups:
        ids.append(azure.subscription_id.lower())
    return {id_: make_collector(azure, id_) for id_ in dict.fromkeys(ids)}


def _read_access(
    azure: Azure, collectors: dict[str, Collector], named: Iterable[ResourceId]
) -> Access | None:
    """Read what the caller may do at the groups that are locked, while they are read themselves.

    Other groups may turn out to be none of the service's: their rights are read when they matter.
    """
    locked = [
        group_id
        for group_id in named
        if is_default_group_name(group_id.name)
        and any(
            lock.scope == group_id and not is_services_own(lock)
            for lock in collectors[group_id.subscription_id.lower()].list_locks().values
        )
    ]
    if not locked:
        return None
    from azremedy.api.access import read_access  # noqa: PLC0415 - not before Azure is asked
    from azremedy.domain.needs import LOCK_DELETE, Need  # noqa: PLC0415 - as above

    return read_access(azure, [Need(action=LOCK_DELETE, scope=group_id) for group_id in locked])


def _read_groups(
    azure: Azure,
    asked: GroupNames,
    collectors: dict[str, Collector],
    *,
    named: tuple[ResourceId, ...],
    vm_ids: tuple[ResourceId, ...],
) -> list[GroupsEvidence]:
    """Read the subscriptions that are meant, and keep of their groups those that are meant."""
    for vm_id in vm_ids:
        collectors[vm_id.subscription_id.lower()].get_vm(vm_id)
    read = {id_: collector.collect_groups() for id_, collector in collectors.items()}
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
