"""Read what a command needs to know. Only reads; every list that fails becomes a gap.

Readers run side by side: the tool waits on the network, not on the processor.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from threading import Lock
from typing import TYPE_CHECKING, Any, TypeVar

from azremedy.domain import ownership
from azremedy.domain.evidence import NOT_ASKED, Reading, Unreadable
from azremedy.domain.jobs import is_job_of
from azremedy.domain.locks import is_inherited
from azremedy.domain.naming import GroupNamePattern
from azremedy.domain.ownership import names_vm
from azremedy.domain.worlds import GroupsEvidence, RestorePointGroup, VmEvidence
from azremedy.errors import (
    AzremedyError,
    NotFoundError,
    PermissionDeniedError,
    SignInError,
    TargetNotFoundError,
)
from azremedy.gateways.backup import JobFilter
from azremedy.gateways.clock import Clock
from azremedy.gateways.session import Gateways
from azremedy.ids import VIRTUAL_MACHINE

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from azremedy.domain.resources import (
        BackupJob,
        BackupPolicy,
        ManagementLock,
        ProtectedItem,
        RecoveryPoint,
        ResourceGroup,
        RestorePointCollection,
        Vault,
        VirtualMachine,
        VmExtension,
    )
    from azremedy.ids import ResourceId

ItemT = TypeVar("ItemT")
OtherT = TypeVar("OtherT")

WORKERS = 8
"""Reads at a time: far below Azure's 25 reads a second for one subscription."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Needs:
    """Which lists a command needs about a VM, beyond the VM itself and its protected items."""

    collections: bool = False
    """Locks, groups, policies' names, collections with points, recovery points."""
    locks: bool = False
    """Locks only."""
    extensions: bool = False
    """The VM's extensions in ARM's list."""


class Memo:
    """Reads each list of the whole subscription once, also when many ask at the same time."""

    def __init__(self) -> None:
        self._guard = Lock()
        self._turns: dict[str, Lock] = {}
        self._known: dict[str, Reading[Any]] = {}

    def once(self, what: str, read: Callable[[], Reading[ItemT]]) -> Reading[ItemT]:
        """Give what was read, by whoever asked first; gaps are remembered too."""
        with self._guard:
            turn = self._turns.setdefault(what, Lock())
        with turn:
            if what not in self._known:
                self._known[what] = read()
            return self._known[what]


