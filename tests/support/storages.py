"""Connections to a storage account that fail when a test wants them to."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from http import HTTPStatus
from threading import Event
from typing import TYPE_CHECKING, Any

from azure.core.exceptions import ServiceRequestError, ServiceResponseError
from azure.core.pipeline.transport import RequestsTransport
from azure.storage.blob import BlobLeaseClient, ContainerClient, LinearRetry

from azremedy.gateways.blob_places import parse_place
from azremedy.gateways.blobs import BlobsGateway

if TYPE_CHECKING:
    from tests.support.azurite import Azurite


@dataclass(slots=True)
class Line:
    """The network between this process and the account."""

    down: bool = False
    """Whether nothing gets through."""
    deaf: int = 0
    """How many answers to appended entries will still be lost."""
    sent: list[str] = field(default_factory=list)
    """What got through."""
    before: Callable[[Any], None] = lambda _: None
    """Told of each request before it gets through."""
    lost: Event = field(default_factory=Event)
    """Set when a lease was not renewed."""


class FailingTransport(RequestsTransport):  # type: ignore[misc] # the SDK types it as anything
    """Sends over a line that may fail."""

    def __init__(self, line: Line) -> None:
        super().__init__(connection_timeout=5, read_timeout=10)
        self._line = line

    def send(self, request: Any, **options: Any) -> Any:
        """Send, unless the line is down; lose answers to what was appended."""
        if self._line.down:
            raise ServiceRequestError("the network is unreachable")
        self._line.before(request)
        self._line.sent.append(f"{request.method} {request.url}")
        answer = super().send(request, **options)
        if (
            request.headers.get("x-ms-lease-action") == "renew"
            and answer.status_code != HTTPStatus.OK
        ):
            self._line.lost.set()
        if "comp=appendblock" in request.url and self._line.deaf:
            self._line.deaf -= 1
            raise ServiceResponseError("the connection was closed")
        return answer


def open_failing(account: Azurite, url: str, line: Line, *, tries: int = 1) -> BlobsGateway:
    """Connect to a container over a line that may fail; tries come at once."""
    client = ContainerClient.from_connection_string(
        account.connection(),
        parse_place(url).container,
        transport=FailingTransport(line),
        retry_policy=LinearRetry(backoff=0, retry_total=tries - 1, random_jitter_range=0),
    )
    return BlobsGateway(client, parse_place(url))


def end_leases(account: Azurite, url: str, *, deleting: bool = False) -> int:
    """End all leases as time does for a holder that is gone; give how many there were."""
    with ContainerClient.from_connection_string(
        account.connection(), parse_place(url).container
    ) as client:
        leased = [blob for blob in client.list_blobs() if blob.lease.state == "leased"]
        for blob in leased:
            BlobLeaseClient(client.get_blob_client(blob.name)).break_lease(0)
            if deleting:
                client.delete_blob(blob.name)
    return len(leased)
