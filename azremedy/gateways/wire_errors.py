"""Find the code and the words in the bodies that Azure sends with an error.

Source: recorded Azure traffic 2015-2024 and Microsoft's ARM error format: the envelope is
``error`` or ``Error`` or missing, keys vary in case, the oldest Recovery Services answers say
``ErrorCode`` and ``Message.Value``, and a body may be HTML, plain text or empty.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any

_LONGEST_MESSAGE = 1000


def parse_error(body: str) -> tuple[str | None, str]:
    """Return the error code, ``None`` when the body has none, and the message."""
    try:
        document = json.loads(body)
    except ValueError:
        return None, _plain(body)
    if not isinstance(document, Mapping):
        return None, _plain(body)
    return parse_error_document(document)


def parse_error_document(document: Mapping[str, Any]) -> tuple[str | None, str]:
    """Return code and message of a JSON body, or of the ``error`` in an operation's status."""
    whole = _lowered(document)
    envelope = whole.get("error") or whole.get("odata.error")
    inner = _lowered(envelope) if isinstance(envelope, Mapping) else whole
    code = inner.get("code") or inner.get("errorcode")
    message = inner.get("message")
    if isinstance(message, Mapping):
        message = _lowered(message).get("value")
    return (str(code) if code else None), _plain(str(message or ""))


def parse_retry_after(headers: Mapping[str, str], now: datetime | None = None) -> timedelta | None:
    """Return how long an answer asks to wait; ``None`` when it does not say.

    Args:
        headers: the answer's headers, found without case.
        now: the time that a date in the header is measured from; the answer's ``Date`` by default.
    """
    found = _lowered(headers)
    for name in ("retry-after-ms", "x-ms-retry-after-ms"):
        if str(found.get(name, "")).isdigit():
            return timedelta(milliseconds=int(found[name]))
    written = str(found.get("retry-after", "")).strip()
    if written.isdigit():
        return timedelta(seconds=int(written))
    until, date = _date(written), now or _date(str(found.get("date", "")))
    return max(until - date, timedelta(0)) if until and date else None


def _date(written: str) -> datetime | None:
    try:
        value = parsedate_to_datetime(written)
    except ValueError:
        return None
    return value.replace(tzinfo=UTC) if value.tzinfo is None else value


def _lowered(document: Mapping[str, Any]) -> dict[str, Any]:
    return {str(key).lower(): value for key, value in document.items()}


def _plain(body: str) -> str:
    words = " ".join(body.split())
    if words.lower().startswith(("<!doctype", "<html", "<?xml")):
        return ""
    return words[:_LONGEST_MESSAGE]
