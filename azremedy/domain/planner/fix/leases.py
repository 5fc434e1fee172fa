"""Give locks back before the backup that ends a repair, where only steps before it need them off.

A backup may take hours, and it is no proof while it runs without the locks of every other night.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from azremedy.domain.locks import is_inherited
from azremedy.domain.planner.assemble import Draft
from azremedy.domain.steps import (
    CreateLock,
    DeleteExtension,
    DeleteLock,
    DeleteRestorePointCollection,
)

if TYPE_CHECKING:
    from collections.abc import Iterable

    from azremedy.domain.resources import ManagementLock
    from azremedy.ids import ResourceId

BACK = "the steps that needed it off are done, and the backup needs it as it is"


def draft_returns(drafts: tuple[Draft, ...], item_id: ResourceId) -> tuple[Draft, ...]:
    """Draft the return of leased locks, the narrowest first.

    Args:
        drafts: everything before the backup.
        item_id: the protected item that is backed up.
    """
    needed = [item_id, *(d.step.target for d in drafts if _is_made_anew(d))]
    leased = dict.fromkeys(
        draft.step.lock
        for draft in drafts
        if isinstance(draft.step, DeleteLock) and draft.step.leased
    )
    return tuple(
        Draft(step=CreateLock(lock=lock), reason=BACK)
        for lock in sorted(leased, key=lambda lock: -len(lock.scope.segments))
        if not is_inherited(lock) and not _covers(lock, needed)
    )


def _is_made_anew(draft: Draft) -> bool:
    """Say whether a step deletes what the backup makes again, for which a lock must still be off.

    A ReadOnly lock refuses that it is made.
    """
    return isinstance(draft.step, DeleteExtension | DeleteRestorePointCollection)


def _covers(lock: ManagementLock, places: Iterable[ResourceId]) -> bool:
    return any(lock.scope.contains(place) or place.contains(lock.scope) for place in places)
