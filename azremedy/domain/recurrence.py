"""Why a repaired backup will fail again, unless something is done about that too."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from azremedy.domain.evidence import Observed
from azremedy.domain.guards import RESTORE_POINT_LIMIT, SUPPORTED_BACKUPS_PER_DAY
from azremedy.domain.locks import is_inherited, is_services_own, list_locks_in_the_way
from azremedy.domain.naming import restore_point_time
from azremedy.domain.ownership import looks_like_backup

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import date

    from azremedy.domain.case import Case
    from azremedy.domain.findings import Finding
    from azremedy.domain.resources import ManagementLock

_OF_POINTS = frozenset({"point-group-locked", "point-limit"})
_OF_ATTEMPTS = frozenset({"too-many-backups"})

KEPT_BEYOND_RETENTION = 3
"""Snapshots that the service keeps beyond the days of the policy, at most: it deletes them up to a
day after their time, and always keeps the newest.
Source: learn.microsoft.com/azure/backup/backup-instant-restore-capability (2023) and the support
matrix (2025-10-27)."""


def find_recurrence(case: Case, confirmed: Iterable[Finding]) -> tuple[str, ...]:
    """Say why the confirmed causes will be back: one line each, the surest first.

    Args:
        case: what was read.
        confirmed: the causes that the facts show.
    """
    causes = {finding.cause for finding in confirmed}
    found: list[str] = []
    if causes & _OF_POINTS:
        found += [*_tell_locks(case), _tell_pace(case)]
    if causes & (_OF_POINTS | _OF_ATTEMPTS):
        found.append(_tell_todays_backups(case))
    return tuple(line for line in found if line)


def _tell_locks(case: Case) -> list[str]:
    ours = [each for each in case.collections.values if looks_like_backup(each)]
    locks = dict.fromkeys(
        lock
        for collection in ours
        for lock in list_locks_in_the_way(collection.id, case.locks.values)
        if not is_services_own(lock)
    )
    # What is inherited comes first: it binds every group that the service will ever make.
    return [_tell_lock(lock) for lock in sorted(locks, key=lambda lock: not is_inherited(lock))]


def _tell_lock(lock: ManagementLock) -> str:
    known = f"the lock '{lock.name}' ({lock.level}) on {lock.scope}{_tell_origin(lock)}"
    if is_inherited(lock):
        return (
            f"{known} binds every group of the subscription: while it is there, or once it is put "
            "back, old restore points stay; lock the groups that are meant instead"
        )
    return (
        f"{known} may be put back by whoever made it, a person or an Azure Policy: have the group "
        "exempted, for restore points are cleaned up only while it has no lock"
    )


def _tell_origin(lock: ManagementLock) -> str:
    notes = f", whose notes say '{lock.notes}'," if lock.notes else ""
    owners = f", owned by {', '.join(lock.owners)}," if lock.owners else ""
    return f"{owners}{notes}".replace(",,", ",")


def _tell_pace(case: Case) -> str:
    """Compare how many points the policy lets stand with how many may; empty when they fit."""
    if not isinstance(case.policy, Observed):
        return ""
    days = case.policy.value.instant_retention_days
    pace = _count_a_day(case)
    if not days or not pace:
        return ""
    kept = days * pace + KEPT_BEYOND_RETENTION
    if kept < RESTORE_POINT_LIMIT:
        return ""
    name = case.policy.value.id.name
    return (
        f"the policy '{name}' keeps snapshots for {days} days and up to {pace} are made a day: "
        f"about {kept} at a time, where {RESTORE_POINT_LIMIT} are allowed; keep them for fewer "
        "days, or back up less often"
    )


def _count_a_day(case: Case) -> int:
    """Count the restore points of the busiest day, over all collections of the VM."""
    made: Counter[date] = Counter(
        time.date()
        for collection in case.collections.values
        if looks_like_backup(collection)
        for point in collection.restore_points or ()
        if (time := restore_point_time(point.name)) is not None
    )
    return max(made.values(), default=0)


def _tell_todays_backups(case: Case) -> str:
    count = len(case.todays_backups.values)
    if count <= SUPPORTED_BACKUPS_PER_DAY:
        return ""
    asked = sum(1 for job in case.todays_backups.values if job.user_triggered)
    return (
        f"{count} backups were started since midnight UTC, {asked} of them on demand: whatever "
        "starts them will fill the limits again; one scheduled and three on-demand backups a day "
        "are supported"
    )
