"""Serve the search for machines that a vault could protect."""

from __future__ import annotations

from typing import TYPE_CHECKING

from azremedy.sandbox.operations import RECOVERY, Work
from azremedy.sandbox.routing import Route
from azremedy.sandbox.vault_answers import VAULT, follow_result, follow_status, vault_of

if TYPE_CHECKING:
    from azremedy.sandbox.http import Answer, Request
    from azremedy.sandbox.world import World

_FABRIC = VAULT + "/backupFabrics/{fabric}"
_ACTION = "Microsoft.RecoveryServices/Vaults/backupFabrics"


def _refresh(world: World, request: Request, *, fabric: str, **place: str) -> Answer:
    """Look for new machines: the sandbox knows them all, so the search only takes its time."""
    resource = f"{vault_of(world, place)['id']}/backupFabrics/{fabric}"
    work = Work(name="refreshContainers", style=RECOVERY, resource=resource)
    return world.operations.begin(request, work)


def _status(world: World, _request: Request, *, operation: str, **_: str) -> Answer:
    return follow_status(world, operation)


def _result(world: World, request: Request, *, operation: str, **_: str) -> Answer:
    return follow_result(world, request, operation)


ROUTES = (
    Route(
        method="POST",
        template=_FABRIC + "/refreshContainers",
        handler=_refresh,
        action=f"{_ACTION}/refreshContainers/action",
    ),
    Route(
        method="GET",
        template=_FABRIC + "/operationsStatus/{operation}",
        handler=_status,
        action=f"{_ACTION}/operationsStatus/read",
    ),
    Route(
        method="GET",
        template=_FABRIC + "/operationResults/{operation}",
        handler=_result,
        action=f"{_ACTION}/operationResults/read",
    ),
)
"""The operations of discovery. Source of the answers: recorded Azure traffic, 2024."""
