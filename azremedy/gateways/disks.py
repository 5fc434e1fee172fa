"""Read managed disks and disk encryption sets."""

from __future__ import annotations

from typing import TYPE_CHECKING

from azremedy.gateways import sending
from azremedy.gateways.translate import translating
from azremedy.gateways.wire_disks import parse_disk, parse_encryption_set

if TYPE_CHECKING:
    from azremedy.domain.resources import Disk, DiskEncryptionSet
    from azremedy.gateways.clients import Connect, DocumentClient
    from azremedy.ids import ResourceId

READ_DISK = "Microsoft.Compute/disks/read"
READ_ENCRYPTION_SET = "Microsoft.Compute/diskEncryptionSets/read"
API_VERSION = "2024-03-02"


class DisksGateway:
    """Managed disks of one subscription. Only reads."""

    def __init__(self, connect: Connect[DocumentClient]) -> None:
        self._connect = connect

    def get_disk(self, disk_id: ResourceId) -> Disk:
        """Return a disk. Safe to repeat. Permission: ``Microsoft.Compute/disks/read``.

        Raises:
            NotFoundError: there is no such disk.
            AzremedyError: as ``translating`` tells them.
        """
        with translating("reading the disk", action=READ_DISK, target=disk_id):
            url = sending.make_url(disk_id, api_version=API_VERSION)
            return parse_disk(sending.read(self._connect(disk_id), url))

    def get_encryption_set(self, set_id: ResourceId) -> DiskEncryptionSet:
        """Return a disk encryption set, without a look at its key vault. Safe to repeat.

        Permission: ``Microsoft.Compute/diskEncryptionSets/read``.

        Raises:
            NotFoundError: there is no such set.
            AzremedyError: as ``translating`` tells them.
        """
        tried = "reading the disk encryption set"
        with translating(tried, action=READ_ENCRYPTION_SET, target=set_id):
            url = sending.make_url(set_id, api_version=API_VERSION)
            return parse_encryption_set(sending.read(self._connect(set_id), url))
