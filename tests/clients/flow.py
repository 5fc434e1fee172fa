"""Repair a backup with azremedy alone, inside an environment that leads to a sandbox.

Runs as a program of its own: ``python -m tests.clients.flow ARM``. It prints the exit code of each
command, and the ids of what is in the world at the end, as one line of JSON.
"""

from __future__ import annotations

import json
import subprocess
import sys

from tests.clients.az_walk import read_ids

COMMANDS = (
    ("find-rg", "--locked"),
    ("unlock-rg", "--all", "--yes"),
    ("clean-rpc", "--vm", "web-1", "--yes"),
    ("backup-now", "--vm", "web-1", "--yes"),
    ("find-rg",),
)


def main() -> None:
    """Run the commands one after the other."""
    codes = {}
    for command in COMMANDS:
        done = subprocess.run(
            [sys.executable, "-m", "azremedy", *command],
            capture_output=True,
            text=True,
            check=False,
            timeout=240,
        )
        codes[" ".join(command)] = done.returncode
        print(done.stdout, done.stderr, file=sys.stderr)  # noqa: T201 - told when a test fails
    ids = sorted(read_ids(sys.argv[1]))
    print(json.dumps({"codes": codes, "ids": ids}))  # noqa: T201 - its answer


if __name__ == "__main__":
    main()
