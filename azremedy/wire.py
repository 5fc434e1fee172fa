"""Domain values as JSON: camelCase names, ids and times as text, one ``kind`` for each variant.

The only room that knows pydantic. The JSON of a dry run and of the real run come from one class,
so they have one schema. Texts are written without the secrets in them: only resource ids, their
parts, and what a caller spares by name are written as they are.
"""

from __future__ import annotations

import json
import re
from dataclasses import fields, is_dataclass, replace
from functools import cache
from typing import TYPE_CHECKING, Any, TypeVar
from uuid import uuid4

from azremedy.errors import MalformedIdError
from azremedy.ids import ResourceId
from azremedy.redaction import redact_values

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from pydantic import TypeAdapter

KindT = TypeVar("KindT")
_LONG = 20
"""What is listed longer than this is written one by one."""
_PLAIN = frozenset({bool, int, str, type(None)})
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
    document: JsonValue = _rename(_dump(value))
    shown = redact_values(document, spare=spare)
    if shown is document:
        return shown
    # Ids are looked for only where something was taken out, which is seldom.
    known = "\n".join({each.key for each in _list_ids(value)})
    return redact_values(document, spare=spare, known=known)


def to_json(value: object, *, indent: int | None = 2, spare: frozenset[str] = frozenset()) -> str:
    """Turn a domain value into JSON text, as ``to_document`` does."""
    if indent is None and (path := _find_long(value)):
        return "".join(_write_by_one(value, path, spare))
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


def _dump(value: object) -> JsonValue:
    """Give a value as JSON with its own names; what JSON has itself needs no pydantic to write."""
    kind: Any = type(value)
    if is_dataclass(kind) and kind is not ResourceId:
        found = {each.name: getattr(value, each.name) for each in fields(kind)}
        if all(type(each) in _PLAIN for each in found.values()):
            return found
    document: JsonValue = _adapter(kind).dump_python(value, mode="json")
    return document


def _find_long(value: object) -> tuple[str, ...]:
    """Find where a value holds a long tuple of others: the names that lead there, or nothing."""
    if not is_dataclass(value) or isinstance(value, ResourceId):
        return ()
    held = [(each.name, getattr(value, each.name)) for each in fields(value)]
    for name, item in held:
        if isinstance(item, tuple) and len(item) > _LONG and is_dataclass(item[0]):
            return (name,)
    deeper = ((name, *path) for name, item in held if (path := _find_long(item)))
    return next(deeper, ())


def _write_by_one(value: Any, path: tuple[str, ...], spare: frozenset[str]) -> Iterator[str]:
    """Write a value's text in pieces, one of its long tuple's items at a time.

    The document of a plan for a thousand VMs takes four times the memory of its text.
    """
    holders = [value]
    for name in path[:-1]:
        holders.append(getattr(holders[-1], name))
    items, without = getattr(holders[-1], path[-1]), ()
    for holder, name in zip(reversed(holders), reversed(path), strict=True):
        without = replace(holder, **{name: without})
    document: Any = to_document(without, spare=spare)
    place = document
    for name in path[:-1]:
        place = place[_camel(name)]
    place[_camel(path[-1])] = mark = uuid4().hex
    head, tail = json.dumps(document, ensure_ascii=False).split(f'"{mark}"')
    yield f"{head}["
    for number, item in enumerate(items):
        comma = ", " if number else ""
        yield comma + json.dumps(to_document(item, spare=spare), ensure_ascii=False)
    yield f"]{tail}"


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
    """Give the document with the names of JSON; what it was made of is used up on the way."""
    if isinstance(value, dict):
        return {_camel(key): _rename(value.pop(key)) for key in tuple(value)}
    if isinstance(value, list):
        for place, item in enumerate(value):
            value[place] = _rename(item)
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
