"""Let clients follow long-running operations."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

from azremedy.sandbox.http import Answer, ArmError, Request, no_content, ok
from azremedy.sandbox.operations import SERVICE_REQUEST, Operation, Style, status_body
from azremedy.sandbox.routing import Route

if TYPE_CHECKING:
    from azremedy.sandbox.world import World

_SUBSCRIPTION = "/subscriptions/{subscription}"
_COUNTED = {
    "x-ms-ratelimit-remaining-resource": "Microsoft.Compute/GetOperationResource;44,"
    "Microsoft.Compute/GetOperationSubscriptionMaximum;14999"
}
"""Compute counts polls too. Source: recorded Azure traffic, 2023-2024."""
_REGION = _SUBSCRIPTION + "/providers/{provider}/locations/{location}"


def _located(world: World, request: Request, *, operation: str, **_: str) -> Answer:
    """Follow a Compute operation: its status, or with `monitor=true` its result."""
    found = world.operations.find(operation)
    if request.query.get("monitor") == "true":
        answer = _awaited(world, request, found)
    else:
        answer = _status(world, found)
    return replace(answer, headers={**answer.headers, **_own_headers(world, found)})


def _own_headers(world: World, found: Operation) -> dict[str, str]:
    """Give what a service adds to the polls of its operations."""
    if found.work.style is Style.COMPUTE:
        return _COUNTED
    return {SERVICE_REQUEST: world.ids.new()} if found.work.style is Style.NETWORK else {}


def _network_result(world: World, request: Request, *, operation: str, **_: str) -> Answer:
    """Follow a Network operation to its result, which repeats where it was followed.

    Source: recorded Azure traffic, 2019-2024.
    """
    found = world.operations.find(operation)
    answer = _awaited(world, request, found)
    links = {"Location": request.url}
    if found.output is None:
        status = re.sub("/operationResults/", "/operations/", request.url, flags=re.IGNORECASE)
        links |= {"Azure-AsyncOperation": status, "azure-asyncnotification": "Enabled"}
    headers = {**links, **answer.headers, **_own_headers(world, found)}
    return replace(answer, headers=headers)


def _group_result(world: World, request: Request, *, token: str, **_: str) -> Answer:
    """Follow the deletion of a resource group."""
    return _awaited(world, request, world.operations.find(world.operations.by_token(token)))


def _status(world: World, found: Operation) -> Answer:
    body = status_body(found)
    if found.work.style is Style.NETWORK:
        body = {key: body[key] for key in ("status", "error") if key in body}
    if not found.running:
        return ok(body)
    answer = Answer(status=200, headers=world.operations.pace(found.work.name), body=body)
    world.operations.spend_wait(found.work.name)
    return answer


def _awaited(world: World, request: Request, found: Operation) -> Answer:
    """Answer a Location: 202 while it runs, then its outcome."""
    if found.running:
        headers = {"Location": request.url, **world.operations.pace(found.work.name)}
        world.operations.spend_wait(found.work.name)
        return Answer(status=202, headers=headers)
    if found.error and found.work.style is Style.RESOURCE_GROUP:
        return _capitalised(found.error)
    if found.error:
        raise found.error
    if found.output is not None:
        return ok(found.output)
    return Answer(status=200) if found.work.style is not Style.NETWORK else no_content()


def _capitalised(error: ArmError) -> Answer:
    """Word the failed deletion of a group, whose keys begin with capitals.

    Source: recorded Azure traffic, 2018-2023.
    """
    details = [
        {"Code": detail.get("code"), "Target": None, "Message": detail.get("message")}
        for detail in error.details
    ]
    body = {"Code": error.code, "Target": None, "Message": error.message, "Details": details}
    return Answer(status=409, body={"Error": body})


# Whoever may begin an operation may follow it, also with rights on one group only.
ROUTES = (
    Route(
        method="GET",
        template=_REGION + "/operations/{operation}",
        handler=_located,
        action=None,
    ),
    Route(
        method="GET",
        template=_REGION + "/operationResults/{operation}",
        handler=_network_result,
        action=None,
    ),
    Route(
        method="GET",
        template=_SUBSCRIPTION + "/operationresults/{token}",
        handler=_group_result,
        action=None,
    ),
)
