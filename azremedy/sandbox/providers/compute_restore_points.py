"""Serve restore point collections, restore points and the snapshots of their disks."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

from azremedy.sandbox import (
    arm_ids,
    backup_names,
    backup_points,
    backup_service,
    backup_view,
    guest_facts,
    refusals,
)
from azremedy.sandbox.clock import timestamp
from azremedy.sandbox.compute_answers import (
    BASE,
    REGIONLESS,
    collection_id,
    existing,
    group_id,
    quota,
    upper_group,
)
from azremedy.sandbox.http import Answer, ArmError, Json, Request, created, no_content, ok
from azremedy.sandbox.operations import COMPUTE, Work
from azremedy.sandbox.paging import page
from azremedy.sandbox.routing import Handler, Route

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from azremedy.sandbox.world import World

_COLLECTION = BASE + "/restorePointCollections/{collection}"
_POINT = _COLLECTION + "/restorePoints/{point}"
_ACTION = "Microsoft.Compute/restorePointCollections"
_READ = quota("LowCostGetRestorePointSubscriptionMaximum;599")
_PUT = quota(
    "PutRestorePointCollectionResource;14", "PutRestorePointCollectionSubscriptionMaximum;149"
)
_PUT_POINT = quota("PutRestorePointResource;5", "PutRestorePointSubscriptionMaximum;149")
_LIST = quota("HighCostGetRestorePointSubscriptionMaximum;149")
_DELETE = quota("DeleteRestorePointSubscriptionMaximum;359")


def _get(world: World, request: Request, **place: str) -> Answer:
    document = existing(world, collection_id(place))
    if request.query.get("$expand", "").lower() == "restorepoints":
        points = backup_view.points_of(world, document["id"])
        document["properties"]["restorePoints"] = [_shown(point) for point in points]
    return replace(ok(document), headers=_READ)


def _shown(point: Json) -> Json:
    """Give a restore point as Compute shows it: without a type.

    Source: recorded Azure traffic, 2022-2024.
    """
    return {key: value for key, value in point.items() if key != "type"}


def _list(world: World, request: Request, **place: str) -> Answer:
    scope = group_id(place)
    existing(world, scope)
    found = world.documents.of_type(backup_names.COLLECTION_TYPE, under=scope)
    return _page(world, request, found)


def _list_all(world: World, request: Request, **place: str) -> Answer:
    scope = f"/subscriptions/{place['subscription']}"
    found = world.documents.of_type(backup_names.COLLECTION_TYPE, under=scope)
    return _page(world, request, tuple(upper_group(collection) for collection in found))


def _page(world: World, request: Request, found: tuple[Json, ...]) -> Answer:
    answer = page(request, found, world.page_size)
    return replace(answer, headers={**answer.headers, **_LIST})


def _put(world: World, request: Request, **place: str) -> Answer:
    """Make a collection, at once; its source can never change."""
    existing(world, group_id(place))
    sent = request.json() or {}
    before = world.documents.get(collection_id(place))
    if before:
        return ok(world.documents.put({**before, "tags": sent.get("tags", before.get("tags"))}))
    source_id = str(sent.get("properties", {}).get("source", {}).get("id", ""))
    source = world.documents.get(source_id) if source_id else None
    if not source:
        raise refusals.resource_not_found(source_id) if source_id else _no_source()
    document = {
        **{key: sent[key] for key in ("location", "tags") if key in sent},
        "id": collection_id(place),
        "properties": {
            "source": {"location": source["location"], "id": source["id"]},
            "restorePointCollectionId": world.ids.new(),
            "provisioningState": "Succeeded",
        },
    }
    document.setdefault("location", source["location"])
    return replace(created(world.documents.put(document)), headers=_PUT)


def _no_source() -> ArmError:
    return ArmError(400, "InvalidParameter", "Required parameter 'source' is missing (null).")


def _delete(world: World, request: Request, **place: str) -> Answer:
    """Delete a collection with its restore points; 204 when there is none."""
    document = world.documents.get(collection_id(place))
    if not document:
        return no_content()
    document["properties"]["provisioningState"] = "Deleting"
    world.documents.put(document)

    def finish() -> None:
        _check_unread(world, document, document["id"])
        if world.documents.remove(document["id"]):
            backup_service.note_deleted(world, document)

    return _deleting(world, request, document, name="deleteRestorePointCollection", finish=finish)


def _check_unread(world: World, collection: Json, what: str) -> None:
    """Refuse to delete snapshots that somebody reads; what refused stands as it did.

    Source: learn.microsoft.com/azure/virtual-machines/restore-point-troubleshooting (2023-04-12).

    Raises:
        ArmError: 409 `DiskRestorePointUsedByCustomer`.
    """
    for snapshot in guest_facts.of(world, backup_view.source_of(collection)).open_snapshots:
        if arm_ids.within(snapshot, what):
            document = world.documents.get(what)
            if document:
                document["properties"]["provisioningState"] = "Succeeded"
                world.documents.put(document)
            message = (
                "There is an active shared access signature outstanding for disk restore point "
                f"{snapshot.rsplit('/', 1)[1]}. Call EndGetAccess before deleting it."
            )
            raise ArmError(409, "DiskRestorePointUsedByCustomer", message)


def _deleting(
    world: World, request: Request, collection: Json, *, name: str, finish: Callable[[], None]
) -> Answer:
    work = Work(name=name, style=COMPUTE, location=collection["location"], finish=finish)
    answer = world.operations.begin(request, work)
    return replace(answer, headers={**answer.headers, **_DELETE})


def _point_id(place: Mapping[str, str]) -> str:
    return f"{collection_id(place)}/restorePoints/{place['point']}"


def _get_point(world: World, request: Request, **place: str) -> Answer:
    document = _shown(existing(world, _point_id(place)))
    if request.query.get("$expand", "").lower() == "instanceview":
        document["properties"]["instanceView"] = _view(world, document)
    return replace(ok(document), headers=_READ)


def _view(world: World, point: Json) -> Json:
    """Say that every snapshot of a point is copied. Source: recorded Azure traffic, 2022."""
    done = {"code": "ReplicationState/succeeded", "level": "Info", "displayStatus": "Succeeded"}
    status = {"status": done, "completionPercent": 100}
    disks = [{"id": disk["id"], "replicationStatus": status} for disk in _disks(world, point)]
    return {"diskRestorePoints": disks, "statuses": [done]}


def _put_point(world: World, request: Request, **place: str) -> Answer:
    """Take a snapshot into a collection; its source must still be there."""
    holder = existing(world, collection_id(place))
    vm = existing(world, backup_view.source_of(holder))
    point_id = f"{holder['id']}/restorePoints/{place['point']}"
    if point_id in world.documents:
        message = f"The restore point '{place['point']}' already exists and cannot be changed."
        raise ArmError(409, "PropertyChangeNotAllowed", message)
    mode = (request.json() or {}).get("properties", {}).get("consistencyMode")
    document = backup_points.restore_point(
        world, point_id, vm, mode=mode or _default_mode(vm), moment=world.clock.now()
    )
    document["properties"]["provisioningState"] = "Creating"
    work = Work(
        name="createRestorePoint",
        style=COMPUTE,
        location=holder["location"],
        finish=partial(_created, world, point_id),
        status=201,
        body=_without_snapshots(_shown(world.documents.put(document))),
    )
    answer = world.operations.begin(request, work)
    return replace(answer, headers={**answer.headers, **_PUT_POINT})


def _default_mode(vm: Json) -> str:
    """Say how consistent a point is when nobody asks: Linux machines quiesce file systems only.

    Source: recorded Azure traffic, 2022-2024.
    """
    disk = vm["properties"].get("storageProfile", {}).get("osDisk", {})
    linux = disk.get("osType", "").lower() == "linux"
    return "FileSystemConsistent" if linux else "ApplicationConsistent"


def _without_snapshots(point: Json) -> Json:
    """Leave out the snapshots, which a point has only when it is made."""
    profile = point["properties"].get("sourceMetadata", {}).get("storageProfile", {})
    for disk in (profile.get("osDisk", {}), *profile.get("dataDisks", [])):
        disk.pop("diskRestorePoint", None)
    return point


def _created(world: World, point_id: str) -> None:
    document = world.documents.get(point_id)
    if document:
        document["properties"]["provisioningState"] = "Succeeded"
        world.documents.put(document)


def _delete_point(world: World, request: Request, **place: str) -> Answer:
    """Delete one restore point; 204 when there is none."""
    point_id = _point_id(place)
    if point_id not in world.documents:
        return no_content()
    holder = existing(world, collection_id(place))

    def finish() -> None:
        _check_unread(world, holder, point_id)
        world.documents.remove(point_id)

    return _deleting(world, request, holder, name="deleteRestorePoint", finish=finish)


def _list_disks(world: World, request: Request, **place: str) -> Answer:
    document = existing(world, _point_id(place))
    return page(request, _disks(world, document), world.page_size)


def _get_disk(world: World, request: Request, *, disk: str, **_: str) -> Answer:
    document = existing(world, request.path.rsplit("/diskRestorePoints/", 1)[0])
    for entry in _disks(world, document):
        if entry["name"].lower() == disk.lower():
            return ok(entry)
    raise refusals.resource_not_found(request.path)


def _disks(world: World, point: Json) -> tuple[Json, ...]:
    """Write the snapshots that a restore point names."""
    metadata = point["properties"].get("sourceMetadata", {})
    profile = metadata.get("storageProfile", {})
    disks = [profile.get("osDisk", {}), *profile.get("dataDisks", [])]
    return tuple(
        _disk(world, point, disk, generation=metadata.get("hyperVGeneration", "V2"))
        for disk in disks
        if "diskRestorePoint" in disk
    )


def _disk(world: World, point: Json, disk: Json, *, generation: str) -> Json:
    snapshot_id = disk["diskRestorePoint"]["id"]
    properties = {
        "timeCreated": point["properties"].get("timeCreated", timestamp(world.clock.now())),
        "sourceResourceId": disk.get("managedDisk", {}).get("id", ""),
        "sourceUniqueId": world.ids.of(disk.get("managedDisk", {}).get("id", "")),
        "familyId": world.ids.of(disk.get("name", snapshot_id)),
        "hyperVGeneration": generation,
        "networkAccessPolicy": "AllowAll",
        "publicNetworkAccess": "Enabled",
    }
    if "osType" in disk:
        properties["osType"] = disk["osType"]
    return {"id": snapshot_id, "name": snapshot_id.rsplit("/", 1)[1], "properties": properties}


def _route(method: str, template: str, handler: Handler, *, action: str) -> Route:
    return Route(method=method, template=template, handler=handler, action=f"{_ACTION}/{action}")


ROUTES = (
    _route("GET", BASE + "/restorePointCollections", _list, action="read"),
    _route("GET", REGIONLESS + "/restorePointCollections", _list_all, action="read"),
    _route("GET", _COLLECTION, _get, action="read"),
    _route("PUT", _COLLECTION, _put, action="write"),
    _route("DELETE", _COLLECTION, _delete, action="delete"),
    _route("GET", _POINT, _get_point, action="restorePoints/read"),
    _route("PUT", _POINT, _put_point, action="restorePoints/write"),
    _route("DELETE", _POINT, _delete_point, action="restorePoints/delete"),
    _route(
        "GET",
        _POINT + "/diskRestorePoints",
        _list_disks,
        action="restorePoints/diskRestorePoints/read",
    ),
    _route(
        "GET",
        _POINT + "/diskRestorePoints/{disk}",
        _get_disk,
        action="restorePoints/diskRestorePoints/read",
    ),
)
"""The operations of restore point collections."""
