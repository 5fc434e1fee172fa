"""Refuse what management locks forbid."""

from __future__ import annotations

from typing import TYPE_CHECKING

from azremedy.sandbox import arm_ids
from azremedy.sandbox.http import ArmError, Json, Request
from azremedy.sandbox.refusals import GATEWAY

if TYPE_CHECKING:
    from azremedy.sandbox.world import World

LOCK_TYPE = "Microsoft.Authorization/locks"
"""The type of a management lock."""

_VERBS = {"DELETE": "delete", "PUT": "write", "PATCH": "write", "POST": "write"}


def check(world: World, request: Request) -> None:
    """Let a request pass unless a lock forbids it.

    A POST counts as a write even where it only reads, such as `backupStatus`.
    Source: learn.microsoft.com/azure/azure-resource-manager/management/lock-resources (2024-03-08).

    Raises:
        ArmError: 409 `ScopeLocked`.
    """
    verb = _VERBS.get(request.method)
    if not verb:
        return
    scopes = locking_scopes(world, request.path, verb)
    if scopes:
        raise scope_locked(request.path, verb, scopes)


def locking_scopes(world: World, resource_id: str, verb: str) -> tuple[str, ...]:
    """Give the locked scopes that forbid a `delete` or a `write` at an id.

    Locks reach down; a deletion is also stopped by a lock on anything that would go with it.
    """
    found: dict[str, str] = {}
    for lock in (*world.documents.of_type(LOCK_TYPE), *world.lingering_locks()):
        scope = arm_ids.parse(lock["id"]).scope
        if _forbids(lock, scope, resource_id, verb):
            found.setdefault(arm_ids.key(scope), scope)
    return tuple(found.values())


def scope_locked(resource_id: str, verb: str, scopes: tuple[str, ...]) -> ArmError:
    """Word a lock's refusal as ARM does.

    Source: recorded Azure traffic, 2017-2020; public reports of 2025 show the same.
    """
    listed = ",".join(scopes)
    message = (
        f"The scope '{resource_id}' cannot perform {verb} operation because following scope(s) are "
        f"locked: '{listed}'. Please remove the lock and try again."
    )
    return ArmError(409, "ScopeLocked", message, headers=GATEWAY)


def _forbids(lock: Json, scope: str, resource_id: str, verb: str) -> bool:
    above = arm_ids.within(resource_id, scope)
    if verb == "write":
        return above and lock["properties"]["level"] == "ReadOnly"
    return above or arm_ids.within(scope, resource_id)
