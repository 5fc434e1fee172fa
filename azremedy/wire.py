"""Domain values as JSON: camelCase names, ids and times as text, one ``kind`` for each variant.

The only room that knows pydantic. The JSON of a dry run and of the real run come from one class,
so they have one schema. Texts are written without the secrets in them: only resource ids, their
parts, and what a caller spares by name are written as they are.
"""

from __future__ import annotations

import json
import re
from dataclasses import fields, is_dataclass
from functools import cache
from typing import TYPE_CHECKING, Any, TypeVar

from azremedy.errors import MalformedIdError
from azremedy.ids import ResourceId
from azremedy.redaction import redact_values

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from pydantic import TypeAdapter

KindT = TypeVar("KindT")
JsonValue = dict[str, "JsonValue"] | list["JsonValue"] | str | int | float | bool | None


class WireError(ValueError):
    """A text is not what ``to_json`` writes."""


def to_document(value: object, *, spare: frozenset[str] = frozenset()) -> JsonValue:
    """Turn a domain value, or several, into JSON-ready data without the secrets in its texts.

    The value's own ids, and every text that is a part of one, stay whatever they look like: what
    is read back has to mean the same resources.

    Args:
        value: a domain value, or a tuple of them.
        spare: names, as they are written, whose values are not looked at.
    """
    if isinstance(value, tuple):
        return [to_document(item, spare=spare) for item in value]
    kind: Any = type(value)
    document: JsonValue = _rename(_adapter(kind).dump_python(value, mode="json"))
    shown = redact_values(document, spare=spare)
    if shown == document:
        return shown
    # Ids are looked for only where something was taken out, which is seldom.
    known = "\n".join({each.key for each in _list_ids(value)})
    return redact_values(document, spare=spare, known=known)


def to_json(value: object, *, indent: int | None = 2, spare: frozenset[str] = frozenset()) -> str:
    """Turn a domain value into JSON text, as ``to_document`` does."""
    return json.dumps(to_document(value, spare=spare), indent=indent, ensure_ascii=False)


def from_json(kind: Callable[..., KindT], text: str | bytes) -> KindT:
    """Read what ``to_json`` wrote.

    Raises:
        WireError: it is no JSON, or not of this class; the message names the place.
    """
    from pydantic import ValidationError  # noqa: PLC0415 - 0.1 s that --help need not pay

    try:
        document = _rename_back(json.loads(text))
        adapter: TypeAdapter[KindT] = _adapter(kind)
        made = adapter.validate_python(document)
    except (UnicodeDecodeError, json.JSONDecodeError, RecursionError) as error:
        raise WireError(f"it is not JSON: {error}") from error
    except MalformedIdError as error:
        raise WireError(error.summary) from error
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        place = ".".join(_camel(str(part)) for part in first["loc"])
        raise WireError(f"{place or 'the document'}: {first['msg']}") from error
    return made


def json_schema(kind: Any) -> JsonValue:
    """Give the JSON Schema of a domain class, with the names that ``to_json`` writes."""
    schema: JsonValue = _adapter(kind).json_schema(mode="serialization")
    return _rename_schema(schema)


@cache
def _adapter(kind: Any) -> TypeAdapter[Any]:
    """Make a class's adapter once: it costs more than the writing, and journals write often."""
    from pydantic import TypeAdapter  # noqa: PLC0415 - 0.1 s that --help need not pay

    return TypeAdapter(kind)


def _list_ids(value: object) -> Iterator[ResourceId]:
    """List the ids in a domain value, by their type: a text may begin like one and go on."""
    if isinstance(value, ResourceId):
        yield value
    elif is_dataclass(value):
        for each in fields(value):
            yield from _list_ids(getattr(value, each.name))
    elif isinstance(value, dict):
        for pair in value.items():
            yield from _list_ids(pair)
    elif isinstance(value, tuple | list | frozenset):
        for each in value:
            yield from _list_ids(each)


def _rename(value: JsonValue) -> JsonValue:
    if isinstance(value, dict):
        return {_camel(key): _rename(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_rename(item) for item in value]
    return value


def _rename_back(value: JsonValue) -> JsonValue:
    if isinstance(value, dict):
        return {_snake(key): _rename_back(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_rename_back(item) for item in value]
    return value


def _rename_schema(node: JsonValue) -> JsonValue:
    if isinstance(node, list):
        return [_rename_schema(item) for item in node]
    if not isinstance(node, dict):
        return node
    renamed = {key: _rename_schema(item) for key, item in node.items()}
    properties = renamed.get("properties")
    if isinstance(properties, dict):
        renamed["properties"] = {_camel(name): item for name, item in properties.items()}
    required = renamed.get("required")
    if isinstance(required, list):
        renamed["required"] = [_camel(name) if isinstance(name, str) else name for name in required]
    return renamed


def _camel(name: str) -> str:
    return re.sub(r"_([a-z0-9])", lambda match: match[1].upper(), name)


def _snake(name: str) -> str:
    return re.sub(r"[A-Z]", lambda match: f"_{match[0].lower()}", name)
