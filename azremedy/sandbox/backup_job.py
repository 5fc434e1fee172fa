"""Write and show backup jobs."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from azremedy.sandbox import backup_names
from azremedy.sandbox.clock import timestamp

if TYPE_CHECKING:
    from collections.abc import Mapping

    from azremedy.sandbox.backup_error import BackupError
    from azremedy.sandbox.http import Json
    from azremedy.sandbox.world import World

SNAPSHOT, TRANSFER = 0, 1
"""The places of the two tasks of a backup in its list."""

UNSET = "0001-01-01T00:00:00"
"""How the service writes a time that is not yet (recorded Azure traffic, 2024)."""


def begun(world: World, item: Json, *, expiry: datetime, by_user: bool = True) -> Json:
    """Write the job of a backup that has just begun, on demand or by schedule."""
    job = plain(world, item, operation="Backup", bag={})
    properties = job["properties"]
    properties["actionsInfo"] = ["Cancellable"]
    properties["isUserTriggered"] = by_user
    properties["extendedInfo"] = _details(world, backup_names.vm_name(item), expiry)
    return job


def plain(world: World, item: Json, *, operation: str, bag: Mapping[str, str]) -> Json:
    """Write a job that has just begun and has no tasks, such as one that stops protection.

    Source: recorded Azure traffic, 2019-2024.
    """
    name = backup_names.vm_name(item)
    properties = {
        "jobType": "AzureIaaSVMJob",
        "containerName": backup_names.container_of(item),
        "duration": "PT0S",
        "virtualMachineVersion": "Compute",
        "extendedInfo": {"tasksList": [], "propertyBag": {"VM Name": name, **bag}},
        "entityFriendlyName": name,
        "backupManagementType": "AzureIaasVM",
        "operation": operation,
        "status": "InProgress",
        "startTime": timestamp(world.clock.now()),
        "activityId": world.ids.new(),
    }
    vault = backup_names.vault_id(item["id"])
    return {"id": f"{vault}/backupJobs/{world.ids.new()}", "properties": properties}


def next_task(world: World, job: Json) -> None:
    """End the snapshot well and begin the transfer."""
    end_task(world, job, place=SNAPSHOT, status="Completed")
    for transfer in _tasks(job)[TRANSFER:]:
        transfer["startTime"] = timestamp(world.clock.now())
        transfer["status"] = "InProgress"


def end_task(world: World, job: Json, *, place: int, status: str) -> None:
    """End a task; one that never began keeps its unset times."""
    if place >= len(_tasks(job)):
        return
    task = _tasks(job)[place]
    task["status"] = status
    if task.get("startTime", UNSET) != UNSET:
        task["endTime"] = timestamp(world.clock.now())
        task["duration"] = iso_duration(world.clock.now() - moment(task["startTime"]))


def end(world: World, job: Json, status: str, error: BackupError | None = None) -> None:
    """End the job itself."""
    properties = job["properties"]
    properties["status"] = status
    properties["endTime"] = timestamp(world.clock.now())
    properties["duration"] = iso_duration(world.clock.now() - moment(properties["startTime"]))
    if error:
        properties["errorDetails"] = [error.job_detail()]


def note_size(job: Json) -> None:
    """Say how much was transferred."""
    bag = job["properties"].setdefault("extendedInfo", {}).setdefault("propertyBag", {})
    bag["Backup Size"] = "1024 MB"


def shown(world: World, job: Json) -> Json:
    """Give a job as one GET shows it: durations of what goes on run with the clock.

    Who asked for it is not shown: no recording of an answer has `isUserTriggered`.
    """
    properties = job["properties"]
    properties.pop("isUserTriggered", None)
    if "endTime" in properties:
        return job
    now = world.clock.now()
    properties["duration"] = iso_duration(now - moment(properties["startTime"]))
    for task in _tasks(job):
        if task["status"] == "InProgress" and task.get("startTime", UNSET) != UNSET:
            task["duration"] = iso_duration(now - moment(task["startTime"]))
    return job


def listed(world: World, job: Json) -> Json:
    """Give a job as a list shows it: without its tasks (recorded Azure traffic, 2020-2024)."""
    entry = shown(world, job)
    entry["properties"].pop("extendedInfo", None)
    return entry


def moment(text: str) -> datetime:
    """Read a time as the service writes it; without a zone it is UTC."""
    seconds, _, fraction = text.rstrip("Z").partition(".")
    micro = int(fraction[:6].ljust(6, "0")) if fraction else 0
    return datetime.fromisoformat(seconds).replace(microsecond=micro, tzinfo=UTC)


def iso_duration(span: timedelta) -> str:
    """Write a duration in ISO 8601, such as `PT41M16.8697952S`."""
    hours, rest = divmod(span.total_seconds(), 3600)
    minutes, seconds = divmod(rest, 60)
    text = "PT" + (f"{hours:.0f}H" if hours else "") + (f"{minutes:.0f}M" if minutes else "")
    if seconds or text == "PT":
        text += f"{seconds:.7f}".rstrip("0").rstrip(".") + "S"
    return text


def _details(world: World, vm_name: str, expiry: datetime) -> Json:
    now = timestamp(world.clock.now())
    tasks = [
        {"taskId": "Take Snapshot", "startTime": now, "status": "InProgress"},
        {"taskId": "Transfer data to vault", "startTime": UNSET, "status": "NotStarted"},
    ]
    return {
        "tasksList": [{**task, "endTime": UNSET, "duration": "PT0S"} for task in tasks],
        "propertyBag": {
            "VM Name": vm_name,
            "Recovery Point Expiry Time in UTC": _us_time(expiry),
        },
        "internalPropertyBag": {"IsInstantRpJob": "True"},
    }


def _tasks(job: Json) -> list[Json]:
    tasks: list[Json] = job["properties"].get("extendedInfo", {}).get("tasksList", [])
    return tasks


def _us_time(time: datetime) -> str:
    """Write a time as the property bag has it, such as `5/28/2024 12:00:00 AM`."""
    hour = time.hour % 12 or 12
    return f"{time.month}/{time.day}/{time.year} {hour}:{time:%M:%S} {time:%p}"
