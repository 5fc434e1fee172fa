"""Make and clean up restore points and their entries in the vault."""

from __future__ import annotations

import copy
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from azremedy.sandbox import (
    arm_ids,
    backup_keys,
    backup_names,
    backup_verdict,
    backup_view,
    guest_facts,
    vm_state,
)
from azremedy.sandbox.clock import timestamp

if TYPE_CHECKING:
    from azremedy.sandbox.http import Json
    from azremedy.sandbox.world import World

_LAG = timedelta(seconds=2)
"""How far a recovery point's time lies behind its restore point's name: 1 to 3 seconds.

Source: recorded Azure traffic, 2024.
"""
_DEFAULT_RETENTION_DAYS = 2


def take_snapshot(world: World, item: Json, moment: datetime) -> str:
    """Make restore point and recovery point, with collection and group where they are missing.

    Gives the recovery point's id; it has no copy in the vault yet.
    """
    vm: Json = backup_view.vm_of(world, item)
    collection_id = backup_verdict.home_of(world, item, vm["location"])
    _ensure_collection(world, collection_id, vm)
    name = f"{backup_names.PREFIX}{moment:%Y%m%d_%H%M%S}"
    point_id = f"{collection_id}/restorePoints/{name}"
    app_consistent = vm_state.agent_ready(vm) and not backup_verdict.agentless(world, item)
    mode = _consistency(vm) if app_consistent else "CrashConsistent"
    world.documents.put(restore_point(world, point_id, vm, mode=mode, moment=moment))
    return _list_in_vault(world, item, vm, moment=moment + _LAG, mode=mode)


def harden(world: World, recovery_id: str) -> None:
    """Note that a recovery point now has its copy in the vault."""
    point = world.documents.get(recovery_id) if recovery_id else None
    if point:
        tiers = point["properties"]["recoveryPointTierDetails"]
        tiers.append({"type": "HardenedRP", "status": "Valid"})
        world.documents.put(point)


def unhardened(world: World, item: Json) -> str:
    """Give the id of the item's newest recovery point without a copy in the vault, or nothing."""
    found = world.documents.of_type(backup_names.RECOVERY_POINT_TYPE, under=item["id"])
    bare = [point for point in found if _only_a_snapshot(point)]
    bare.sort(key=lambda point: str(point["properties"]["recoveryPointTime"]))
    return str(bare[-1]["id"]) if bare else ""


def collect_garbage(world: World, item: Json) -> None:
    """Delete the item's oldest restore points down to one more than the retention.

    Collections that a lock protects stay as they are, and the first point that somebody reads ends
    it. What an earlier protection of the same machine left behind is nobody's and stays.
    Source: learn.microsoft.com/azure/backup/backup-instant-restore-capability (2023).
    """
    own = backup_view.own_collections(world, item)
    free = [collection for collection in own if backup_verdict.cleanable(world, collection)]
    points = [point for each in free for point in backup_view.points_of(world, each["id"])]
    points.sort(key=lambda point: str(point["properties"].get("timeCreated", "")))
    surplus = len(points) - _retention(world, item) - 1
    vm_id = item["properties"]["virtualMachineId"]
    for point in points[: max(surplus, 0)]:
        if _in_use(world, vm_id, point["id"]):
            break
        world.documents.remove(point["id"])
    for collection in free:
        _drop_if_drained(world, item, collection)
    forget_lost(world, item)


def forget_lost(world: World, item: Json) -> None:
    """Bring the vault's list in line with the restore points that still stand.

    A recovery point whose snapshot is gone keeps its copy in the vault; without one it goes too.
    """
    vm_id = item["properties"]["virtualMachineId"]
    standing = {point["name"] for point in backup_view.points_of_vm(world, vm_id)}
    for recovery in world.documents.of_type(backup_names.RECOVERY_POINT_TYPE, under=item["id"]):
        tiers = recovery["properties"].get("recoveryPointTierDetails", [])
        if any(tier["type"] == "InstantRP" for tier in tiers) and not standing & _names(recovery):
            _drop_instant_tier(world, recovery)


def restore_point(world: World, point_id: str, vm: Json, *, mode: str, moment: datetime) -> Json:
    """Write a restore point of a machine as it stands."""
    properties = vm["properties"]
    metadata = {
        "vmId": properties.get("vmId"),
        "location": vm["location"],
        "hardwareProfile": properties.get("hardwareProfile"),
        "osProfile": properties.get("osProfile"),
        "hyperVGeneration": properties.get("instanceView", {}).get("hyperVGeneration", "V2"),
        "storageProfile": _disks(world, point_id, properties.get("storageProfile", {})),
    }
    return {
        "id": point_id,
        "properties": {
            "provisioningState": "Succeeded",
            "consistencyMode": mode,
            "timeCreated": timestamp(moment).replace("Z", "+00:00"),
            "sourceMetadata": {key: value for key, value in metadata.items() if value is not None},
        },
    }


