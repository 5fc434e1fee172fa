"""Serve changes of protection: protecting, stopping, resuming, deleting and taking that back."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from azremedy.sandbox import arm_ids, backup_names, backup_protection, refusals
from azremedy.sandbox.http import Answer, ArmError, Json, Request, no_content
from azremedy.sandbox.operations import RECOVERY, Work
from azremedy.sandbox.routing import Route
from azremedy.sandbox.vault_answers import ITEM, item_path, vault_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from azremedy.sandbox.world import World

_ACTION = "Microsoft.RecoveryServices/Vaults/backupFabrics/protectionContainers/protectedItems"


def _put(world: World, request: Request, **place: str) -> Answer:
    """Protect a machine, or change how it is protected.

    Raises:
        ArmError: 400 for a body of another kind, or one that names nothing that exists.
    """
    item_id = _item_id(world, place)
    sent = (request.json() or {}).get("properties") or {}
    if sent.get("protectedItemType") != "Microsoft.Compute/virtualMachines":
        message = "The protected item must be of type 'Microsoft.Compute/virtualMachines'."
        raise ArmError(400, "BMSUserErrorInvalidInput", message)
    vm_id = str(sent.get("sourceResourceId") or "/")
    known = world.documents.get(item_id)
    item = known or backup_protection.fresh(world, item_id, vm_id)
    change = backup_protection.change_of(world, item, sent)
    return _started(world, request, item, change)


def _delete(world: World, request: Request, **place: str) -> Answer:
    """Delete protection and its data; 204 when there is none.

    The operation is followed at the vault, not beneath the item, which may be gone at its end.
    Source: recorded Azure traffic, 2024-04.
    """
    item = world.documents.get(_item_id(world, place))
    if not item:
        return no_content()
    answer = _started(world, request, item, backup_protection.deletion_of(world, item))
    vault = backup_names.vault_id(item["id"])
    links = {
        name: answer.headers[name].replace(f"{item['id']}/{below}", f"{vault}/{beside}")
        for name, below, beside in (
            ("Azure-AsyncOperation", "operationsStatus", "backupOperations"),
            ("Location", "operationResults", "backupOperationResults"),
        )
    }
    return replace(answer, headers={**answer.headers, **links})


def _started(
    world: World, request: Request, item: Json, change: backup_protection.Change
) -> Answer:
    job = backup_protection.begin(world, item, change)
    properties = {
        "objectType": "OperationStatusJobExtendedInfo",
        "jobId": arm_ids.parse(job["id"]).name,
    }
    deleting = change.operation == "DeleteBackupData"
    work = Work(
        name="deleteProtection" if deleting else "changeProtection",
        style=RECOVERY,
        resource=item["id"],
        properties=properties,
        finish=lambda: backup_protection.finish(world, item, job["id"], change),
    )
    return world.operations.begin(request, work)


def _item_id(world: World, place: Mapping[str, str]) -> str:
    """Give the id of the item that a route names.

    Raises:
        ArmError: 404 without the vault, or when the fabric is not Azure's.
    """
    item_id = "/".join([vault_of(world, place)["id"], *item_path(place)])
    if place["fabric"].lower() != "azure":
        raise refusals.resource_not_found(item_id)
    return item_id


ROUTES = (
    Route(method="PUT", template=ITEM, handler=_put, action=f"{_ACTION}/write"),
    Route(method="DELETE", template=ITEM, handler=_delete, action=f"{_ACTION}/delete"),
)
"""The operations that change protection."""
