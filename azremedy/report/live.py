"""The conversation of a running plan, one line an event."""

from __future__ import annotations

from typing import TYPE_CHECKING, assert_never

from azremedy.domain.events import RunEnded, StepEnded, StepProgressed, StepStarted
from azremedy.report.escaping import escape
from azremedy.report.problem import show_lines
from azremedy.report.step_words import doing

if TYPE_CHECKING:
    from collections.abc import Callable

    from rich.console import Console

    from azremedy.domain.events import Event


def make_listener(console: Console, errors: Console | None = None) -> Callable[[Event], None]:
    """Make a listener that writes each event as it comes.

    Args:
        console: where to.
        errors: where steps that fail are told, if not there.
    """

    def listen(event: Event) -> None:
        match event:
            case StepStarted(planned=planned):
                console.print(
                    f"{planned.number}. {escape(doing(planned.step))} …",
                    soft_wrap=True,
                    highlight=False,
                )
            case StepProgressed(message=message):
                console.print(f"   {escape(message)}", style="dim", soft_wrap=True)
            case StepEnded():
                _show_end(event, errors or console)
            case RunEnded():
                return
            case _:
                assert_never(event)

    return listen


def _show_end(event: StepEnded, console: Console) -> None:
    # Good ends are told by the answer, once.
    if (error := event.result.error) is not None:
        show_lines(error.message, error.answer, error.advice, console)
