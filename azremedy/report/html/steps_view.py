"""Steps for the page: what each does, why, and what became of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from azremedy.domain.steps import Manual
from azremedy.report import words
from azremedy.report.html.phrases import capitalize, name_step, tell_clock, tell_duration
from azremedy.report.html.tones import Tone, describe_step
from azremedy.report.html.view import ByHand, StepRow, Trouble
from azremedy.report.instructions_text import PLACES
from azremedy.report.problem import describe_answer

if TYPE_CHECKING:
    from datetime import datetime

    from azremedy.domain.plan import PlannedStep
    from azremedy.domain.run import StepError, StepResult
    from azremedy.report.material import Material


def show_step(planned: PlannedStep, material: Material, *, brief: bool = False) -> StepRow:
    """Say what a step does and what became of it.

    Args:
        planned: the step.
        material: what the report is made of.
        brief: leave out why, where all went well.
    """
    step, result = planned.step, material.results.get(planned.number)
    badge = describe_step(material.find_state(planned.number))
    why = f"{capitalize(planned.reason)}; {words.REVERSIBLE[step.reversible]}"
    return StepRow(
        number=planned.number,
        what=name_step(step),
        why="" if brief and badge.tone is Tone.GOOD else why,
        badge=badge,
        message=capitalize(result.message) if result and not result.error else "",
        when=_tell_when(result, material.began),
        request_id=(result.request_id or "") if result else "",
        correlation_id=_tell_correlation(result),
        job=_name_job(result),
        trouble=_show_trouble(result.error) if result and result.error else None,
        by_hand=_show_by_hand(step) if isinstance(step, Manual) else None,
    )


def _name_job(result: StepResult | None) -> str:
    if result is None or result.job is None or result.job.job_id is None:
        return ""
    return result.job.job_id.name


def _tell_when(result: StepResult | None, began: datetime | None) -> str:
    """Say when a step began, without the day where it is the run's first, and how long it took."""
    if result is None or (started := result.started_at) is None:
        return ""
    moment = tell_clock(started, began)
    return f"{moment}, {tell_duration(result.ended_at - started)}" if result.ended_at else moment


def _tell_correlation(result: StepResult | None) -> str:
    """Give the correlation id where it says more than the request id."""
    if result is None or result.correlation_id in {None, result.request_id}:
        return ""
    return result.correlation_id or ""


def _show_trouble(error: StepError) -> Trouble:
    return Trouble(
        message=capitalize(error.message),
        azure=describe_answer(error.answer) if error.answer else "",
        advice=error.advice,
    )


def _show_by_hand(step: Manual) -> ByHand:
    asked = step.instructions
    return ByHand(
        place=capitalize(PLACES[asked.place]),
        lines=asked.lines,
        commands=asked.commands,
        source=asked.source,
    )
