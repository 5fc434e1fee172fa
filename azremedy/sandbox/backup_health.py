"""Keep what a protected item says of its last backup and of its health."""

from __future__ import annotations

from typing import TYPE_CHECKING

from azremedy.sandbox import backup_errors

if TYPE_CHECKING:
    from azremedy.sandbox.backup_error import BackupError
    from azremedy.sandbox.http import Json
    from azremedy.sandbox.world import World


def note_job(world: World, item: Json, job: Json, *, error: BackupError | None) -> None:
    """Write a finished job into its item. A cancelled one leaves the health as it was."""
    fresh: Json = world.documents.get(item["id"])
    status = job["properties"]["status"]
    fresh["properties"]["lastBackupTime"] = job["properties"]["startTime"]
    fresh["properties"]["lastBackupStatus"] = "Failed" if status == "Cancelled" else status
    if error:
        _ail(fresh, error)
    elif status == "Completed":
        _heal(fresh)
    world.documents.put(fresh)


def note_point(world: World, item: Json, recovery_id: str) -> None:
    """Write a new recovery point into its item."""
    fresh: Json = world.documents.get(item["id"])
    point: Json = world.documents.get(recovery_id)
    fresh["properties"]["lastRecoveryPoint"] = point["properties"]["recoveryPointTime"]
    world.documents.put(fresh)


def note_collection_deleted(world: World, item: Json) -> None:
    """Mark an item whose collection somebody deleted by hand, until its next good backup.

    Source: recorded Azure traffic, 2021-01: Unhealthy, ActionSuggested, last backup Failed, 400288.
    """
    item["properties"]["lastBackupStatus"] = "Failed"
    _ail(item, backup_errors.COLLECTION_DELETED)
    world.documents.put(item)


def _ail(item: Json, error: BackupError) -> None:
    item["properties"].update(
        {
            "protectionStatus": "Unhealthy",
            "healthStatus": "ActionSuggested",
            "healthDetails": [error.health_detail()],
        }
    )


def _heal(item: Json) -> None:
    item["properties"].update(
        {
            "protectionStatus": "Healthy",
            "protectionState": "Protected",
            "healthStatus": "Passed",
            "healthDetails": [backup_errors.healthy()],
        }
    )
