"""Work out what a deletion of restore points loses.

A restore point and a recovery point of the vault are the same backup when their times are: the
recovery point's time was one to three seconds after the time in the restore point's name in all
recordings that show both (2021 to 2024). Backups of one VM lie hours apart.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from azremedy.domain.naming import restore_point_time
from azremedy.domain.plan import Copy, PointLoss

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from azremedy.domain.evidence import Reading
    from azremedy.domain.resources import RecoveryPoint, RecoveryPointTier, RestorePoint

SAME_BACKUP = timedelta(minutes=2)

# Up to api-version 2020 the tier and its status came as numbers of the same enumerations.
_VAULT_TIERS = frozenset({"HardenedRP", "ArchivedRP", "2", "3"})
_VALID = frozenset({"Valid", "Rehydrated", "1", "4"})


def find_losses(
    points: Iterable[RestorePoint], recovery_points: Reading[RecoveryPoint]
) -> tuple[PointLoss, ...]:
    """Say for each restore point whether the vault has it too.

    A point that no recovery point matches is lost for good (``Copy.NONE``), unless the vault's
    list is incomplete or does not tell where the matching one lies: then nothing is concluded
    (``Copy.UNKNOWN``).
    """
    return tuple(_find_loss(point, recovery_points) for point in points)


def has_vault_copy(point: RecoveryPoint) -> bool:
    """Say whether a recovery point can be restored without the snapshot."""
    return any(_in_vault(tier) for tier in point.tiers)


def _in_vault(tier: RecoveryPointTier) -> bool:
    return tier.tier in _VAULT_TIERS and tier.status in _VALID


def _find_loss(point: RestorePoint, recovery_points: Reading[RecoveryPoint]) -> PointLoss:
    time = restore_point_time(point.name) or point.time_created
    return PointLoss(restore_point_id=point.id, time=time, copy=_find_copy(time, recovery_points))


def _find_copy(time: datetime | None, recovery_points: Reading[RecoveryPoint]) -> Copy:
    missing = Copy.NONE if recovery_points.complete else Copy.UNKNOWN
    if time is None:
        return missing
    same = [p for p in recovery_points.values if abs(p.time - time) <= SAME_BACKUP]
    if any(has_vault_copy(p) for p in same):
        return Copy.VAULT
    return missing if all(p.tiers for p in same) else Copy.UNKNOWN
