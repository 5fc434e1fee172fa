"""Plan to take locks off groups that were read; apart, as it loads all that plans."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from azremedy.domain.planner.assemble import Section
from azremedy.domain.planner.unlock import plan_unlock
from azremedy.ids import ResourceId

if TYPE_CHECKING:
    from collections.abc import Iterable

    from azremedy.domain.planner.unlock_options import UnlockOptions
    from azremedy.domain.worlds import GroupsEvidence


def plan_groups(read: Iterable[GroupsEvidence], options: UnlockOptions) -> tuple[Section, ...]:
    """Plan each group; where none was found say what could not be read on the way."""
    return tuple(section for evidence in read for section in _plan_groups(evidence, options))


def find_nothing(vm_ids: Iterable[ResourceId]) -> tuple[Section, ...]:
    """Say for each VM that no group holds its points, so that nobody takes it for unlocked."""
    note = "no restore point group holds restore points of this VM"
    return tuple(Section(target=vm_id, notes=(note,)) for vm_id in vm_ids)


def _plan_groups(evidence: GroupsEvidence, options: UnlockOptions) -> tuple[Section, ...]:
    if not evidence.groups and evidence.gaps:
        subscription = ResourceId.parse(f"/subscriptions/{evidence.subscription_id}")
        return (Section(target=subscription, gaps=evidence.gaps),)
    return tuple(
        replace(plan_unlock(found, options), gaps=evidence.gaps) for found in evidence.groups
    )