@dataclass(frozen=True, slots=True, kw_only=True)
class Collector:
    """Reads from one subscription; use one for all VMs of a plan."""

    gateways: Gateways
    """The subscription's gateways, on a session that cannot write."""
    clock: Clock
    """Azure's clock."""
    memo: Memo = field(default_factory=Memo)
    """What was read for the whole subscription."""

    def collect_vm(self, vm_id: ResourceId, needs: Needs) -> VmEvidence:
        """Read a VM and what a command needs about it.

        Raises:
            TargetNotFoundError: when the VM does not exist.
            AzremedyError: when the VM itself cannot be read.
        """
        vm = self.get_vm(vm_id)
        with ThreadPoolExecutor(WORKERS) as pool:
            locks = pool.submit(self.list_locks) if needs.locks or needs.collections else None
            vaults = self._list_vaults(vm.location)
            items = self._cross_check(vm, self._list_items_of(vm, pool, vaults))
            collections = pool.submit(self._list_collections_of, vm) if needs.collections else None
            groups = pool.submit(self._list_groups) if needs.collections else None
            patterns = self._list_patterns(pool) if needs.collections else NOT_ASKED
            points = _gather(pool, self._list_points, items) if needs.collections else NOT_ASKED
            extensions = pool.submit(self._list_extensions, vm.id) if needs.extensions else None
            jobs = _gather(pool, self._list_jobs_of, items)
            return VmEvidence(
                vm=vm,
                read_at=self.clock.now(),
                locks=locks.result() if locks else NOT_ASKED,
                groups=groups.result() if groups else NOT_ASKED,
                patterns=patterns,
                items=items,
                collections=collections.result() if collections else NOT_ASKED,
                running_jobs=_select(jobs, lambda job: job.running),
                todays_backups=_select(jobs, self._is_backup_of_today),
                recovery_points=points,
                extensions=extensions.result() if extensions else NOT_ASKED,
            )

    def collect_groups(self) -> GroupsEvidence:
        """Find the subscription's restore point groups, by names and by what is in them.

        Raises:
            AzremedyError: when the groups themselves cannot be listed.
        """
        groups = self.gateways.groups.list_groups()
        with ThreadPoolExecutor(WORKERS) as pool:
            locks = pool.submit(self.list_locks)
            patterns = self._list_patterns(pool)
            homes = pool.submit(self._list_homes_of_vms)
            bare = self.list_collections()
            read = _gather(pool, self._read_points, bare)
        collections = _keep_unread(read, bare)
        found = tuple(
            replace(
                self._describe(group, known_by, collections.values, locks.result().values),
                holds_vms=_holds_vms(group, homes.result()),
            )
            for group in sorted(groups, key=lambda group: group.id)
            if (known_by := _known_by(group, patterns.values, collections.values))
        )
        hidden = _find_hidden_groups(groups, collections.values)
        gaps = (
            *locks.result().gaps,
            *patterns.gaps,
            *homes.result().gaps,
            *collections.gaps,
            *hidden,
        )
        return GroupsEvidence(
            subscription_id=self.gateways.subscription_id,
            read_at=self.clock.now(),
            groups=found,
            locks_read=locks.result().complete,
            gaps=gaps,
        )

    def _list_homes_of_vms(self) -> Reading[ResourceId]:
        """List the groups that VMs live in, once for each VM."""
        found = _read("VMs", lambda: self.gateways.groups.list_resources(VIRTUAL_MACHINE))
        return Reading(values=tuple(vm.id.group for vm in found.values), gaps=found.gaps)

    def list_locks(self) -> Reading[ManagementLock]:
        """List all locks of the subscription, at every level."""
        return self._list("locks", self.gateways.locks.list_locks)

    def list_collections(self) -> Reading[RestorePointCollection]:
        """List all restore point collections of the subscription, without their points."""
        return self._list("restore point collections", self.gateways.compute.list_collections)

    def get_vm(self, vm_id: ResourceId) -> VirtualMachine:
        """Read a VM with its instance view.

        Raises:
            TargetNotFoundError: when it does not exist.
            AzremedyError: when it cannot be read.
        """
        try:
            return self.gateways.compute.get_vm(vm_id)
        except NotFoundError as error:
            raise TargetNotFoundError(f"There is no VM {vm_id}", answer=error.answer) from error

    def _list_vaults(self, location: str) -> Reading[Vault]:
        """List the vaults that can protect a VM: those of its region."""
        vaults = self._list("vaults", self.gateways.groups.list_vaults)
        return _select(vaults, lambda vault: _same_region(vault.location, location))

    def _list_items_of(
        self, vm: VirtualMachine, pool: ThreadPoolExecutor, vaults: Reading[Vault]
    ) -> Reading[ProtectedItem]:
        items = _combine(pool, self._list_items, vaults)
        return _select(items, lambda item: names_vm(item.source_id, vm.id))

    def _list_items(self, vault: Vault) -> Reading[ProtectedItem]:
        return self._list(str(vault.id), lambda: self.gateways.backup.list_items(vault.id))

    def _cross_check(
        self, vm: VirtualMachine, items: Reading[ProtectedItem]
    ) -> Reading[ProtectedItem]:
        """Ask the service itself before it is said that no vault protects a VM.

        ARM leaves vaults that the caller may not read out of its lists, without a word.
        """
        if items.values or items.gaps:
            return items
        ask = self.gateways.backup.get_protection
        answer = _read(f"backup status of {vm.id}", lambda: (ask(vm.id, vm.location),))
        hidden = [protection.vault_id for protection in answer.values if protection.vault_id]
        why = "the service says that it protects the VM, but its item is not shown"
        gaps = (Unreadable(source=str(vault_id), why=why) for vault_id in hidden)
        return Reading(gaps=(*answer.gaps, *gaps))

    def _list_jobs_of(self, item: ProtectedItem) -> tuple[BackupJob, ...]:
        recent = JobFilter.recent(self.clock.now())
        jobs = self.gateways.backup.list_jobs(item.vault_id, recent)
        return tuple(job for job in jobs if is_job_of(job, item.container_name))

    def _list_points(self, item: ProtectedItem) -> tuple[RecoveryPoint, ...]:
        return self.gateways.backup.list_recovery_points(item.id)

    def _list_groups(self) -> Reading[ResourceGroup]:
        return self._list("resource groups", self.gateways.groups.list_groups)

    def _list_extensions(self, vm_id: ResourceId) -> Reading[VmExtension]:
        return _read(str(vm_id), lambda: self.gateways.compute.list_extensions(vm_id))

    def _list(self, what: str, read: Callable[[], Iterable[ItemT]]) -> Reading[ItemT]:
        return self.memo.once(what, lambda: _read(what, read))

    def _list_patterns(self, pool: ThreadPoolExecutor) -> Reading[GroupNamePattern]:
        return self.memo.once("names that policies give", lambda: self._read_patterns(pool))

    def _read_patterns(self, pool: ThreadPoolExecutor) -> Reading[GroupNamePattern]:
        vaults = self._list("vaults", self.gateways.groups.list_vaults)
        policies = _gather(pool, lambda v: self.gateways.backup.list_policies(v.id), vaults)
        patterns = dict.fromkeys(_pattern(policy) for policy in policies.values)
        return Reading(
            values=tuple(pattern for pattern in patterns if pattern is not None),
            gaps=policies.gaps,
        )

    def _list_collections_of(self, vm: VirtualMachine) -> Reading[RestorePointCollection]:
        found = self.list_collections()
        mine = _select(found, lambda collection: names_vm(collection.source_id, vm.id))
        with ThreadPoolExecutor(WORKERS) as pool:
            return _gather(pool, self._read_points, mine)

    def _read_points(
        self, collection: RestorePointCollection
    ) -> tuple[RestorePointCollection, ...]:
        try:
            return (self.gateways.compute.get_collection(collection.id),)
        except NotFoundError:
            return ()

    def _is_backup_of_today(self, job: BackupJob) -> bool:
        midnight = (
            self.clock.now().astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
        )
        started: datetime | None = job.start_time
        return job.operation == "Backup" and started is not None and started >= midnight

    def _describe(
        self,
        group: ResourceGroup,
        known_by: str,
        collections: Iterable[RestorePointCollection],
        locks: Iterable[ManagementLock],
    ) -> RestorePointGroup:
        inside = [lock for lock in locks if group.id.contains(lock.scope)]
        return RestorePointGroup(
            group=group,
            known_by=known_by,
            locks=tuple(lock for lock in inside if lock.scope == group.id),
            resource_locks=tuple(lock for lock in inside if lock.scope != group.id),
            inherited_locks=tuple(lock for lock in locks if is_inherited(lock)),
            collections=tuple(c for c in collections if group.id.contains(c.id)),
        )


