"""Compare what answers look like, apart from their values."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from tests.sandbox.recordings.forms import text_form

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

MAPS = frozenset(
    {"tags", "propertyBag", "internalPropertyBag", "kpisHealths", "userAssignedIdentities"}
)
"""Keys whose value is a map with names of somebody's own: only that it is an object counts."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Shape:
    """The keys and types of one or more JSON values; the elements of lists are merged."""

    seen: Counter[str]
    """How often something stood at a path; `a.b[].c` is a path."""
    objects: Counter[str]
    """How often it was an object."""
    types: dict[str, frozenset[str]]
    """Types seen there: JSON types, texts by their form."""

    def always(self, path: str) -> bool:
        """Tell whether every object that could hold this key did."""
        return self.seen[path] == self.objects[parent(path)]


def shape(bodies: Iterable[Any]) -> Shape:
    """Give the merged shape of bodies."""
    seen: Counter[str] = Counter()
    objects: Counter[str] = Counter()
    types: dict[str, set[str]] = {}
    for body in bodies:
        for path, kind in _walk("body", "", body):
            seen[path] += 1
            objects[path] += kind == "object"
            types.setdefault(path, set()).add(kind)
    return Shape(
        seen=seen,
        objects=objects,
        types={path: frozenset(kinds) for path, kinds in types.items()},
    )


def parent(path: str) -> str:
    """Give the path of the object or list that holds a path; empty at the top."""
    if path.endswith("[]"):
        return path.removesuffix("[]")
    return path.rpartition(".")[0]


def differences(recorded: Shape, answered: Shape) -> Iterator[str]:
    """Say where an answer departs from the recorded ones, the topmost place of each departure."""
    for path in recorded.types:
        if path not in answered.types and _is_key(path) and answered.objects[parent(path)]:
            yield f"{path}: {'always' if recorded.always(path) else 'sometimes'} recorded, missing"
    for path, kinds in answered.types.items():
        if path in recorded.types:
            yield from _wrong_types(path, recorded.types[path], kinds)
        elif _is_key(path) and recorded.objects[parent(path)]:
            yield f"{path}: never recorded"


def _wrong_types(path: str, recorded: frozenset[str], answered: frozenset[str]) -> Iterator[str]:
    for kind in sorted(answered - recorded):
        if _is_text(kind) and "text" in recorded:
            continue
        yield f"{path}: {kind}, recorded {' or '.join(sorted(recorded))}"


def _is_text(kind: str) -> bool:
    return kind not in {"object", "array", "boolean", "integer", "number", "null"}


def _is_key(path: str) -> bool:
    return "." in path and not path.endswith("[]")


def _walk(path: str, key: str, value: Any) -> Iterator[tuple[str, str]]:
    """Give every place in a value with its type."""
    yield path, _type(value, key)
    if isinstance(value, dict) and key not in MAPS:
        for name, inner in value.items():
            yield from _walk(f"{path}.{name}", name, inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _walk(f"{path}[]", key, inner)


def _type(value: Any, key: str) -> str:
    match value:
        case bool():
            return "boolean"
        case int():
            return "integer"
        case float():
            return "number"
        case str():
            return text_form(value, key)
        case None:
            return "null"
        case dict():
            return "object"
        case _:
            return "array"
