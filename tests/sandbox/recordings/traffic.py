"""Read recorded Azure traffic, which lies beside the checkout and is no part of the project."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from tests.sandbox.recordings.forms import path_form

_SHARED = Path(os.environ.get("AZREMEDY_SHARED", Path(__file__).resolve().parents[3] / "../shared"))
FOLDER = _SHARED / "recordings"
"""Where the recordings are."""

_UNRECORDED = frozenset(
    {
        "x-ms-request-id",
        "x-ms-correlation-request-id",
        "x-ms-routing-request-id",
        "x-ms-ratelimit-remaining-subscription-reads",
        "retry-after",
    }
)
_RECORDER_FILTERS = {
    "azure-cli": _UNRECORDED,
    "azure-cli-extensions": _UNRECORDED,
    "azure-sdk-for-python": _UNRECORDED,
    "cloud-custodian": _UNRECORDED
    | {"pragma", "expires", "strict-transport-security", "x-content-type-options"},
    "azure-libraries-for-java": frozenset({"retry-after"}),
}
"""Headers that a client's recorder leaves out: their absence there says nothing about Azure."""


@dataclass(frozen=True, kw_only=True)
class Exchange:
    """One request and its answer, recorded or the sandbox's own."""

    method: str
    url: str
    status: int
    headers: Mapping[str, str]
    """By lower-cased name."""
    body: Any
    sent: Any = None
    """The request's body."""
    cassette: str = ""
    """`client:test@date` of a recording."""
    seq: int = 0
    """The position in the cassette."""

    @cached_property
    def path(self) -> str:
        """Give the path's form."""
        return path_form(urlsplit(self.url).path)

    @cached_property
    def query(self) -> Mapping[str, str]:
        """Give the query by lower-cased name."""
        pairs = parse_qsl(urlsplit(self.url).query, keep_blank_values=True)
        return {name.lower(): value for name, value in pairs}

    @property
    def version(self) -> str:
        """Give the api-version."""
        return self.query.get("api-version", "")

    @property
    def day(self) -> str:
        """Give the day of the recording, as `2024-04-28`."""
        return self.cassette.rpartition("@")[2]

    @property
    def client(self) -> str:
        """Name the client that recorded it."""
        return self.cassette.partition(":")[0]

    @property
    def error(self) -> Mapping[str, Any]:
        """Give the error of the body, empty when it is none."""
        error = self.body.get("error") if isinstance(self.body, dict) else None
        return error if isinstance(error, dict) else {}

    def tells(self, header: str) -> bool:
        """Tell whether the absence of a header means that Azure did not send it."""
        return header not in _RECORDER_FILTERS.get(self.client, ())


@dataclass(frozen=True, slots=True, kw_only=True)
class Recordings:
    """Everything recorded."""

    exchanges: tuple[Exchange, ...]
    polls: Mapping[tuple[str, int], tuple[int, ...]]
    """The polls of a long-running operation, by cassette and position of its first request."""

    def polls_of(self, starts: tuple[Exchange, ...]) -> tuple[tuple[Exchange, Exchange], ...]:
        """Give each operation's first exchange with each of its polls."""
        wanted = {
            (start.cassette, seq): start
            for start in starts
            for seq in self.polls.get((start.cassette, start.seq), ())
        }
        found = ((wanted.get((one.cassette, one.seq)), one) for one in self.exchanges)
        return tuple((start, poll) for start, poll in found if start)


def read() -> Recordings:
    """Read all recordings."""
    files = sorted(FOLDER.glob("*.jsonl"))
    lines = (
        json.loads(line)
        for file in files
        if file.stem != "lro_index"
        for line in file.read_text(encoding="utf-8").splitlines()
    )
    index = (FOLDER / "lro_index.jsonl").read_text(encoding="utf-8").splitlines()
    operations = (json.loads(line) for line in index)
    return Recordings(
        exchanges=tuple(_exchange(line) for line in lines),
        polls={(one["cassette"], one["start_seq"]): tuple(one["poll_seqs"]) for one in operations},
    )


def _exchange(line: Mapping[str, Any]) -> Exchange:
    headers = {name.lower(): _text(value) for name, value in line["response_headers"].items()}
    return Exchange(
        method=line["method"],
        url=line["url"],
        status=line["status"],
        headers=headers,
        body=line["response_body"],
        sent=line["request_body"],
        cassette=line["cassette"],
        seq=line["seq"],
    )


def _text(value: Any) -> str:
    """Give a header's value; one that was sent twice is recorded as a list."""
    return str(value[0]) if isinstance(value, list) and value else re.sub(r"\s+", " ", str(value))
