"""Refuse what Resource Manager itself refuses, before any provider is asked."""

from __future__ import annotations

import re
import time
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING

from azremedy.sandbox import arm_ids, catalog, tokens
from azremedy.sandbox.http import ArmError, Request

if TYPE_CHECKING:
    from azremedy.sandbox.world import World

GATEWAY = {"x-ms-failure-cause": "gateway"}
"""What ARM adds when it answers itself. Source: recorded Azure traffic, 2017-2024."""

_VERSION = re.compile(r"(\d{4}-\d{2}-\d{2})(-[a-z]+(\.\d+)?)?", re.IGNORECASE)
_OLDEST, _NEWEST = 2014, 2027
_SUPPORTED = "2026-03-01,2025-04-01,2024-07-01,2023-07-01,2022-12-01,2021-04-01,2020-06-01"


def check_signed_in(request: Request) -> None:
    """Ask for a bearer token that has not run out; nothing else in it matters here.

    Raises:
        ArmError: 401 without one.
    """
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() == "bearer" and token.strip():
        _check_expiry(request, tokens.expiry(token.strip()))
        return
    challenge = (
        'Bearer authorization_uri="https://login.microsoftonline.com/common", '
        'error="invalid_token", error_description="The access token is missing."'
    )
    raise ArmError(
        401,
        "AuthenticationFailed",
        "Authentication failed. The 'Authorization' header is missing.",
        headers={"WWW-Authenticate": challenge, **GATEWAY},
    )


def _check_expiry(request: Request, expiry: float | None) -> None:
    """Refuse a token that has run out, by the real clock as its issuer counts.

    Source: recorded Azure traffic, 2018-2020.

    Raises:
        ArmError: 401.
    """
    now = time.time()
    if expiry is None or expiry > now:
        return
    tenant = tokens.TENANT if len(request.segments) > 1 else ""
    then, by_now = (
        f"{datetime.fromtimestamp(moment, UTC):%m/%d/%Y %I:%M:%S %p}" for moment in (expiry, now)
    )
    challenge = (
        f'Bearer authorization_uri="https://login.windows.net/{tenant}", '
        'error="invalid_token", error_description="The access token has expired."'
    )
    raise ArmError(
        401,
        "ExpiredAuthenticationToken",
        f"The access token expiry UTC time '{then}' is earlier than current UTC time '{by_now}'.",
        headers={"WWW-Authenticate": challenge, **GATEWAY},
    )


def check_api_version(request: Request) -> None:
    """Ask for an api-version that may be one: a date from 2014 to 2027, also of a preview.

    Raises:
        ArmError: 400 without one.
    """
    version = request.query.get("api-version")
    if not version:
        message = "The api-version query parameter (?api-version=) is required for all requests."
        raise ArmError(400, "MissingApiVersionParameter", message, headers=GATEWAY)
    if not _is_version(version):
        # The list is what ARM adds; public reports of 2016-2024 show it.
        message = (
            f"The api-version '{version}' is invalid. The supported versions are '{_SUPPORTED}'."
        )
        raise ArmError(400, "InvalidApiVersionParameter", message, headers=GATEWAY)


def check_body(request: Request) -> None:
    """Ask that a body is a JSON object, and that its best known parts have their shapes.

    Raises:
        ArmError: 400 `InvalidRequestContent`.
    """
    if request.method in {"GET", "HEAD", "DELETE"}:
        return
    body = request.json()
    if body is None:
        return
    if not isinstance(body, dict):
        raise _unreadable("an object was expected")
    for name, shape in (("properties", dict), ("tags", dict), ("location", str)):
        if not isinstance(body.get(name), shape | None):
            raise _unreadable(f"the value of '{name}' has another form than expected")


def _unreadable(reason: str) -> ArmError:
    message = f"The request content was invalid and could not be deserialized: '{reason}'."
    return ArmError(400, "InvalidRequestContent", message, headers=GATEWAY)


def _is_version(text: str) -> bool:
    match = _VERSION.fullmatch(text)
    try:
        year = date.fromisoformat(match[1]).year if match else 0
    except ValueError:
        return False
    return _OLDEST <= year <= _NEWEST


def check_subscription(world: World, request: Request) -> None:
    """Ask that the subscription of the path exists.

    Raises:
        ArmError: 404 when it does not.
    """
    parts = request.segments
    if len(parts) < 2 or parts[0].lower() != "subscriptions":  # noqa: PLR2004 # label and guid
        return
    if f"/subscriptions/{parts[1]}" not in world.documents:
        message = f"The subscription '{parts[1]}' could not be found."
        raise ArmError(404, "SubscriptionNotFound", message, headers=GATEWAY)


def resource_not_found(resource_id: str) -> ArmError:
    """Word a missing resource as ARM does. Source: recorded Azure traffic, 2020-2024."""
    parts = resource_id.split("/")
    in_group = len(parts) > 4 and parts[3].lower() == "resourcegroups"  # noqa: PLR2004 # two pairs
    group = parts[4] if in_group else "<null>"
    message = (
        f"The Resource '{short_name(resource_id)}' under resource group '{group}' was not found. "
        "For more details please go to https://aka.ms/ARMResourceNotFoundFix"
    )
    return ArmError(404, "ResourceNotFound", message, headers=GATEWAY)


def group_not_found(name: str) -> ArmError:
    """Word a missing resource group as ARM does."""
    message = f"Resource group '{name}' could not be found."
    return ArmError(404, "ResourceGroupNotFound", message, headers=GATEWAY)


def short_name(resource_id: str) -> str:
    """Write type and names in turn: `Microsoft.Compute/virtualMachines/web-1`."""
    tail = resource_id[resource_id.lower().rindex("/providers/") + len("/providers/") :]
    return tail.strip("/")


def unknown(methods: frozenset[str], request: Request) -> ArmError:
    """Word why no operation answers a request, given the verbs that its path does take."""
    # Resource Manager itself answers HEAD, wherever a provider serves GET.
    if methods and not (request.method == "HEAD" and "GET" in methods):
        message = f"The requested resource does not support http method '{request.method}'."
        return ArmError(405, "MethodNotAllowed", message, headers=GATEWAY)
    kind = arm_ids.type_of_path(request.path)
    namespace, _, type_name = kind.partition("/")
    if not catalog.spelled(namespace):
        message = f"The resource namespace '{namespace or request.path}' is invalid."
        return ArmError(404, "InvalidResourceNamespace", message, headers=GATEWAY)
    if catalog.has_type(kind) and "/providers/" in request.path.lower():
        return resource_not_found(request.path)
    message = (
        f"The resource type '{type_name}' could not be found in the namespace '{namespace}' for "
        f"api version '{request.api_version}'."
    )
    return ArmError(404, "InvalidResourceType", message, headers=GATEWAY)
