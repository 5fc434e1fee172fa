"""Serve a world on loopback: Resource Manager and sign-in over TLS, managed identity without."""

from __future__ import annotations

import asyncio
import signal
import tempfile
import time
from collections.abc import AsyncIterator, Callable, Iterable, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

from aiohttp import web

from azremedy.sandbox import environment, tls, tokens
from azremedy.sandbox.app import App
from azremedy.sandbox.background import in_thread
from azremedy.sandbox.delivery import deliver
from azremedy.sandbox.door import Door, Pace
from azremedy.sandbox.faults import ConnectionLostError
from azremedy.sandbox.http import Answer, Json, Request
from azremedy.sandbox.recorder import Recorder
from azremedy.sandbox.scenario import Scenario
from azremedy.sandbox.world import World

if TYPE_CHECKING:
    import ssl


LOOPBACK = "127.0.0.1"
"""The only address that the sandbox listens at."""

_ROUNDS = 5
_SLOWEST = 0.001
_LARGEST_BODY = 16 * 1024 * 1024
_Handle: TypeAlias = Callable[[Request], Answer]


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    """How a world is served."""

    scenario: Scenario
    """The world's beginning."""
    port: int = 0
    """The TLS port; 0 for any free one."""
    speed: float = 1.0
    """World seconds for each real second."""
    record: Path | None = None
    """Where exchanges are written, if anywhere."""
    realistic: bool = False
    """Whether operations answer whole-second `Retry-After`."""
    token_life_s: int = tokens.LIFETIME_S
    """How many real seconds a sign-in lasts; 0 for tokens that have run out when they arrive."""
    names: tuple[str, ...] = (LOOPBACK, "localhost")
    """The host names that the certificate is good for."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Opened:
    """A server that listens."""

    port: int
    """The TLS port."""
    ready: Json
    """What a client needs: `arm`, `authority`, `ca_bundle`, `env`."""
    ca_bundle: Path
    """The certificate authority's file."""
    world: World
    """The world behind it."""


def serve(setting: Setting, ready: Callable[[Json], None]) -> None:
    """Serve a world until SIGTERM or Ctrl-C; `ready` is called once, when clients may come."""
    asyncio.run(_serve(setting, ready))


@contextmanager
def running(setting: Setting) -> Iterator[Opened]:
    """Serve a world while the caller goes on.

    Raises:
        OSError: when the port is taken.
    """
    with in_thread(lambda: listening(setting)) as opened:
        yield opened


@asynccontextmanager
async def listening(setting: Setting) -> AsyncIterator[Opened]:
    """Listen at both doors; everything that was made goes away at the end."""
    world = World(setting.scenario, realistic=setting.realistic)
    recorder = Recorder(setting.record, cassette=setting.scenario.name) if setting.record else None
    door = Door(
        app=App(world, recorder=recorder),
        pace=Pace(speed=setting.speed, monotonic=time.monotonic),
        wall_clock=time.time,
        token_life_s=setting.token_life_s,
    )
    with tempfile.TemporaryDirectory(prefix="azremedy-sandbox-") as folder:
        certificates = tls.make(Path(folder), setting.names)
        glue = _Glue(setting=setting)
        async with (
            _site(glue.taking(door.handle), setting.port, certificates.context) as port,
            _site(glue.taking(door.handle_identity), 0, None) as identity_port,
        ):
            ready = environment.ready_document(
                world,
                arm=f"https://{LOOPBACK}:{port}",
                identity=f"http://{LOOPBACK}:{identity_port}",
                ca_bundle=certificates.ca_bundle,
            )
            yield Opened(port=port, ready=ready, ca_bundle=certificates.ca_bundle, world=world)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Glue:
    """Turns aiohttp's requests into ours and our answers into aiohttp's."""

    setting: Setting

    def taking(self, handle: _Handle) -> Callable[[web.Request], object]:
        async def taken(request: web.Request) -> web.StreamResponse:
            try:
                answer = handle(await _read(request))
            except ConnectionLostError:
                request.protocol.force_close()
                return web.Response(status=499)
            latency = self.setting.scenario.latency
            await asyncio.sleep(latency.seconds if latency else 0.0)
            return await deliver(request, answer, speed=max(self.setting.speed, _SLOWEST))

        return taken


async def _serve(setting: Setting, ready: Callable[[Json], None]) -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        # Windows has no signal handlers in its loop; there Ctrl-C ends the run as it is.
        with suppress(NotImplementedError):
            loop.add_signal_handler(number, stop.set)
    async with listening(setting) as opened:
        ready(opened.ready)
        await stop.wait()


@asynccontextmanager
async def _site(
    handle: Callable[[web.Request], object], port: int, context: ssl.SSLContext | None
) -> AsyncIterator[int]:
    """Listen at a port and give its number."""
    application = web.Application(client_max_size=_LARGEST_BODY)
    application.router.add_route("*", "/{path:.*}", handle)  # type: ignore[arg-type] # a coroutine
    runner = web.AppRunner(application, access_log=None, shutdown_timeout=1.0)
    await runner.setup()
    try:
        site = web.TCPSite(runner, LOOPBACK, port, ssl_context=context)
        await site.start()
        yield int(runner.addresses[0][1])
    finally:
        connections = runner.server.connections if runner.server else []
        transports = [each.transport for each in connections if each.transport]
        await runner.cleanup()
        await _cut(transports)


async def _cut(transports: Iterable[asyncio.Transport]) -> None:
    """End connections for good: idle clients do not answer TLS's polite way of ending."""
    for transport in transports:
        transport.abort()
    # The loop closes sockets in its next rounds, and there must be such before it ends.
    for _ in range(_ROUNDS):
        await asyncio.sleep(0)


async def _read(request: web.Request) -> Request:
    headers = {name.lower(): value for name, value in request.headers.items()}
    return Request(
        method=request.method.upper(),
        url=f"{request.scheme}://{request.host}{request.raw_path}",
        headers=headers,
        body=await request.read(),
    )
