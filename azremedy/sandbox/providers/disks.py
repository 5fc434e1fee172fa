"""Serve managed disks, and the snapshots of disks as far as access to their content goes.

A disk that a machine names and for which the scenario has no document is written from the machine.
"""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

from azremedy.sandbox import arm_ids, backup_names, guest_facts, refusals, vm_state
from azremedy.sandbox.compute_answers import BASE, REGIONLESS, existing, group_id, quota
from azremedy.sandbox.http import Answer, Json, Request, ok
from azremedy.sandbox.operations import COMPUTE
from azremedy.sandbox.paging import page
from azremedy.sandbox.routing import Handler, Route

if TYPE_CHECKING:
    from collections.abc import Mapping

    from azremedy.sandbox.world import World

_TYPE = "Microsoft.Compute/disks"
_SNAPSHOT = (
    BASE
    + "/restorePointCollections/{collection}/restorePoints/{point}/diskRestorePoints/{snapshot}"
)
_SNAPSHOT_ACTION = "Microsoft.Compute/restorePointCollections/restorePoints/diskRestorePoints"
_READ = quota("LowCostGetSubscriptionMaximum;23999", "LowCostGetResource;35")


def _get(world: World, _request: Request, **place: str) -> Answer:
    scope = group_id(place)
    wanted = arm_ids.key(f"{scope}/providers/{_TYPE}/{place['disk']}")
    for disk in _disks(world, scope):
        if arm_ids.key(disk["id"]) == wanted:
            return replace(ok(disk), headers=_READ)
    existing(world, scope)
    raise refusals.resource_not_found(f"{scope}/providers/{_TYPE}/{place['disk']}")


def _list(world: World, request: Request, **place: str) -> Answer:
    scope = group_id(place)
    existing(world, scope)
    return page(request, _disks(world, scope), world.page_size)


def _list_all(world: World, request: Request, **place: str) -> Answer:
    disks = _disks(world, f"/subscriptions/{place['subscription']}")
    return page(request, disks, world.page_size)


def _disks(world: World, scope: str) -> list[Json]:
    """Give the disks in a scope: those of the world, then those that machines name besides."""
    found = {arm_ids.key(disk["id"]): disk for disk in world.documents.of_type(_TYPE, under=scope)}
    for vm in world.documents.of_type(backup_names.VM_TYPE):
        for own in _own(vm):
            disk_id = (own.get("managedDisk") or {}).get("id", "")
            if disk_id and arm_ids.within(disk_id, scope):
                found.setdefault(arm_ids.key(disk_id), _written(world, vm, own))
    return list(found.values())


def _own(vm: Json) -> list[Json]:
    profile = vm["properties"].get("storageProfile", {})
    return [profile.get("osDisk") or {}, *(profile.get("dataDisks") or [])]


def _written(world: World, vm: Json, own: Json) -> Json:
    disk_id = own["managedDisk"]["id"]
    size = int(own.get("diskSizeGB") or 30)
    properties = {
        "creationData": {"createOption": "Empty" if "lun" in own else "FromImage"},
        "diskSizeGB": size,
        "diskSizeBytes": size * 1024**3,
        "uniqueId": world.ids.of(disk_id),
        "timeCreated": vm["properties"].get("timeCreated", "2026-01-01T00:00:00+00:00"),
        "provisioningState": "Succeeded",
        "diskState": "Reserved" if vm_state.power(vm) == "deallocated" else "Attached",
        "encryption": {"type": "EncryptionAtRestWithPlatformKey"},
        "networkAccessPolicy": "AllowAll",
        "publicNetworkAccess": "Enabled",
    }
    if "osType" in own:
        properties["osType"] = own["osType"]
    return {
        "id": disk_id,
        "name": arm_ids.parse(disk_id).name,
        "type": _TYPE,
        "location": vm["location"],
        "managedBy": vm["id"],
        "sku": {"name": own["managedDisk"].get("storageAccountType", "Premium_LRS")},
        "properties": properties,
    }


def _access(world: World, request: Request, **place: str) -> Answer:
    """Open or end the access to a snapshot's content through a shared access signature.

    While it is open, neither its restore point nor the collection can be deleted.
    Source: learn.microsoft.com/azure/virtual-machines/restore-point-troubleshooting (2023-04-12).
    """
    collection_id, snapshot = _parts(place)
    collection = existing(world, collection_id)
    existing(world, snapshot.split("/diskRestorePoints/")[0])
    opens = request.segments[-1].lower() == "begingetaccess"
    return world.operations.start(
        request,
        name="snapshotAccess",
        style=COMPUTE,
        location=collection["location"],
        finish=partial(_set_access, world, collection, snapshot, opens=opens),
    )


def _parts(place: Mapping[str, str]) -> tuple[str, str]:
    base = f"{group_id(place)}/providers/Microsoft.Compute"
    collection = f"{base}/restorePointCollections/{place['collection']}"
    point = f"{collection}/restorePoints/{place['point']}"
    return collection, f"{point}/diskRestorePoints/{place['snapshot']}"


def _set_access(world: World, collection: Json, snapshot: str, *, opens: bool) -> Json | None:
    vm_id = str(collection["properties"]["source"]["id"])
    wanted = arm_ids.key(snapshot)
    now_open = guest_facts.of(world, vm_id).open_snapshots
    others = tuple(each for each in now_open if arm_ids.key(each) != wanted)
    guest_facts.change(world, vm_id, open_snapshots=(*others, snapshot) if opens else others)
    if not opens:
        return None
    name = world.ids.of(snapshot)
    return {"accessSAS": f"https://md-{name[:12]}.z1.blob.storage.azure.net/{name}/abcd?sv=sandbox"}


def _read(template: str, handler: Handler) -> Route:
    return Route(method="GET", template=template, handler=handler, action=f"{_TYPE}/read")


ROUTES = (
    _read(BASE + "/disks", _list),
    _read(BASE + "/disks/{disk}", _get),
    _read(REGIONLESS + "/disks", _list_all),
    *(
        Route(
            method="POST",
            template=f"{_SNAPSHOT}/{verb}",
            handler=_access,
            action=f"{_SNAPSHOT_ACTION}/{verb}/action",
        )
        for verb in ("beginGetAccess", "endGetAccess")
    ),
)
"""The operations of disks and of their snapshots' content."""
