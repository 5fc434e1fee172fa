"""Read and write the blobs of one container: small files with leases, and files that only grow.

Every call needs an action on the container's data, not on the account: the role 'Storage Blob Data
Contributor' at the container has them all. Source: learn.microsoft.com/azure/role-based-access-
control/built-in-roles/storage and learn.microsoft.com/rest/api/storageservices (2025-08-01).
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from azremedy.errors import (
    AccessError,
    AzureError,
    ConflictError,
    ConnectionFailedError,
    PermissionDeniedError,
    ServiceUnavailableError,
    UsageError,
)
from azremedy.gateways.translate import translating

if TYPE_CHECKING:
    from collections.abc import Iterator

    from azure.core.exceptions import HttpResponseError
    from azure.storage.blob import BlobClient, ContainerClient

    from azremedy.gateways.blob_places import BlobPlace

_GONE = {"ContainerNotFound", "ContainerBeingDeleted", "ContainerDisabled"}
_NOT_OURS = {HTTPStatus.NOT_FOUND, HTTPStatus.CONFLICT, HTTPStatus.PRECONDITION_FAILED}
_ROLE = (
    "Ask for the role 'Storage Blob Data Contributor' at the container, and look whether the "
    "account's firewall lets this machine in."
)
_UNREACHED = "Check the account's name, the network and the account's firewall, then try again."
# Another process may take a lock away between two looks at it.
_TRIES = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class SeenBlob:
    """A blob in a list."""

    name: str
    """Its name in the container, without the place's prefix."""
    written_at: datetime
    """When it was written last, by the storage's clock."""
    leased: bool
    """Whether somebody holds a lease on it now."""
    metadata: Mapping[str, str]
    """What its writer has said about it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadBlob:
    """A blob's content."""

    content: bytes
    """All of it."""
    written_at: datetime
    """When it was written last, by the storage's clock."""


class PositionTakenError(ConflictError):
    """Somebody else has appended to a file at the place where this process would go on."""

    msgid = "position-taken"
    advice = "See 'azremedy runs': another process may have taken this run up."


