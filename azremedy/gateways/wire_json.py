"""Take values out of Azure's JSON with their types checked.

A value that is missing gives a default; a value of another type is an error, because a guess
about it could become a false finding.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, TypeAlias

from azremedy.ids import ResourceId

Json: TypeAlias = Mapping[str, Any]

_NEVER_YEAR = 2001
"""Azure Backup writes the year 1 or 2001 for "never" (recorded Azure traffic)."""


class AnswerFormatError(ValueError):
    """Azure's answer has another shape than its documentation and recordings show."""


def object_of(document: Any) -> Json:
    """Return a whole answer that must be an object."""
    if isinstance(document, Mapping):
        return document
    raise AnswerFormatError("it is not an object")


def document_of(model: Any) -> Json:
    """Return the wire JSON of an SDK model.

    The SDK hands the JSON itself out, without a word, when it does not fit its model (seen with
    recorded answers of 2014).
    """
    document: Json = model if isinstance(model, dict) else model.as_dict()
    return document


def text(document: Json, key: str) -> str:
    """Return a text, or an empty one when it is missing or null; numbers become text."""
    value = document.get(key)
    if value is None:
        return ""
    if isinstance(value, str | int):
        return str(value)
    raise AnswerFormatError(f"'{key}' is not a text")


def section(document: Json, key: str) -> Json:
    """Return an object, or an empty one when it is missing or null."""
    value = document.get(key)
    if value is None:
        return {}
    if isinstance(value, Mapping):
        return value
    raise AnswerFormatError(f"'{key}' is not an object")


def sections(document: Json, key: str) -> tuple[Json, ...]:
    """Return a list of objects, empty when it is missing or null."""
    value = document.get(key)
    if value is None:
        return ()
    if isinstance(value, Sequence) and all(isinstance(entry, Mapping) for entry in value):
        return tuple(value)
    raise AnswerFormatError(f"'{key}' is not a list of objects")


def page_entries(page: Json) -> tuple[Json, ...]:
    """Return the entries of a list's page, which may be none; the list itself must be there.

    What answers 200 without one, such as an error's body, says nothing of what there is.
    """
    if not isinstance(page.get("value"), list):
        raise AnswerFormatError("the list has no 'value'")
    return sections(page, "value")


def texts(document: Json, key: str) -> tuple[str, ...]:
    """Return a list of texts, empty when it is missing or null."""
    value = document.get(key)
    if value is None:
        return ()
    if isinstance(value, list | tuple) and all(isinstance(entry, str) for entry in value):
        return tuple(value)
    raise AnswerFormatError(f"'{key}' is not a list of texts")


def number(document: Json, key: str) -> int | None:
    """Return a whole number, or ``None`` when it is missing or null."""
    value = document.get(key)
    if value is None or (isinstance(value, int) and not isinstance(value, bool)):
        return value
    raise AnswerFormatError(f"'{key}' is not a whole number")


def moment(document: Json, key: str) -> datetime | None:
    """Return a time in UTC; ``None`` when it is missing or is Azure's way to write "never".

    Times without a zone are UTC (recorded Azure traffic: job tasks and operation results).
    """
    written = text(document, key)
    if not written:
        return None
    try:
        value = datetime.fromisoformat(written)
    except ValueError as error:
        raise AnswerFormatError(f"'{key}' is not a time") from error
    if value.year <= _NEVER_YEAR:
        return None
    return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


def resource_id(document: Json, key: str = "id") -> ResourceId:
    """Return an ARM id that must be there."""
    return ResourceId.parse(text(document, key))
