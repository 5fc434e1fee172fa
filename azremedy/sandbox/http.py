"""Say what a request and an answer of Azure Resource Manager are, apart from any transport."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, TypeAlias
from urllib.parse import parse_qsl, unquote, urlsplit

Json: TypeAlias = Any
"""A JSON value as `json.loads` gives it; ARM documents have no narrower type here."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """One HTTP request as a client sent it."""

    method: str
    """The verb in upper case."""
    url: str
    """The absolute URL, still percent-encoded."""
    headers: Mapping[str, str] = field(default_factory=dict)
    """Header values by lower-cased name."""
    body: bytes = b""
    """The body as sent."""

    @property
    def path(self) -> str:
        """Give the decoded path with doubled slashes folded and no slash at its end.

        Clients address parentless resources as `Microsoft.Compute//virtualMachines/x` and encode
        whole scopes as `%2Fsubscriptions%2F...`; ARM takes both.
        Source: recorded Azure traffic, 2018-2020.
        """
        folded = re.sub(r"/{2,}", "/", unquote(urlsplit(self.url).path))
        return "/" + folded.strip("/")

    @property
    def segments(self) -> tuple[str, ...]:
        """Give the parts of the path."""
        return tuple(part for part in self.path.split("/") if part)

    @property
    def query(self) -> dict[str, str]:
        """Give the query parameters by lower-cased name."""
        pairs = parse_qsl(urlsplit(self.url).query, keep_blank_values=True)
        return {name.lower(): value for name, value in pairs}

    @property
    def base(self) -> str:
        """Give scheme and host: what absolute links of an answer begin with."""
        parts = urlsplit(self.url)
        return f"{parts.scheme}://{parts.netloc}"

    @property
    def api_version(self) -> str:
        """Give the api-version asked for, empty when there is none."""
        return self.query.get("api-version", "")

    def json(self) -> Json:
        """Parse the body; an empty body is None.

        Raises:
            ArmError: `InvalidRequestContent` when the body is no JSON.
        """
        if not self.body.strip():
            return None
        try:
            return json.loads(self.body)
        except ValueError as error:
            message = f"The request content was invalid and could not be deserialized: '{error}'."
            raise ArmError(400, "InvalidRequestContent", message) from error


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """One HTTP response."""

    status: int
    """The status code."""
    headers: Mapping[str, str] = field(default_factory=dict)
    """Headers beyond those that every answer gets."""
    body: Json = None
    """A JSON value; None for an empty body; a string for a body that is no JSON, sent as it is."""
    delay_s: float = 0.0
    """How long the answer takes to arrive, in seconds of the world."""
    drip: tuple[int, float] | None = None
    """How many bytes of the body come at once, and the world seconds between; None = at once."""
    cut_at: int | None = None
    """After how many bytes of the body the connection breaks; None = never."""
    media_type: str = ""
    """The media type to claim; empty = the body's own."""
    is_fault: bool = False
    """Whether it was spoilt on purpose and so says nothing about Azure."""

    @property
    def lasts_s(self) -> float:
        """Give the world seconds until the last byte is there, from when the answer is ready."""
        if not self.drip:
            return self.delay_s
        size, seconds = self.drip
        return self.delay_s + seconds * (len(self.payload()) // size)

    def payload(self) -> bytes:
        """Encode the body for the wire."""
        if self.body is None:
            return b""
        if isinstance(self.body, str):
            return self.body.encode()
        return json.dumps(self.body, separators=(",", ":")).encode()

    @property
    def content_type(self) -> str:
        """Name the media type of the body."""
        if self.media_type:
            return self.media_type
        return "text/html" if isinstance(self.body, str) else "application/json; charset=utf-8"


class ArmError(Exception):
    """A refusal in ARM's words; raised anywhere, answered at the door."""

    def __init__(
        self,
        status: int,
        code: str,
        message: str,
        *,
        details: tuple[Json, ...] = (),
        headers: Mapping[str, str] | None = None,
        extra: Mapping[str, Json] | None = None,
    ) -> None:
        """Keep what the answer will say; `extra` are further keys, such as `additionalInfo`."""
        super().__init__(f"{status} {code}: {message}")
        self.status = status
        self.code = code
        self.message = message
        self.details = details
        self.headers = dict(headers or {})
        self.extra = dict(extra or {})

    def body(self) -> Json:
        """Write the error without its envelope, as it also stands in a failed operation."""
        error: Json = {"code": self.code, "message": self.message}
        if self.details:
            error["details"] = list(self.details)
        return {**error, **self.extra}

    def answer(self) -> Answer:
        """Write the error as a response."""
        return Answer(status=self.status, headers=self.headers, body={"error": self.body()})


def ok(body: Json) -> Answer:
    """Answer 200 with a body."""
    return Answer(status=200, body=body)


def created(body: Json) -> Answer:
    """Answer 201 with a body."""
    return Answer(status=201, body=body)


def no_content() -> Answer:
    """Answer 204."""
    return Answer(status=204)
