"""Read the small part of OData that lists of resources are filtered with."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TypeAlias

from azremedy.sandbox import arm_ids
from azremedy.sandbox.http import ArmError, Json

Keep: TypeAlias = Callable[[Json], bool]
"""Tells whether a document is wanted."""

_COMPARISON = re.compile(r"\s*([\w/]+)\s+(eq|ne)\s+'([^']*)'\s*", re.IGNORECASE)
_SUBSTRING = re.compile(r"\s*substringof\('([^']*)',\s*name\)\s*", re.IGNORECASE)


def resource_filter(text: str) -> Keep:
    """Read a filter of `/resources`.

    Known are `resourceType`, `name`, `resourceGroup`, `location`, `tagName` and `tagValue`.

    Raises:
        ArmError: 400 for anything else.
    """
    if not text.strip():
        return lambda _document: True
    choices = [
        [_term(term, text) for term in re.split(r"\s+and\s+", choice, flags=re.IGNORECASE)]
        for choice in re.split(r"\s+or\s+", text, flags=re.IGNORECASE)
    ]
    return lambda document: any(all(term(document) for term in choice) for choice in choices)


def comparisons(text: str) -> dict[str, str]:
    """Give the `name eq 'value'` parts of a filter joined by `and`, by lower-cased name.

    Parts of another form are left out: each service checks its own names.
    """
    return {match[1].lower(): match[3] for match in _COMPARISON.finditer(text)}


def _term(term: str, whole: str) -> Keep:
    plain = term.strip().strip("()") if "substringof" not in term.lower() else term
    if match := _SUBSTRING.fullmatch(plain):
        part = match[1].lower()
        return lambda document: part in document["name"].lower()
    match = _COMPARISON.fullmatch(plain)
    read = _READERS.get(match[1].lower()) if match else None
    if not match or not read:
        message = f"Invalid $filter '{whole}' specified in the query string."
        raise ArmError(400, "InvalidFilterInQueryString", message)
    value, equal = match[3].lower(), match[2].lower() == "eq"
    return lambda document: (value in read(document)) is equal


def _tag_names(document: Json) -> frozenset[str]:
    return frozenset(name.lower() for name in document.get("tags") or {})


def _tag_values(document: Json) -> frozenset[str]:
    return frozenset(str(value).lower() for value in (document.get("tags") or {}).values())


def _group(document: Json) -> frozenset[str]:
    return frozenset({arm_ids.parse(document["id"]).group.lower()})


def _field(name: str) -> Callable[[Json], frozenset[str]]:
    return lambda document: frozenset({str(document.get(name, "")).lower()})


_READERS: dict[str, Callable[[Json], frozenset[str]]] = {
    "resourcetype": _field("type"),
    "name": _field("name"),
    "location": _field("location"),
    "resourcegroup": _group,
    "tagname": _tag_names,
    "tagvalue": _tag_values,
}
