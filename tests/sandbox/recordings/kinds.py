"""Say what a kind of exchange is, and find it among the recordings."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from tests.sandbox.recordings.forms import path_form
from tests.sandbox.recordings.traffic import Exchange, Recordings

SUBSCRIPTION = "/subscriptions/5ab0e6c1-3f2d-4a7b-9c18-7d20b4f1a001"
SHOP = f"{SUBSCRIPTION}/resourceGroups/rg-shop-prod"
BACKUP = f"{SUBSCRIPTION}/resourceGroups/rg-backup"
POINTS = f"{SUBSCRIPTION}/resourceGroups/AzureBackupRG_westeurope_1"

RUNNING = "{running}"
"""Stands in a path for the id of the backup job that goes on."""

_NEWEST_VERSIONS = 3
_RECENT = "2018"


def _any(_: Exchange) -> bool:
    return True


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """A request to the sandbox that prepares a world."""

    method: str
    path: str
    body: Any = None
    wait_s: float = 0
    """How much time of the world passes after it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """An operation with one outcome, as recorded and as the sandbox is asked for it."""

    name: str
    method: str
    path: str
    """What the sandbox is asked; recordings of the same form are its measure."""
    status: int = 200
    query: Mapping[str, str] = field(default_factory=dict)
    """Beside the api-version; recordings have the same names, and the same `$expand`."""
    measure: str = ""
    """A path whose form the recordings have, when it is another one than the sandbox's."""
    where: Callable[[Exchange], bool] = _any
    """Which of the recordings of that form are meant."""
    body: Any = None
    """What is sent; as recorded when None."""
    scenario: str = "restore-point-limit"
    changes: Mapping[str, Any] = field(default_factory=dict)
    """Parts of the scenario that are other than in its file."""
    before: tuple[Call, ...] = ()
    """What is sent first."""
    follow: bool = False
    """Whether the operation is followed to its end."""
    token: str = "Bearer a-token"
    """The Authorization header."""

    def recorded(self, recordings: Recordings) -> tuple[Exchange, ...]:
        """Give the recordings of this kind, newest api-version first."""
        form = path_form(self.measure or self.path)
        found = [one for one in recordings.exchanges if self._is(one, form) and self.where(one)]
        recent = [one for one in found if one.day >= _RECENT]
        return tuple(sorted(recent or found, key=_age, reverse=True))

    def _is(self, one: Exchange, form: str) -> bool:
        if (one.method, one.status) != (self.method, self.status) or one.path != form:
            return False
        names = {name for name in one.query if name.startswith("$")}
        expand = one.query.get("$expand", "").lower()
        return names == set(self.query) and expand == self.query.get("$expand", "").lower()


def newest(exchanges: tuple[Exchange, ...]) -> tuple[Exchange, ...]:
    """Give those of the newest api-versions: how Azure answers by now."""
    versions = sorted({one.version for one in exchanges}, reverse=True)[:_NEWEST_VERSIONS]
    return tuple(one for one in exchanges if one.version in versions)


def _age(exchange: Exchange) -> tuple[str, str, int]:
    return (exchange.version, exchange.day, -exchange.seq)
