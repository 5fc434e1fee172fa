"""Hold a world's ARM documents."""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING

from azremedy.sandbox import arm_ids

if TYPE_CHECKING:
    from collections.abc import Iterator

    from azremedy.sandbox.http import Json


class Documents:
    """ARM documents by id, compared without case, in the order in which they were made.

    Whatever goes in or comes out is a copy: a change reaches the world by `put` only.
    """

    def __init__(self) -> None:
        """Begin empty."""
        self._by_key: dict[str, Json] = {}
        self._types: dict[str, str] = {}

    def __contains__(self, resource_id: str) -> bool:
        return arm_ids.key(resource_id) in self._by_key

    def __iter__(self) -> Iterator[Json]:
        return iter([copy.deepcopy(document) for document in self._by_key.values()])

    def __len__(self) -> int:
        return len(self._by_key)

    def get(self, resource_id: str) -> Json | None:
        """Give the document, or None when there is none."""
        return copy.deepcopy(self._by_key.get(arm_ids.key(resource_id)))

    def put(self, document: Json) -> Json:
        """Store a whole document under its `id` and give it as stored.

        A document that stands already keeps its maker's letter case in `id` and `name`.
        `name` and `type` follow from the id when they are not written out.
        """
        key = arm_ids.key(document["id"])
        before = self._by_key.get(key)
        parsed = arm_ids.parse(before["id"] if before else document["id"])
        stored = {**copy.deepcopy(document), "id": parsed.text}
        if parsed.type != "Microsoft.Resources/subscriptions":
            stored["name"] = before["name"] if before else document.get("name") or parsed.name
            stored.setdefault("type", parsed.type)
        self._by_key[key] = stored
        self._types[key] = parsed.type.lower()
        return copy.deepcopy(stored)

    def remove(self, resource_id: str) -> bool:
        """Take away a document and all beneath it; tell whether it was there."""
        present = resource_id in self
        for key in [key for key in self._by_key if arm_ids.within(key, resource_id)]:
            del self._by_key[key], self._types[key]
        return present

    def of_type(self, resource_type: str, under: str = "/") -> tuple[Json, ...]:
        """Give all documents of a type at or beneath a scope."""
        wanted = resource_type.lower()
        return tuple(
            copy.deepcopy(document)
            for key, document in self._by_key.items()
            if self._types[key] == wanted and arm_ids.within(key, under)
        )

    def children(self, resource_id: str) -> tuple[Json, ...]:
        """Give every document beneath an id: child resources, their children, locks on them."""
        own = arm_ids.key(resource_id)
        return tuple(
            copy.deepcopy(document)
            for key, document in self._by_key.items()
            if key != own and arm_ids.within(key, own)
        )
