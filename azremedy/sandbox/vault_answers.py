"""Give what the operations of a vault have in common."""

from __future__ import annotations

from typing import TYPE_CHECKING

from azremedy.sandbox import refusals
from azremedy.sandbox.backup_job import UNSET
from azremedy.sandbox.clock import timestamp
from azremedy.sandbox.http import Answer, Json, Request

if TYPE_CHECKING:
    from collections.abc import Mapping

    from azremedy.sandbox.operations import Operation
    from azremedy.sandbox.world import World

VAULT = (
    "/subscriptions/{subscription}/resourceGroups/{group}/providers/Microsoft.RecoveryServices"
    "/vaults/{vault}"
)
"""Where a vault stands."""
CONTAINER = VAULT + "/backupFabrics/{fabric}/protectionContainers/{container}"
"""Where a container stands."""
ITEM = CONTAINER + "/protectedItems/{item}"
"""Where a protected item stands."""
QUOTA = {"x-ms-ratelimit-remaining-subscription-resource-requests": "149"}
"""The vault's rate header; the sandbox's quota is always nearly full."""


def vault_of(world: World, place: Mapping[str, str]) -> Json:
    """Give the vault that a route's parameters name.

    Raises:
        ArmError: 404, about the group when even that is missing.
    """
    scope = f"/subscriptions/{place['subscription']}/resourceGroups/{place['group']}"
    vault_id = f"{scope}/providers/Microsoft.RecoveryServices/vaults/{place['vault']}"
    document = world.documents.get(vault_id)
    if document is not None:
        return document
    if scope not in world.documents:
        raise refusals.group_not_found(place["group"])
    raise refusals.resource_not_found(vault_id)


def child_of(world: World, vault: Json, *path: str) -> Json:
    """Give a document beneath a vault.

    Raises:
        ArmError: 404.
    """
    child_id = "/".join([vault["id"], *path])
    document = world.documents.get(child_id)
    if document is None:
        raise refusals.resource_not_found(child_id)
    return document


def item_path(place: Mapping[str, str]) -> tuple[str, ...]:
    """Give the path of a protected item beneath its vault, from a route's parameters."""
    fabric, container, item = place["fabric"], place["container"], place["item"]
    return ("backupFabrics", fabric, "protectionContainers", container, "protectedItems", item)


def operation_status(operation: Operation) -> Json:
    """Write the status of a backup operation as recorded Azure traffic of 2024 has it."""
    body: Json = {
        "id": operation.id,
        "name": operation.id,
        "status": operation.state,
        "startTime": timestamp(operation.started),
        "endTime": timestamp(operation.ended) if operation.ended else UNSET,
    }
    if operation.error:
        body["error"] = operation.error.body()
    elif operation.ended and operation.work.properties:
        body["properties"] = dict(operation.work.properties)
    return body


def follow_status(world: World, operation_id: str) -> Answer:
    """Answer a look at an operation's status."""
    operation = world.operations.find(operation_id)
    answer = Answer(
        status=200, headers={**QUOTA, **_pace(world, operation)}, body=operation_status(operation)
    )
    _wait(world, operation)
    return answer


def follow_result(world: World, request: Request, operation_id: str) -> Answer:
    """Answer a look at an operation's result: 202 while it runs, then 204.

    Source: recorded Azure traffic, 2017-2024.

    Raises:
        ArmError: the operation's own error when it failed.
    """
    operation = world.operations.find(operation_id)
    if operation.running:
        headers = {**QUOTA, "Location": request.url, **_pace(world, operation)}
        _wait(world, operation)
        return Answer(status=202, headers=headers)
    if operation.error:
        raise operation.error
    return Answer(status=204, headers=QUOTA)


def _pace(world: World, operation: Operation) -> dict[str, str]:
    return world.operations.pace(operation.work.name) if operation.running else {}


def _wait(world: World, operation: Operation) -> None:
    if operation.running:
        world.operations.spend_wait(operation.work.name)
