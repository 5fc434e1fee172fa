"""What a plan says about one target, line by line; how it is drawn is another's matter."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

from azremedy.domain.plan import Copy, Decision
from azremedy.domain.playbook import Instructions
from azremedy.domain.steps import Manual, Reversible
from azremedy.report import words
from azremedy.report.escaping import escape
from azremedy.report.step_words import would

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from azremedy.domain.findings import Diagnosis
    from azremedy.domain.plan import PlannedStep, PointLoss, TargetPlan, Verdict

_STYLE = {Decision.SKIP: "dim", Decision.WARN: "yellow", Decision.REFUSE: "bold red"}
UNDO_STYLE = {
    Reversible.YES: "green",
    Reversible.BY_SERVICE: "green",
    Reversible.BY_HAND: "yellow",
    Reversible.NO: "red",
    Reversible.NOTHING: "dim",
}
"""How a terminal shows whether a step can be taken back."""
_SHOWN_LOSSES = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One line about a target."""

    text: str
    """In rich's markup."""
    below: bool = False
    """Whether it says more about the line above it."""
    undo: Reversible | None = None
    """For the second line of a step: whether the step can be taken back, which ends the line."""
    instructions: Instructions | None = None
    """What a person does in this step."""


def tell_target(target: TargetPlan) -> Iterator[Line]:
    """Tell causes, steps with reason and reversibility, losses, verdicts, gaps and notes."""
    if target.diagnosis is not None:
        yield from _tell_causes(target.diagnosis)
    if not target.steps and not _refused(target.verdicts):
        unread = " as far as could be read" if target.gaps else ""
        yield Line(text=f"nothing to do{unread}")
    yield from tell_steps(target.steps)
    yield from _tell_losses(target.loss)
    for verdict in target.verdicts:
        yield from _tell_verdict(verdict, str(target.target))
    for gap in target.gaps:
        yield Line(text=f"[yellow]not read:[/yellow] {escape(gap.source)}: {escape(gap.why)}")
    for note in target.notes:
        yield Line(text=f"note: {escape(note)}")


def tell_steps(steps: Iterable[PlannedStep]) -> Iterator[Line]:
    """Tell each step with its reason, and whether it can be taken back."""
    for planned in steps:
        yield Line(text=f"{planned.number}. {escape(would(planned.step))}")
        manual = planned.step.instructions if isinstance(planned.step, Manual) else None
        yield Line(
            text=escape(planned.reason),
            below=True,
            undo=planned.step.reversible,
            instructions=manual,
        )


def _tell_causes(diagnosis: Diagnosis) -> Iterator[Line]:
    for symptom in diagnosis.symptoms:
        yield Line(text=f"code: {escape(', '.join(symptom.codes))}")
    for finding in diagnosis.confirmed:
        told = f"{finding.title}: {finding.message}"
        yield Line(text=f"cause: [bold]{finding.cause}[/bold]: {escape(told)}")


def _refused(verdicts: Iterable[Verdict]) -> bool:
    return any(verdict.decision is Decision.REFUSE for verdict in verdicts)


def _tell_losses(loss: tuple[PointLoss, ...]) -> Iterator[Line]:
    if not loss:
        return
    counts = Counter(point.copy for point in loss)
    told = ", ".join(f"{counts[copy]} {words.COPIES[copy]}" for copy in Copy if counts[copy])
    yield Line(text=f"{words.plural(len(loss), 'restore point')} would go: {told}")
    alarming = [point for point in loss if point.copy is not Copy.VAULT]
    for point in alarming[:_SHOWN_LOSSES]:
        name = escape(point.restore_point_id.name)
        yield Line(text=f"[red]{name}[/red] {words.COPIES[point.copy]}", below=True)
    if len(alarming) > _SHOWN_LOSSES:
        more = len(alarming) - _SHOWN_LOSSES
        yield Line(text=f"and {more} more (all of them in --output json)", below=True)


def _tell_verdict(verdict: Verdict, target: str) -> Iterator[Line]:
    style = _STYLE[verdict.decision]
    way = f" (use {verdict.override})" if verdict.override else ""
    decision = words.DECISIONS[verdict.decision]
    yield Line(text=f"[{style}]{decision}:[/{style}] {escape(verdict.message)}{way}")
    if verdict.subject != target and verdict.subject not in verdict.message:
        yield Line(text=f"[dim]{escape(verdict.subject)}[/dim]", below=True)
