"""Give command tests a way to call the program, in this process and in its own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeAlias

import pytest
from click.testing import CliRunner

from azremedy.cli.main import cli
from azremedy.sandbox import scenario
from azremedy.sandbox.server import Setting, running


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


Call: TypeAlias = Callable[..., Called]


@pytest.fixture
def call() -> Call:
    """Call a command in this process, without a terminal."""

    def called(*arguments: str, stdin: str = "") -> Called:
        result = CliRunner().invoke(cli, arguments, input=stdin)
        assert result.exception is None or isinstance(result.exception, SystemExit)
        return Called(code=result.exit_code, out=result.stdout, err=result.stderr)

    return called


@pytest.fixture
def program() -> Call:
    """Call the program in a process of its own."""

    def called(*arguments: str, stdin: str = "", env: dict[str, str] | None = None) -> Called:
        done = subprocess.run(
            [sys.executable, "-m", "azremedy", *arguments],
            input=stdin,
            env={**os.environ, **(env or {})},
            capture_output=True,
            text=True,
            check=False,
        )
        return Called(code=done.returncode, out=done.stdout, err=done.stderr)

    return called


@dataclass(frozen=True, slots=True, kw_only=True)
class Served:
    """A world that child processes can reach over TLS."""

    env: dict[str, str]
    exchanges: Path

    def writes(self) -> list[str]:
        """List the requests that could have changed something, in order."""
        return list_writes(self.exchanges)


Serve: TypeAlias = Callable[[str], Served]


@pytest.fixture
def serve(tmp_path: Path) -> Iterator[Serve]:
    """Serve a scenario's world until the test is over."""
    open_doors: list[Any] = []

    def served(name: str) -> Served:
        exchanges = tmp_path / f"exchanges-{name}.jsonl"
        setting = Setting(scenario=scenario.load(name), speed=600, record=exchanges)
        door = running(setting)
        opened = door.__enter__()  # closed below, in reverse order
        open_doors.append(door)
        return Served(env=dict(opened.ready["env"]), exchanges=exchanges)

    yield served
    for door in reversed(open_doors):
        door.__exit__(None, None, None)


# A POST that only asks, and those to the sign-in service.
_ASKING = ("/backupstatus", "/oauth2/", "/resourcegraph/")


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
