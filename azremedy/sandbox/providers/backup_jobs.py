"""Serve on-demand backups, their jobs and the operations by which both are followed."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from azremedy.sandbox import arm_ids, backup_job, backup_names, backup_service, backup_view, odata
from azremedy.sandbox.http import Answer, ArmError, Json, Request, ok
from azremedy.sandbox.operations import RECOVERY, Work
from azremedy.sandbox.paging import page
from azremedy.sandbox.routing import Handler, Route
from azremedy.sandbox.vault_answers import (
    ITEM,
    QUOTA,
    VAULT,
    child_of,
    follow_result,
    follow_status,
    item_path,
    vault_of,
)

if TYPE_CHECKING:
    from azremedy.sandbox.world import World

_ACTION = "Microsoft.RecoveryServices/Vaults"
_ITEM_ACTION = f"{_ACTION}/backupFabrics/protectionContainers/protectedItems"
_JOB = VAULT + "/backupJobs/{job}"
_SAME = ("status", "operation", "backupManagementType")
_FILTER_TIME = re.compile(r"(\d{4}-\d\d-\d\d) (\d{1,2}):(\d\d):(\d\d) ([AP]M)", re.IGNORECASE)


def _trigger(world: World, request: Request, **place: str) -> Answer:
    """Begin an on-demand backup.

    Raises:
        ArmError: 404 without such an item; 400 for a body of another kind.
    """
    holder = vault_of(world, place)
    protected = child_of(world, holder, *item_path(place))
    expiry = _expiry(request.json())
    try:
        job_id = backup_service.trigger(world, protected, expiry=expiry)
    except ArmError as refusal:
        return _refused(world, request, protected, refusal)
    properties = {
        "objectType": "OperationStatusJobExtendedInfo",
        "jobId": arm_ids.parse(job_id).name,
    }
    work = Work(
        name="triggerBackup", style=RECOVERY, resource=protected["id"], properties=properties
    )
    return world.operations.begin(request, work)


def _refused(world: World, request: Request, item: Json, refusal: ArmError) -> Answer:
    """Accept a backup that the service will not begin: the operation fails, and there is no job."""

    def finish() -> None:
        raise refusal

    work = Work(name="triggerBackup", style=RECOVERY, resource=item["id"], finish=finish)
    return world.operations.begin(request, work)


def _expiry(sent: Json) -> datetime | None:
    """Read until when the point is wanted.

    Raises:
        ArmError: 400 when the body is not a backup request for a VM.
    """
    properties = (sent or {}).get("properties") or {}
    if properties.get("objectType") != "IaasVMBackupRequest":
        message = "The backup request must be of type 'IaasVMBackupRequest' for a virtual machine."
        raise ArmError(400, "BMSUserErrorInvalidInput", message)
    text = properties.get("recoveryPointExpiryTimeInUTC")
    if not text:
        return None
    try:
        return datetime.fromisoformat(str(text)).astimezone(UTC)
    except ValueError as error:
        message = f"'{text}' is no time."
        raise ArmError(400, "BMSUserErrorInvalidInput", message) from error


def _get_job(world: World, _request: Request, **place: str) -> Answer:
    """Show a job; a look at one that runs lets time pass, as no client would look at once again.

    Azure names no time to wait here: jobs are no operations. Source: recorded Azure traffic, 2023.
    """
    holder = vault_of(world, place)
    document = child_of(world, holder, "backupJobs", place["job"])
    running = document["properties"]["status"] in backup_view.RUNNING
    answer = replace(ok(backup_job.shown(world, document)), headers=QUOTA)
    if running:
        world.operations.spend_wait("takeSnapshot")
    return answer


def _list_jobs(world: World, request: Request, **place: str) -> Answer:
    """List jobs, newest first."""
    holder = vault_of(world, place)
    found = world.documents.of_type(backup_names.JOB_TYPE, under=holder["id"])
    terms = odata.comparisons(request.query.get("$filter", ""))
    kept = [backup_job.listed(world, job) for job in found if _wanted(job, terms)]
    kept.sort(key=lambda job: str(job["properties"]["startTime"]), reverse=True)
    return replace(page(request, kept, world.page_size), headers=QUOTA)


def _wanted(job: Json, terms: dict[str, str]) -> bool:
    properties = job["properties"]
    began = backup_job.moment(properties["startTime"])
    if "starttime" in terms and began < _filter_time(terms["starttime"]):
        return False
    if "endtime" in terms and began > _filter_time(terms["endtime"]):
        return False
    if terms.get("jobid", job["name"]).lower() != job["name"].lower():
        return False
    return all(
        terms.get(name.lower(), str(properties.get(name, ""))).lower()
        == str(properties.get(name, "")).lower()
        for name in _SAME
    )


def _filter_time(text: str) -> datetime:
    """Read a time of a filter, such as `2016-01-01 00:00:00 AM`.

    Raises:
        ArmError: 400 for any other form.
    """
    match = _FILTER_TIME.fullmatch(text.strip())
    if not match:
        message = f"The filter's time '{text}' is not of the form 'yyyy-MM-dd hh:mm:ss tt'."
        raise ArmError(400, "BMSUserErrorInvalidInput", message)
    day, hour, minute, second, half = match.groups()
    hours = int(hour) % 12 + (12 if half.upper() == "PM" else 0)
    return datetime.fromisoformat(f"{day}T{hours:02}:{minute}:{second}+00:00")


def _cancel(world: World, request: Request, **place: str) -> Answer:
    holder = vault_of(world, place)
    document = child_of(world, holder, "backupJobs", place["job"])
    backup_service.cancel(world, document)
    work = Work(
        name="cancelJob",
        style=RECOVERY,
        resource=document["id"],
        finish=lambda: backup_service.end_cancelled(world, document["id"]),
    )
    return world.operations.begin(request, work)


def _status(world: World, _request: Request, *, operation: str, **_: str) -> Answer:
    return follow_status(world, operation)


def _result(world: World, request: Request, *, operation: str, **_: str) -> Answer:
    return follow_result(world, request, operation)


def _read(template: str, handler: Handler, action: str) -> Route:
    return Route(method="GET", template=template, handler=handler, action=f"{action}/read")


ROUTES = (
    Route(
        method="POST",
        template=ITEM + "/backup",
        handler=_trigger,
        action=f"{_ITEM_ACTION}/backup/action",
    ),
    _read(ITEM + "/operationsStatus/{operation}", _status, f"{_ITEM_ACTION}/operationsStatus"),
    _read(ITEM + "/operationResults/{operation}", _result, f"{_ITEM_ACTION}/operationResults"),
    _read(VAULT + "/backupOperations/{operation}", _status, f"{_ACTION}/backupOperations"),
    _read(
        VAULT + "/backupOperationResults/{operation}",
        _result,
        f"{_ACTION}/backupOperationResults",
    ),
    _read(VAULT + "/backupJobs", _list_jobs, f"{_ACTION}/backupJobs"),
    _read(_JOB, _get_job, f"{_ACTION}/backupJobs"),
    Route(
        method="POST",
        template=_JOB + "/cancel",
        handler=_cancel,
        action=f"{_ACTION}/backupJobs/cancel/action",
    ),
    _read(
        _JOB + "/operationsStatus/{operation}", _status, f"{_ACTION}/backupJobs/operationsStatus"
    ),
    _read(
        _JOB + "/operationResults/{operation}", _result, f"{_ACTION}/backupJobs/operationResults"
    ),
)
"""The operations of backups and jobs."""
