"""A plan and its run as text for people."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from rich.markup import escape

from azremedy.domain.plan import Copy, Decision
from azremedy.domain.run import RunState, StepState
from azremedy.domain.steps import Manual
from azremedy.report import words
from azremedy.report.explain_text import show_instructions
from azremedy.report.step_words import doing, would

if TYPE_CHECKING:
    from collections.abc import Iterable

    from rich.console import Console

    from azremedy.domain.findings import Diagnosis
    from azremedy.domain.plan import Plan, PlannedStep, PointLoss, TargetPlan, Verdict
    from azremedy.domain.run import Run, StepResult

_STYLE = {Decision.SKIP: "dim", Decision.WARN: "yellow", Decision.REFUSE: "bold red"}
_STATE_STYLE = {
    StepState.DONE: "green",
    StepState.ALREADY: "green",
    StepState.FAILED: "bold red",
    StepState.UNKNOWN: "bold red",
}
_UNFINISHED = frozenset({RunState.INTERRUPTED, RunState.FAILED})
_SHOWN_LOSSES = 20


def show_plan(plan: Plan, console: Console) -> None:
    """Write the plan: every target with its steps, verdicts and losses."""
    for target in plan.targets:
        _show_target(target, console)
    if plan.restores:
        console.print("[bold]At the end, whatever the ending[/bold]")
        _show_steps(plan.restores, console)


def show_run(run: Run, console: Console, *, with_journal: bool = True) -> None:
    """Write what became of each step, and of the whole."""
    by_number = {planned.number: planned for planned in run.plan.steps}
    for result in run.steps:
        if result.state is not StepState.PLANNED:
            _show_result(by_number[result.number], result, console)
    told = words.RUNS[run.state] if run.steps else words.WITHOUT_STEPS[run.state]
    console.print(escape(told), style="bold", soft_wrap=True)
    if with_journal and run.run_id is not None and run.state in _UNFINISHED:
        console.print(f"What is left of it: azremedy resume {run.run_id}", soft_wrap=True)
    if with_journal and run.journal is not None:
        console.print(f"Journal: {escape(run.journal)}", style="dim", soft_wrap=True)


def _show_target(target: TargetPlan, console: Console) -> None:
    console.print(f"[bold]{escape(str(target.target))}[/bold]", soft_wrap=True)
    if target.diagnosis is not None:
        _show_causes(target.diagnosis, console)
    if not target.steps and not _refused(target.verdicts):
        unread = " as far as could be read" if target.gaps else ""
        console.print(f"  nothing to do{unread}")
    _show_steps(target.steps, console)
    _show_losses(target.loss, console)
    for verdict in target.verdicts:
        _show_verdict(verdict, str(target.target), console)
    for gap in target.gaps:
        console.print(
            f"  [yellow]not read:[/yellow] {escape(gap.source)}: {escape(gap.why)}", soft_wrap=True
        )
    for note in target.notes:
        console.print(f"  note: {escape(note)}", soft_wrap=True)


def _show_causes(diagnosis: Diagnosis, console: Console) -> None:
    for symptom in diagnosis.symptoms:
        console.print(f"  code: {escape(', '.join(symptom.codes))}", soft_wrap=True)
    for finding in diagnosis.confirmed:
        told = f"{finding.title}: {finding.message}"
        console.print(f"  cause: [bold]{finding.cause}[/bold]: {escape(told)}", soft_wrap=True)


def _refused(verdicts: Iterable[Verdict]) -> bool:
    return any(verdict.decision is Decision.REFUSE for verdict in verdicts)


def _show_steps(steps: Iterable[PlannedStep], console: Console) -> None:
    for planned in steps:
        console.print(
            f"  {planned.number}. {escape(would(planned.step))}",
            soft_wrap=True,
            highlight=False,
        )
        undo = words.REVERSIBLE[planned.step.reversible]
        console.print(f"     [dim]{escape(planned.reason)}; {undo}[/dim]", soft_wrap=True)
        if isinstance(planned.step, Manual):
            show_instructions(planned.step.instructions, console, indent=5)


def _show_losses(loss: tuple[PointLoss, ...], console: Console) -> None:
    if not loss:
        return
    counts = Counter(point.copy for point in loss)
    told = ", ".join(f"{counts[copy]} {words.COPIES[copy]}" for copy in Copy if counts[copy])
    console.print(f"  {words.plural(len(loss), 'restore point')} would go: {told}", soft_wrap=True)
    alarming = [point for point in loss if point.copy is not Copy.VAULT]
    for point in alarming[:_SHOWN_LOSSES]:
        console.print(
            f"     [red]{escape(point.restore_point_id.name)}[/red] {words.COPIES[point.copy]}",
            soft_wrap=True,
        )
    if len(alarming) > _SHOWN_LOSSES:
        console.print(
            f"     and {len(alarming) - _SHOWN_LOSSES} more (all of them in --output json)"
        )


def _show_verdict(verdict: Verdict, target: str, console: Console) -> None:
    style = _STYLE[verdict.decision]
    way = f" (use {verdict.override})" if verdict.override else ""
    console.print(
        f"  [{style}]{words.DECISIONS[verdict.decision]}:[/{style}] {escape(verdict.message)}{way}",
        soft_wrap=True,
    )
    if verdict.subject != target and verdict.subject not in verdict.message:
        console.print(f"     [dim]{escape(verdict.subject)}[/dim]", soft_wrap=True)


def _show_result(planned: PlannedStep, result: StepResult, console: Console) -> None:
    style = _STATE_STYLE.get(result.state, "yellow")
    told = f": {escape(result.message)}" if result.message else ""
    console.print(
        f"{planned.number}. {escape(doing(planned.step))}: "
        f"[{style}]{words.STATES[result.state]}[/{style}]{told}",
        soft_wrap=True,
        highlight=False,
    )
