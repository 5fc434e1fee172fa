"""Answer what arrives at the sandbox's sockets: sign-in, metadata, control, Resource Manager."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field

from azremedy.sandbox import authority, cloud, tokens
from azremedy.sandbox.app import App
from azremedy.sandbox.http import Answer, ArmError, Request, ok

_FARTHEST_S = 1_000_000_000


@dataclass(slots=True, kw_only=True)
class Pace:
    """Moves a world's clock along with real time."""

    speed: float
    """World seconds for each real second."""
    monotonic: Callable[[], float]
    """Gives real seconds."""
    _last: float | None = field(default=None)

    def world_seconds(self) -> float:
        """Give the world seconds that passed since the last call; none at the first."""
        now = self.monotonic()
        passed = 0.0 if self._last is None else now - self._last
        self._last = now
        return passed * self.speed


@dataclass(frozen=True, slots=True, kw_only=True)
class Door:
    """The part of the server that knows no sockets."""

    app: App
    """The Resource Manager behind it."""
    pace: Pace
    """How the world's time goes on."""
    wall_clock: Callable[[], float]
    """Gives real seconds since 1970, for the life of tokens."""
    token_life_s: int = tokens.LIFETIME_S
    """How long tokens last."""

    def handle(self, request: Request) -> Answer:
        """Answer a request at the TLS door.

        Raises:
            ConnectionLostError: when an injected fault breaks the connection.
        """
        with self.app.world.lock:
            self.app.world.clock.advance(self.pace.world_seconds())
        special = (
            _control(self.app, request)
            or cloud.answer(request)
            or authority.answer(request, now=self.wall_clock(), life_s=self.token_life_s)
        )
        return special or self.app.handle(request)

    def handle_identity(self, request: Request) -> Answer:
        """Answer a request at the plain door, which serves managed identity and nothing else."""
        now, life_s = self.wall_clock(), self.token_life_s
        given = authority.managed_identity(request, now=now, life_s=life_s)
        return given or ArmError(404, "NotFound", "Only managed identity is served here.").answer()


def _control(app: App, request: Request) -> Answer | None:
    """Answer the sandbox's own two operations, which need no token: the door is on loopback."""
    if request.path == "/_sandbox/world" and request.method == "GET":
        return ok(app.world.export())
    if request.path == "/_sandbox/advance" and request.method == "POST":
        return _advance(app, request)
    return None


def _advance(app: App, request: Request) -> Answer:
    try:
        seconds = float(json.loads(request.body)["seconds"])
    except (ValueError, KeyError, TypeError):
        seconds = -1.0
    if not 0 <= seconds <= _FARTHEST_S:
        message = f'The body must be {{"seconds": n}} with n from 0 to {_FARTHEST_S}.'
        return ArmError(400, "InvalidRequestContent", message).answer()
    with app.world.lock:
        app.world.clock.advance(seconds)
        return ok({"now": app.world.clock.text()})
