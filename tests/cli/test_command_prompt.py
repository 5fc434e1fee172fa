"""On a terminal a command shows its plan and asks."""

from __future__ import annotations

import os
import pty
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from tests.support.calls import list_writes

if TYPE_CHECKING:
    from pathlib import Path

COMMAND = ("unlock-rg", "--all", "--sandbox", "restore-point-limit")


def answered(answer: str, record: Path) -> tuple[int, str]:
    """Run the command at a terminal, type an answer, and give exit code and stdout."""
    mine, its = pty.openpty()
    with subprocess.Popen(
        [sys.executable, "-m", "azremedy", *COMMAND, "--record", str(record)],
        stdin=its,
        stderr=its,
        stdout=subprocess.PIPE,
        text=True,
    ) as child:
        os.close(its)
        seen = ""
        while "[y/N]" not in seen:
            seen += os.read(mine, 4096).decode()
        os.write(mine, f"{answer}\n".encode())
        out, _ = child.communicate(timeout=60)
    os.close(mine)
    return child.returncode, out


@pytest.mark.parametrize("answer", ["n", ""])
def test_no_changes_nothing(tmp_path: Path, answer: str) -> None:
    """Anything but yes leaves the world as it is; exit code 4."""
    record = tmp_path / "exchanges.jsonl"

    code, _ = answered(answer, record)

    assert (4, []) == (code, list_writes(record))


def test_yes_carries_the_plan_out(tmp_path: Path) -> None:
    """Yes does what was shown."""
    record = tmp_path / "exchanges.jsonl"

    code, out = answered("y", record)

    assert 0 == code
    assert 1 == len(list_writes(record))
    assert "the lock is gone" in out
