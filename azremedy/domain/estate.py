"""What a scan found: the VMs of many subscriptions whose backup fails or soon will, by cause.

A scan is for finding targets and for reports. It may be minutes old when it is made, because
Azure Resource Graph is: nothing is ever changed on its word, plans read their targets themselves.
Source: learn.microsoft.com/azure/governance/resource-graph/overview (eventually consistent).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Literal

from azremedy.domain.evidence import Unreadable
from azremedy.domain.plan import Origin
from azremedy.domain.remedies import Remedy
from azremedy.domain.resources import ManagementLock
from azremedy.domain.symptom import ToldBy
from azremedy.ids import ResourceId

NEAR_LIMIT = 15
"""Restore points from which on a VM is at risk: at the 18th its backups fail, and the service
keeps up to three beyond those of the policy.
Source: learn.microsoft.com/azure/backup/backup-instant-restore-capability (2023)."""

CHRONIC_FAILURES = 3
"""Failed backups within the scan's window that make a VM a chronic offender: from then on another
repair of the same kind is not what it needs."""


class ReadFrom(StrEnum):
    """Who answered for a subscription."""

    GRAPH = "graph"
    """Azure Resource Graph: one question for many subscriptions, minutes old at times."""
    SERVICES = "services"
    """Each service's own lists: exact, and many requests."""
    NOBODY = "nobody"
    """Neither could be read."""


