"""Serve Recovery Services vaults."""

from __future__ import annotations

from typing import TYPE_CHECKING

from azremedy.sandbox import backup_names, refusals
from azremedy.sandbox.http import Answer, Json, Request, ok
from azremedy.sandbox.paging import page
from azremedy.sandbox.routing import Route
from azremedy.sandbox.vault_answers import VAULT, vault_of

if TYPE_CHECKING:
    from azremedy.sandbox.world import World

_ACTION = "Microsoft.RecoveryServices/Vaults/read"
_ONLY_ALONE = {"backupStorageVersion", "securitySettings", "redundancySettings"}
_ALERTS = {
    "azureMonitorAlertSettings": {
        "alertsForAllJobFailures": "Enabled",
        "alertsForAllReplicationIssues": "Enabled",
        "alertsForAllFailoverIssues": "Enabled",
    },
    "classicAlertSettings": {
        "alertsForCriticalOperations": "Enabled",
        "emailNotificationsForSiteRecovery": "Enabled",
    },
}


def _get(world: World, _request: Request, **place: str) -> Answer:
    return ok(_with_defaults(vault_of(world, place)))


def _list(world: World, request: Request, **place: str) -> Answer:
    scope = f"/subscriptions/{place['subscription']}/resourceGroups/{place['group']}"
    if scope not in world.documents:
        raise refusals.group_not_found(place["group"])
    return _listed(world, request, scope)


def _list_all(world: World, request: Request, **place: str) -> Answer:
    return _listed(world, request, f"/subscriptions/{place['subscription']}")


def _listed(world: World, request: Request, scope: str) -> Answer:
    found = world.documents.of_type(backup_names.VAULT_TYPE, under=scope)
    return page(request, [_in_list(vault) for vault in found], world.page_size)


def _in_list(vault: Json) -> Json:
    """Leave out what only a vault's own answer has. Source: recorded Azure traffic, 2022-2024."""
    properties = vault.get("properties", {})
    kept = {name: value for name, value in properties.items() if name not in _ONLY_ALONE}
    return {**vault, "properties": kept}


def _with_defaults(vault: Json) -> Json:
    """Add what a new vault has without being told. Source: recorded Azure traffic, 2024."""
    properties = vault.get("properties", {})
    security = {"immutabilitySettings": None, **properties.get("securitySettings", {})}
    merged = {"monitoringSettings": _ALERTS, **properties, "securitySettings": security}
    return {**vault, "properties": merged}


ROUTES = (
    Route(method="GET", template=VAULT, handler=_get, action=_ACTION),
    Route(method="GET", template=VAULT.removesuffix("/{vault}"), handler=_list, action=_ACTION),
    Route(
        method="GET",
        template="/subscriptions/{subscription}/providers/Microsoft.RecoveryServices/vaults",
        handler=_list_all,
        action=_ACTION,
    ),
)
"""The operations of vaults."""
