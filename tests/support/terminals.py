"""Run the program with its answer on a terminal."""

from __future__ import annotations

import os
import pty
import subprocess
import sys
from contextlib import suppress


def run_at_terminal(*arguments: str, columns: int = 100, env: dict[str, str] | None = None) -> str:
    """Run the program at a terminal of some width, and give what it printed there."""
    mine, its = pty.openpty()
    plain = {name: value for name, value in os.environ.items() if name not in {"CI", "NO_COLOR"}}
    with subprocess.Popen(
        [sys.executable, "-m", "azremedy", *arguments],
        stdin=its,
        stdout=its,
        stderr=subprocess.DEVNULL,
        env={**plain, "TERM": "xterm-256color", "COLUMNS": str(columns), **(env or {})},
    ):
        os.close(its)
        seen = b""
        # The other end of a terminal reports its closing as an error.
        with suppress(OSError):
            while chunk := os.read(mine, 65536):
                seen += chunk
    os.close(mine)
    return seen.decode().replace("\r\n", "\n")
