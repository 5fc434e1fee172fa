"""Azurite, Microsoft's emulator of Azure Storage: found, or installed once, and kept going."""

from __future__ import annotations

import base64
import os
import re
import secrets
import shutil
import subprocess
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from azure.storage.blob import BlobServiceClient
from platformdirs import user_cache_path

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

WISHED = "AZREMEDY_TEST_AZURITE"
"""Names the program of an Azurite that is there already: its file azurite-blob."""
VERSION = "3.35.0"
ACCOUNT = "contosoruns"
_PATIENCE_S = 300
_READY = re.compile(r"listens on (https?://127\.0\.0\.1:\d+)")


class NoAzuriteError(Exception):
    """There is no Azurite and none can be installed."""


@dataclass(frozen=True, slots=True)
class Azurite:
    """A storage account on this machine."""

    process: subprocess.Popen[str]
    address: str
    key: str

    @property
    def account_url(self) -> str:
        """The account's URL."""
        return f"{self.address}/{ACCOUNT}"

    def make_container(self, *, trusted: str | bool = True) -> str:
        """Make a container of its own and give its URL; over TLS with what is trusted then."""
        name = f"runs-{secrets.token_hex(6)}"
        with BlobServiceClient.from_connection_string(
            self.connection(), connection_verify=trusted
        ) as service:
            service.create_container(name)
        return f"{self.account_url}/{name}"

    def connection(self, key: str | None = None) -> str:
        """Write a connection string, with the account's key or another one."""
        return (
            f"AccountName={ACCOUNT};AccountKey={key or self.key};BlobEndpoint={self.account_url};"
        )


def find_azurite(environment: Mapping[str, str]) -> str:
    """Give the Azurite that is named, or install one from the npm registry, once.

    Raises:
        NoAzuriteError: with the reason.
    """
    if wished := environment.get(WISHED):
        return wished
    if shutil.which("npm") is None:
        raise NoAzuriteError("Azurite cannot be installed: there is no npm")
    folder = user_cache_path("azremedy-tests") / f"azurite-{VERSION}"
    program = folder / "node_modules" / ".bin" / "azurite-blob"
    folder.parent.mkdir(parents=True, exist_ok=True)
    try:
        import fcntl  # noqa: PLC0415 - Unix only
    except ImportError as error:
        raise NoAzuriteError("Azurite is installed by tests on Unix only") from error
    # Several workers of one test run may come here at once.
    with Path(f"{folder}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not program.exists():
            _install(folder)
    return str(program)


def _install(folder: Path) -> None:
    beside = folder.with_name(f"{folder.name}.{os.getpid()}")
    done = subprocess.run(
        ["npm", "install", "--no-fund", "--no-audit", "--prefix", beside, f"azurite@{VERSION}"],
        capture_output=True,
        text=True,
        check=False,
        timeout=_PATIENCE_S,
    )
    if done.returncode:
        shutil.rmtree(beside, ignore_errors=True)
        raise NoAzuriteError(f"Azurite cannot be installed: {done.stderr.strip()[-300:]}")
    beside.rename(folder)


@contextmanager
def serving(program: str, *options: str) -> Iterator[Azurite]:
    """Keep an empty account going, with more options; it forgets all when it ends."""
    key = base64.b64encode(secrets.token_bytes(64)).decode()
    with subprocess.Popen(
        [
            *(program, "--blobPort", "0", "--inMemoryPersistence", "--disableTelemetry"),
            *("--skipApiVersionCheck", "--silent", *options),
        ],
        env={**os.environ, "AZURITE_ACCOUNTS": f"{ACCOUNT}:{key}"},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    ) as process:
        try:
            yield Azurite(process, _find_address(process), key)
        finally:
            with suppress(ProcessLookupError):
                process.kill()


def _find_address(process: subprocess.Popen[str]) -> str:
    assert process.stdout is not None
    told = ""
    for line in process.stdout:
        told += line
        if (found := _READY.search(line)) is not None:
            return found[1]
    raise NoAzuriteError(f"Azurite does not start: {told[-300:]}")
