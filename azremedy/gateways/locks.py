"""List, read, remove and put back management locks at every level."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from azremedy.domain.resources import LockLevel, ManagementLock
from azremedy.errors import AzureAnswer, NotFoundError
from azremedy.gateways import sending
from azremedy.gateways.operations import Receipt, receipt_of
from azremedy.gateways.translate import translating
from azremedy.gateways.wire_json import (
    AnswerFormatError,
    Json,
    resource_id,
    section,
    sections,
    text,
)

if TYPE_CHECKING:
    from azure.mgmt.resource.locks import ManagementLockClient

    from azremedy.gateways.clients import Connect, DocumentClient
    from azremedy.ids import ResourceId

API_VERSION = "2020-05-01"
READ = "Microsoft.Authorization/locks/read"
WRITE = "Microsoft.Authorization/locks/write"
DELETE = "Microsoft.Authorization/locks/delete"


class LocksGateway:
    """Management locks of one subscription, on it and on everything in it."""

    def __init__(
        self, connect: Connect[ManagementLockClient], documents: Connect[DocumentClient]
    ) -> None:
        self._connect = connect
        self._documents = documents

    def list_locks(self) -> tuple[ManagementLock, ...]:
        """Return every lock of the subscription: its own, its groups' and its resources'.

        One list holds all levels (recorded Azure traffic, 2020); ``lock.scope`` tells each one's.
        Safe to repeat. Permission: ``Microsoft.Authorization/locks/read`` on the subscription.

        Raises:
            AzremedyError: as ``translating`` tells them.
        """
        with translating("listing the subscription's locks", action=READ):
            client = self._documents()
            return _read_all(client, client.subscription)

    def list_locks_of_group(self, group_id: ResourceId) -> tuple[ManagementLock, ...]:
        """Return the locks on a group and on the resources in it.

        Whether locks of the subscription above are in the list is not documented, so do not rely
        on it either way. Safe to repeat. Permission: ``Microsoft.Authorization/locks/read``.

        Raises:
            NotFoundError: there is no such group.
            AzremedyError: as ``translating`` tells them.
        """
        with translating("listing the locks of", action=READ, target=group_id):
            return _read_all(self._documents(group_id), group_id)

    def get_lock(self, lock_id: ResourceId) -> ManagementLock:
        """Return one lock as it stands. Safe to repeat.

        Permission: ``Microsoft.Authorization/locks/read`` at the lock's scope.

        Raises:
            NotFoundError: there is no such lock, or what it was attached to is gone.
            AzremedyError: as ``translating`` tells them.
        """
        with translating("reading the lock", action=READ, target=lock_id):
            level = _level(self._connect(lock_id), lock_id.scope)
            return parse_lock(level.get(*level.place, lock_id.name, cls=_document))

    def delete_lock(self, lock_id: ResourceId) -> Receipt:
        """Remove a lock; ``already_gone`` tells that there was nothing to remove.

        Safe to repeat. After a lost answer the SDK repeats it, so ``already_gone`` may also mean
        that the first try did it. Takes effect late: read until it is believed.
        Permission: ``Microsoft.Authorization/locks/delete`` at the lock's scope.

        Raises:
            AzremedyError: as ``translating`` tells them.
        """
        try:
            with translating("deleting the lock", action=DELETE, target=lock_id):
                level = _level(self._connect(lock_id), lock_id.scope)
                receipt: Receipt = level.delete(*level.place, lock_id.name, cls=receipt_of)
                return receipt
        except NotFoundError as error:
            return _gone(error)

    def create_lock(self, lock: ManagementLock) -> Receipt:
        """Put a lock in place with its level, notes and owners; one of the same name is replaced.

        Safe to repeat. Permission: ``Microsoft.Authorization/locks/write`` at the lock's scope.

        Raises:
            NotFoundError: what it would be attached to does not exist.
            AzremedyError: as ``translating`` tells them.
        """
        with translating("creating the lock", action=WRITE, target=lock.id):
            level = _level(self._connect(lock.id), lock.scope)
            receipt: Receipt = level.create(
                *level.place, lock.name, _sdk_model(lock), cls=receipt_of
            )
            return receipt


@dataclass(frozen=True, slots=True, kw_only=True)
class _Level:
    """The SDK's three calls for one lock level, and the arguments that name the place there."""

    place: tuple[str, ...]
    get: Any
    delete: Any
    create: Any


def _level(client: ManagementLockClient, scope: ResourceId) -> _Level:
    # The SDK's by-scope calls percent-encode the scope's slashes; they serve only for what the
    # other three cannot name: resources that lie in no group.
    calls = client.management_locks
    if scope == scope.subscription:
        return _Level(
            place=(),
            get=calls.get_at_subscription_level,
            delete=calls.delete_at_subscription_level,
            create=calls.create_or_update_at_subscription_level,
        )
    if scope == scope.group:
        return _Level(
            place=(scope.resource_group,),
            get=calls.get_at_resource_group_level,
            delete=calls.delete_at_resource_group_level,
            create=calls.create_or_update_at_resource_group_level,
        )
    if not scope.resource_group:
        return _Level(
            place=(str(scope).lstrip("/"),),
            get=calls.get_by_scope,
            delete=calls.delete_by_scope,
            create=calls.create_or_update_by_scope,
        )
    return _Level(
        place=resource_place(scope),
        get=calls.get_at_resource_level,
        delete=calls.delete_at_resource_level,
        create=calls.create_or_update_at_resource_level,
    )


def resource_place(scope: ResourceId) -> tuple[str, str, str, str, str]:
    """Split a resource's id into group, namespace, parent path, type and name.

    The parent path is empty for a top-level resource, which gives the URL a doubled slash; ARM
    accepts it (recorded Azure traffic, 2017-2020).
    """
    _, _, _, group, _, namespace, *path = scope.segments
    return group, namespace, "/".join(path[:-2]), path[-2], path[-1]


def _document(answer: Any, _model: object, _headers: object) -> Json:
    document: Json = answer.http_response.json()
    return document


def _gone(error: NotFoundError) -> Receipt:
    answer = error.answer or AzureAnswer()
    return Receipt(
        request_id=answer.request_id, correlation_id=answer.correlation_id, already_gone=True
    )


def _sdk_model(lock: ManagementLock) -> Any:
    from azure.mgmt.resource.locks import models  # noqa: PLC0415 - loads the SDK on use

    owners = [models.ManagementLockOwner(application_id=owner) for owner in lock.owners]
    return models.ManagementLockObject(
        level=lock.level.value, notes=lock.notes, owners=owners or None
    )


def _read_all(client: DocumentClient, place: ResourceId | str) -> tuple[ManagementLock, ...]:
    path = f"{place}/providers/Microsoft.Authorization/locks"
    url = sending.make_url(path, api_version=API_VERSION)
    return tuple(map(parse_lock, sending.read_all(client, url)))


def parse_lock(document: Json) -> ManagementLock:
    """Read a lock from ARM's JSON.

    An unknown level is an error: a lock that cannot be put back as it was must not be taken off.
    """
    properties = section(document, "properties")
    notes = properties.get("notes")
    return ManagementLock(
        id=resource_id(document),
        level=_parse_level(text(properties, "level")),
        notes=None if notes is None else str(notes),
        owners=tuple(text(owner, "applicationId") for owner in sections(properties, "owners")),
    )


def _parse_level(written: str) -> LockLevel:
    for level in LockLevel:
        if level.value.lower() == written.lower():
            return level
    raise AnswerFormatError(f"the lock level '{written}' is not known")
