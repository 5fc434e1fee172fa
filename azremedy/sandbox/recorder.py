"""Write down every exchange, one JSON line each."""

from __future__ import annotations

import json
import threading
from pathlib import Path
from typing import TYPE_CHECKING

from azremedy.sandbox import arm_ids

if TYPE_CHECKING:
    from collections.abc import Mapping

    from azremedy.sandbox.http import Answer, Json, Request

ENVIRONMENT = "AZREMEDY_SANDBOX_RECORD"
"""Names the file when no argument does."""

_SECRET = {"authorization", "cookie", "x-ms-authorization-auxiliary"}


class Recorder:
    """Appends exchanges to a file. Credentials are never written."""

    def __init__(self, path: Path, *, cassette: str) -> None:
        """Append to `path`; the cassette names the scenario that the exchanges belong to."""
        self._path = path
        self._cassette = cassette
        self._lock = threading.Lock()
        self._written = 0

    def write(self, request: Request, answer: Answer) -> None:
        """Append one exchange."""
        with self._lock:
            line = json.dumps(self._exchange(request, answer), ensure_ascii=False)
            # One write of the whole line: several processes may append to the same file.
            with self._path.open("ab", buffering=0) as file:
                file.write(line.encode() + b"\n")
            self._written += 1

    def _exchange(self, request: Request, answer: Answer) -> Json:
        kept = {name: value for name, value in request.headers.items() if name not in _SECRET}
        return {
            "source": "azremedy sandbox",
            "cassette": self._cassette,
            "seq": self._written,
            "method": request.method,
            "url": request.url,
            "request_headers": kept,
            "request_body": _sent(request.body),
            "status": answer.status,
            "response_headers": dict(answer.headers),
            "response_body": answer.body,
            "kind": _kind(request, answer),
        }


def from_environment(environment: Mapping[str, str], *, cassette: str) -> Recorder | None:
    """Make the recorder that the environment asks for, if it does."""
    file = environment.get(ENVIRONMENT)
    return Recorder(Path(file), cassette=cassette) if file else None


def _kind(request: Request, answer: Answer) -> str:
    """Name the type asked for; `fault` marks an answer that was spoilt on purpose."""
    return "fault" if answer.is_fault else arm_ids.type_of_path(request.path) or "arm"


def _sent(body: bytes) -> Json:
    if not body:
        return None
    try:
        return json.loads(body)
    except ValueError:
        return body.decode("utf-8", "replace")
