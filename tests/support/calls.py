"""How a call of the program ended, and what it sent."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeAlias

# A POST that only asks, and those to the sign-in service.
_ASKING = ("/backupstatus", "/oauth2/", "/resourcegraph/")


@dataclass(frozen=True, slots=True, kw_only=True)
class Called:
    """How a call ended."""

    code: int
    out: str
    err: str

    @property
    def document(self) -> Any:
        """Read stdout as JSON."""
        return json.loads(self.out)


@dataclass(frozen=True, slots=True, kw_only=True)
class Served:
    """A world that child processes can reach over TLS."""

    env: dict[str, str]
    exchanges: Path

    def writes(self) -> list[str]:
        """List the requests that could have changed something, in order."""
        return list_writes(self.exchanges)


Call: TypeAlias = Callable[..., Called]
Serve: TypeAlias = Callable[[str], Served]


def list_writes(exchanges: Path) -> list[str]:
    """List method and path of each exchange that could have changed something, in order."""
    if not exchanges.is_file():
        return []
    found = []
    for line in exchanges.read_text(encoding="utf-8").splitlines():
        exchange = json.loads(line)
        path = exchange["url"].partition("?")[0]
        if exchange["method"] in {"GET", "HEAD"} or any(a in path.lower() for a in _ASKING):
            continue
        found.append(f"{exchange['method']} {path.partition('/subscriptions/')[2]}")
    return found
