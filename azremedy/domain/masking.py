"""Replace what tells who and where in ARM documents, so that they may be shown to others.

Subscription, tenant and all other GUIDs, names of groups and resources, people's names, addresses,
notes, tags and texts of extensions' settings get stand-ins. One original has one stand-in
throughout, also inside ids, container names, collection names and messages, so everything that
belonged together still does. What Azure Backup itself named keeps its form: ``AzureBackupRG_…``,
``AzureBackup_<vm>_<number>``, ``AzureBackup_<date>_<time>``, ``VMSnapshot``.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from azremedy.domain.masked_names import (
    ID,
    KEPT_ADDRESSES,
    StandIns,
    collect,
    is_fixed,
    mask_container,
    mask_id,
)

_GUID = r"(?<![0-9a-fA-F-])[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}(?![0-9a-fA-F-])"
_ANY_GUID = re.compile(_GUID)
_EMAIL = r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+"
_ADDRESS = r"(?<![\d.])(?:\d{1,3}\.){3}\d{1,3}(?![\d.])"
_NUMBER = r"(?<!\d)\d{12,}(?!\d)"
_WORD = r"[A-Za-z0-9]"
_TIME = re.compile(r"\d{4}-\d\d-\d\dT[\d:.]+(?:Z|\+00:00)?")

_VOCABULARY = frozenset(
    {
        "action",
        "api-version",
        "backupmanagementtype",
        "backupmanagementtypename",
        "code",
        "createoption",
        "displaystatus",
        "etag",
        "exactversion",
        "family",
        "handlertype",
        "level",
        "location",
        "offer",
        "operation",
        "ostype",
        "policytype",
        "protectionstate",
        "protectionstatus",
        "provisioningstate",
        "publisher",
        "sku",
        "state",
        "status",
        "storageaccounttype",
        "timezone",
        "type",
        "vmsize",
        "workloadtype",
    }
)
"""Keys, in lower case, whose texts are Azure's own words."""

_SECRETIVE = {"notes": "note", "description": "description", "keydata": "key", "customdata": "data"}


def mask(documents: Iterable[Mapping[str, Any]]) -> tuple[dict[str, Any], ...]:
    """Return the documents with stand-ins; their order and their structure stay."""
    originals = tuple(documents)
    names = collect(originals)
    masker = _Masker(names=names, pattern=_pattern(names), seen={})
    return tuple(masker.document(document) for document in originals)


def _pattern(names: StandIns) -> re.Pattern[str]:
    """Find, in one pass, whatever has a stand-in; longer names before shorter ones."""
    known = sorted(names.texts(), key=len, reverse=True)
    words = "|".join(re.escape(name) for name in known)
    parts = [f"(?P<guid>{_GUID})", f"(?P<mail>{_EMAIL})"]
    if words:
        parts.append(f"(?P<name>(?<!{_WORD})(?:{words})(?!{_WORD}))")
    parts += [f"(?P<number>{_NUMBER})", f"(?P<address>{_ADDRESS})"]
    return re.compile("|".join(parts), re.IGNORECASE)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Masker:
    names: StandIns
    pattern: re.Pattern[str]
    seen: dict[str, str]

    def document(self, document: Mapping[str, Any]) -> dict[str, Any]:
        masked: dict[str, Any] = self._value("", document)
        return masked

    def _value(self, key: str, value: Any) -> Any:
        match value:
            case Mapping() if key.lower() == "tags":
                return self._tags(value)
            case Mapping() if key.lower() == "settings":
                return {name: self._setting(name, each) for name, each in value.items()}
            case Mapping():
                return {name: self._value(name, each) for name, each in value.items()}
            case list() | tuple():
                return [self._value(key, each) for each in value]
            case str():
                return self._text(key, value)
            case _:
                return value

    def _tags(self, tags: Mapping[str, Any]) -> dict[str, str]:
        return {
            self.names.of("tag", name): self.names.of("value", str(value))
            for name, value in tags.items()
        }

    def _setting(self, key: str, value: Any) -> Any:
        """Mask an extension's setting: ids and links as everywhere, other texts altogether."""
        match value:
            case Mapping():
                return {name: self._setting(name, each) for name, each in value.items()}
            case list() | tuple():
                return [self._setting(key, each) for each in value]
            case str() if "vault" in key.lower() or key in _ENCRYPTION:
                return self._text(key, value)
            case str():
                return self.names.of("setting", value)
            case _:
                return value

    def _text(self, key: str, text: str) -> str:
        lowered = key.lower()
        if lowered in _SECRETIVE:
            return self.names.of(_SECRETIVE[lowered], text)
        if lowered in _VOCABULARY or lowered.endswith("version"):
            return _ANY_GUID.sub(self._found_guid, text)
        pieces = ID.split(text)
        # The pieces at odd places are the ids that the split found.
        return "".join(
            mask_id(piece, self._plain) if place % 2 else self._plain(piece)
            for place, piece in enumerate(pieces)
        )

    def _plain(self, text: str) -> str:
        """Mask a text that holds no id: a name, a composed name or a sentence."""
        if whole := self.names.known(text):
            return whole
        if is_fixed(text) or _TIME.fullmatch(text):
            return text
        if (container := mask_container(text, self._plain)) is not None:
            return container
        # Looking for thousands of names takes long, and most sentences come again and again.
        if text not in self.seen:
            self.seen[text] = self.pattern.sub(self._found, text)
        return self.seen[text]

    def _found(self, match: re.Match[str]) -> str:
        text = match[0]
        match match.lastgroup:
            case "guid":
                return self.names.guid(text)
            case "mail":
                return self.names.of("person", text) + "@example.com"
            case "number":
                return self.names.number(text)
            case "address":
                return text if text in KEPT_ADDRESSES else self.names.address(text)
            case _:
                return self.names.known(text) or text

    def _found_guid(self, match: re.Match[str]) -> str:
        return self.names.guid(match[0])


_ENCRYPTION = frozenset({"EncryptionOperation", "KeyEncryptionAlgorithm", "VolumeType"})
"""Settings of Azure Disk Encryption that are Azure's own words."""
