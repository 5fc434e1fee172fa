"""Carry out long-running operations in the header styles of Azure's services."""

from __future__ import annotations

import base64
import json
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum
from typing import TYPE_CHECKING

from azremedy.sandbox import arm_ids
from azremedy.sandbox.clock import timestamp_with_offset
from azremedy.sandbox.faults import OperationTrouble
from azremedy.sandbox.http import Answer, ArmError, Json, Request


class Style(Enum):
    """How a service lets its operations be followed. Source: recorded Azure traffic, 2018-2024."""

    COMPUTE = "Microsoft.Compute"
    """Azure-AsyncOperation, and for DELETE and POST also Location with `monitor=true`."""
    NETWORK = "Microsoft.Network"
    """Like Compute; the status body has no name and no times."""
    RESOURCE_GROUP = "Microsoft.Resources"
    """Location only: 202 until it is 200."""
    RECOVERY = "Microsoft.RecoveryServices"
    """Both headers beneath the resource, and the vault's `backupOperations`."""


COMPUTE, NETWORK = Style.COMPUTE, Style.NETWORK
RESOURCE_GROUP, RECOVERY = Style.RESOURCE_GROUP, Style.RECOVERY


if TYPE_CHECKING:
    from azremedy.sandbox.scenario_model import Failure, OperationFault
    from azremedy.sandbox.world import World

SERVICE_REQUEST = "x-ms-arm-service-request-id"
"""Network's own request id, on all its answers. Source: recorded Azure traffic, 2018-2024."""

_GROUP_JOB = "RESOURCEGROUPDELETIONJOB-"


def _nothing() -> Json | None:
    return None


@dataclass(frozen=True, slots=True, kw_only=True)
class Work:
    """What an operation does and how it is followed."""

    name: str
    """Its key in the scenario's `operations`."""
    style: Style
    """How it is followed."""
    location: str = "westeurope"
    """The Azure region in its URLs; Recovery Services has none."""
    finish: Callable[[], Json | None] = _nothing
    """Runs when its time is up, under the world's lock: changes the world and gives the output,
    if any. An `ArmError` makes the operation fail with that error."""
    resource: str = ""
    """RECOVERY: the id beneath which `operationsStatus/{id}` and `operationResults/{id}` stand,
    such as the protected item's; the request's path when empty."""
    properties: Mapping[str, Json] | None = None
    """RECOVERY: `properties` of the status body at the end, such as
    `{"objectType": "OperationStatusJobExtendedInfo", "jobId": ...}`."""
    status: int = 202
    """The first answer's status: 202, or 200 or 201 for a PUT."""
    body: Json = None
    """The first answer's body: the resource, for a PUT."""


@dataclass(slots=True, kw_only=True)
class Operation:
    """One operation under way or over. Changed by `Operations` only."""

    id: str
    work: Work
    path: str
    started: datetime
    due: datetime | None = None
    state: str = "InProgress"
    ended: datetime | None = None
    output: Json | None = None
    error: ArmError | None = None

    @property
    def running(self) -> bool:
        """Tell whether it goes on."""
        return self.ended is None


