"""Begin, stop, resume and delete the protection of machines.

A change is a job of its own. Under soft delete, which is on unless the vault says otherwise, a
deleted protection stays for some days, stopped, and can be taken back.
Source: recorded Azure traffic, 2019-2024; learn.microsoft.com/azure/backup/secure-by-default
(2025-11-10).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING

from azremedy.sandbox import arm_ids, backup_job, backup_names, backup_view
from azremedy.sandbox.clock import timestamp
from azremedy.sandbox.http import ArmError

if TYPE_CHECKING:
    from azremedy.sandbox.http import Json  # noqa: TC004 # Change only names it
    from azremedy.sandbox.world import World  # noqa: TC004 # Change only names it

_DEFERRED = (
    "isScheduledForDeferredDelete",
    "deferredDeleteTimeInUTC",
    "deferredDeleteTimeRemaining",
)
_SOFT_DELETE_DAYS = 14


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One change of a machine's protection."""

    operation: str
    """How its job calls it."""
    bag: Mapping[str, str]
    """What its job's property bag says beside the machine's name."""
    apply: Callable[[World, Json], None]
    """Carries it out on the item's document, which it stores."""


def fresh(world: World, item_id: str, vm_id: str) -> Json:
    """Write the item of a machine that has never been protected there.

    Source: recorded Azure traffic, 2024-04.

    Raises:
        ArmError: 400 when the machine does not exist or another vault protects it.
    """
    vm = world.documents.get(vm_id)
    if not vm:
        raise ArmError(400, "UserErrorVmNotFoundV2", "Virtual machine doesn't exist.")
    rivals = backup_view.items_of_vm(world, vm_id)
    if any(
        item["properties"].get("protectionState") not in backup_view.INACTIVE for item in rivals
    ):
        message = "The virtual machine is already protected in another vault."
        raise ArmError(400, "UserErrorContainerAlreadyRegistered", message)
    parsed = arm_ids.parse(vm["id"])
    properties = {
        "friendlyName": parsed.name,
        "virtualMachineId": vm["id"],
        "protectionStatus": "Healthy",
        "protectionState": "IRPending",
        "healthStatus": "Passed",
        "lastBackupStatus": "",
        "lastBackupTime": "2001-01-01T00:00:00Z",
        "protectedItemDataId": str(int(world.ids.new().replace("-", ""), 16))[:15],
        "protectedItemType": "Microsoft.Compute/virtualMachines",
        "backupManagementType": "AzureIaasVM",
        "workloadType": "VM",
        "containerName": backup_names.container_part(vm["id"]),
        "sourceResourceId": vm["id"],
        "isArchiveEnabled": False,
    }
    return {"id": item_id, "properties": properties}


def change_of(world: World, item: Json, sent: Json) -> Change:
    """Read what a PUT of an item asks for: take back, stop, suspend, or protect by a policy.

    Raises:
        ArmError: 400 when it names no policy that exists, or the item is deleted.
    """
    state = sent.get("protectionState")
    if sent.get("isRehydrate"):
        return Change(operation="Undelete", bag={"Undelete flag": "True"}, apply=_take_back)
    if item["properties"].get("isScheduledForDeferredDelete"):
        message = "The backup item is deleted; take the deletion back first."
        raise ArmError(400, "UserErrorItemInSoftDeletedState", message)
    if state in backup_view.INACTIVE:
        return Change(
            operation="DisableBackup", bag={"Policy Name": ""}, apply=partial(_stop, state=state)
        )
    policy = world.documents.get(str(sent.get("policyId") or "/"))
    if not policy:
        message = "The policy of the request does not exist."
        raise ArmError(400, "UserErrorInvalidRequestParameter", message)
    return Change(
        operation="ConfigureBackup",
        bag={"Policy Name": policy["name"]},
        apply=partial(_protect, policy=policy),
    )


