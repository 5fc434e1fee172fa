"""What was seen of an estate, before anything is concluded from it.

The same whether Azure Resource Graph was asked or each service: rows of one shape.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING

from azremedy.domain.estate import ReadFrom
from azremedy.domain.evidence import Reading, Unreadable
from azremedy.domain.jobs import is_job_of
from azremedy.domain.ownership import parse_vm_id
from azremedy.domain.resources import BackupJob, ManagementLock, ProtectedItem
from azremedy.ids import ResourceId

if TYPE_CHECKING:
    from collections.abc import Iterable

WINDOW_DAYS = 7
"""Days of jobs that are looked at: no job runs longer, a policy backs up at least weekly, and
Resource Graph keeps fourteen days.
Source: learn.microsoft.com/azure/backup/query-backups-using-azure-resource-graph (2021)."""


class CountPoints(StrEnum):
    """Whose restore points are counted: each collection takes a request.

    Resource Graph knows collections, but not what is in them.
    Source: learn.microsoft.com/azure/governance/resource-graph, supported tables (2025).
    """

    NONE = "none"
    """Nobody's."""
    AT_RISK = "at-risk"
    """Those that a lock holds, and those of VMs whose code may be about them."""
    ALL = "all"
    """Everybody's."""


@dataclass(frozen=True, slots=True, kw_only=True)
class History:
    """What a vault's jobs tell of one item's backups within the window."""

    failures: int = 0
    """Backups that failed."""
    last: BackupJob | None = None
    """The newest that ended, whatever its end; cancelled ones do not count."""
    last_success: datetime | None = None
    """When the newest that went well began, with warnings or without."""
    last_cancelled: datetime | None = None
    """When the newest that somebody cancelled began: items call that a failure, too."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SeenVm:
    """A VM in a list."""

    id: ResourceId
    """Its id."""
    vm_id: str
    """``properties.vmId``."""
    location: str
    """Region."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SeenItem:
    """A protected item with what belongs to it."""

    item: ProtectedItem
    """The item."""
    vm: SeenVm | None = None
    """Its VM; ``None`` when no list shows it."""
    history: History | None = None
    """Its backups; ``None`` when the vault's jobs could not be read."""
    gaps: tuple[Unreadable, ...] = ()
    """What could not be read about it."""

    @property
    def vm_id(self) -> ResourceId | None:
        """The VM's id; ``None`` when the item names none."""
        return self.vm.id if self.vm else parse_vm_id(self.item.source_id)


@dataclass(frozen=True, slots=True, kw_only=True)
class SeenCollection:
    """A restore point collection with a name of the service's form."""

    id: ResourceId
    """The collection."""
    location: str
    """Region."""
    source_id: ResourceId
    """The VM that it was made of."""
    vm: SeenVm | None = None
    """That VM; ``None`` when no list shows it."""
    item_id: ResourceId | None = None
    """The item that protects that VM; ``None`` when none was seen."""
    points: int | None = None
    """Its restore points of the service's form; ``None`` when they were not read."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SeenSubscription:
    """Everything that was seen of one subscription."""

    id: str
    """Its GUID, in lower case."""
    name: str = ""
    """Its display name."""
    read_from: ReadFrom
    """Who answered."""
    why: str = ""
    """Why it was not Resource Graph."""
    read_at: datetime | None = None
    """Azure's time of the last answer."""
    protected: int | None = None
    """Items that are backed up; ``None`` when not all vaults could be read."""
    vms_read: bool = True
    """Whether the VMs could be read, so that one that was not seen may be gone."""
    locks: Reading[ManagementLock] = field(default_factory=Reading)
    """All its locks, at every level."""
    items: tuple[SeenItem, ...] = ()
    """Items that are worth a look."""
    collections: tuple[SeenCollection, ...] = ()
    """Collections that are worth a look."""
    group_sizes: tuple[tuple[ResourceId, int], ...] = ()
    """How many collections lie in each group that has any."""
    gaps: tuple[Unreadable, ...] = ()
    """What could not be read, but for its locks."""


def tell_history(jobs: Iterable[BackupJob], item: ProtectedItem) -> History:
    """Put the backups of one item together from the jobs of its vault."""
    all_ended = [job for job in jobs if _counts(job) and is_job_of(job, item.container_name)]
    mine = [job for job in all_ended if job.status != "Cancelled"]
    cancelled = [job.start_time for job in all_ended if job.start_time and job not in mine]
    good = [job.start_time for job in mine if job.status != "Failed" and job.start_time]
    return History(
        failures=sum(1 for job in mine if job.status == "Failed"),
        last=max(mine, key=_start, default=None),
        last_success=max(good, default=None),
        last_cancelled=max(cancelled, default=None),
    )


def _counts(job: BackupJob) -> bool:
    return (
        job.operation == "Backup"
        and job.start_time is not None
        and job.status in {"Failed", "Completed", "CompletedWithWarnings", "Cancelled"}
    )


def _start(job: BackupJob) -> float:
    return job.start_time.timestamp() if job.start_time else 0.0
