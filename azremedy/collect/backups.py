"""What the vaults know about one VM: its items, its jobs, its policy, its recovery points."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from azremedy.collect import lists
from azremedy.collect.readers import combine, select
from azremedy.domain import guards
from azremedy.domain.evidence import Absent, Observed, Reading, Unreadable
from azremedy.domain.jobs import is_job_of
from azremedy.domain.ownership import names_vm, parse_vm_id
from azremedy.gateways.backup import JobFilter

if TYPE_CHECKING:
    from azremedy.collect.readers import Reader
    from azremedy.domain.evidence import Observation
    from azremedy.domain.resources import (
        BackupJob,
        BackupPolicy,
        ProtectedItem,
        RecoveryPoint,
        Vault,
    )
    from azremedy.ids import ResourceId

READ_VAULT = "Microsoft.RecoveryServices/Vaults/read"
"""What is missing where ARM leaves a vault out of its list."""

_LONG_AGO = datetime(1, 1, 1, tzinfo=UTC)
_AROUND = timedelta(days=2)
_A_DAY = timedelta(days=1)


def list_items_of(reader: Reader, vm_id: ResourceId, region: str | None) -> Reading[ProtectedItem]:
    """List a VM's items in the vaults that can protect it: those of its region.

    Args:
        reader: the subscription's.
        vm_id: the VM.
        region: where it is; ``None`` when it is gone, or cannot be read: all regions then.
    """
    vaults = lists.list_vaults(reader)
    near = select(vaults, lambda vault: region is None or _in_region(vault, region))
    found = combine(lambda vault: lists.list_items(reader, vault), near)
    mine = select(found, lambda item: names_vm(item.source_id, vm_id))
    return mine if region is None else _cross_check(reader, vm_id, region, mine)


def find_protected(reader: Reader, name: str, group: str | None) -> tuple[ResourceId, ...]:
    """Find the VMs of this name that a vault protects, whether or not they still exist.

    What cannot be read is left out: it is for a name that ARM's own list does not know.
    """
    found = combine(lambda vault: lists.list_items(reader, vault), lists.list_vaults(reader))
    ids = (parse_vm_id(item.source_id) for item in found.values)
    return tuple(
        dict.fromkeys(
            vm_id
            for vm_id in ids
            if vm_id is not None
            and vm_id.name.lower() == name.lower()
            and (group is None or vm_id.resource_group.lower() == group.lower())
        )
    )


def list_jobs_of(reader: Reader, items: Reading[ProtectedItem]) -> Reading[BackupJob]:
    """List a week's jobs of a VM, in every vault that knows it."""
    vault_ids = tuple(dict.fromkeys(item.vault_id for item in items.values))
    sources = Reading(values=vault_ids, gaps=items.gaps, receipts=items.receipts)
    jobs = combine(lambda vault_id: lists.list_recent_jobs(reader, vault_id), sources)
    return select(jobs, lambda job: _is_of(job, items.values))


def select_todays_backups(reader: Reader, jobs: Reading[BackupJob]) -> Reading[BackupJob]:
    """Keep the backups since midnight UTC."""
    now = reader.clock.now().astimezone(UTC)
    midnight = now.replace(hour=0, minute=0, second=0, microsecond=0)
    return select(
        jobs,
        lambda job: job.operation == "Backup" and (job.start_time or _LONG_AGO) >= midnight,
    )


def read_last_backup(
    reader: Reader, items: Reading[ProtectedItem], jobs: Reading[BackupJob]
) -> Observation[BackupJob]:
    """Read the newest backup job that has ended, with its errors.

    One that was cancelled tells nothing about the VM and is passed over. Where the last week knows
    none the week of the item's last backup is looked at.
    """
    found = jobs if _ended(jobs) else _list_older_jobs(reader, items, jobs)
    ended = _ended(found)
    if not ended and found.gaps:
        return found.gaps[0]
    if not ended:
        return _absent("backup jobs", found)
    newest = max(ended, key=lambda job: job.end_time or job.start_time or _LONG_AGO)
    vault_id = newest.id.parent
    backup = reader.gateways.backup
    return reader.observe(newest.id, lambda: backup.get_job(vault_id, newest.id.name))


