"""Find what belongs together: item, machine, policy, collections, points, jobs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from azremedy.sandbox import arm_ids, backup_names

if TYPE_CHECKING:
    from datetime import date

    from azremedy.sandbox.http import Json
    from azremedy.sandbox.world import World

RUNNING = frozenset({"InProgress", "Cancelling"})
"""The statuses of a job that is not over."""


INACTIVE = frozenset({"ProtectionStopped", "ProtectionPaused", "BackupsSuspended"})
"""The protection states in which no backup is taken."""


def items_of_vm(world: World, vm_id: str) -> tuple[Json, ...]:
    """Give the protected items of a VM in all vaults, those that are actively protected first.

    Several are there when an old vault still keeps the points of a protection that was stopped.
    """
    wanted = arm_ids.key(vm_id)
    found = [
        item
        for item in world.documents.of_type(backup_names.ITEM_TYPE)
        if arm_ids.key(item["properties"].get("virtualMachineId", "")) == wanted
    ]
    found.sort(key=lambda item: item["properties"].get("protectionState") in INACTIVE)
    return tuple(found)


def item_of_vm(world: World, vm_id: str) -> Json | None:
    """Give the protected item of a VM, or None when the VM is not protected."""
    return next(iter(items_of_vm(world, vm_id)), None)


def item_of_collection(world: World, collection: Json) -> Json | None:
    """Give the item whose number a collection's name bears, or None when there is none.

    A collection of an earlier protection bears another number.
    """
    for item in items_of_vm(world, source_of(collection)):
        if collection["name"].lower() == backup_names.collection_name(item).lower():
            return item
    return None


def source_of(collection: Json) -> str:
    """Give the id of what a collection holds points of."""
    return str(collection["properties"].get("source", {}).get("id", ""))


def vm_of(world: World, item: Json) -> Json | None:
    """Give the machine of an item, or None when it no longer exists."""
    return world.documents.get(item["properties"]["virtualMachineId"])


def policy_of(world: World, item: Json) -> Json | None:
    """Give the policy of an item, or None when it has none."""
    policy_id = item["properties"].get("policyId")
    return world.documents.get(policy_id) if policy_id else None


def collections_of(world: World, vm_id: str) -> tuple[Json, ...]:
    """Give the backup service's collections of a VM, in all groups, earlier ones too."""
    wanted = arm_ids.key(vm_id)
    return tuple(
        collection
        for collection in world.documents.of_type(backup_names.COLLECTION_TYPE)
        if arm_ids.key(source_of(collection)) == wanted
        and collection["name"].lower().startswith(backup_names.PREFIX.lower())
    )


def own_collections(world: World, item: Json) -> tuple[Json, ...]:
    """Give the item's own collections: those with its number, in whatever group."""
    name = backup_names.collection_name(item).lower()
    found = collections_of(world, item["properties"]["virtualMachineId"])
    return tuple(collection for collection in found if collection["name"].lower() == name)


def points_of(world: World, collection_id: str) -> tuple[Json, ...]:
    """Give a collection's restore points, oldest first."""
    points = world.documents.of_type(backup_names.RESTORE_POINT_TYPE, under=collection_id)
    return tuple(sorted(points, key=lambda point: str(point["properties"].get("timeCreated", ""))))


def points_of_vm(world: World, vm_id: str) -> tuple[Json, ...]:
    """Give the restore points that count against the limit of a VM, oldest first."""
    found = [
        point
        for collection in collections_of(world, vm_id)
        for point in points_of(world, collection["id"])
    ]
    return tuple(sorted(found, key=lambda point: str(point["properties"].get("timeCreated", ""))))


def jobs_of(world: World, item: Json) -> tuple[Json, ...]:
    """Give the backup jobs of an item."""
    container = backup_names.container_of(item).lower()
    return tuple(
        job
        for job in world.documents.of_type(
            backup_names.JOB_TYPE, under=backup_names.vault_id(item["id"])
        )
        if str(job["properties"].get("containerName", "")).lower() == container
        and job["properties"].get("operation") == "Backup"
    )


def running_job(world: World, item: Json) -> Json | None:
    """Give a job of the item's machine that is not over, in whatever vault, or None.

    Source: learn.microsoft.com/azure/backup, article
    backup-azure-troubleshoot-vm-backup-fails-snapshot-timeout (2025-11-12), on old vaults.
    """
    for each in items_of_vm(world, item["properties"]["virtualMachineId"]):
        for job in jobs_of(world, each):
            if job["properties"]["status"] in RUNNING:
                return job
    return None


def asked_for_on(world: World, item: Json, day: date) -> int:
    """Count the on-demand backups of an item that began on a UTC day, failed ones too."""
    return sum(
        1
        for job in jobs_of(world, item)
        if job["properties"].get("isUserTriggered")
        and str(job["properties"]["startTime"]).startswith(day.isoformat())
    )
