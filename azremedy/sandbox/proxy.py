"""Run any program against a world with its public-cloud defaults.

A CONNECT proxy on loopback leads Azure's host names to the sandbox and refuses every other host.
The certificates for those names come from a throw-away authority that only the child is told of.
"""

from __future__ import annotations

import asyncio
import subprocess
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

from azremedy.sandbox import environment
from azremedy.sandbox.background import in_thread
from azremedy.sandbox.cloud import PUBLIC_ARM, PUBLIC_LOGIN
from azremedy.sandbox.graph import PUBLIC_GRAPH
from azremedy.sandbox.server import LOOPBACK, Opened, Setting, listening

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Mapping, Sequence

    from azremedy.sandbox.scenario import Scenario

HOSTS = (
    PUBLIC_ARM,
    PUBLIC_LOGIN,
    PUBLIC_GRAPH,
    "login.microsoft.com",
    "login.windows.net",
    "sts.windows.net",
)
"""The hosts that lead to the sandbox."""

_CHUNK = 65_536
_REFUSAL = b"HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
_ESTABLISHED = b"HTTP/1.1 200 Connection established\r\n\r\n"


@dataclass(frozen=True, slots=True, kw_only=True)
class Led:
    """A sandbox with its proxy."""

    opened: Opened
    """The server behind the proxy."""
    proxy: str
    """The proxy's URL."""

    def environment(self, parent: Mapping[str, str]) -> dict[str, str]:
        """Give a child's environment: the parent's, with this sandbox as its only way out."""
        bundle = self.opened.ca_bundle
        return {
            **environment.without_azure(parent),
            **environment.signed_in(self.opened.world, bundle),
            "HTTPS_PROXY": self.proxy,
            "https_proxy": self.proxy,
            "HTTP_PROXY": self.proxy,
            "http_proxy": self.proxy,
            "NO_PROXY": "",
            "no_proxy": "",
            # The Azure CLI of the child must not change who its user is signed in as.
            "AZURE_CONFIG_DIR": str(bundle.parent / "azure-cli"),
        }


def exec_program(
    scenario: Scenario,
    argv: Sequence[str],
    *,
    parent: Mapping[str, str],
    refused: Callable[[str], None],
    speed: float = 1.0,
) -> int:
    """Run a program against a fresh world and give its exit code.

    `refused` is told every `host:port` that the program tried to reach beside Azure's.

    Raises:
        OSError: when the program cannot be started.
    """
    setting = Setting(scenario=scenario, speed=speed, names=(*HOSTS, LOOPBACK, "localhost"))
    with in_thread(lambda: leading(setting, refused)) as led:
        child = subprocess.Popen(list(argv), env=led.environment(parent))  # noqa: S603 # the user's
        while True:
            # Ctrl-C reaches the child too: it decides how to end, and we wait for that.
            with suppress(KeyboardInterrupt):
                return child.wait()


@asynccontextmanager
async def leading(setting: Setting, refused: Callable[[str], None]) -> AsyncIterator[Led]:
    """Listen as server and as proxy."""
    async with listening(setting) as opened:

        async def taken(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            async with _closing(writer):
                with suppress(ConnectionError, asyncio.IncompleteReadError):
                    await _connect(reader, writer, port=opened.port, refused=refused)

        proxy = await asyncio.start_server(taken, LOOPBACK, 0)
        async with proxy:
            port = proxy.sockets[0].getsockname()[1]
            yield Led(opened=opened, proxy=f"http://{LOOPBACK}:{port}")
            proxy.close()


async def _connect(
    reader: asyncio.StreamReader,
    writer: asyncio.StreamWriter,
    *,
    port: int,
    refused: Callable[[str], None],
) -> None:
    head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
    verb, _, rest = head.partition(" ")
    target = rest.partition(" ")[0]
    if verb != "CONNECT" or target.rpartition(":")[0].lower() not in HOSTS:
        refused(target)
        writer.write(_REFUSAL)
        await writer.drain()
        return
    inner_reader, inner_writer = await asyncio.open_connection(LOOPBACK, port)
    async with _closing(inner_writer):
        writer.write(_ESTABLISHED)
        await asyncio.gather(_pipe(reader, inner_writer), _pipe(inner_reader, writer))


@asynccontextmanager
async def _closing(writer: asyncio.StreamWriter) -> AsyncIterator[None]:
    """Close a connection in the end, and wait until it is closed."""
    try:
        yield
    finally:
        writer.close()
        with suppress(ConnectionError):
            await writer.wait_closed()


async def _pipe(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Carry bytes until one side ends, then end the other."""
    with suppress(ConnectionError):
        while chunk := await reader.read(_CHUNK):
            writer.write(chunk)
            await writer.drain()
    writer.close()
