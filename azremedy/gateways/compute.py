"""Read VMs, extensions and restore point collections; delete extensions and collections."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

from azremedy.gateways import sending
from azremedy.gateways.operations import Call, Operation, Operations
from azremedy.gateways.translate import translating
from azremedy.gateways.wire_compute import parse_collection, parse_extension, parse_vm
from azremedy.gateways.wire_json import document_of
from azremedy.ids import EXTENSION, RESTORE_POINT_COLLECTION, VIRTUAL_MACHINE

if TYPE_CHECKING:
    from azure.mgmt.compute import ComputeManagementClient

    from azremedy.domain.resources import RestorePointCollection, VirtualMachine, VmExtension
    from azremedy.gateways.clients import Connect, DocumentClient
    from azremedy.gateways.clock import Clock
    from azremedy.ids import ResourceId

API_VERSION = "2026-04-01"
"""In which VMs and collections are read: the SDK's own."""
READ_VM = "Microsoft.Compute/virtualMachines/read"
READ_EXTENSIONS = "Microsoft.Compute/virtualMachines/extensions/read"
DELETE_EXTENSION = "Microsoft.Compute/virtualMachines/extensions/delete"
READ_COLLECTION = "Microsoft.Compute/restorePointCollections/read"
DELETE_COLLECTION = "Microsoft.Compute/restorePointCollections/delete"


