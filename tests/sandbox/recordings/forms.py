"""Say what form a text has, apart from the values in it."""

from __future__ import annotations

import re
from urllib.parse import parse_qsl, unquote, urlsplit

_GUID = "[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}"
_TIME = r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d"
_DAY = "(Mon|Tue|Wed|Thu|Fri|Sat|Sun)"

_TEXTS = (
    ("empty", r""),
    ("guid", _GUID),
    ("time Z", _TIME + r"(\.\d+)?Z"),
    ("time offset", _TIME + r"(\.\d+)?[+-]\d\d:\d\d"),
    ("time without zone", _TIME + r"(\.\d+)?"),
    ("duration", r"-?P(?=.)(\d+D)?(T(\d+H)?(\d+M)?([\d.]+S)?)?"),
    ("etag", rf'(W/)?"{_GUID}"'),
    ("digits", r"\d+"),
    ("id", r"/subscriptions/.*"),
    ("url", r"https?://.*"),
)

_HEADERS = (
    ("guid", _GUID),
    ("http date", rf"{_DAY}, \d\d \w{{3}} \d{{4}} \d\d:\d\d:\d\d GMT"),
    ("place:time:guid", rf"[A-Z0-9]+:\d{{8}}T\d{{6}}Z:{_GUID}"),
    ("etag", rf'(W/)?"({_GUID}|datetime[^"]*)"'),
    ("digits", r"\d+"),
    ("policy;count list", r"(Microsoft\.\w+/\w+;\d+,?)+"),
)

_SIGNATURE = {"t", "c", "s", "h"}
"""Query parameters that sign operation URLs since 2024; opaque to clients."""

_WORDS = {"status", "provisioningState", "objectType", "jobType", "level", "consistencyMode"}
"""Keys whose value is a word that programs compare."""


def text_form(text: str, key: str = "") -> str:
    """Name the form of a text in a body; values that programs compare stay as they are."""
    if key in _WORDS:
        return f"word {text}"
    return _first(_TEXTS, text) or "text"


def header_form(name: str, value: str) -> str:
    """Name the form of a header's value; a short fixed value is its own form."""
    if name in {"location", "azure-asyncoperation"}:
        return url_form(value)
    return _first(_HEADERS, value) or re.sub(_GUID, "*", value)


def url_form(url: str) -> str:
    """Write a URL with its names left out, and the names of its query parameters in order."""
    parts = urlsplit(url)
    names = sorted({name for name, _ in parse_qsl(parts.query, keep_blank_values=True)})
    return f"{path_form(parts.path)}?{'&'.join(name for name in names if name not in _SIGNATURE)}"


def path_form(path: str) -> str:
    """Write a path with `*` for every name, in lower case.

    After `providers` stand a namespace and then types and names in turn.
    """
    segments = [part.lower() for part in unquote(path).split("/") if part]
    written: list[str] = []
    is_name = False
    for place, segment in enumerate(segments):
        after_provider = place > 0 and segments[place - 1] == "providers"
        if segment == "providers" or after_provider:
            written.append(segment)
            is_name = False
            continue
        written.append("*" if is_name else segment)
        is_name = not is_name
    return "/" + "/".join(written)


def message_form(message: str) -> str:
    """Write an error message with `*` for everything that differs from case to case."""
    quoted = re.sub(r"'[^']*'", "'*'", message)
    ids = re.sub(rf"{_GUID}|(?i:/subscriptions/\S+)", "*", quoted)
    return re.sub(r"\d+", "*", ids).strip()


def _first(forms: tuple[tuple[str, str], ...], text: str) -> str:
    matching = (name for name, form in forms if re.fullmatch(form, text, re.DOTALL | re.IGNORECASE))
    return next(matching, "")
