"""The two streams: stdout is the answer, stderr is the conversation."""

from __future__ import annotations

import sys
from typing import TextIO

from rich.console import Console

OUTPUT = "azremedy.output"
"""Where a command leaves, in Click's ``meta``, the form in which it answers."""


def answer() -> Console:
    """Open the console of the answer. Without a terminal lines are as long as they are."""
    return Console(file=sys.stdout, highlight=False, width=_width(sys.stdout.isatty()))


def conversation() -> Console:
    """Open the console of the conversation."""
    return Console(file=sys.stderr, highlight=False, width=_width(sys.stderr.isatty()))


def can_ask() -> bool:
    """Say whether there is a person to ask: both ends of the conversation are a terminal."""
    # A process that was started with a closed standard input has none at all.
    streams: tuple[TextIO | None, ...] = (sys.stdin, sys.stderr)
    return all(stream is not None and stream.isatty() for stream in streams)


def _width(terminal: bool) -> int | None:  # noqa: FBT001 - one private caller a stream
    return None if terminal else 160
