"""Find the ids of networks, disks and key vaults that documents name."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

FOLLOWED = (
    "Microsoft.Compute/disks",
    "Microsoft.Compute/diskEncryptionSets",
    "Microsoft.KeyVault/vaults",
    "Microsoft.Network/networkInterfaces",
    "Microsoft.Network/networkSecurityGroups",
    "Microsoft.Network/routeTables",
    "Microsoft.Network/virtualNetworks",
)
"""The types that matter to backups besides the machines and vaults themselves."""

_NAME = r"/[^/\s'\",?]+"
_SCOPE = rf"/subscriptions{_NAME}/resourceGroups{_NAME}/providers/"


def find(documents: Iterable[Mapping[str, Any]]) -> tuple[str, ...]:
    """Return the ids of the followed types in the documents' texts, each once, in order.

    Of a part, such as a subnet, the whole is returned: Azure shows its parts in it.
    """
    found: dict[str, str] = {}
    for document in documents:
        for text in _texts(document):
            for resource_id in _ids(text):
                found.setdefault(resource_id.lower(), resource_id)
    return tuple(found.values())


def _ids(text: str) -> Iterator[str]:
    for kind in FOLLOWED:
        namespace, *types = kind.split("/")
        tail = "".join(f"/{re.escape(part)}{_NAME}" for part in types)
        pattern = rf"{_SCOPE}{re.escape(namespace)}{tail}"
        yield from (match[0] for match in re.finditer(pattern, text, re.IGNORECASE))


def _texts(value: Any) -> Iterator[str]:
    match value:
        case str():
            yield value
        case Mapping():
            for each in value.values():
                yield from _texts(each)
        case list() | tuple():
            for each in value:
                yield from _texts(each)
        case _:
            return
