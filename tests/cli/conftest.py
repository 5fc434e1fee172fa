"""Give command tests a way to call the program, in this process and in its own."""

from __future__ import annotations

import os
import subprocess
import sys
from contextlib import ExitStack
from typing import TYPE_CHECKING

import pytest
from click.testing import CliRunner

from azremedy.cli.main import cli
from azremedy.sandbox import scenario
from azremedy.sandbox.server import Setting, running
from tests.support.calls import Called, Served

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.support.calls import Call, Serve


@pytest.fixture
def call() -> Call:
    """Call a command in this process, without a terminal."""

    def called(*arguments: str, stdin: str = "") -> Called:
        result = CliRunner().invoke(cli, arguments, input=stdin, catch_exceptions=False)
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
            timeout=120,
        )
        return Called(code=done.returncode, out=done.stdout, err=done.stderr)

    return called


@pytest.fixture
def serve(tmp_path: Path) -> Iterator[Serve]:
    """Serve scenarios' worlds until the test is over."""
    with ExitStack() as doors:

        def served(name: str) -> Served:
            exchanges = tmp_path / f"exchanges-{name}.jsonl"
            setting = Setting(scenario=scenario.load(name), speed=600, record=exchanges)
            opened = doors.enter_context(running(setting))
            return Served(env=dict(opened.ready["env"]), exchanges=exchanges)

        yield served
