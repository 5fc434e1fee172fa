"""Serve PATCH of Compute's resources: what is sent is merged into what stands."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from azremedy.sandbox.compute_answers import BASE, collection_id, existing, quota, vm_id
from azremedy.sandbox.http import Answer, Json, Request, ok
from azremedy.sandbox.operations import COMPUTE, Work
from azremedy.sandbox.routing import Route

if TYPE_CHECKING:
    from azremedy.sandbox.world import World

_MACHINE = BASE + "/virtualMachines/{vm}"
_ACTION = "Microsoft.Compute"
_PUT_MACHINE = quota("PutVMSubscriptionMaximum;1499", "PutVMResource;11")
_UPDATE_MACHINE = quota("UpdateVMSubscriptionMaximum;1499", "UpdateVMResource;11")
_UPDATE_COLLECTION = quota(
    "UpdateRestorePointCollectionResource;14",
    "UpdateRestorePointCollectionSubscriptionMaximum;149",
)


def _collection(world: World, request: Request, **place: str) -> Answer:
    """Change the tags of a collection, at once."""
    document = existing(world, collection_id(place))
    tags = (request.json() or {}).get("tags", document.get("tags"))
    return replace(ok(world.documents.put({**document, "tags": tags})), headers=_UPDATE_COLLECTION)


def _machine(world: World, request: Request, **place: str) -> Answer:
    document = existing(world, vm_id(place))
    answer = _changing(world, request, document, location=document["location"])
    answer.body["properties"].pop("instanceView", None)
    return replace(answer, headers={**answer.headers, **_PUT_MACHINE})


def _extension(world: World, request: Request, *, name: str, **place: str) -> Answer:
    machine = existing(world, vm_id(place))
    document = existing(world, f"{machine['id']}/extensions/{name}")
    answer = _changing(world, request, document, location=machine["location"])
    return replace(answer, headers={**answer.headers, **_UPDATE_MACHINE})


def _changing(world: World, request: Request, document: Json, *, location: str) -> Answer:
    """Merge at once and answer 200; the resource is `Updating` until the operation ends.

    Source: recorded Azure traffic, 2018-2021.
    """
    before = document["properties"].get("provisioningState", "Succeeded")
    changed = _merged(document, request.json() or {})
    changed["properties"]["provisioningState"] = "Updating"

    def finish() -> None:
        now = world.documents.get(document["id"])
        if now:
            now["properties"]["provisioningState"] = before
            world.documents.put(now)

    work = Work(
        name="updateComputeResource",
        style=COMPUTE,
        location=location,
        finish=finish,
        status=200,
        body=world.documents.put(changed),
    )
    return world.operations.begin(request, work)


def _merged(document: Json, sent: Json) -> Json:
    """Merge objects key by key; tags are replaced whole, as ARM does. Ids never change."""
    fixed = {"id", "name", "type", "location", "tags"}
    merged = {**document}
    for key, value in sent.items():
        if key == "tags":
            merged[key] = value
        elif key not in fixed:
            both = isinstance(value, dict) and isinstance(document.get(key), dict)
            merged[key] = _merged(document[key], value) if both else value
    return merged


ROUTES = (
    Route(
        method="PATCH",
        template=BASE + "/restorePointCollections/{collection}",
        handler=_collection,
        action=f"{_ACTION}/restorePointCollections/write",
    ),
    Route(
        method="PATCH",
        template=_MACHINE,
        handler=_machine,
        action=f"{_ACTION}/virtualMachines/write",
    ),
    Route(
        method="PATCH",
        template=_MACHINE + "/extensions/{name}",
        handler=_extension,
        action=f"{_ACTION}/virtualMachines/extensions/write",
    ),
)
"""The updates of Compute's resources."""
