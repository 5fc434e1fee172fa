"""Cut long lists into pages."""

from __future__ import annotations

import base64
import re
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl, quote, urlencode, urlsplit

from azremedy.sandbox.http import Answer, ArmError, Json, Request, ok

if TYPE_CHECKING:
    from collections.abc import Sequence


def page(request: Request, items: Sequence[Json], size: int) -> Answer:
    """Answer one page of a list; `nextLink` is absolute and absent on the last page.

    Source: recorded Azure traffic, 2018-2024: `$skiptoken` is opaque and percent-encoded.

    Raises:
        ArmError: 400 when the skip token was not made here.
    """
    start, size = _start(request), min(size, _top(request) or size)
    body: Json = {"value": list(items[start : start + size])}
    if start + size < len(items):
        body["nextLink"] = _link(request, start + size)
    return ok(body)


def _top(request: Request) -> int | None:
    """Give how many entries the client wants at most on a page, None when it does not say.

    Raises:
        ArmError: 400 when that is no number from 1.
    """
    text = request.query.get("$top")
    if not text:
        return None
    if not re.fullmatch(r"0*[1-9]\d{0,8}", text, re.ASCII):
        message = f"The value '{text}' of $top is invalid; it must be a number from 1."
        raise ArmError(400, "InvalidTopQueryParameter", message)
    return int(text)


def _start(request: Request) -> int:
    token = request.query.get("$skiptoken")
    if not token:
        return 0
    try:
        start = int(base64.urlsafe_b64decode(token))
    except ValueError:
        start = -1
    if start < 0:
        raise ArmError(400, "InvalidSkipToken", f"The skip token '{token}' is invalid.")
    return start


def _link(request: Request, start: int) -> str:
    parts = urlsplit(request.url)
    kept = [
        (name, value)
        for name, value in parse_qsl(parts.query, keep_blank_values=True)
        if name.lower() != "$skiptoken"
    ]
    token = base64.urlsafe_b64encode(str(start).encode()).decode()
    query = urlencode([*kept, ("$skiptoken", token)], quote_via=quote)
    return f"{request.base}{parts.path}?{query}"