class BlobsGateway:
    """The blobs under one place. Threads may share it.

    Args:
        client: the container's client; closed with this.
        place: which container, and what all names begin with.
        credential: what signs in, if it is to be closed with this.
    """

    def __init__(self, client: ContainerClient, place: BlobPlace, credential: Any = None) -> None:
        self._client = client
        self._credential = credential
        self.place = place

    def url(self, name: str) -> str:
        """Give a blob's URL, which holds nothing secret."""
        return f"{self.place.url}/{name}"

    def list_blobs(self, folder: str) -> tuple[SeenBlob, ...]:
        """List the blobs whose names begin so, by name; 5000 come with one request.

        Raises:
            AccessError: the container cannot be reached, or the caller may not.
            UsageError: there is no such container.
        """
        begins = self.place.prefix + folder
        with self._asking("listing the runs"):
            found = list(self._client.list_blobs(name_starts_with=begins, include=["metadata"]))
        return tuple(
            SeenBlob(
                name=each.name.removeprefix(self.place.prefix),
                written_at=each.last_modified,
                leased=each.lease.state == "leased",
                metadata=each.metadata or {},
            )
            for each in found
        )

    def get_blob(self, name: str) -> ReadBlob | None:
        """Read a blob; ``None`` when there is none.

        Raises:
            AccessError, UsageError: as :meth:`list_blobs`.
        """
        from azure.core.exceptions import ResourceNotFoundError  # noqa: PLC0415 - loads the SDK

        with self._asking(f"reading {name}"):
            try:
                stream = self._blob(name).download_blob(max_concurrency=1)
                content: bytes = stream.readall()
            except ResourceNotFoundError as error:
                if _code(error) in _GONE:
                    raise
                return None
        return ReadBlob(content=content, written_at=stream.properties.last_modified)

    def get_size(self, name: str) -> int:
        """Give a blob's size in bytes.

        Raises:
            NotFoundError: there is no such blob.
            AccessError, UsageError: as :meth:`list_blobs`.
        """
        with self._asking(f"reading {name}"):
            return int(self._blob(name).get_blob_properties().size)

    def create_log(self, name: str) -> None:
        """Make a new, empty file that only grows. An answer that was lost leaves an empty one.

        Raises:
            ConflictError: there is one of that name.
            AccessError, UsageError: as :meth:`list_blobs`.
        """
        from azure.core import MatchConditions  # noqa: PLC0415 - loads the SDK

        with self._asking(f"making {name}"):
            self._blob(name).create_append_blob(match_condition=MatchConditions.IfMissing)

    def append(self, name: str, data: bytes, *, position: int) -> None:
        """Append to a file if it ends at this position. Safe to repeat: it is there once.

        Raises:
            PositionTakenError: something else stands at that position.
            AccessError, UsageError: as :meth:`list_blobs`; it may still be there, or arrive.
        """
        from azure.core.exceptions import HttpResponseError  # noqa: PLC0415 - loads the SDK

        with self._asking(f"writing {name}"):
            try:
                self._blob(name).append_block(data, appendpos_condition=position)
            except HttpResponseError as error:
                if error.status_code != HTTPStatus.PRECONDITION_FAILED:
                    raise
                # The SDK may have sent it twice because the first answer was lost.
                if not self._stands_at(name, data, position):
                    raise PositionTakenError(
                        f"{self.url(name)} was written by somebody else"
                    ) from error

    def has(self, name: str, data: bytes, *, position: int) -> bool:
        """Say whether a file has this at a position.

        Raises:
            AccessError, UsageError: as :meth:`list_blobs`.
        """
        with self._asking(f"reading {name}"):
            return self._stands_at(name, data, position)

    def take_lease(
        self, name: str, content: bytes, *, metadata: dict[str, str], lease_id: str, seconds: int
    ) -> bool:
        """Make a small file, or take one that nobody holds any more, and hold it for a while.

        Args:
            name: the file.
            content: what it says; only a holder can write it.
            metadata: what lists show; plain ASCII.
            lease_id: a new GUID.
            seconds: 15 to 60, from the last renewal on.

        Raises:
            AccessError, UsageError: as :meth:`list_blobs`.
        """
        from azure.storage.blob import BlobLeaseClient  # noqa: PLC0415 - loads the SDK

        blob = self._blob(name)
        with self._asking(f"holding {name}"):
            for _ in range(_TRIES):
                made = _make(blob, content, metadata)
                taken = _acquire(blob, lease_id, seconds)
                if taken and not made:
                    lease = BlobLeaseClient(blob, lease_id)
                    blob.upload_blob(content, overwrite=True, metadata=metadata, lease=lease)
                if taken is not None:
                    return taken
        return False

    def renew_lease(self, name: str, lease_id: str) -> bool:
        """Hold a file for as long again; false when it is somebody else's, or nobody's.

        Raises:
            AccessError, UsageError: as :meth:`list_blobs`; then nobody knows.
        """
        from azure.core.exceptions import HttpResponseError  # noqa: PLC0415 - loads the SDK
        from azure.storage.blob import BlobLeaseClient  # noqa: PLC0415 - loads the SDK

        with self._asking(f"holding {name}"):
            try:
                BlobLeaseClient(self._blob(name), lease_id).renew()
            except HttpResponseError as error:
                if error.status_code in _NOT_OURS and _code(error) not in _GONE:
                    return False
                raise
        return True

    def delete_leased(self, name: str, lease_id: str) -> None:
        """Delete a file that this process holds; another's is left alone.

        Raises:
            AccessError, UsageError: as :meth:`list_blobs`; it is free when its time ends.
        """
        with suppress(AzureError), self._asking(f"freeing {name}"):
            self._blob(name).delete_blob(lease=lease_id)

    def close(self) -> None:
        """Close the connections."""
        self._client.close()
        if self._credential is not None:
            self._credential.close()

    def _blob(self, name: str) -> BlobClient:
        return self._client.get_blob_client(self.place.prefix + name)

    def _stands_at(self, name: str, data: bytes, position: int) -> bool:
        from azure.core.exceptions import HttpResponseError  # noqa: PLC0415 - loads the SDK

        try:
            found = self._blob(name).download_blob(
                offset=position, length=len(data), max_concurrency=1
            )
            return bytes(found.readall()) == data
        except HttpResponseError as error:
            if error.status_code == HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE:
                return False
            raise

    @contextmanager
    def _asking(self, tried: str) -> Iterator[None]:
        """Say in azremedy's words what goes wrong inside."""
        from azure.core.exceptions import HttpResponseError  # noqa: PLC0415 - loads the SDK

        try:
            with translating(f"{tried} in {self.place.url}"):
                try:
                    yield
                except HttpResponseError as error:
                    self._explain(error, tried)
                    raise
        except (ConnectionFailedError, ServiceUnavailableError) as error:
            raise AccessError(
                f"The runs in {self.place.url} cannot be reached: {error.summary}",
                advice=_UNREACHED,
                answer=error.answer,
            ) from error

    def _explain(self, error: HttpResponseError, tried: str) -> None:
        code = _code(error)
        if code in _GONE:
            raise UsageError(
                f"There is no container {self.place.url}",
                advice="Make it first, for its runs alone: who may read it reads them.",
            ) from error
        if error.status_code == HTTPStatus.FORBIDDEN:
            raise PermissionDeniedError(
                f"{tried} in {self.place.url}: Azure answered {code} (HTTP 403)", advice=_ROLE
            ) from error


def _code(error: HttpResponseError) -> str:
    """Give the storage's code for an error; empty when it has none."""
    told = getattr(error, "error_code", None)
    return str(getattr(told, "value", told) or "")


def _make(blob: BlobClient, content: bytes, metadata: dict[str, str]) -> bool:
    """Make a file that is not there; false when it is."""
    from azure.core.exceptions import HttpResponseError  # noqa: PLC0415 - loads the SDK

    try:
        blob.upload_blob(content, metadata=metadata)
    except HttpResponseError as error:
        if error.status_code in _NOT_OURS and _code(error) not in _GONE:
            return False
        raise
    return True


def _acquire(blob: BlobClient, lease_id: str, seconds: int) -> bool | None:
    """Take the lease: false when another has it, ``None`` when the file has just gone."""
    from azure.core.exceptions import HttpResponseError  # noqa: PLC0415 - loads the SDK
    from azure.storage.blob import BlobLeaseClient  # noqa: PLC0415 - loads the SDK

    try:
        BlobLeaseClient(blob, lease_id).acquire(lease_duration=seconds)
    except HttpResponseError as error:
        if error.status_code == HTTPStatus.CONFLICT:
            return False
        if error.status_code == HTTPStatus.NOT_FOUND and _code(error) not in _GONE:
            return None
        raise
    return True
