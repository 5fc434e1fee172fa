"""Keep the stand-ins of one masking: one for each original, whatever its letter case."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

ID = re.compile(r"(/subscriptions/[^\s'\",?]+)", re.IGNORECASE)
"""Finds an ARM id inside a text."""
KEPT_ADDRESSES = frozenset({"0.0.0.0", "127.0.0.1", "168.63.129.16", "169.254.169.254"})  # noqa: S104 # a route's "everything", not a place to listen
"""Addresses that mean the same everywhere in Azure."""

_SHORT = {
    "networkinterfaces": "nic",
    "networksecuritygroups": "nsg",
    "resourcegroups": "group",
    "restorepointcollections": "collection",
    "virtualmachines": "vm",
    "virtualnetworks": "vnet",
}
# Their names are made of other names, or are Azure's.
_COMPOSED = frozenset(
    {
        "backupfabrics",
        "backupjobs",
        "diskrestorepoints",
        "locations",
        "operations",
        "protecteditems",
        "protectioncontainers",
        "recoverypoints",
        "subscriptions",
    }
)
# Names that the backup service gives. Source: learn.microsoft.com/azure/backup, recorded traffic.
_FIXED = re.compile(
    r"AzureBackupRG_[a-z0-9]+_\d+|AzureBackup_\d{8}_\d{6}|DefaultPolicy|EnhancedPolicy|default",
    re.IGNORECASE,
)
_COLLECTION = r"AzureBackup_.+_\d+"
# What follows these labels is Azure's own.
_OWNING = frozenset({"backupfabrics", "locations"})
_NAMING = {
    "adminusername": "user",
    "computername": "host",
    "displayname": "title",
    "entityfriendlyname": "vm",
    "friendlyname": "vm",
    "vm name": "vm",
}
_HOSTS = re.compile(r"https?://([a-z0-9-]+)\.(?:[a-z0-9-]+\.)*core\.windows\.net", re.IGNORECASE)
_KEYS = re.compile(
    r"https?://([a-z0-9-]+)\.vault\.[a-z.]+(?:/(?:keys|secrets)/([a-z0-9-]+))?", re.IGNORECASE
)
_SHORTEST = 3
"""Names with fewer letters are not looked for inside sentences."""


@dataclass(slots=True)
class StandIns:
    """Gives stand-ins; they are the same for the same documents in the same order."""

    taken: frozenset[str]
    """The originals in lower case: no stand-in may be one of them."""
    _made: dict[str, str] = field(default_factory=dict)
    _counts: dict[str, int] = field(default_factory=dict)
    _names: dict[str, str] = field(default_factory=dict)

    def texts(self) -> tuple[str, ...]:
        """Return the names that are to be found inside sentences, in lower case."""
        return tuple(name for name in self._names if len(name) >= _SHORTEST)

    def learn(self, kind: str, name: str, *, form: str = "{kind}-{count}") -> None:
        """Remember a name, so that it is found inside texts too."""
        if name and name.lower() not in self._names:
            self._names[name.lower()] = self._next(kind, form)

    def learn_composed(self, name: str, stand_in: str) -> None:
        """Remember a name whose stand-in is made of other stand-ins."""
        self._names[name.lower()] = stand_in

    def known(self, name: str) -> str | None:
        """Return the stand-in of a learnt name."""
        return self._names.get(name.lower())

    def of(self, kind: str, text: str) -> str:
        """Return the stand-in of a whole text, which need not be learnt."""
        return self._once(f"{kind}:{text}", kind, "{kind}-{count}") if text else text

    def guid(self, text: str) -> str:
        """Return the stand-in of a GUID; the one of zeros stays."""
        if not text.strip("0-"):
            return text
        return self._once(f"guid:{text.lower()}", "guid", "00000000-0000-4000-8000-{count:012d}")

    def number(self, text: str) -> str:
        """Return the stand-in of a long number: as long as the number."""
        if not text.strip("0"):
            return text
        return self._once(f"number:{text}", "number", f"9{{count:0{len(text) - 1}d}}")

    def address(self, text: str) -> str:
        """Return the stand-in of an IPv4 address.

        The last two numbers stay, so that it still lies in the same networks of /16 and smaller.
        """
        network, _, rest = text.partition(".")
        second, _, host = rest.partition(".")
        count = int(self._once(f"network:{network}.{second}", "network", "{count}"))
        return f"10.{count % 256}.{host}"

    def _once(self, key: str, kind: str, form: str) -> str:
        if key not in self._made:
            self._made[key] = self._next(kind, form)
        return self._made[key]

    def _next(self, kind: str, form: str) -> str:
        while True:
            self._counts[kind] = self._counts.get(kind, 0) + 1
            made = form.format(kind=kind, count=self._counts[kind])
            if made.lower() not in self.taken:
                return made


def collect(documents: Iterable[Mapping[str, Any]]) -> StandIns:
    """Learn every name in the documents' ids and in the fields that hold names."""
    originals = tuple(documents)
    kept = frozenset(filter(None, map(_own_extension, originals)))
    found = tuple(each for document in originals for each in _names_in("", document))
    names = StandIns(taken=frozenset(name.lower() for _, name in found))
    affixes = _affixes(originals)
    for affix in sorted({part for pair in affixes for part in pair if part}):
        names.learn("affix", affix, form="{kind}-{count}-")
    for kind, name in found:
        if name.lower() in kept or is_fixed(name) or _is_collection(name):
            continue
        composed = _composed(names, affixes, name) if kind == "group" else ""
        if composed:
            names.learn_composed(name, composed)
        names.learn(kind, name)
    return names


