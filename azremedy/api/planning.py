"""Read the world and plan, changing nothing."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from azremedy._version import __version__
from azremedy.api.targets import parse_group, resolve_vms
from azremedy.collect import Collector, Needs
from azremedy.domain import guards
from azremedy.domain.ownership import looks_like_backup, names_vm
from azremedy.domain.planner import backup, clean, orphans, reset, unlock
from azremedy.domain.planner.assemble import Section, assemble
from azremedy.errors import NotFoundError, RefusedError, TargetNotFoundError, UsageError
from azremedy.ids import ResourceId

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from azremedy.api.connect import Azure
    from azremedy.api.targets import GroupNames, VmNames
    from azremedy.domain.plan import Plan
    from azremedy.domain.worlds import GroupsEvidence, RestorePointGroup, VmEvidence

MAX_TARGETS = 20
"""Targets that one plan may have unless the caller says otherwise."""


def find_groups(azure: Azure, *, locked: bool = False) -> GroupsEvidence:
    """Find the restore point groups of the subscription.

    What could not be read is in ``gaps``.

    Args:
        azure: the connection.
        locked: only groups that a lock binds, their own or an inherited one.

    Raises:
        AzremedyError: when not even the groups can be listed.
    """
    found = _collector(azure, azure.subscription_id).collect_groups()
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
    return assemble_plan(azure, "unlock-rg", sections or _nothing_found(azure, asked), max_targets)


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
    chosen = options or clean.CleanOptions()
    return _plan_vms(
        azure,
        asked,
        command="clean-rpc",
        needs=Needs(collections=True),
        plan=lambda evidence: clean.plan_clean(evidence, chosen),
        max_targets=max_targets,
    )


def plan_orphans(
    azure: Azure,
    options: clean.CleanOptions | None = None,
    *,
    max_targets: int = MAX_TARGETS,
) -> Plan:
    """Plan to delete the restore point collections of the subscription whose VM is gone."""
    evidence = _collector(azure, azure.subscription_id).collect_orphans()
    sections = orphans.plan_orphans(evidence, options or clean.CleanOptions())
    if not sections:
        subscription = ResourceId.parse(f"/subscriptions/{evidence.subscription_id}")
        sections = (Section(target=subscription, gaps=evidence.gaps),)
    return assemble_plan(azure, "clean-rpc", sections, max_targets)


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
    return _plan_vms(
        azure,
        asked,
        command="reset-extension",
        needs=Needs(extensions=True, locks=True),
        plan=lambda evidence: reset.plan_reset(evidence, chosen),
        max_targets=max_targets,
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
    chosen = options or backup.BackupOptions()
    return _plan_vms(
        azure,
        asked,
        command="backup-now",
        needs=Needs(),
        plan=lambda evidence: backup.plan_backup(evidence, chosen),
        max_targets=max_targets,
    )


def _plan_vms(
    azure: Azure,
    asked: VmNames,
    *,
    command: str,
    needs: Needs,
    plan: Callable[[VmEvidence], Section],
    max_targets: int,
) -> Plan:
    vm_ids = resolve_vms(azure, asked)
    if len(vm_ids) > max_targets:
        return refuse_too_many(azure, command, vm_ids, max_targets)
    # One collector a subscription: what all its VMs share is read once.
    collectors = {
        key: _collector(azure, key) for key in {id_.subscription_id.lower() for id_ in vm_ids}
    }
    sections = tuple(
        plan(collectors[vm_id.subscription_id.lower()].collect_vm(vm_id, needs)) for vm_id in vm_ids
    )
    return assemble_plan(azure, command, sections, max_targets)


def _too_many(targets: tuple[ResourceId, ...], max_targets: int) -> tuple[Section, ...]:
    """Refuse before anything more is read."""
    verdicts = guards.check_targets(
        len(targets), max_targets=max_targets, subject=str(targets[0].subscription)
    )
    return (Section(target=targets[0].subscription, verdicts=tuple(verdicts)),)


def refuse_too_many(
    azure: Azure, command: str, targets: tuple[ResourceId, ...], max_targets: int
) -> Plan:
    """Make the plan that refuses more targets than the caller expects."""
    return assemble_plan(azure, command, _too_many(targets, max_targets), max_targets)


def assemble_plan(
    azure: Azure, command: str, sections: tuple[Section, ...], max_targets: int
) -> Plan:
    """Put sections together into one plan of this version, made now."""
    if len(sections) > max_targets:
        sections = _too_many(tuple(section.target for section in sections), max_targets)
    return assemble(command, sections, created_at=azure.clock.now(), tool_version=__version__)


def _collector(azure: Azure, subscription_id: str) -> Collector:
    return Collector(gateways=azure.gateways(subscription_id), clock=azure.clock)


def _is_locked(found: RestorePointGroup) -> bool:
    return bool(found.locks or found.resource_locks or found.inherited_locks)


def _read_groups(azure: Azure, asked: GroupNames) -> list[GroupsEvidence]:
    """Read the subscriptions that are meant, and keep of their groups those that are meant."""
    named = [parse_group(azure, name) for name in asked.names]
    vm_ids = resolve_vms(azure, asked.vms)
    for vm_id in vm_ids:
        _collector(azure, vm_id.subscription_id).get_vm(vm_id)
    ids = [id_.subscription_id.lower() for id_ in (*named, *vm_ids)]
    if asked.all_groups:
        ids.append(azure.subscription_id.lower())
    read = {id_: _collector(azure, id_).collect_groups() for id_ in dict.fromkeys(ids)}
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
