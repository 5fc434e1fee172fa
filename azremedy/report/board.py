"""The conversation of a running plan at a terminal: one line a target, as long as it is worked on.

Lines come and go in place. What has to stay is told above them, and by the answer.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, assert_never

from rich.progress import Progress, SpinnerColumn, TaskID, TextColumn, TimeElapsedColumn
from rich.table import Column

from azremedy.domain.events import RunEnded, StepEnded, StepProgressed, StepStarted
from azremedy.domain.run import StepState
from azremedy.report import words
from azremedy.report.escaping import escape
from azremedy.report.problem import show_lines
from azremedy.report.step_words import doing

if TYPE_CHECKING:
    from types import TracebackType

    from rich.console import Console

    from azremedy.domain.events import Event
    from azremedy.domain.plan import Plan, PlannedStep

_RESTORES = "locks put back"
_ENDED_WELL = frozenset({StepState.DONE, StepState.ALREADY, StepState.SKIPPED})


class Board:
    """Shows what is done right now, for how long, and how far each target is.

    Args:
        plan: what is carried out.
        console: a terminal; what is told while lines are shown is written above them.
    """

    def __init__(self, plan: Plan, console: Console) -> None:
        self._names = {
            planned.number: target.target.name
            for target in plan.targets
            for planned in target.steps
        }
        self._last = {name: number for number, name in self._names.items()}
        self._steps = {name: list(self._names.values()).count(name) for name in self._last}
        self._lines: dict[str, TaskID] = {}
        self._ended: dict[str, bool] = {}
        self._progress = Progress(
            # Braille dots are lacking in many a console's font and code page.
            SpinnerColumn("line"),
            TextColumn(
                "[bold]{task.fields[name]}[/bold] {task.description}",
                table_column=Column(ratio=1, no_wrap=True, overflow="ellipsis"),
            ),
            TextColumn("{task.fields[place]}", style="dim"),
            TimeElapsedColumn(),
            console=console,
            expand=True,
            transient=True,
        )
        self._console = console

    def __enter__(self) -> Board:
        """Begin to show lines."""
        self._progress.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Take the lines away, whatever the ending."""
        self._progress.stop()

    def listen(self, event: Event) -> None:
        """Show an event; called from the threads that work on targets."""
        match event:
            case StepStarted(planned=planned):
                self._show(planned, doing(planned.step))
            case StepProgressed(planned=planned, message=message):
                self._show(planned, f"{doing(planned.step)}: {message}")
            case StepEnded(planned=planned):
                self._end(event, self._names.get(planned.number, _RESTORES))
            case RunEnded():
                return
            case _:
                assert_never(event)
