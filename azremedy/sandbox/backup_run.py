"""Carry a backup job through its phases on the world's clock."""

from __future__ import annotations

from typing import TYPE_CHECKING

from azremedy.sandbox import (
    backup_errors,
    backup_health,
    backup_job,
    backup_points,
    backup_verdict,
    backup_view,
    guest_extensions,
    vm_state,
)

if TYPE_CHECKING:
    from azremedy.sandbox.backup_error import BackupError
    from azremedy.sandbox.http import Json
    from azremedy.sandbox.world import World


def begin(world: World, item_id: str, job_id: str, *, scripted: str | None) -> None:
    """Begin the snapshot phase of a stored job.

    `scripted` is the outcome that the scenario wants, None when it follows from the world.
    """
    item: Json = world.documents.get(item_id)
    had_collection = bool(backup_view.own_collections(world, item))
    seconds = world.timing("takeSnapshot").seconds

    def finish() -> None:
        _end_snapshot(world, item_id, job_id, scripted=scripted, had_collection=had_collection)

    world.clock.schedule(seconds, finish)


def resume(world: World, item: Json, job: Json) -> None:
    """Let a job go on that the world began with; one that is over stays as it is."""
    item_id, job_id = str(item["id"]), str(job["id"])
    if job["properties"]["status"] == "Cancelling":
        seconds = world.timing("cancelJob").seconds
        world.clock.schedule(seconds, lambda: cancel(world, item_id, job_id))
    elif job["properties"]["status"] == "InProgress" and _in_snapshot(job):
        begin(world, item_id, job_id, scripted=None)
    elif job["properties"]["status"] == "InProgress":
        _transfer(world, item_id, job_id, backup_points.unhardened(world, item))


def reject(world: World, job_id: str, error: BackupError) -> None:
    """End a job that could not even begin; the item's health stays as it is."""
    job = world.documents.get(job_id)
    _fail_tasks(world, job)
    backup_job.end(world, job, "Failed", error)
    world.documents.put(job)


def cancel(world: World, item_id: str, job_id: str) -> None:
    """End a job that is being cancelled; one whose snapshot exists ends with warnings.

    Source: recorded Azure traffic, 2017 and 2020.
    """
    job: Json = world.documents.get(job_id)
    item: Json = world.documents.get(item_id)
    taken = not _in_snapshot(job)
    if not taken:
        backup_job.end_task(world, job, place=backup_job.SNAPSHOT, status="Cancelled")
    backup_job.end_task(world, job, place=backup_job.TRANSFER, status="Cancelled")
    status = "CompletedWithWarnings" if taken else "Cancelled"
    backup_job.end(world, job, status, backup_errors.CANCELLED)
    world.documents.put(job)
    backup_health.note_job(world, item, job, error=None)


def _end_snapshot(
    world: World, item_id: str, job_id: str, *, scripted: str | None, had_collection: bool
) -> None:
    job, item = world.documents.get(job_id), world.documents.get(item_id)
    if not job or not item or job["properties"]["status"] != "InProgress":
        return
    error = _error(world, item, scripted=scripted, had_collection=had_collection)
    if error:
        _fail(world, item, job, error)
        return
    _reload_extension(world, item)
    moment = backup_job.moment(job["properties"]["startTime"])
    recovery_id = backup_points.take_snapshot(world, item, moment)
    backup_job.next_task(world, job)
    world.documents.put(job)
    backup_health.note_point(world, item, recovery_id)
    _transfer(world, item_id, job_id, recovery_id)


def _transfer(world: World, item_id: str, job_id: str, recovery_id: str) -> None:
    seconds = world.timing("transferData").seconds
    world.clock.schedule(seconds, lambda: _end_transfer(world, item_id, job_id, recovery_id))


def _in_snapshot(job: Json) -> bool:
    tasks = job["properties"].get("extendedInfo", {}).get("tasksList", [])
    return not tasks or tasks[backup_job.SNAPSHOT]["status"] != "Completed"


def _end_transfer(world: World, item_id: str, job_id: str, recovery_id: str) -> None:
    job, item = world.documents.get(job_id), world.documents.get(item_id)
    if not job or not item or job["properties"]["status"] != "InProgress":
        return
    if not backup_view.own_collections(world, item):
        backup_job.end_task(world, job, place=backup_job.TRANSFER, status="Failed")
        error = backup_errors.COLLECTION_DELETED
        backup_job.end(world, job, "CompletedWithWarnings", error)
        world.documents.put(job)
        backup_health.note_job(world, item, job, error=error)
        return
    backup_points.harden(world, recovery_id)
    backup_job.end_task(world, job, place=backup_job.TRANSFER, status="Completed")
    backup_job.note_size(job)
    backup_job.end(world, job, "Completed")
    world.documents.put(job)
    backup_points.collect_garbage(world, item)
    backup_health.note_job(world, item, job, error=None)


def _error(
    world: World, item: Json, *, scripted: str | None, had_collection: bool
) -> BackupError | None:
    if scripted is not None and scripted.lower() != backup_errors.SUCCESS:
        return backup_errors.named(scripted)
    if scripted is not None:
        # Not even a script can take a snapshot of a machine that is gone.
        return None if backup_view.vm_of(world, item) else backup_errors.VM_GONE
    if had_collection and not backup_view.own_collections(world, item):
        return backup_errors.COLLECTION_DELETED
    return backup_verdict.failure(world, item)


def _fail(world: World, item: Json, job: Json, error: BackupError) -> None:
    _fail_tasks(world, job)
    backup_job.end(world, job, "Failed", error)
    if error.detail:
        job["properties"].setdefault("extendedInfo", {})["dynamicErrorMessage"] = error.detail
    world.documents.put(job)
    backup_health.note_job(world, item, job, error=error)
    if error.title == backup_errors.LIMIT.title or "DiskRestorePointUsed" in error.detail:
        # Some time after it met the limit the service cleans up by itself; a lock stops it again.
        seconds = world.timing("cleanUpRestorePoints").seconds
        world.clock.schedule(seconds, lambda: backup_points.collect_garbage(world, item))


def _fail_tasks(world: World, job: Json) -> None:
    backup_job.end_task(world, job, place=backup_job.SNAPSHOT, status="Failed")


def _reload_extension(world: World, item: Json) -> None:
    """Reinstall a missing backup extension where an agent can do it and the policy needs it."""
    vm = backup_view.vm_of(world, item)
    if vm and vm_state.agent_ready(vm) and not backup_verdict.agentless(world, item):
        guest_extensions.ensure_snapshot(world, vm)
