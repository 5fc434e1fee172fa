"""The conversation of a running plan, one line an event."""

from __future__ import annotations

from typing import TYPE_CHECKING, assert_never

from azremedy.domain.events import RunEnded, StepEnded, StepProgressed, StepStarted
from azremedy.report import words
from azremedy.report.escaping import escape
from azremedy.report.fleet_text import has_several, name_targets
from azremedy.report.problem import show_lines
from azremedy.report.step_words import doing

if TYPE_CHECKING:
    from collections.abc import Callable

    from rich.console import Console

    from azremedy.domain.events import Event
    from azremedy.domain.plan import Plan, PlannedStep


def make_listener(
    console: Console, errors: Console | None = None, *, plan: Plan | None = None
) -> Callable[[Event], None]:
    """Make a listener that writes each event as it comes.

    Args:
        console: where to.
        errors: where steps that fail are told, if not there.
        plan: what is carried out; of several targets each line names its own.
    """
    whose = _name_owners(plan) if plan is not None and has_several(plan) else {}

    def listen(event: Event) -> None:
        match event:
            case StepStarted(planned=planned):
                told = f"{_place(planned, whose)}{escape(doing(planned.step))} …"
                console.print(told, soft_wrap=True, highlight=False)
            case StepProgressed(planned=planned, message=message):
                place = _place(planned, whose) if whose else "   "
                console.print(f"{place}{escape(message)}", style="dim", soft_wrap=True)
            case StepEnded():
                if whose:
                    _show_state(event, whose, console)
                _show_end(event, errors or console)
            case RunEnded():
                return
            case _:
                assert_never(event)

    return listen


def _name_owners(plan: Plan) -> dict[int, str]:
    """Say of each step whose it is; what is put back at the end is everybody's."""
    return {
        planned.number: name
        for target, name in zip(plan.targets, name_targets(plan), strict=True)
        for planned in target.steps
    }


def _place(planned: PlannedStep, whose: dict[int, str]) -> str:
    owner = whose.get(planned.number)
    return f"{escape(owner)}: {planned.number}. " if owner else f"{planned.number}. "


def _show_state(event: StepEnded, whose: dict[int, str], console: Console) -> None:
    """Tell that a step is over: between those of others nobody would see it otherwise."""
    result = event.result
    told = f"{words.STATES[result.state]}: {result.message}".removesuffix(": ")
    place = _place(event.planned, whose)
    console.print(f"{place}{escape(told)}", soft_wrap=True, highlight=False)


def _show_end(event: StepEnded, console: Console) -> None:
    # Good ends are told by the answer, once.
    if (error := event.result.error) is not None:
        show_lines(error.message, error.answer, error.advice, console)
