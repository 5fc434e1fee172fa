"""The two streams: stdout is the answer, stderr is the conversation. Neither shows a secret."""

from __future__ import annotations

import sys
from typing import IO, TYPE_CHECKING, Any, TextIO, cast

import click

if TYPE_CHECKING:
    from rich.console import Console

OUTPUT = "azremedy.output"
"""Where a command leaves, in Click's ``meta``, the form in which it answers."""


ONLY_ERRORS = "azremedy.only-errors"
"""Where Click's ``meta`` says that nothing but errors is told."""


def answer() -> Console:
    """Open the console of the answer. Without a terminal lines are as long as they are."""
    return _open(sys.stdout)


def conversation() -> Console:
    """Open the console of the conversation, which is mute with ``--only-show-errors``."""
    return _open(sys.stderr, mute=is_terse())


def errors() -> Console:
    """Open the console of what has to be told in any case: errors, and what a person is asked."""
    return _open(sys.stderr)


def question() -> Console:
    """Open the console on which a person sees what the next question is about."""
    return errors() if can_ask() else conversation()


def is_terse() -> bool:
    """Say whether the person wants to be told errors only."""
    context = click.get_current_context(silent=True)
    return context is not None and bool(context.meta.get(ONLY_ERRORS))


def can_ask() -> bool:
    """Say whether there is a person to ask: both ends of the conversation are a terminal."""
    # A process that was started with a closed standard input has none at all.
    streams: tuple[TextIO | None, ...] = (sys.stdin, sys.stderr)
    return all(stream is not None and stream.isatty() for stream in streams)


def screen(stream: TextIO) -> IO[str]:
    """Make a stream that no secret passes, and no agent's command, whoever writes to it."""
    return cast("IO[str]", _Screened(stream))


def tell_agent(text: str) -> None:
    """Give the agent of a pipeline commands of azremedy's own, on stderr, without secrets."""
    from azremedy.redaction import redact  # noqa: PLC0415 - only in pipelines

    click.echo(redact(text), err=True, nl=False)


def _open(stream: TextIO, *, mute: bool = False) -> Console:
    from rich.console import Console  # noqa: PLC0415 - help and completion draw nothing

    width = None if stream.isatty() else 160
    return Console(file=screen(stream), highlight=False, emoji=False, width=width, quiet=mute)


class _Screened:
    """Redacts what is written, and is the stream itself in everything else.

    Agents' commands are broken here once more: where lines are folded was not known before.
    """

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)

    def write(self, text: str) -> int:
        from azremedy.redaction import redact  # noqa: PLC0415 - help and completion tell nothing
        from azremedy.report.agent_commands import break_commands  # noqa: PLC0415 - as above

        return self._stream.write(break_commands(redact(text)))