def _ensure_collection(world: World, collection_id: str, vm: Json) -> None:
    group_id = arm_ids.parse(collection_id).scope
    if group_id not in world.documents:
        owner = f"{group_id[1:].split('/resourceGroups/')[0]}/providers/Microsoft.RecoveryServices/"
        about = {"location": vm["location"], "managedBy": owner}
        state = {"properties": {"provisioningState": "Succeeded"}}
        world.documents.put({"id": group_id, **about, **state})
    if collection_id in world.documents:
        return
    properties = {
        "source": {"location": vm["location"], "id": vm["id"]},
        "restorePointCollectionId": world.ids.new(),
        "provisioningState": "Succeeded",
    }
    document = {"id": collection_id, "location": vm["location"], "properties": properties}
    world.documents.put(document)


def _disks(world: World, point_id: str, profile: Json) -> Json:
    os_disk = copy.deepcopy(profile.get("osDisk", {"name": "osdisk"}))
    data_disks = copy.deepcopy(profile.get("dataDisks", []))
    for disk in (os_disk, *data_disks):
        disk.pop("createOption", None)
        disk.pop("deleteOption", None)
        snapshot = f"{point_id}/diskRestorePoints/{disk['name']}_{world.ids.new()}"
        disk["diskRestorePoint"] = {"id": snapshot}
    return {"osDisk": os_disk, "dataDisks": data_disks}


def _list_in_vault(world: World, item: Json, vm: Json, *, moment: datetime, mode: str) -> str:
    policy = backup_view.policy_of(world, item) or {"properties": {}}
    number = str(int(world.ids.new().replace("-", ""), 16))[:15]
    properties = {
        "objectType": "IaasVMRecoveryPoint",
        "recoveryPointType": mode.replace("Application", "App"),
        "recoveryPointTime": timestamp(moment),
        "recoveryPointAdditionalInfo": "",
        "sourceVMStorageType": "PremiumVMOnPartialPremiumStorage",
        "isSourceVMEncrypted": bool(backup_keys.settings_of(world, vm)),
        "isInstantIlrSessionActive": False,
        "recoveryPointTierDetails": [{"type": "InstantRP", "status": "Valid"}],
        "isManagedVirtualMachine": True,
        "virtualMachineSize": vm["properties"].get("hardwareProfile", {}).get("vmSize"),
        "originalStorageAccountOption": False,
        "osType": vm_state.os_type(vm).capitalize(),
        "securityType": "None",
        "isPrivateAccessEnabledOnAnyDisk": False,
        "createdWithPolicyType": policy["properties"].get("policyType", "V1"),
    }
    recovery_id = f"{item['id']}/recoveryPoints/{number}"
    world.documents.put({"id": recovery_id, "properties": properties})
    return recovery_id


def _consistency(vm: Json) -> str:
    linux = vm_state.os_type(vm) == "linux"
    return "FileSystemConsistent" if linux else "ApplicationConsistent"


def _retention(world: World, item: Json) -> int:
    policy = backup_view.policy_of(world, item) or {"properties": {}}
    days = policy["properties"].get("instantRpRetentionRangeInDays")
    return int(days or _DEFAULT_RETENTION_DAYS)


def _in_use(world: World, vm_id: str, point_id: str) -> bool:
    open_now = guest_facts.of(world, vm_id).open_snapshots
    return any(arm_ids.within(snapshot, point_id) for snapshot in open_now)


def _drop_if_drained(world: World, item: Json, collection: Json) -> None:
    """Remove an empty collection from a group that the policy no longer names."""
    vm = backup_view.vm_of(world, item)
    home = backup_verdict.home_of(world, item, vm["location"]) if vm else ""
    empty = not backup_view.points_of(world, collection["id"])
    if empty and arm_ids.key(collection["id"]) != arm_ids.key(home):
        world.documents.remove(collection["id"])


def _only_a_snapshot(recovery: Json) -> bool:
    tiers = recovery["properties"].get("recoveryPointTierDetails", [])
    return all(tier["type"] == "InstantRP" for tier in tiers)


def _drop_instant_tier(world: World, recovery: Json) -> None:
    properties = recovery["properties"]
    kept = [t for t in properties["recoveryPointTierDetails"] if t["type"] != "InstantRP"]
    if not kept:
        world.documents.remove(recovery["id"])
        return
    properties["recoveryPointTierDetails"] = kept
    world.documents.put(recovery)


def _names(recovery: Json) -> set[str]:
    """Give the names that the restore point behind a recovery point may have."""
    whole_seconds = str(recovery["properties"]["recoveryPointTime"])[:19]
    moment = datetime.fromisoformat(whole_seconds)
    times = (moment - timedelta(seconds=lag) for lag in range(4))
    return {f"{backup_names.PREFIX}{time:%Y%m%d_%H%M%S}" for time in times}
