"""Real shells complete what a person has typed, at a terminal."""

from __future__ import annotations

import os
import pty
import select
import shutil
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.support.calls import Call

FOLDER = str(Path(sys.executable).parent)
LIMIT_S = 60
"""How long a shell may take to answer on a machine that is busy."""
TAB, SHOW = b"\t", b"\x18"
SETUP = """
autoload -U compinit; compinit -D -u
source {script}
show() {{ print -r -- "<line>$BUFFER</line>" }}
zle -N show; bindkey '^X' show
print -r -- rea''dy
"""
OFFERS = """
. '{script}'
$typed = '{typed}'
$found = [System.Management.Automation.CommandCompletion]::CompleteInput(
    $typed, $typed.Length, $null)
$found.CompletionMatches | ForEach-Object {{ $_.CompletionText }}
"""


def find_shell(name: str) -> tuple[str, dict[str, str]]:
    """Find a shell, and an environment in which it finds the program, or skip the test."""
    found = shutil.which(name)
    if found is None:
        pytest.skip(f"{name} is not installed")
    if shutil.which("azremedy", path=FOLDER) is None:
        pytest.skip("the program is not installed beside Python")
    return found, {**os.environ, "PATH": f"{FOLDER}{os.pathsep}{os.environ['PATH']}"}


def keep_script(call: Call, shell: str, folder: Path) -> Path:
    """Keep a shell's script in a file."""
    path = folder / f"azremedy.{shell}"
    path.write_text(call("completion", shell).out, encoding="utf-8")
    return path


def read_until(terminal: int, text: str) -> str:
    """Read what a terminal shows until a text is there."""
    seen, last = b"", time.monotonic() + LIMIT_S
    while text.encode() not in seen:
        ready, _, _ = select.select([terminal], [], [], max(0, last - time.monotonic()))
        assert ready, f"{text!r} was not shown: {seen!r}"
        seen += os.read(terminal, 65536)
    return seen.decode(errors="replace")


@pytest.mark.parametrize(
    ("typed", "expected"),
    [
        ("azremedy unl", "azremedy unlock-rg "),
        ("azremedy backup-now --wait s", "azremedy backup-now --wait snapshot "),
        ("azremedy find-rg --sandbox healthy-", "azremedy find-rg --sandbox healthy-windows "),
    ],
)
def test_zsh_completes_at_a_terminal(call: Call, tmp_path: Path, typed: str, expected: str) -> None:
    """The tab key writes the rest of the word into the line."""
    zsh, environ = find_shell("zsh")
    setup = tmp_path / "setup.zsh"
    setup.write_text(SETUP.format(script=keep_script(call, "zsh", tmp_path)), encoding="utf-8")
    mine, its = pty.openpty()
    shell = subprocess.Popen(
        [zsh, "-f", "-i"],
        stdin=its,
        stdout=its,
        stderr=its,
        env={**environ, "TERM": "dumb", "HOME": str(tmp_path), "PS1": ""},
        start_new_session=True,
    )
    os.close(its)
    try:
        os.write(mine, f"source {setup}\n".encode())
        read_until(mine, "ready")
        os.write(mine, typed.encode() + TAB + SHOW)
        shown = read_until(mine, "</line>")
    finally:
        shell.kill()
        shell.wait()
        os.close(mine)

    assert expected == shown.rpartition("<line>")[2].partition("</line>")[0]


@pytest.mark.parametrize(
    ("typed", "expected"),
    [
        ("azremedy unl", ["unlock-rg"]),
        ("azremedy backup-now --wait ", ["snapshot", "job", "none"]),
    ],
)
def test_powershell_completes(call: Call, tmp_path: Path, typed: str, expected: list[str]) -> None:
    """What its own engine offers for a line is what the program answers."""
    pwsh, environ = find_shell("pwsh")
    script = keep_script(call, "powershell", tmp_path).rename(tmp_path / "azremedy.ps1")

    done = subprocess.run(
        [pwsh, "-NoProfile", "-Command", OFFERS.format(script=script, typed=typed)],
        env=environ,
        capture_output=True,
        text=True,
        check=True,
        timeout=LIMIT_S,
    )

    assert expected == done.stdout.split()