class Operations:
    """All operations of a world, by id."""

    def __init__(self, world: World) -> None:
        """Begin with none."""
        self.world = world
        self._by_id: dict[str, Operation] = {}
        self._trouble = OperationTrouble(world.scenario.faults)

    def start(
        self,
        request: Request,
        *,
        name: str,
        style: Style,
        location: str,
        finish: Callable[[], Json | None],
    ) -> Answer:
        """Begin an operation that answers 202 and nothing else."""
        work = Work(name=name, style=style, location=location, finish=finish)
        return self.begin(request, work)

    def begin(self, request: Request, work: Work) -> Answer:
        """Begin an operation and give the first answer, with the headers to follow it by."""
        operation = Operation(
            id=self.world.ids.new(), work=work, path=request.path, started=self.world.clock.now()
        )
        self._by_id[operation.id] = operation
        self._schedule_end(operation, self._trouble.of(request, work.name))
        headers = {**_links(request, operation), **self.pace(work.name)}
        if work.style is Style.NETWORK:
            headers[SERVICE_REQUEST] = self.world.ids.new()
        return Answer(status=work.status, headers=headers, body=work.body)

    def find(self, operation_id: str) -> Operation:
        """Give an operation.

        Raises:
            ArmError: 404 when the world never had it.
        """
        operation = self._by_id.get(operation_id.lower())
        if operation is None:
            message = f"The operation '{operation_id}' could not be found."
            raise ArmError(404, "NotFound", message)
        return operation

    def at(self, path: str) -> Operation | None:
        """Give the operation that is under way at a path, if any."""
        wanted = arm_ids.key(path)
        found = (each for each in self._by_id.values() if arm_ids.key(each.path) == wanted)
        return next((each for each in found if each.running), None)

    def seconds_left(self, operation: Operation) -> int:
        """Give the whole seconds until an operation ends; its `retryAfter` when nobody knows."""
        if not operation.due:
            return math.ceil(self.world.timing(operation.work.name).retry_after)
        left = (operation.due - self.world.clock.now()).total_seconds()
        return max(1, math.ceil(left))

    def by_token(self, token: str) -> str:
        """Give the id of the operation that a group deletion's token names.

        Raises:
            ArmError: 404 when it is no such token.
        """
        try:
            job = json.loads(base64.urlsafe_b64decode(token + "=" * (-len(token) % 4)))
            return str(job["jobId"]).removeprefix(_GROUP_JOB).lower()
        except (ValueError, KeyError, TypeError) as error:
            message = f"The operation '{token}' could not be found."
            raise ArmError(404, "NotFound", message) from error

    def pace(self, name: str) -> dict[str, str]:
        """Give the header that tells a client when to ask again.

        By default the millisecond header, which the SDKs understand, so that nobody waits; a
        realistic world sends whole seconds as Azure does.
        """
        if not self.world.realistic:
            return {"x-ms-retry-after-ms": "10"}
        return {"Retry-After": str(max(1, math.ceil(self.world.timing(name).retry_after)))}

    def spend_wait(self, name: str) -> None:
        """Let the time pass that a client would have waited after being told to come back.

        The millisecond header saves the client its wait; the world must not stand still for that.
        """
        if not self.world.realistic:
            self.world.clock.advance(self.world.timing(name).retry_after)

    def _schedule_end(self, operation: Operation, trouble: OperationFault | None) -> None:
        """Put the end on the world's agenda, unless trouble keeps it from ever coming."""
        seconds, finish = self.world.timing(operation.work.name).seconds, operation.work.finish
        if trouble and trouble.fails:
            finish = _failing(trouble.fails)
            seconds = seconds if trouble.seconds is None else trouble.seconds
        if not trouble or trouble.fails:
            operation.due = self.world.clock.now() + timedelta(seconds=seconds)
            self.world.clock.schedule(seconds, lambda: self._end(operation, finish))

    def _end(self, operation: Operation, finish: Callable[[], Json | None]) -> None:
        try:
            operation.output = finish()
            operation.state = "Succeeded"
        except ArmError as error:
            operation.error = error
            operation.state = "Failed"
        operation.ended = self.world.clock.now()


def _failing(failure: Failure) -> Callable[[], Json | None]:
    def fail() -> Json | None:
        raise ArmError(409, failure.code, failure.message)

    return fail


def _links(request: Request, operation: Operation) -> dict[str, str]:
    style = operation.work.style
    if style is Style.RESOURCE_GROUP:
        return {"Location": group_operation_url(request, operation)}
    if style is Style.RECOVERY:
        return _recovery_links(request, operation)
    return _located_links(request, operation)


def _located_links(request: Request, operation: Operation) -> dict[str, str]:
    work, version = operation.work, f"api-version={request.api_version}"
    provider = f"/subscriptions/{request.segments[1]}/providers/{work.style.value}"
    region = f"{request.base}{provider}/locations/{work.location}"
    if work.style is Style.NETWORK:
        status = f"{region}/operations/{operation.id}?{version}"
        result = f"{region}/operationResults/{operation.id}?{version}"
    else:
        base = f"{region}/operations/{operation.id}?p={operation.id}"
        status, result = f"{base}&{version}", f"{base}&monitor=true&{version}"
    links = {"Azure-AsyncOperation": status, "azure-asyncnotification": "Enabled"}
    return {**links, "Location": result} if request.method in {"DELETE", "POST"} else links


def _recovery_links(request: Request, operation: Operation) -> dict[str, str]:
    resource = operation.work.resource or request.path
    version = f"api-version={request.api_version}"
    beneath = f"{request.base}{resource}"
    return {
        "Azure-AsyncOperation": f"{beneath}/operationsStatus/{operation.id}?{version}",
        "Location": f"{beneath}/operationResults/{operation.id}?{version}",
    }


def group_operation_url(request: Request, operation: Operation) -> str:
    """Write the URL at which the deletion of a resource group is followed."""
    job = {"jobId": _GROUP_JOB + operation.id, "jobLocation": "westeurope"}
    token = base64.urlsafe_b64encode(json.dumps(job).encode()).decode().rstrip("=")
    path = f"/subscriptions/{request.segments[1]}/operationresults/{token}"
    return f"{request.base}{path}?api-version={request.api_version}"


def status_body(operation: Operation) -> Json:
    """Write the body that Azure-AsyncOperation answers. Source: recorded Azure traffic, 2023."""
    body: Json = {"startTime": timestamp_with_offset(operation.started)}
    if operation.ended:
        body["endTime"] = timestamp_with_offset(operation.ended)
    body["status"] = operation.state
    if operation.error:
        body["error"] = operation.error.body()
    if operation.output is not None and operation.work.status == 202:  # noqa: PLR2004 # a POST's
        body["properties"] = {"output": operation.output}
    return {**body, "name": operation.id}