def read_policy(reader: Reader, items: Reading[ProtectedItem]) -> Observation[BackupPolicy]:
    """Read the policy of the item that protects the VM.

    Read from the vault's list, which is read for the names of groups anyway.
    """
    item = next(
        (
            each
            for each in sorted(items.values, key=_is_resting)
            if each.policy_id is not None and not each.is_scheduled_for_deferred_delete
        ),
        None,
    )
    if item is None:
        return items.gaps[0] if items.gaps else _absent("protected items", items)
    policies = lists.list_policies(reader, item.vault_id)
    policy = next((each for each in policies.values if each.id == item.policy_id), None)
    if policy is None:
        return policies.gaps[0] if policies.gaps else _absent(str(item.policy_id), policies)
    (receipt,) = policies.receipts
    return Observed(
        value=policy, source=str(policy.id), at=receipt.at, request_id=receipt.request_id
    )


def list_points_of(reader: Reader, items: Reading[ProtectedItem]) -> Reading[RecoveryPoint]:
    """List the vaults' recovery points of a VM."""
    return reader.gather(lambda item: reader.gateways.backup.list_recovery_points(item.id), items)


def _cross_check(
    reader: Reader, vm_id: ResourceId, region: str, items: Reading[ProtectedItem]
) -> Reading[ProtectedItem]:
    """Ask the service itself before it is said that no vault protects a VM now.

    ARM leaves vaults that the caller may not read out of its lists, without a word; a stopped item
    in an old vault does not mean that there is no other.
    """
    if items.gaps or any(not guards.check_item(item) for item in items.values):
        return items
    ask = reader.gateways.backup.get_protection
    answer = reader.read(f"backup status of {vm_id}", lambda: (ask(vm_id, region),))
    shown = {item.vault_id for item in items.values}
    named = (protection.vault_id for protection in answer.values)
    hidden = [vault_id for vault_id in named if vault_id and vault_id not in shown]
    why = "the service says that it protects the VM, but its item is not shown"
    gaps = (Unreadable(source=str(vault_id), why=why, action=READ_VAULT) for vault_id in hidden)
    return Reading(
        values=items.values,
        gaps=(*answer.gaps, *gaps),
        receipts=(*items.receipts, *answer.receipts),
    )


def _list_older_jobs(
    reader: Reader, items: Reading[ProtectedItem], recent: Reading[BackupJob]
) -> Reading[BackupJob]:
    known = [item for item in items.values if item.last_backup_time is not None]
    if not known:
        return recent
    item = max(known, key=lambda each: each.last_backup_time or _LONG_AGO)
    last = item.last_backup_time or _LONG_AGO
    # Whole days, so that VMs whose backups stopped on one day share the list.
    day = last.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    older = _list_jobs_around(reader, item.vault_id, day)
    mine = select(older, lambda job: _is_of(job, items.values))
    return Reading(values=mine.values, gaps=(*recent.gaps, *mine.gaps), receipts=mine.receipts)


def _list_jobs_around(reader: Reader, vault_id: ResourceId, day: datetime) -> Reading[BackupJob]:
    window = JobFilter(
        operation="Backup", started_after=day - _AROUND, started_before=day + _AROUND + _A_DAY
    )

    def read() -> Reading[BackupJob]:
        jobs = reader.gateways.backup.list_jobs
        return reader.read(vault_id, lambda: jobs(vault_id, window))

    return reader.memo.once(f"jobs of {vault_id} around {day}".lower(), read)


def _ended(jobs: Reading[BackupJob]) -> list[BackupJob]:
    return [
        job
        for job in jobs.values
        if job.operation == "Backup" and not job.running and job.status != "Cancelled"
    ]


def _is_of(job: BackupJob, items: tuple[ProtectedItem, ...]) -> bool:
    """Say whether a job is of one of these items; jobs are a vault's, names may repeat."""
    return any(
        item.vault_id == job.id.parent and is_job_of(job, item.container_name) for item in items
    )


def _is_resting(item: ProtectedItem) -> bool:
    return item.protection_state not in {"Protected", "IRPending"}


def _absent(source: str, reading: Reading[object]) -> Absent:
    receipt = reading.receipts[-1] if reading.receipts else None
    return Absent(
        source=receipt.source if receipt else source,
        at=receipt.at if receipt else None,
        request_id=receipt.request_id if receipt else None,
    )


def _in_region(vault: Vault, region: str) -> bool:
    """Compare regions as Azure writes them: ``West Europe`` and ``westeurope`` are one."""
    return vault.location.replace(" ", "").lower() == region.replace(" ", "").lower()
