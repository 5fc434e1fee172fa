"""Does a document have the form of a playbook, or of instructions?"""

from __future__ import annotations

import json
from dataclasses import fields
from functools import cache
from typing import TYPE_CHECKING, Any

from pydantic import TypeAdapter, ValidationError

from azremedy.domain.playbook import Instructions, Place, Playbook, PlaybookCause, Table
from azremedy.domain.remedies import Remedy
from azremedy.playbooks.problems import suggest

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from azremedy.playbooks.documents import Document
    from azremedy.playbooks.problems import Problem, Spot

Kind = type[Playbook] | type[Instructions]
"""What a file may be."""

_NAMES = {
    "table": ("table", tuple(Table)),
    "place": ("place", tuple(Place)),
    "remedies": ("remedy", tuple(Remedy)),
}
"""What stands under a key, and the names that may."""
_WANTED = {
    "string_type": "a text",
    "tuple_type": "a list",
    "int_type": "a whole number",
    "bool_type": "true or false",
    "dataclass_type": "a mapping",
}
"""What a value must be, by the word that pydantic has for its not being it."""


def shape(document: Document, kind: Kind) -> Playbook | Instructions | tuple[Problem, ...]:
    """Make a playbook or instructions from a document, or say what is wrong with its form."""
    if not isinstance(document.value, dict):
        return (document.make_problem((), "the file must be a mapping: key, colon, value"),)
    found = list(_find_unknown_keys(document, kind))
    # A type is hashable, but mypy does not take that of a union of types.
    wanted: Any = kind
    try:
        made: Playbook | Instructions = _adapter(wanted).validate_json(
            json.dumps(document.value), strict=True
        )
    except ValidationError as error:
        wrong = error.errors(include_url=False)
        found.extend(document.make_problem(each["loc"], _describe(each)) for each in wrong)
        return tuple(sorted(found, key=lambda each: each.line))
    return tuple(found) or made


def _find_unknown_keys(document: Document, kind: Kind) -> Iterator[Problem]:
    yield from _compare_keys(document, (), document.value, kind)
    causes = document.value.get("causes") if kind is Playbook else None
    for number, each in enumerate(causes if isinstance(causes, list) else ()):
        if isinstance(each, dict):
            yield from _compare_keys(document, ("causes", number), each, PlaybookCause)


def _compare_keys(
    document: Document, spot: Spot, value: Mapping[str, object], kind: type[Any]
) -> Iterator[Problem]:
    known = [field.name for field in fields(kind)]
    for key in value:
        if key not in known:
            hint = suggest(str(key), known) or f": the keys are {', '.join(known)}"
            yield document.make_problem((*spot, key), f"unknown key '{key}'{hint}")


def _describe(error: Any) -> str:
    spot, type_ = error["loc"], error["type"]
    name = next((part for part in reversed(spot) if isinstance(part, str)), "the file")
    if type_ == "missing":
        return f"'{name}' is missing"
    if type_ == "enum":
        what, known = _NAMES[name]
        hint = suggest(str(error["input"]), known) or f": known are {', '.join(known)}"
        return f"unknown {what} '{error['input']}'{hint}"
    if type_ == "literal_error":
        return f"'{name}' must be {error['ctx']['expected']}"
    wanted = _WANTED.get(type_, error["msg"])
    where = "each entry of " if isinstance(spot[-1], int) else ""
    return f"{where}'{name}' must be {wanted}"


@cache
def _adapter(kind: Any) -> TypeAdapter[Any]:
    return TypeAdapter(kind)
