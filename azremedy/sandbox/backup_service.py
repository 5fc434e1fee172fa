"""Be Azure Backup: back up on demand and by schedule, cancel, notice deleted collections.

The service keeps nothing of its own: what it knows stands in the world's documents, and what it is
about to do is on the world's clock.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from azremedy.sandbox import (
    backup_errors,
    backup_health,
    backup_job,
    backup_names,
    backup_run,
    backup_schedule,
    backup_view,
)
from azremedy.sandbox.clock import timestamp
from azremedy.sandbox.http import ArmError, Json

if TYPE_CHECKING:
    from azremedy.sandbox.world import World

DAILY_LIMIT = 9
"""How many on-demand backups an item may have in a UTC day, failed ones too.

Source: learn.microsoft.com/azure/backup/backup-support-matrix-iaas (2025-10-27).
"""
_DEFAULT_RETENTION = timedelta(days=30)


def trigger(world: World, item: Json, *, expiry: datetime | None = None) -> str:
    """Begin an on-demand backup and give its job's id.

    While another job of the machine runs, the new one fails at once (recorded Azure traffic, 2016).

    Raises:
        ArmError: when the item is not protected, or was backed up on demand too often today.
    """
    check_quota(world, item)
    return _begin(world, item, expiry=expiry, by_user=True)


def _begin(world: World, item: Json, *, expiry: datetime | None, by_user: bool) -> str:
    scripted = _scripted(world)
    busy = backup_view.running_job(world, item)
    until = expiry or world.clock.now() + _DEFAULT_RETENTION
    job = world.documents.put(backup_job.begun(world, item, expiry=until, by_user=by_user))
    if busy:
        backup_run.reject(world, job["id"], backup_errors.IN_PROGRESS)
    else:
        backup_run.begin(world, item["id"], job["id"], scripted=scripted)
    return str(job["id"])


def check_quota(world: World, item: Json) -> None:
    """Refuse a backup that the service would not begin.

    The code of the daily limit is one that Azure Backup answers elsewhere; no recording shows it
    for a VM. Source: github.com/Azure/azure-cli/issues/32441 (2025-11).

    Raises:
        ArmError: 400.
    """
    if item["properties"].get("protectionState") in backup_view.INACTIVE:
        message = "The backup item is not actively protected; resume its protection first."
        raise ArmError(400, "UserErrorBcmDatasourceNotPresent", message)
    if backup_view.asked_for_on(world, item, world.clock.now().date()) >= DAILY_LIMIT:
        message = (
            "The operation is blocked for some time because it was attempted beyond a limit. "
            "Retry it tomorrow."
        )
        raise ArmError(400, "CloudDosTimeboudLimitReached", message)


def cancel(world: World, job: Json) -> None:
    """Begin to cancel a running job.

    Raises:
        ArmError: 400 when the job is over; the code is in no recording.
    """
    if job["properties"]["status"] != "InProgress":
        message = "The job cannot be cancelled because it is not in progress."
        raise ArmError(400, "UserErrorJobNotCancellable", message)
    job["properties"]["status"] = "Cancelling"
    world.documents.put(job)


def end_cancelled(world: World, job_id: str) -> None:
    """End a job whose cancellation was accepted."""
    job = world.documents.get(job_id)
    item = _item_of_job(world, job) if job else None
    if item:
        backup_run.cancel(world, item["id"], job_id)


def take_over(world: World) -> None:
    """Let the jobs run on that are under way when a world begins, and set its schedules going.

    Schedules keep no one busy unless the scenario times `scheduledBackup`: most rehearsals want a
    world that changes by their own doing only.
    """
    if "scheduledBackup" in world.scenario.operations:
        for item in world.documents.of_type(backup_names.ITEM_TYPE):
            _await_schedule(world, str(item["id"]))
    for job in world.documents.of_type(backup_names.JOB_TYPE):
        # What is over stays as it is, and a large world has many of it.
        if job["properties"].get("status") not in backup_view.RUNNING:
            continue
        item = _item_of_job(world, job)
        if item and job["properties"].get("operation") == "Backup":
            backup_run.resume(world, item, job)


def _await_schedule(world: World, item_id: str) -> None:
    """Put the next scheduled backup of an item on the clock; a schedule that ends is forgotten."""
    item = world.documents.get(item_id)
    policy = backup_view.policy_of(world, item) if item else None
    now = world.clock.now()
    due = backup_schedule.next_run(policy, after=now) if policy else None
    # Without a policy there may be one tomorrow: protection can be resumed.
    moment = due or now + timedelta(days=1)
    wait = (moment - now).total_seconds()
    world.clock.schedule(wait, lambda: _run_schedule(world, item_id, due=bool(due)))


def _run_schedule(world: World, item_id: str, *, due: bool) -> None:
    item = world.documents.get(item_id)
    if not item:
        return
    _await_schedule(world, item_id)
    if due and item["properties"].get("protectionState") not in backup_view.INACTIVE:
        late = world.timing("scheduledBackup").seconds
        world.clock.schedule(late, lambda: _begin_scheduled(world, item_id))


def _begin_scheduled(world: World, item_id: str) -> None:
    item = world.documents.get(item_id)
    if item:
        _begin(world, item, expiry=None, by_user=False)


def note_deleted(world: World, collection: Json) -> None:
    """Take notice that somebody deleted a collection, given as it was."""
    item = backup_view.item_of_collection(world, collection)
    if item and not backup_view.own_collections(world, item):
        backup_health.note_collection_deleted(world, item)


def _scripted(world: World) -> str | None:
    """Give the outcome that the scenario wrote for this backup; None lets the world decide."""
    outcomes = world.scenario.backup.outcome
    if isinstance(outcomes, str):
        return None
    start = timestamp(world.scenario.now)
    begun = [
        job
        for job in world.documents.of_type(backup_names.JOB_TYPE)
        if "isUserTriggered" in job["properties"] and job["properties"]["startTime"] >= start
    ]
    return outcomes[len(begun)] if len(begun) < len(outcomes) else None


def _item_of_job(world: World, job: Json) -> Json | None:
    vault = backup_names.vault_id(job["id"])
    container = str(job["properties"].get("containerName", "")).lower()
    for item in world.documents.of_type(backup_names.ITEM_TYPE, under=vault):
        if backup_names.container_of(item).lower() == container:
            return item
    return None
