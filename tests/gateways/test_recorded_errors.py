"""Hold the translation of errors, and the generic lists, against recorded Azure traffic."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

import pytest

from azremedy import errors
from azremedy.ids import VAULT, ResourceId

if TYPE_CHECKING:
    from tests.gateways.conftest import ReadRecordings, Scripted

ALL = (
    "backup_afs_locks",
    "backup_vm",
    "errors_misc",
    "keyvault",
    "locks",
    "network",
    "resource_groups",
    "restore_points",
    "throttling_errors",
    "vaults",
    "vm_extensions",
    "vm_status_runcommand",
)
GROUP = ResourceId.of_group("5ab0e6c1-3f2d-4a7b-9c18-7d20b4f1a001", "group")

# What each recorded code means, written down independently of the translation.
MEANING = {
    "ScopeLocked": errors.LockedError,
    "AuthorizationFailed": errors.PermissionDeniedError,
    "LinkedAuthorizationFailed": errors.PermissionDeniedError,
    "ExpiredAuthenticationToken": errors.SignInError,
    "ResourceNotFound": errors.NotFoundError,
    "ResourceGroupNotFound": errors.NotFoundError,
    "ParentResourceNotFound": errors.NotFoundError,
    "LockNotFound": errors.NotFoundError,
    "NotFound": errors.NotFoundError,
    "SubscriptionNotFound": errors.TargetNotFoundError,
    "ResourceRequestsThrottled": errors.ThrottledError,
    "SubscriptionRequestsThrottled": errors.ThrottledError,
    "OperationNotAllowed": errors.ConflictError,
    "PreconditionFailed": errors.ConflictError,
    "PropertyChangeNotAllowed": errors.ConflictError,
    "ResourceGroupDeletionBlocked": errors.ConflictError,
    "GatewayTimeout": errors.ServiceUnavailableError,
    "InternalServerError": errors.ServiceUnavailableError,
    "MissingSubscriptionRegistration": errors.AzureError,
}


def raw_code(body: Any) -> str | None:
    """Search a raw body for its error code, by hand."""
    if isinstance(body, str):
        try:
            body = json.loads(body)
        except ValueError:
            return None
    if not isinstance(body, dict):
        return None
    for key in ("error", "Error", "odata.error"):
        body = body.get(key) if isinstance(body.get(key), dict) else body
    return body.get("code") or body.get("Code") or body.get("ErrorCode") or None


def test_every_recorded_error_becomes_ours_with_its_code(
    scripted: Scripted, read_recordings: ReadRecordings
) -> None:
    """No body, however shaped, hides its code, and each known code has its class."""
    refusals = [exchange for exchange in read_recordings(*ALL) if exchange.status >= 400]
    known: set[str] = set()

    for exchange in refusals:
        groups = scripted.play(exchange.reply()).groups
        with pytest.raises(errors.AzremedyError) as caught:
            groups.get_group(GROUP)
        answer = caught.value.answer
        assert answer is not None, exchange.name
        assert exchange.status == answer.status, exchange.name
        code = raw_code(exchange.body)
        headers = {name.lower(): value for name, value in exchange.headers.items()}
        if code:
            assert code == answer.code, exchange.name
        assert headers.get("x-ms-request-id") == answer.request_id
        if code in MEANING:
            known.add(code)
            assert type(caught.value) is MEANING[code], exchange.name

    assert len(refusals) >= 150
    assert {"ScopeLocked", "AuthorizationFailed", "ResourceRequestsThrottled"} <= known


def test_recorded_refusals_by_a_lock_are_locked_errors(
    scripted: Scripted, read_recordings: ReadRecordings
) -> None:
    """ScopeLocked is told by its code wherever it was recorded."""
    refusals = [
        exchange
        for exchange in read_recordings(*ALL)
        if exchange.status == 409 and raw_code(exchange.body) == "ScopeLocked"
    ]

    for exchange in refusals:
        lock = GROUP.child("providers", "Microsoft.Authorization", "locks", "l")
        with pytest.raises(errors.LockedError):
            scripted.play(exchange.reply()).locks.delete_lock(lock)

    assert refusals


def test_every_recorded_group_list_gives_every_group(
    scripted: Scripted, read_recordings: ReadRecordings
) -> None:
    """Lists keep ids, regions and who manages the group."""
    lists = [
        exchange
        for exchange in read_recordings(*ALL)
        if exchange.method == "GET"
        and exchange.status == 200
        and re.fullmatch("/subscriptions/[^/]+/resourcegroups", exchange.path, re.IGNORECASE)
        and "nextLink" not in exchange.body
    ]
    managed = 0

    for exchange in lists:
        found = scripted.play(exchange.reply()).groups.list_groups()
        expected = [
            (raw["id"], raw["location"], raw.get("managedBy") or "")
            for raw in exchange.body["value"]
        ]
        assert expected == [(str(each.id), each.location, each.managed_by) for each in found]
        managed += sum("Microsoft.RecoveryServices" in each.managed_by for each in found)

    assert lists
    assert managed


def test_every_recorded_resource_list_is_filtered_by_type(
    scripted: Scripted, read_recordings: ReadRecordings
) -> None:
    """Whatever the service sends, only vaults are given as vaults, each with its region."""
    lists = [
        exchange
        for exchange in read_recordings(*ALL)
        if exchange.method == "GET"
        and exchange.status == 200
        and re.search("/resources$", exchange.path, re.IGNORECASE)
        and not exchange.body.get("nextLink")
    ]

    for exchange in lists:
        found = scripted.play(exchange.reply()).groups.list_vaults()
        expected = [
            (raw["id"], raw["location"])
            for raw in exchange.body["value"]
            if raw["type"].lower() == VAULT.lower()
        ]
        assert expected == [(str(each.id), each.location) for each in found], exchange.name

    assert lists