class ComputeGateway:
    """Compute resources of one subscription."""

    def __init__(
        self,
        connect: Connect[ComputeManagementClient],
        clock: Clock,
        *,
        documents: Connect[DocumentClient],
        polling_interval_s: float,
    ) -> None:
        self._connect = connect
        self._documents = documents
        self._operations = Operations(clock=clock, polling_interval_s=polling_interval_s)

    def get_vm(self, vm_id: ResourceId) -> VirtualMachine:
        """Return a VM with its instance view. Safe to repeat.

        Permission: ``Microsoft.Compute/virtualMachines/read``, which covers the instance view
        when it comes as an expansion.

        Raises:
            NotFoundError: there is no such VM.
            AzremedyError: as ``translating`` tells them.
        """
        with translating("reading the VM", action=READ_VM, target=vm_id):
            url = sending.make_url(
                vm_id.require_type(VIRTUAL_MACHINE), api_version=API_VERSION, expand="instanceView"
            )
            return parse_vm(sending.read(self._documents(vm_id), url))

    def list_vms(self) -> tuple[VirtualMachine, ...]:
        """Return all VMs of the subscription, without instance views. Safe to repeat.

        ARM leaves out what may not be read. Permission:
        ``Microsoft.Compute/virtualMachines/read``.

        Raises:
            AzremedyError: as ``translating`` tells them.
        """
        with translating("listing the VMs", action=READ_VM):
            return tuple(
                parse_vm(document_of(vm)) for vm in self._connect().virtual_machines.list_all()
            )

    def list_extensions(self, vm_id: ResourceId) -> tuple[VmExtension, ...]:
        """Return the extensions that ARM knows for a VM. Safe to repeat.

        The backup service's extension may be missing here and yet be reported by the agent: see
        ``VirtualMachine.extensions``. Permission:
        ``Microsoft.Compute/virtualMachines/extensions/read``.

        Raises:
            NotFoundError: there is no such VM.
            AzremedyError: as ``translating`` tells them.
        """
        with translating("listing the extensions of", action=READ_EXTENSIONS, target=vm_id):
            path = f"{vm_id.require_type(VIRTUAL_MACHINE)}/extensions"
            url = sending.make_url(path, api_version=API_VERSION)
            return tuple(map(parse_extension, sending.read_all(self._documents(vm_id), url)))

    def get_extension(self, extension_id: ResourceId) -> VmExtension:
        """Return one extension. Safe to repeat.

        Permission: ``Microsoft.Compute/virtualMachines/extensions/read``.

        Raises:
            NotFoundError: there is no such extension, or no such VM.
            AzremedyError: as ``translating`` tells them.
        """
        with translating("reading the extension", action=READ_EXTENSIONS, target=extension_id):
            calls = self._connect(extension_id).virtual_machine_extensions
            return parse_extension(document_of(calls.get(*_extension_place(extension_id))))

    def list_collections(self) -> tuple[RestorePointCollection, ...]:
        """Return all restore point collections of the subscription, without their points.

        Azure upper-cases the group in these ids (recorded Azure traffic). Safe to repeat.
        Permission: ``Microsoft.Compute/restorePointCollections/read``.

        Raises:
            AzremedyError: as ``translating`` tells them.
        """
        with translating("listing the restore point collections", action=READ_COLLECTION):
            client = self._documents()
            return _read_collections(client, client.subscription)

    def list_collections_of_group(self, group_id: ResourceId) -> tuple[RestorePointCollection, ...]:
        """Return a group's restore point collections, without their points. Safe to repeat.

        Permission: ``Microsoft.Compute/restorePointCollections/read``.

        Raises:
            NotFoundError: there is no such group.
            AzremedyError: as ``translating`` tells them.
        """
        with translating("listing the collections of", action=READ_COLLECTION, target=group_id):
            return _read_collections(self._documents(group_id), group_id)

    def get_collection(self, collection_id: ResourceId) -> RestorePointCollection:
        """Return a collection with its restore points. Safe to repeat.

        Permission: ``Microsoft.Compute/restorePointCollections/read`` and
        ``.../restorePoints/read``.

        Raises:
            NotFoundError: there is no such collection: the proof that a deletion is done.
            AzremedyError: as ``translating`` tells them.
        """
        tried = "reading the restore point collection"
        with translating(tried, action=READ_COLLECTION, target=collection_id):
            url = sending.make_url(
                collection_id.require_type(RESTORE_POINT_COLLECTION),
                api_version=API_VERSION,
                expand="restorePoints",
            )
            collection = parse_collection(sending.read(self._documents(collection_id), url))
        # Asked for and not sent means that there are none.
        return replace(collection, restore_points=collection.restore_points or ())

    def delete_collection(self, collection_id: ResourceId) -> Operation:
        """Start to delete a collection with all its restore points.

        Returns when Azure has accepted it; an operation whose ``receipt.already_gone`` is set
        found nothing to delete. Safe to repeat. Permission:
        ``Microsoft.Compute/restorePointCollections/delete``.

        Raises:
            LockedError: a management lock stands in the way.
            AzremedyError: as ``translating`` tells them.
        """
        return self._operations.begin(self._collection_deletion(collection_id))

    def resume_delete_collection(self, collection_id: ResourceId, token: str) -> Operation:
        """Take up a deletion that another process started; sends no deletion.

        Args:
            collection_id: the collection, for messages.
            token: what ``Operation.token`` returned.

        Raises:
            AzureError: the token cannot be read.
        """
        return self._operations.resume(self._collection_deletion(collection_id), token)

    def delete_extension(self, extension_id: ResourceId) -> Operation:
        """Start to uninstall an extension.

        It needs a working VM agent: with a dead one Azure fails after up to 90 minutes. An
        operation whose ``receipt.already_gone`` is set found nothing to delete. Safe to repeat.
        Permission: ``Microsoft.Compute/virtualMachines/extensions/delete``.

        Raises:
            LockedError: a management lock stands in the way.
            AzremedyError: as ``translating`` tells them.
        """
        return self._operations.begin(self._extension_deletion(extension_id))

    def resume_delete_extension(self, extension_id: ResourceId, token: str) -> Operation:
        """Take up an uninstallation that another process started; sends no deletion.

        Args:
            extension_id: the extension, for messages.
            token: what ``Operation.token`` returned.

        Raises:
            AzureError: the token cannot be read.
        """
        return self._operations.resume(self._extension_deletion(extension_id), token)

    def _collection_deletion(self, collection_id: ResourceId) -> Call:
        calls = self._connect(collection_id).restore_point_collections
        return Call(
            begin=partial(calls.begin_delete, *_collection_place(collection_id)),
            translate=partial(
                translating,
                "deleting the restore point collection",
                action=DELETE_COLLECTION,
                target=collection_id,
            ),
        )

    def _extension_deletion(self, extension_id: ResourceId) -> Call:
        calls = self._connect(extension_id).virtual_machine_extensions
        return Call(
            begin=partial(calls.begin_delete, *_extension_place(extension_id)),
            translate=partial(
                translating,
                "deleting the extension",
                action=DELETE_EXTENSION,
                target=extension_id,
            ),
        )


def _read_collections(
    client: DocumentClient, place: ResourceId | str
) -> tuple[RestorePointCollection, ...]:
    path = f"{place}/providers/Microsoft.Compute/restorePointCollections"
    url = sending.make_url(path, api_version=API_VERSION)
    return tuple(map(parse_collection, sending.read_all(client, url)))


def _collection_place(collection_id: ResourceId) -> tuple[str, str]:
    known = collection_id.require_type(RESTORE_POINT_COLLECTION)
    return known.resource_group, known.name


def _extension_place(extension_id: ResourceId) -> tuple[str, str, str]:
    extension_id.require_type(EXTENSION)
    return extension_id.resource_group, extension_id.parent.name, extension_id.name
