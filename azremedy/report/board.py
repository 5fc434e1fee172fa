"""The conversation of a running plan at a terminal: one line a target, as long as it is worked on.

Lines come and go in place. What has to stay is told above them, and by the answer.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Self, assert_never

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
    from azremedy.domain.plan import Plan, PlannedStep, TargetPlan

_GOOD = frozenset({StepState.DONE, StepState.ALREADY})


class Board:
    """Shows what is done right now, for how long, and how far each target is.

    Args:
        plan: what is carried out.
        console: a terminal; what is told while lines are shown is written above them.
    """

    def __init__(self, plan: Plan, console: Console) -> None:
        self._console = console
        self._targets = {
            planned.number: target for target in plan.targets for planned in target.steps
        }
        self._waiting = {id(target) for target in self._targets.values()}
        self._total = len(self._waiting)
        self._failed = 0
        self._lines: dict[int, TaskID] = {}
        self._progress = Progress(
            # Braille dots are lacking in many a console's font and code page.
            SpinnerColumn("line"),
            TextColumn(
                "{task.description}",
                table_column=Column(ratio=1, no_wrap=True, overflow="ellipsis"),
            ),
            TimeElapsedColumn(),
            console=console,
            expand=True,
            transient=True,
        )
        self._sum = self._progress.add_task(self._sum_up(), total=None) if self._total > 1 else None

    def __enter__(self) -> Self:
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

    def __rich__(self) -> Progress:
        """Give the lines as they are now."""
        return self._progress

    def listen(self, event: Event) -> None:
        """Show an event."""
        match event:
            case StepStarted(planned=planned):
                self._show(planned, doing(planned.step))
            case StepProgressed(planned=planned, message=message):
                self._show(planned, f"{doing(planned.step)}: {message}")
            case StepEnded():
                self._end(event)
            case RunEnded():
                return
            case _:
                assert_never(event)

    def _show(self, planned: PlannedStep, told: str) -> None:
        """Show a target's step on its line; a lock that is put back at the end has its own."""
        target = self._targets.get(planned.number)
        text = f"{_place(planned, target)}{escape(told)}"
        key = planned.number if target is None else id(target)
        if (line := self._lines.get(key)) is None:
            self._lines[key] = self._progress.add_task(text, total=None)
        else:
            # At once: a step may be over before the next frame is due.
            self._progress.update(line, description=text, refresh=True)

    def _end(self, event: StepEnded) -> None:
        if (error := event.result.error) is not None:
            show_lines(error.message, error.answer, error.advice, self._console)
        target = self._targets.get(event.planned.number)
        good = event.result.state in _GOOD
        if good and target is not None and event.planned != target.steps[-1]:
            return
        key = event.planned.number if target is None else id(target)
        if (line := self._lines.pop(key, None)) is not None:
            self._progress.remove_task(line)
        if target is not None:
            self._count(key, good=good)

    def _count(self, key: int, *, good: bool) -> None:
        if key in self._waiting:
            self._waiting.remove(key)
            self._failed += 0 if good else 1
        if self._sum is not None:
            self._progress.update(self._sum, description=self._sum_up())

    def _sum_up(self) -> str:
        failed = f", {self._failed} failed" if self._failed else ""
        ended = self._total - len(self._waiting)
        return f"[bold]{ended} of {words.plural(self._total, 'target')} ended{failed}[/bold]"


def _place(planned: PlannedStep, target: TargetPlan | None) -> str:
    """Say which target it is, and how many of its steps are behind it."""
    if target is None:
        return ""
    behind = [each.number for each in target.steps].index(planned.number)
    name = escape(target.target.name)
    return f"[bold]{name}[/bold] [dim]{behind + 1}/{len(target.steps)}[/dim] "
