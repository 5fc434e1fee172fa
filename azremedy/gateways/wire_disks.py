"""Read Microsoft.Compute's JSON of managed disks and disk encryption sets."""

from __future__ import annotations

from typing import TYPE_CHECKING

from azremedy.domain.keys import merge_key_uses
from azremedy.domain.resources import Disk, DiskEncryptionSet
from azremedy.gateways.wire_compute import parse_key_uses
from azremedy.gateways.wire_json import Json, number, resource_id, section, sections, text
from azremedy.ids import ResourceId

if TYPE_CHECKING:
    from azremedy.domain.resources import KeyUse


def parse_disk(document: Json) -> Disk:
    """Read a managed disk."""
    properties = section(document, "properties")
    return Disk(
        id=resource_id(document),
        size_gib=number(properties, "diskSizeGB"),
        sku=text(section(document, "sku"), "name"),
        max_shares=number(properties, "maxShares") or 1,
        key_uses=_key_uses(section(properties, "encryptionSettingsCollection")),
        encryption_set_id=_optional(section(properties, "encryption"), "diskEncryptionSetId"),
    )


def _key_uses(collection: Json) -> tuple[KeyUse, ...]:
    """Read Azure Disk Encryption's settings, one for each volume; none while it is off.

    Source: Microsoft.Compute/disks 2024-03-02, EncryptionSettingsCollection.
    """
    if collection.get("enabled") is not True:
        return ()
    settings = sections(collection, "encryptionSettings")
    return merge_key_uses(use for each in settings for use in parse_key_uses(each))


def parse_encryption_set(document: Json) -> DiskEncryptionSet:
    """Read a disk encryption set; whether its key vault exists is not in it.

    Azure names no vault for a key that lies in a managed HSM, or in another subscription.
    """
    key = section(section(document, "properties"), "activeKey")
    return DiskEncryptionSet(
        id=resource_id(document), key_vault_id=_optional(section(key, "sourceVault"), "id")
    )


def _optional(document: Json, key: str) -> ResourceId | None:
    return ResourceId.parse(found) if (found := text(document, key)) else None
