"""Follow a run: lines in place at a terminal, else one line after another."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

import click

from azremedy.cli import console
from azremedy.cli.debugging import Talk, find_talk
from azremedy.report.live import make_listener

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from azremedy.domain.events import Event
    from azremedy.domain.plan import Plan


@contextmanager
def following(plan: Plan) -> Iterator[Callable[[Event], None]]:
    """Give what listens to a run while the block runs."""
    talk = console.conversation()
    # What the loggers tell would run through lines that are drawn in place.
    normal = find_talk(click.get_current_context()) is Talk.NORMAL
    if not (normal and talk.is_terminal and not talk.is_dumb_terminal):
        yield make_listener(talk, console.errors(), plan=plan)
        return
    from azremedy.report.board import Board  # noqa: PLC0415 - only at a terminal

    with Board(plan, talk) as board:
        yield board.listen
