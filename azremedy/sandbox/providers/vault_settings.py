"""Serve what else a vault says of itself: soft delete, redundancy, guards, usages."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from azremedy.sandbox import backup_names
from azremedy.sandbox.http import Answer, Json, Request, ok
from azremedy.sandbox.routing import Handler, Route
from azremedy.sandbox.vault_answers import QUOTA, VAULT, vault_of

if TYPE_CHECKING:
    from azremedy.sandbox.world import World

_ITEM_TYPE = f"{backup_names.VAULT_TYPE}/backupFabrics/protectionContainers/protectedItems"


def _soft_delete(world: World, _request: Request, **place: str) -> Answer:
    """Say how long deleted items are kept, as the vault's own security settings have it."""
    vault = vault_of(world, place)
    settings = _found(vault, "securitySettings", "softDeleteSettings")
    properties = {
        "enhancedSecurityState": settings.get("enhancedSecurityState", "Enabled"),
        "softDeleteFeatureState": settings.get("softDeleteState", "Enabled"),
        "softDeleteRetentionPeriodInDays": settings.get("softDeleteRetentionPeriodInDays", 14),
        "isSoftDeleteFeatureStateEditable": True,
    }
    return replace(ok(_setting(vault, "backupconfig/vaultconfig", properties)), headers=QUOTA)


def _redundancy(world: World, _request: Request, **place: str) -> Answer:
    """Say how often the vault's data are kept; the choice is final once an item is protected."""
    vault = vault_of(world, place)
    settings = _found(vault, "redundancySettings")
    kind = settings.get("standardTierStorageRedundancy", "GeoRedundant")
    used = bool(world.documents.of_type(_ITEM_TYPE, under=vault["id"]))
    properties = {
        "storageModelType": kind,
        "storageType": kind,
        "dedupState": "Disabled",
        "xcoolState": "Disabled",
        "storageTypeState": "Locked" if used else "Unlocked",
        "crossRegionRestoreFlag": settings.get("crossRegionRestore") == "Enabled",
    }
    body = _setting(vault, "backupstorageconfig/vaultstorageconfig", properties)
    return replace(ok(body), headers=QUOTA)


def _guards(world: World, _request: Request, **place: str) -> Answer:
    """Give the resource guards of a vault: no world has any."""
    vault_of(world, place)
    return ok({"value": []})


def _usages(world: World, _request: Request, **place: str) -> Answer:
    """Count what a vault holds against its limits.

    Source: learn.microsoft.com/rest/api/recoveryservices/usages/list-by-vaults.
    """
    vault = vault_of(world, place)
    items = world.documents.of_type(_ITEM_TYPE, under=vault["id"])
    return ok(
        {
            "value": [
                {
                    "unit": "Count",
                    "currentValue": len(items),
                    "limit": 1000,
                    "name": {
                        "value": "RegisteredVmLimit",
                        "localizedValue": "Registered virtual machines",
                    },
                }
            ]
        }
    )


def _setting(vault: Json, place: str, properties: Json) -> Json:
    kind, name = place.split("/")
    return {
        "id": f"{vault['id']}/{place}",
        "name": name,
        "type": f"{backup_names.VAULT_TYPE}/{kind}",
        "properties": properties,
    }


def _found(vault: Json, *path: str) -> Json:
    """Give settings deep in a vault's properties; none where the document has none."""
    found = vault.get("properties") or {}
    for key in path:
        found = found.get(key) or {}
    return found


def _route(path: str, handler: Handler, action: str) -> Route:
    return Route(
        method="GET",
        template=f"{VAULT}/{path}",
        handler=handler,
        action=f"Microsoft.RecoveryServices/Vaults/{action}/read",
    )


ROUTES = (
    _route("backupconfig/vaultconfig", _soft_delete, "backupconfig"),
    _route("backupstorageconfig/vaultstorageconfig", _redundancy, "backupstorageconfig"),
    _route("backupResourceGuardProxies", _guards, "backupResourceGuardProxies"),
    _route("usages", _usages, "usages"),
)
"""The operations of a vault's settings. Source of the answers: recorded Azure traffic, 2024."""
