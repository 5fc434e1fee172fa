"""Tell how the newest backup of a protected item ended, from two words that may not agree.

A vault's jobs and its items are told apart, and either may be older than the other.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from azremedy.domain import guards
from azremedy.domain.estate import CHRONIC_FAILURES, LastJob, Risk
from azremedy.domain.evidence import Observed, Reading
from azremedy.domain.resources import BackupJob
from azremedy.domain.symptoms import NO_CODE, find_symptoms

if TYPE_CHECKING:
    from collections.abc import Iterable

    from azremedy.domain.catalog import Catalog
    from azremedy.domain.resources import ProtectedItem
    from azremedy.domain.sightings import SeenItem
    from azremedy.domain.symptom import Symptom

PAUSED = "ProtectionPaused"
NO_BACKUPS = "UserErrorBcmDatasourceNotPresent"
"""What the service answers to a backup of an item whose protection is paused.
Source: learn.microsoft.com/azure/backup, "agent or extension" article (2025-11-12)."""

_UNHEALTHY = frozenset({"ActionRequired", "ActionSuggested"})

_APART = timedelta(minutes=5)
"""An item's last backup and the start of its job are one moment: in recorded Azure traffic they
differ by seconds."""


class SymptomReader:
    """Names the codes of items; equal words of Azure are understood once.

    Args:
        catalog: the playbooks that are known.
    """

    def __init__(self, catalog: Catalog) -> None:
        self._catalog = catalog
        self._known: dict[object, tuple[Symptom, ...]] = {}

    def read(self, seen: SeenItem) -> tuple[Symptom, ...]:
        """Find the codes of an item's newest backup and of its health, the strongest first."""
        job, item = find_newest(seen), seen.item
        key = (
            *((job.status, job.errors, job.dynamic_error_message) if job else ()),
            item.protection_state,
            item.last_backup_status,
            item.health_status,
            item.health_details,
        )
        if key not in self._known:
            self._known[key] = self._ask(job, item)
        return self._known[key]

    def may_be_behind(self, code: str, causes: Iterable[str]) -> bool:
        """Say whether one of the causes may be behind a code; of a new code nobody knows."""
        book = self._catalog.find(code)
        return book is None or any(each.cause in causes for each in book.causes)

    def _ask(self, job: BackupJob | None, item: ProtectedItem) -> tuple[Symptom, ...]:
        last = job or BackupJob(id=item.id, operation="Backup", status=item.last_backup_status)
        found = find_symptoms(
            asked=None,
            last_backup=Observed(value=last, source=str(last.id)),
            items=Reading(values=(item,)),
            catalog=self._catalog,
        )
        # Lists of jobs name no codes: what the health says is then the code of the failure.
        return tuple(each for each in found if each.code != NO_CODE) or found


def is_backed_up(item: ProtectedItem) -> bool:
    """Say whether the service backs an item up, or would if it were not paused."""
    if item.is_scheduled_for_deferred_delete:
        return False
    return item.protection_state == PAUSED or not guards.check_item(item)


def find_risks(seen: SeenItem) -> tuple[Risk, ...]:
    """Say what an item alone tells, the gravest first; nothing when all is well."""
    if not is_backed_up(seen.item):
        return ()
    status = find_status(seen)
    failures = seen.history.failures if seen.history else 0
    found = {
        Risk.FAILING: status == "Failed",
        Risk.PAUSED: seen.item.protection_state == PAUSED,
        Risk.WARNINGS: status == "CompletedWithWarnings",
        Risk.CHRONIC: failures >= CHRONIC_FAILURES,
        Risk.UNHEALTHY: status != "Failed" and seen.item.health_status in _UNHEALTHY,
    }
    return tuple(risk for risk in Risk if found.get(risk))


def find_status(seen: SeenItem) -> str:
    """Say how the newest backup ended; empty when there was none.

    The newer word counts: a later success clears a failure, wherever it is seen first. One that
    somebody cancelled says nothing.
    """
    job = find_newest(seen)
    if job is not None:
        return job.status
    return "" if _was_cancelled(seen) else seen.item.last_backup_status


def find_newest(seen: SeenItem) -> BackupJob | None:
    """Give the newest job; none when the item knows of a later backup that ended otherwise."""
    job = seen.history.last if seen.history else None
    item = seen.item
    if job is None or job.start_time is None or item.last_backup_time is None:
        return job
    later = item.last_backup_time > job.start_time + _APART
    known = item.last_backup_status == job.status or _was_cancelled(seen)
    return None if later and not known else job


def _was_cancelled(seen: SeenItem) -> bool:
    """Say whether what the item calls its last backup is one that somebody cancelled."""
    cancelled = seen.history.last_cancelled if seen.history else None
    last = seen.item.last_backup_time
    return cancelled is not None and last is not None and abs(last - cancelled) <= _APART


def lacks_jobs(seen: SeenItem) -> bool:
    """Say whether the item tells of a failure that the jobs, as far as they were seen, do not."""
    failed = seen.item.last_backup_status == "Failed" and not _was_cancelled(seen)
    return is_backed_up(seen.item) and failed and find_newest(seen) is None


def lacks_code(seen: SeenItem, reader: SymptomReader) -> bool:
    """Say whether a failure and its job are known, but not its code."""
    if Risk.FAILING not in find_risks(seen) or find_newest(seen) is None:
        return False
    symptoms = reader.read(seen)
    return not symptoms or symptoms[0].code == NO_CODE


def tell_last(seen: SeenItem, reader: SymptomReader) -> LastJob | None:
    """Say what is known of the newest backup that ended; nothing when there was none."""
    job, status = find_newest(seen), find_status(seen)
    if not status:
        return None
    symptoms = reader.read(seen) if status != "Completed" else ()
    first = symptoms[0] if symptoms else None
    return LastJob(
        id=job.id if job else None,
        status=status,
        at=job.start_time if job else seen.item.last_backup_time,
        code=first.codes[-1] if first else "",
        codes=first.codes if first else (),
        number=first.number if first else None,
        told_by=first.told_by if first and first.code != NO_CODE else None,
    )
