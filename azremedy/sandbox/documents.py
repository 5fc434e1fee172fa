"""Hold a world's ARM documents."""

from __future__ import annotations

import json
import uuid
from typing import TYPE_CHECKING

from azremedy.sandbox import arm_ids

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from datetime import datetime

    from azremedy.sandbox.http import Json


class Documents:
    """ARM documents by id, compared without case, in the order in which they were made.

    Whatever goes in or comes out is a copy: a change reaches the world by `put` only.
    """

    def __init__(self) -> None:
        """Begin empty."""
        self._by_key: dict[str, Json] = {}
        self._types: dict[str, str] = {}
        # By type and by each scope that a document lies in: large worlds are asked often.
        self._within: dict[str, dict[str, dict[str, None]]] = {}
        self._now: Callable[[], datetime] | None = None
        self._past: list[tuple[datetime, str, Json | None]] = []
        self._changes = 0

    def __contains__(self, resource_id: str) -> bool:
        return arm_ids.key(resource_id) in self._by_key

    def __iter__(self) -> Iterator[Json]:
        return iter([copied(document) for document in self._by_key.values()])

    def __len__(self) -> int:
        return len(self._by_key)

    @property
    def changes(self) -> int:
        """Count what went in or was taken away since the beginning."""
        return self._changes

    def get(self, resource_id: str) -> Json | None:
        """Give the document, or None when there is none."""
        return copied(self._by_key.get(arm_ids.key(resource_id)))

    def put(self, document: Json) -> Json:
        """Store a whole document under its `id` and give it as stored.

        A document that stands already keeps its maker's letter case in `id` and `name`.
        `name` and `type` follow from the id when they are not written out.
        """
        key = arm_ids.key(document["id"])
        before = self._by_key.get(key)
        parsed = arm_ids.parse(before["id"] if before else document["id"])
        stored = {**copied(document), "id": parsed.text}
        if parsed.type != "Microsoft.Resources/subscriptions":
            stored["name"] = before["name"] if before else document.get("name") or parsed.name
            stored.setdefault("type", parsed.type)
        _renew_etag(before, stored)
        self._remember(key)
        self._by_key[key] = stored
        self._types[key] = parsed.type.lower()
        of_type = self._within.setdefault(self._types[key], {})
        for scope in _scopes_of(key):
            of_type.setdefault(scope, {})[key] = None
        return copied(stored)

    def remove(self, resource_id: str) -> bool:
        """Take away a document and all beneath it; tell whether it was there."""
        present = resource_id in self
        for key in self._keys_within(arm_ids.key(resource_id)):
            self._remember(key)
            of_type = self._within[self._types[key]]
            for scope in _scopes_of(key):
                del of_type[scope][key]
            del self._by_key[key], self._types[key]
        return present

    def keep_past(self, now: Callable[[], datetime]) -> None:
        """Remember from here on what was, by a clock; what stands already has always stood."""
        self._now = now

    def peek(
        self, wanted: Callable[[str], bool], *, moment: datetime
    ) -> Iterator[tuple[str, str, Json]]:
        """Give the documents of some types as they stood at a moment, each with its key and type.

        They stand now, when no past is kept. They are no copies, which would take minutes in a
        large world: nobody may change them.

        Args:
            wanted: tells whether a type, in lower case, is asked for.
            moment: when.
        """
        changes = reversed(self._past)
        before = {key: document for changed, key, document in changes if changed > moment}
        for key, document in {**self._by_key, **before}.items() if before else self._by_key.items():
            kind = self._types.get(key) or arm_ids.parse(key).type
            if document is not None and wanted(kind):
                yield key, kind, document

    def _remember(self, key: str) -> None:
        self._changes += 1
        if self._now:
            self._past.append((self._now(), key, self._by_key.get(key)))

    def of_type(self, resource_type: str, under: str = "/") -> tuple[Json, ...]:
        """Give all documents of a type at or beneath a scope."""
        found = self._within.get(resource_type.lower(), {}).get(arm_ids.key(under), {})
        return tuple(copied(self._by_key[key]) for key in found)

    def select(self, scope: str, wanted: Callable[[Json], bool]) -> tuple[Json, ...]:
        """Give the documents at or beneath a scope that are wanted."""
        keys = self._keys_within(arm_ids.key(scope))
        found = (self._by_key[key] for key in keys)
        return tuple(copied(document) for document in found if wanted(document))

    def children(self, resource_id: str) -> tuple[Json, ...]:
        """Give every document beneath an id: child resources, their children, locks on them."""
        own = arm_ids.key(resource_id)
        return tuple(copied(self._by_key[key]) for key in self._keys_within(own) if key != own)

    def _keys_within(self, scope: str) -> list[str]:
        beneath = scope.rstrip("/") + "/"
        return [key for key in self._by_key if key == scope or key.startswith(beneath)]


def _scopes_of(key: str) -> Iterator[str]:
    """List the scopes that a document lies in: the root, all that hold it, and itself."""
    yield "/"
    end = key.find("/", 1)
    while end > 0:
        yield key[:end]
        end = key.find("/", end + 1)
    yield key


def _renew_etag(before: Json | None, stored: Json) -> None:
    """Give a changed document another etag, unless its writer has; one without gets none."""
    if not before or stored == before:
        return
    for name in ("etag", "eTag"):
        if stored.get(name) and stored[name] == before.get(name):
            text = json.dumps(stored, sort_keys=True, default=str)
            stored[name] = f'W/"{uuid.uuid5(uuid.NAMESPACE_OID, text)}"'


def copied(value: Json) -> Json:
    """Copy a JSON value; the library's own copying takes five times as long."""
    if isinstance(value, dict):
        return {name: copied(each) for name, each in value.items()}
    if isinstance(value, list):
        return [copied(each) for each in value]
    return value