def _find_hidden_groups(
    groups: Iterable[ResourceGroup], collections: Iterable[RestorePointCollection]
) -> tuple[Unreadable, ...]:
    """Find groups that hold the service's collections and that ARM's list leaves out."""
    shown = {group.id for group in groups}
    ours = (each.id.group for each in collections if ownership.looks_like_backup(each))
    why = "the list of groups does not show it: the permission to read it may be missing"
    return tuple(
        Unreadable(source=str(group_id), why=why)
        for group_id in dict.fromkeys(ours)
        if group_id not in shown
    )


def _known_by(
    group: ResourceGroup,
    patterns: Iterable[GroupNamePattern],
    collections: Iterable[RestorePointCollection],
) -> str | None:
    if (known_by := ownership.is_restore_point_group(group, patterns)) is not None:
        return known_by
    inside = (collection for collection in collections if group.id.contains(collection.id))
    return "its collections" if any(map(ownership.looks_like_backup, inside)) else None


def _pattern(policy: BackupPolicy) -> GroupNamePattern | None:
    if not policy.group_prefix:
        return None
    return GroupNamePattern(prefix=policy.group_prefix, suffix=policy.group_suffix or "")


def _holds_vms(group: ResourceGroup, homes: Reading[ResourceId]) -> bool | None:
    if group.id in homes.values:
        return True
    return False if homes.complete else None


def _keep_unread(
    read: Reading[RestorePointCollection], bare: Reading[RestorePointCollection]
) -> Reading[RestorePointCollection]:
    """Keep collections whose points could not be read: they are there all the same."""
    unread = {gap.source for gap in read.gaps}
    kept = tuple(collection for collection in bare.values if str(collection.id) in unread)
    return Reading(values=(*read.values, *kept), gaps=read.gaps)


def _same_region(one: str, other: str) -> bool:
    """Compare regions as Azure writes them: ``West Europe`` and ``westeurope`` are one."""
    return one.replace(" ", "").lower() == other.replace(" ", "").lower()


def _select(reading: Reading[ItemT], wanted: Callable[[ItemT], bool]) -> Reading[ItemT]:
    return Reading(values=tuple(v for v in reading.values if wanted(v)), gaps=reading.gaps)


def _read(source: str, read: Callable[[], Iterable[ItemT]]) -> Reading[ItemT]:
    """Read a list; a failure becomes a gap, except that nobody can go on without signing in."""
    try:
        return Reading(values=tuple(read()))
    except SignInError:
        raise
    except AzremedyError as error:
        return Reading(gaps=(_gap(source, error),))


def _gather(
    pool: ThreadPoolExecutor,
    read: Callable[[ItemT], Iterable[OtherT]],
    sources: Reading[ItemT],
) -> Reading[OtherT]:
    """Read one list for each source, side by side, and keep the gaps of all of them."""
    return _combine(pool, lambda source: _read(_source(source), lambda: read(source)), sources)


def _combine(
    pool: ThreadPoolExecutor,
    read: Callable[[ItemT], Reading[OtherT]],
    sources: Reading[ItemT],
) -> Reading[OtherT]:
    readings = list(pool.map(read, sources.values))
    return Reading(
        values=tuple(value for reading in readings for value in reading.values),
        gaps=(*sources.gaps, *(gap for reading in readings for gap in reading.gaps)),
    )


def _source(source: object) -> str:
    return str(getattr(source, "id", source))


def _gap(source: str, error: AzremedyError) -> Unreadable:
    action = error.action if isinstance(error, PermissionDeniedError) else None
    why = f"missing permission {action}" if action else error.summary
    return Unreadable(source=source, why=why, answer=error.answer, action=action)
