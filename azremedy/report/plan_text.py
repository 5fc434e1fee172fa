"""A plan and its run as text for people."""

from __future__ import annotations

from typing import TYPE_CHECKING

from azremedy.domain.run import RunState, StepState
from azremedy.report import words
from azremedy.report.escaping import escape
from azremedy.report.fleet_text import has_several, show_ends
from azremedy.report.instructions_text import show_instructions
from azremedy.report.plan_lines import tell_steps, tell_target
from azremedy.report.plan_tree import show_branches
from azremedy.report.step_words import doing

if TYPE_CHECKING:
    from collections.abc import Iterable

    from rich.console import Console

    from azremedy.domain.plan import Plan, PlannedStep
    from azremedy.domain.run import Run, StepResult
    from azremedy.report.plan_lines import Line

_STATE_STYLE = {
    StepState.DONE: "green",
    StepState.ALREADY: "green",
    StepState.FAILED: "bold red",
    StepState.UNKNOWN: "bold red",
}
_UNFINISHED = frozenset({RunState.INTERRUPTED, RunState.FAILED})


def show_plan(plan: Plan, console: Console) -> None:
    """Write the plan: every target with its steps, verdicts and losses; as trees at a terminal."""
    for target in plan.targets:
        console.print(f"[bold]{escape(str(target.target))}[/bold]", soft_wrap=True)
        _show_lines(tell_target(target), console)
    if plan.restores:
        console.print("[bold]At the end, whatever the ending[/bold]")
        _show_lines(tell_steps(plan.restores), console)


def show_run(run: Run, console: Console, *, with_journal: bool = True) -> None:
    """Write what became of each step, and of the whole; of several targets a line for each."""
    by_number = {planned.number: planned for planned in run.plan.steps}
    several = has_several(run.plan) and run.run_id is not None
    own = {planned.number for target in run.plan.targets for planned in target.steps}
    for result in run.steps:
        if result.state is not StepState.PLANNED and not (several and result.number in own):
            _show_result(by_number[result.number], result, console)
    if several:
        show_ends(run, console)
    told = words.RUNS[run.state] if run.steps else words.WITHOUT_STEPS[run.state]
    console.print(escape(told), style="bold", soft_wrap=True)
    if with_journal and run.run_id is not None and run.state in _UNFINISHED:
        console.print(f"What is left of it: azremedy resume {run.run_id}", soft_wrap=True)
    if with_journal and run.journal is not None:
        console.print(f"Journal: {escape(run.journal)}", style="dim", soft_wrap=True)


def _show_lines(lines: Iterable[Line], console: Console) -> None:
    if console.is_terminal and not console.is_dumb_terminal:
        show_branches(lines, console)
        return
    for line in lines:
        text = line.text
        if line.undo is not None:
            text = f"[dim]{text}; {words.REVERSIBLE[line.undo]}[/dim]"
        console.print(f"{'     ' if line.below else '  '}{text}", soft_wrap=True, highlight=False)
        if line.instructions is not None:
            show_instructions(line.instructions, console, indent=5)


def _show_result(planned: PlannedStep, result: StepResult, console: Console) -> None:
    style = _STATE_STYLE.get(result.state, "yellow")
    told = f": {escape(result.message)}" if result.message else ""
    console.print(
        f"{planned.number}. {escape(doing(planned.step))}: "
        f"[{style}]{words.STATES[result.state]}[/{style}]{told}",
        soft_wrap=True,
        highlight=False,
    )
