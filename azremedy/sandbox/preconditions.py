"""Refuse requests whose caller expected another state: etags, operations under way, providers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from azremedy.sandbox import arm_ids, catalog
from azremedy.sandbox.http import ArmError, Json, Request
from azremedy.sandbox.operations import Operation, Style
from azremedy.sandbox.refusals import GATEWAY

if TYPE_CHECKING:
    from azremedy.sandbox.world import World

_WRITES = frozenset({"PUT", "PATCH", "DELETE"})


def check(world: World, request: Request) -> None:
    """Let a request pass when the world is as it must be.

    Raises:
        ArmError: 409 `MissingSubscriptionRegistration`, 412 `PreconditionFailed`, or 429
            `RetryableError` while the same resource of Microsoft.Network is being changed.
    """
    if request.method not in _WRITES:
        return
    _check_registration(world, request)
    _check_etag(request, world.documents.get(request.path))
    _check_alone(world, request)


def _check_registration(world: World, request: Request) -> None:
    """Refuse to make something with a provider that the subscription does not use yet.

    Source: recorded Azure traffic, 2021.
    """
    namespace = catalog.spelled(arm_ids.type_of_path(request.path).partition("/")[0])
    if request.method == "DELETE" or not namespace or world.registration(namespace) == "Registered":
        return
    message = (
        f"The subscription is not registered to use namespace '{namespace}'. See "
        "https://aka.ms/rps-not-found for how to register subscriptions."
    )
    code = "MissingSubscriptionRegistration"
    detail = {"code": code, "target": namespace, "message": message}
    raise ArmError(409, code, message, details=(detail,), headers=GATEWAY)


def _check_etag(request: Request, document: Json | None) -> None:
    """Hold If-Match and If-None-Match against a resource that has an etag; others have none.

    Source: learn.microsoft.com/rest/api/virtualnetwork and /backup, request headers. The words of
    the refusal were not recorded for these providers.
    """
    etag = (document or {}).get("etag") or (document or {}).get("eTag")
    if not etag:
        return
    wanted, unwanted = request.headers.get("if-match"), request.headers.get("if-none-match")
    if wanted is not None and not _lists(wanted, etag):
        name, sent = "if-match", wanted
    elif unwanted is not None and _lists(unwanted, etag):
        name, sent = "if-none-match", unwanted
    else:
        return
    detail = {
        "code": "PreconditionFailedEtagMismatch",
        "message": f"The etag {sent} of header {name} does not suit etag {etag} of the resource.",
    }
    raise ArmError(412, "PreconditionFailed", "Precondition failed.", details=(detail,))


def _lists(header: str, etag: str) -> bool:
    """Tell whether a header's list names an etag; `*` names any, and weakness does not count."""
    named = {_bare(each) for each in header.split(",")}
    return "*" in named or _bare(str(etag)) in named


def _bare(etag: str) -> str:
    return etag.strip().removeprefix("W/").strip('"')


def _check_alone(world: World, request: Request) -> None:
    """Refuse a second change of a network resource while the first is under way.

    Source: recorded Azure traffic, 2021.
    """
    busy = world.operations.at(request.path)
    if not busy or busy.work.style is not Style.NETWORK:
        return
    raise _retryable(world, busy, request.path)


def _retryable(world: World, busy: Operation, path: str) -> ArmError:
    wait = world.operations.seconds_left(busy)
    title = busy.work.name[:1].upper() + busy.work.name[1:]
    detail = {
        "code": "RetryableErrorDueToAnotherOperation",
        "message": (
            f"Operation {title}Operation ({busy.id}) is updating resource {path}. The call can be "
            f"retried in {wait} seconds."
        ),
    }
    headers = {"Retry-After": str(wait)}
    message = "A retryable error occurred."
    return ArmError(429, "RetryableError", message, details=(detail,), headers=headers)
