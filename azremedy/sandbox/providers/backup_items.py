"""Serve what a vault protects: items, containers, policies, recovery points, usage.

Also the way from a machine to its item.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from azremedy.sandbox import arm_ids, backup_names, backup_protection, backup_view, odata
from azremedy.sandbox.http import Answer, ArmError, Json, Request, ok
from azremedy.sandbox.paging import page
from azremedy.sandbox.routing import Handler, Route
from azremedy.sandbox.vault_answers import (
    CONTAINER,
    ITEM,
    QUOTA,
    VAULT,
    child_of,
    item_path,
    vault_of,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from azremedy.sandbox.world import World

_ACTION = "Microsoft.RecoveryServices/Vaults"
_ITEM_ACTION = f"{_ACTION}/backupFabrics/protectionContainers/protectedItems"
_ITEM_FILTERS = {
    "backupmanagementtype": "backupManagementType",
    "itemtype": "workloadType",
    "policyname": "policyName",
    "friendlyname": "friendlyName",
    "containername": "containerName",
}
_CONTAINER_FILTERS = {
    "backupmanagementtype": "backupManagementType",
    "friendlyname": "friendlyName",
    "status": "registrationStatus",
}


def _backup_status(world: World, request: Request, **_: str) -> Answer:
    """Say in which vault a VM is protected; container and item are named even when it is not.

    Source: learn.microsoft.com/rest/api/backup/backup-status/get.
    """
    sent = request.json() or {}
    vm_id = str(sent.get("resourceId", ""))
    if str(sent.get("resourceType", "")).lower() != "vm" or not vm_id:
        raise ArmError(400, "BMSUserErrorInvalidInput", "Input provided for the call is invalid.")
    part = backup_names.container_part(vm_id)
    body = {
        "protectionStatus": "NotProtected",
        "vaultId": "",
        "fabricName": "Azure",
        "containerName": f"iaasvmcontainer;{part}",
        "protectedItemName": f"vm;{part}",
        "policyName": "",
        "errorCode": "Success",
        "errorMessage": "",
    }
    item = backup_view.item_of_vm(world, vm_id)
    if item:
        body["protectionStatus"] = "Protected"
        body["vaultId"] = backup_names.vault_id(item["id"])
        body["policyName"] = item["properties"].get("policyName", "")
    return ok(body)


def _get_item(world: World, request: Request, **place: str) -> Answer:
    holder = vault_of(world, place)
    item = child_of(world, holder, *item_path(place))
    if "extendedinfo" in request.query.get("$filter", "").lower():
        item["properties"]["extendedInfo"] = _extended(world, item)
    return _answer(backup_protection.shown(world, item))


def _extended(world: World, item: Json) -> Json:
    points = _recovery_points(world, item)
    times = sorted(str(point["properties"]["recoveryPointTime"]) for point in points)
    oldest = {"oldestRecoveryPoint": times[0]} if times else {}
    return {**oldest, "recoveryPointCount": len(points), "policyInconsistent": False}


def _list_items(world: World, request: Request, **place: str) -> Answer:
    holder = vault_of(world, place)
    items = world.documents.of_type(backup_names.ITEM_TYPE, under=holder["id"])
    kept = _filtered(request, items, _ITEM_FILTERS)
    return _page(world, request, [backup_protection.shown(world, item) for item in kept])


def _list_containers(world: World, request: Request, **place: str) -> Answer:
    holder = vault_of(world, place)
    items = world.documents.of_type(backup_names.ITEM_TYPE, under=holder["id"])
    containers = [_container(item) for item in items]
    return _page(world, request, _filtered(request, containers, _CONTAINER_FILTERS))


def _get_container(world: World, _request: Request, **place: str) -> Answer:
    holder = vault_of(world, place)
    wanted = place["container"].lower()
    for item in world.documents.of_type(backup_names.ITEM_TYPE, under=holder["id"]):
        container = _container(item)
        if container["name"].lower() == wanted:
            return _answer(container)
    path = ("backupFabrics", place["fabric"], "protectionContainers", place["container"])
    return _answer(child_of(world, holder, *path))


def _container(item: Json) -> Json:
    """Write the container of an item: for a VM there is exactly one item in it."""
    properties = item["properties"]
    container_id = item["id"].rsplit("/", 2)[0]
    return {
        "id": container_id,
        "name": container_id.rsplit("/", 1)[1],
        "type": f"{_ACTION}/backupFabrics/protectionContainers".replace("Vaults", "vaults"),
        "properties": {
            "virtualMachineId": properties["virtualMachineId"],
            "virtualMachineVersion": "Compute",
            "resourceGroup": arm_ids.parse(properties["virtualMachineId"]).group,
            "friendlyName": backup_names.vm_name(item),
            "backupManagementType": "AzureIaasVM",
            "registrationStatus": "Registered",
            "healthStatus": "Healthy",
            "containerType": "Microsoft.Compute/virtualMachines",
            "protectableObjectType": "Microsoft.Compute/virtualMachines",
        },
    }


def _get_policy(world: World, _request: Request, **place: str) -> Answer:
    holder = vault_of(world, place)
    return _answer(child_of(world, holder, "backupPolicies", place["policy"]))


def _list_policies(world: World, request: Request, **place: str) -> Answer:
    holder = vault_of(world, place)
    found = world.documents.of_type(backup_names.POLICY_TYPE, under=holder["id"])
    names = {"backupmanagementtype": "backupManagementType"}
    return _page(world, request, _filtered(request, found, names))


def _list_points(world: World, request: Request, **place: str) -> Answer:
    """List the recovery points of an item, newest first."""
    holder = vault_of(world, place)
    item = child_of(world, holder, *item_path(place))
    return _page(world, request, [_shown(point) for point in _recovery_points(world, item)])


def _shown(point: Json) -> Json:
    """Show a recovery point with whether it may move to the archive: here none may.

    Source: recorded Azure traffic, 2022-2024.
    """
    note = "The recovery point's remaining retention is too short for the archive tier."
    archive = {"ArchivedRP": {"isReadyForMove": False, "additionalInfo": note}}
    return {
        **point,
        "properties": {"recoveryPointMoveReadinessInfo": archive, **point["properties"]},
    }


def _recovery_points(world: World, item: Json) -> list[Json]:
    found = world.documents.of_type(backup_names.RECOVERY_POINT_TYPE, under=item["id"])
    return sorted(
        found, key=lambda point: str(point["properties"]["recoveryPointTime"]), reverse=True
    )


def _get_point(world: World, _request: Request, **place: str) -> Answer:
    holder = vault_of(world, place)
    path = (*item_path(place), "recoveryPoints", place["point"])
    return _answer(_shown(child_of(world, holder, *path)))


def _usage(world: World, _request: Request, **place: str) -> Answer:
    """Count the protected machines of a vault."""
    holder = vault_of(world, place)
    items = world.documents.of_type(backup_names.ITEM_TYPE, under=holder["id"])
    entry = {
        "unit": "Count",
        "currentValue": len(items),
        "limit": -1,
        "name": {"value": "AzureIaasVM", "localizedValue": "Azure Virtual Machine"},
    }
    return _answer({"value": [entry]})


def _filtered(request: Request, found: Sequence[Json], names: dict[str, str]) -> list[Json]:
    """Keep what fits the `name eq 'value'` parts of the filter.

    Names that mean nothing here are passed over, and so are properties that a document lacks.
    """
    wanted = odata.comparisons(request.query.get("$filter", ""))
    terms = {names[name]: value.lower() for name, value in wanted.items() if name in names}
    return [
        document
        for document in found
        if all(
            str(document["properties"].get(name, value)).lower() == value
            for name, value in terms.items()
        )
    ]


def _answer(body: Json) -> Answer:
    return replace(ok(body), headers=QUOTA)


def _page(world: World, request: Request, found: Sequence[Json]) -> Answer:
    return replace(page(request, found, world.page_size), headers=QUOTA)


def _read(template: str, handler: Handler, action: str) -> Route:
    return Route(method="GET", template=template, handler=handler, action=action)


ROUTES = (
    Route(
        method="POST",
        template=(
            "/subscriptions/{subscription}/providers/Microsoft.RecoveryServices"
            "/locations/{location}/backupStatus"
        ),
        handler=_backup_status,
        action="Microsoft.RecoveryServices/locations/backupStatus/action",
    ),
    _read(VAULT + "/backupProtectedItems", _list_items, f"{_ACTION}/backupProtectedItems/read"),
    _read(
        VAULT + "/backupProtectionContainers",
        _list_containers,
        f"{_ACTION}/backupProtectionContainers/read",
    ),
    _read(CONTAINER, _get_container, f"{_ACTION}/backupFabrics/protectionContainers/read"),
    _read(VAULT + "/backupPolicies", _list_policies, f"{_ACTION}/backupPolicies/read"),
    _read(VAULT + "/backupPolicies/{policy}", _get_policy, f"{_ACTION}/backupPolicies/read"),
    _read(VAULT + "/backupUsageSummaries", _usage, f"{_ACTION}/backupUsageSummaries/read"),
    _read(ITEM, _get_item, f"{_ITEM_ACTION}/read"),
    _read(ITEM + "/recoveryPoints", _list_points, f"{_ITEM_ACTION}/recoveryPoints/read"),
    _read(ITEM + "/recoveryPoints/{point}", _get_point, f"{_ITEM_ACTION}/recoveryPoints/read"),
)
"""The operations on what a vault protects."""
