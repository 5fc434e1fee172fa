"""The published JSON Schema of playbooks and of instructions."""

from __future__ import annotations

import ast
import inspect
from typing import TYPE_CHECKING, Any

from azremedy.domain.playbook import Instructions, Place, Playbook, PlaybookCause, Table
from azremedy.domain.remedies import Remedy
from azremedy.domain.rules import RULES

if TYPE_CHECKING:
    from enum import StrEnum

DRAFT = "https://json-schema.org/draft/2020-12/schema"
SCHEMAS = {"playbook": Playbook, "instructions": Instructions}
"""What has a schema, by the name that the command line knows."""

_ENUMS: dict[str, type[StrEnum]] = {"Remedy": Remedy, "Place": Place, "Table": Table}
_NOISE = frozenset({"default", "title"})
"""What pydantic says of a key that the key says itself."""


def make_schema(name: str) -> dict[str, Any]:
    """Make the JSON Schema (draft 2020-12) of ``playbook`` or ``instructions``.

    It says what one file can say by itself: keys, types, and the names of causes, remedies,
    tables and places. Whether instructions exist is for ``azremedy playbook check``.
    """
    from pydantic import TypeAdapter  # noqa: PLC0415 - only when a schema is asked for

    kind = SCHEMAS[name]
    made = TypeAdapter(kind).json_schema(mode="validation")
    definitions = made.pop("$defs", {})
    for each, definition in definitions.items():
        definitions[each] = _describe_definition(each, definition)
    return {
        "$schema": DRAFT,
        "$id": f"urn:azremedy:schema:{name}:1",
        **_close(made, kind),
        **({"$defs": definitions} if definitions else {}),
    }


def _describe_definition(name: str, definition: dict[str, Any]) -> dict[str, Any]:
    if name in _ENUMS:
        return _list_choices(_ENUMS[name])
    closed = _close(definition, PlaybookCause)
    closed["properties"]["cause"]["oneOf"] = [
        {"const": rule.cause, "description": rule.title} for rule in RULES
    ]
    return closed


def _list_choices(kind: type[StrEnum]) -> dict[str, Any]:
    told = read_docstrings(kind)
    choices = [{"const": str(each), "description": told[each.name]} for each in kind]
    return {"title": kind.__name__, "type": "string", "oneOf": choices}


def _close(schema: dict[str, Any], kind: type[Any]) -> dict[str, Any]:
    """Allow no other keys, and tell of each what it is for."""
    told = read_docstrings(kind)
    properties = {
        key: {**{k: v for k, v in each.items() if k not in _NOISE}, "description": told[key]}
        for key, each in schema["properties"].items()
    }
    description = (inspect.getdoc(kind) or "").splitlines()[0]
    return {
        **schema,
        "description": description,
        "properties": properties,
        "additionalProperties": False,
    }


def read_docstrings(kind: type[Any]) -> dict[str, str]:
    """Read what stands under each field of a dataclass, or each member of an enumeration."""
    body = ast.parse(inspect.getsource(kind)).body[0]
    assert isinstance(body, ast.ClassDef)
    told: dict[str, str] = {}
    for before, each in zip(body.body, body.body[1:], strict=False):
        target = before.target if isinstance(before, ast.AnnAssign) else None
        if isinstance(before, ast.Assign):
            target = before.targets[0] if isinstance(before.targets[0], ast.Name) else None
        if isinstance(target, ast.Name) and isinstance(each, ast.Expr):
            text = each.value.value if isinstance(each.value, ast.Constant) else ""
            told[target.id] = " ".join(str(text).split())
    return told