class Risk(StrEnum):
    """Why a VM is in a scan."""

    FAILING = "failing"
    """The newest backup that ended has failed."""
    PAUSED = "paused"
    """Protection is paused: nobody backs it up."""
    WARNINGS = "warnings"
    """The newest backup ended with warnings: the vault may lack that copy."""
    LOCKED = "locked"
    """A lock keeps its restore points from being deleted: they pile up until backups fail."""
    NEAR_LIMIT = "near-limit"
    """Nearly as many restore points as there may be, or more."""
    CHRONIC = "chronic"
    """It failed several times within the window, whether or not the last one went well."""
    UNHEALTHY = "unhealthy"
    """The vault says that something is wrong though the last backup went well."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LastJob:
    """What is known of the newest backup of a VM that ended."""

    id: ResourceId | None
    """The job; ``None`` when only the protected item tells of it."""
    status: str
    """``Failed``, ``Completed`` or ``CompletedWithWarnings``."""
    at: datetime | None
    """When it began; ``None`` when nobody says."""
    code: str = ""
    """The innermost error code, as the playbook spells it; empty when it went well, and
    ``(no code)`` when it failed without one."""
    codes: tuple[str, ...] = ()
    """All its codes, an envelope before what it holds."""
    number: int | None = None
    """Azure's integer next to the code."""
    told_by: ToldBy | None = None
    """Who named the code; ``None`` when there is none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ScannedVm:
    """One VM whose backup fails or is at risk."""

    id: ResourceId
    """The VM's id."""
    vm_id: str = ""
    """``properties.vmId``: unique for this VM's life; empty when it was not read, or it is gone."""
    exists: bool | None = None
    """Whether the VM was seen; ``None`` when VMs could not be read. ARM and Resource Graph leave
    out, without a word, what the caller may not read."""
    location: str = ""
    """Region; empty when it was not read."""
    item_id: ResourceId | None = None
    """The protected item; ``None`` when no vault's item was seen."""
    vault_id: ResourceId | None = None
    """The vault of the item."""
    risks: tuple[Risk, ...]
    """Why it is here, the gravest first; never empty."""
    cause: str
    """The group that it belongs to: an error code, or the name of a cause of a risk."""
    last_job: LastJob | None = None
    """The newest backup that ended; ``None`` when none is known."""
    last_success: datetime | None = None
    """When the newest good backup within the window began; ``None`` when there was none."""
    failures: int | None = None
    """Failed backups within the window; ``None`` when the vault's jobs could not be read."""
    points: int | None = None
    """Restore points of the service's form, over all its collections; ``None``: not counted."""
    locks: tuple[ManagementLock, ...] | None = None
    """Locks that keep its restore points from being deleted; ``None``: they could not be read."""
    gaps: tuple[Unreadable, ...] = ()
    """What could not be read about this VM."""
    read_from: ReadFrom = ReadFrom.GRAPH
    """Who told of it."""

    @property
    def failing(self) -> bool:
        """Whether its newest backup failed."""
        return Risk.FAILING in self.risks


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupOfCause:
    """The VMs that share a cause, and what to do about it."""

    cause: str
    """An error code, or the name of a cause such as ``point-group-locked``."""
    title: str
    """What it means, in one line."""
    failing: bool
    """Whether it makes backups fail now; otherwise it will."""
    count: int
    """How many VMs have it."""
    subscriptions: tuple[str, ...]
    """The subscriptions that they are in."""
    locked: int = 0
    """How many of them have locks in the way."""
    candidates: tuple[str, ...] = ()
    """What may be behind the code, by the names of the rules, in the order in which to look."""
    remedies: tuple[Remedy, ...] = ()
    """What azremedy can do from outside, the gentlest first."""
    flags: tuple[str, ...] = ()
    """Flags of the command without which it does not disrupt, open or lose anything."""
    command: str = ""
    """The command that treats all of them, to be tried with ``--dry-run`` first. ``FILE`` stands
    for the scan kept as JSON, ``SUBSCRIPTION`` for each of ``subscriptions``. ``explain`` where
    only a person can help."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OrphanedCollection:
    """A restore point collection of the service's form whose VM was not seen."""

    id: ResourceId
    """The collection."""
    source_id: ResourceId
    """The VM that it was made of. It may have moved, or the caller may not be able to read it:
    ``clean-rpc --orphaned`` asks Azure for each before it deletes anything."""
    location: str = ""
    """Region."""
    protected: bool | None = None
    """Whether a vault still protects the VM; ``None`` when that was not read."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LockedGroup:
    """A group with restore point collections that a lock keeps from being cleaned up."""

    id: ResourceId
    """The group."""
    locks: tuple[ManagementLock, ...]
    """Locks on the group, on the subscription above it, and on collections in it."""
    collections: int | None = None
    """How many collections lie in it; ``None`` when that was not read."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ScannedSubscription:
    """How a subscription was read."""

    id: str
    """Its GUID."""
    name: str = ""
    """Its display name; empty when it could not be read."""
    read_from: ReadFrom
    """Who answered."""
    why: str = ""
    """Why it was not Resource Graph, where it was not; one line."""
    read_at: datetime | None = None
    """Azure's time of the last answer about it; ``None`` when there was none."""
    protected: int | None = None
    """VMs that its vaults protect; ``None`` when that could not be read."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Scan:
    """The state of the backups of many subscriptions."""

    tool_version: str
    """The version of azremedy that made it."""
    origin: Origin
    """Where it was made, and by whom: its ids mean nothing elsewhere."""
    began_at: datetime
    """Azure's time when the scan began."""
    read_at: datetime
    """Azure's time when the last of it was read."""
    window_days: int
    """How many days of jobs were looked at."""
    subscriptions: tuple[ScannedSubscription, ...] = ()
    """What was asked for, and how each was read."""
    management_groups: tuple[str, ...] = ()
    """The management groups that were asked for."""
    groups: tuple[GroupOfCause, ...] = ()
    """By cause: those that fail first, the most frequent first."""
    vms: tuple[ScannedVm, ...] = ()
    """In the order of their groups, then by id."""
    locked_groups: tuple[LockedGroup, ...] = ()
    """Groups of restore points that are locked."""
    orphans: tuple[OrphanedCollection, ...] = ()
    """Collections whose VM was not seen."""
    gaps: tuple[Unreadable, ...] = ()
    """What could not be read: there may be more than is shown."""
    schema: Literal["azremedy.scan/1"] = "azremedy.scan/1"
    """The form of this document."""

    @property
    def failing(self) -> tuple[ScannedVm, ...]:
        """The VMs whose newest backup failed."""
        return tuple(vm for vm in self.vms if vm.failing)

    @property
    def protected(self) -> int:
        """How many VMs are protected, as far as could be read."""
        return sum(each.protected or 0 for each in self.subscriptions)