def deletion_of(world: World, item: Json) -> Change:
    """Say what a DELETE of an item does, by its vault's soft delete."""
    points = world.documents.of_type(backup_names.RECOVERY_POINT_TYPE, under=item["id"])
    bag = {"Number of Recovery Points": str(len(points))}
    days = _soft_delete_days(world, item)
    apply = partial(_delete_later, days=days) if days else _delete
    return Change(operation="DeleteBackupData", bag=bag, apply=apply)


def begin(world: World, item: Json, change: Change) -> Json:
    """Store the job of a change that begins, and give it."""
    job = backup_job.plain(world, item, operation=change.operation, bag=change.bag)
    stored: Json = world.documents.put(job)
    return stored


def finish(world: World, item: Json, job_id: str, change: Change) -> None:
    """Carry a change out and end its job."""
    change.apply(world, world.documents.get(item["id"]) or item)
    job = world.documents.get(job_id)
    backup_job.end(world, job, "Completed")
    world.documents.put(job)


def shown(world: World, item: Json) -> Json:
    """Give an item as one GET shows it: with the time that a deleted one has left."""
    properties = item["properties"]
    if properties.get("isScheduledForDeferredDelete"):
        deleted = properties.setdefault("deferredDeleteTimeInUTC", world.clock.text())
        since = backup_job.moment(deleted)
        kept = timedelta(days=_soft_delete_days(world, item) or _SOFT_DELETE_DAYS)
        properties["deferredDeleteTimeRemaining"] = _span(since + kept - world.clock.now())
    return item


def _protect(world: World, item: Json, *, policy: Json) -> None:
    properties = item["properties"]
    properties["policyId"], properties["policyName"] = policy["id"], policy["name"]
    properties["policyType"] = policy["properties"].get("policyType", "V1")
    if properties["protectionState"] in backup_view.INACTIVE:
        points = world.documents.of_type(backup_names.RECOVERY_POINT_TYPE, under=item["id"])
        properties["protectionState"] = "Protected" if points else "IRPending"
    world.documents.put(item)


def _stop(world: World, item: Json, *, state: str) -> None:
    """Stop with the data retained: the item stays and names no policy any more."""
    item["properties"].update({"protectionState": state, "policyId": "", "policyName": ""})
    world.documents.put(item)


def _take_back(world: World, item: Json) -> None:
    """Take a deletion back: the item stays stopped until it is protected again."""
    for key in _DEFERRED:
        item["properties"].pop(key, None)
    world.documents.put(item)


def _delete(world: World, item: Json) -> None:
    world.documents.remove(item["id"])


def _delete_later(world: World, item: Json, *, days: int) -> None:
    _stop(world, item, state="ProtectionStopped")
    moment = timestamp(world.clock.now())
    deferred = {"isScheduledForDeferredDelete": True, "deferredDeleteTimeInUTC": moment}
    item["properties"].update(deferred)
    world.documents.put(item)
    seconds = timedelta(days=days).total_seconds()
    world.clock.schedule(seconds, lambda: _expire(world, item["id"], moment))


def _expire(world: World, item_id: str, moment: str) -> None:
    """Delete for good what was not taken back since."""
    item = world.documents.get(item_id)
    if item and item["properties"].get("deferredDeleteTimeInUTC") == moment:
        world.documents.remove(item_id)


def _soft_delete_days(world: World, item: Json) -> int:
    """Give for how many days the vault keeps what is deleted; 0 when it does not."""
    vault = world.documents.get(backup_names.vault_id(item["id"])) or {"properties": {}}
    security = vault["properties"].get("securitySettings") or {}
    settings = security.get("softDeleteSettings") or {}
    if settings.get("softDeleteState") == "Disabled":
        return 0
    return int(settings.get("softDeleteRetentionPeriodInDays") or _SOFT_DELETE_DAYS)


def _span(left: timedelta) -> str:
    """Write a time span as the service does, such as `13.19:36:39.7625534`."""
    hours, rest = divmod(left.seconds, 3600)
    minutes, seconds = divmod(rest, 60)
    return f"{left.days}.{hours:02}:{minutes:02}:{seconds:02}.{left.microseconds:06}0"