def _is_collection(name: str) -> bool:
    """Say whether a name is made by the service of a VM's name and a number."""
    return re.fullmatch(_COLLECTION, name, re.IGNORECASE) is not None


def is_fixed(name: str) -> bool:
    """Say whether a name is the same for everybody, so that it stays."""
    return _FIXED.fullmatch(name) is not None


def mask_id(resource_id: str, plain: Callable[[str], str]) -> str:
    """Mask the names in an id; labels, namespaces and types stay."""
    parts = resource_id.split("/")
    labels = frozenset(place for place, _ in _labels(parts))
    return "/".join(part if place in labels else plain(part) for place, part in enumerate(parts))


def mask_container(text: str, plain: Callable[[str], str]) -> str | None:
    """Mask a container's or protected item's name, which ends in group and VM; else ``None``.

    Source: recorded Azure traffic, 2018-2024.
    """
    parts = text.split(";")
    if not any(part.lower().startswith("iaasvmcontainer") for part in parts[:-2]):
        return None
    return ";".join([*parts[:-2], *map(plain, parts[-2:])])


def _labels(parts: list[str]) -> Iterator[tuple[int, str]]:
    """Give the places of an id's parts that are no names, with these parts."""
    place = 0
    while place < len(parts):
        part = parts[place]
        yield place, part
        if part.lower() == "providers" and place + 1 < len(parts):
            yield place + 1, parts[place + 1]
            place += 2
            continue
        if part.lower() in _OWNING and place + 1 < len(parts):
            yield place + 1, parts[place + 1]
        place += 2 if part else 1


def _names_in_id(resource_id: str) -> Iterator[tuple[str, str]]:
    parts = resource_id.split("/")
    for place, label in _labels(parts):
        kind = label.lower()
        named = place + 1 < len(parts) and "." not in label and kind != "providers"
        if label and named and kind not in _COMPOSED:
            yield _SHORT.get(kind, kind.removesuffix("s")), parts[place + 1]


def _names_in(key: str, value: Any) -> Iterator[tuple[str, str]]:
    match value:
        case Mapping():
            for name, each in value.items():
                yield from _names_in(name, each)
        case list() | tuple():
            for each in value:
                yield from _names_in(key, each)
        case str():
            yield from _names_in_text(key.lower(), value)
        case _:
            return


def _names_in_text(key: str, text: str) -> Iterator[tuple[str, str]]:
    for match in ID.finditer(text):
        yield from _names_in_id(match[0])
    for match in _HOSTS.finditer(text):
        yield "account", match[1]
    for match in _KEYS.finditer(text):
        yield "vault", match[1]
        if match[2]:
            yield "key", match[2]
    if key in _NAMING and text:
        yield _NAMING[key], text


def _own_extension(document: Mapping[str, Any]) -> str | None:
    """Return an extension's name when it is its handler's, which tells nothing about anybody."""
    parts = str(document.get("id", "")).lower().split("/")
    if parts[-2:-1] != ["extensions"]:
        return None
    properties = document.get("properties") or {}
    name = parts[-1]
    return name if name == str(properties.get("type", "")).lower() else None


def _affixes(documents: Iterable[Mapping[str, Any]]) -> tuple[tuple[str, str], ...]:
    """Return what policies put before and behind the number of their own group's name.

    Source: learn.microsoft.com/azure/backup/backup-during-vm-creation, "custom name".
    """
    found: dict[tuple[str, str], None] = {}
    for document in documents:
        details = (document.get("properties") or {}).get("instantRPDetails") or {}
        pair = (
            str(details.get("azureBackupRGNamePrefix") or ""),
            str(details.get("azureBackupRGNameSuffix") or ""),
        )
        if pair[0]:
            found[pair] = None
    return tuple(found)


def _composed(names: StandIns, affixes: Iterable[tuple[str, str]], name: str) -> str:
    """Return the stand-in of a group that a policy named, made of those of prefix and suffix."""
    for prefix, suffix in affixes:
        pattern = rf"{re.escape(prefix)}(\d+){re.escape(suffix)}"
        if match := re.fullmatch(pattern, name, re.IGNORECASE):
            return f"{names.known(prefix)}{match[1]}{names.known(suffix) or ''}"
    return ""
