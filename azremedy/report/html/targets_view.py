"""One target for the page: what was wrong with it, what was done, and what came of it."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from azremedy.domain.plan import Copy, Decision
from azremedy.domain.run import SETTLED
from azremedy.domain.steps import DeleteRestorePointCollection, WaitForJob
from azremedy.ids import RESOURCE_GROUP
from azremedy.report import words
from azremedy.report.html.commands import list_target_commands
from azremedy.report.html.evidence import show_evidence
from azremedy.report.html.phrases import capitalize, name_step, tell_moment
from azremedy.report.html.picture import Stock, draw
from azremedy.report.html.steps_view import show_step
from azremedy.report.html.tones import Badge, Tone, describe_target
from azremedy.report.html.view import Gap, LossGroup, TargetView, VerdictRow
from azremedy.report.html.worlds import find_world
from azremedy.report.problem import describe_answer

if TYPE_CHECKING:
    from collections.abc import Iterable
    from collections.abc import Set as AbstractSet

    from azremedy.domain.plan import PointLoss, TargetPlan, Verdict
    from azremedy.domain.run import StepResult
    from azremedy.ids import ResourceId
    from azremedy.report.html.locks_by_scope import Ledger
    from azremedy.report.material import Material

_DECISIONS = {
    Decision.SKIP: Tone.IDLE,
    Decision.WARN: Tone.WARN,
    Decision.REFUSE: Tone.BAD,
}
_COMMON = 3
"""So many targets of which the same is to be said share its line."""
_COPIES = {Copy.NONE: Tone.BAD, Copy.UNKNOWN: Tone.WARN, Copy.VAULT: Tone.GOOD}


def show_target(
    number: int,
    material: Material,
    *,
    ledger: Ledger,
    stock: Stock,
    brief: bool,
    told: AbstractSet[str] = frozenset(),
) -> TargetView:
    """Say everything of one target.

    Args:
        number: the target's place in the plan, from 1.
        material: what the report is made of.
        ledger: the plan's locks.
        stock: the rows of pictures drawn so far.
        brief: only count what is well, to keep a large page small.
        told: notes that the page tells of several targets at once.
    """
    target = material.plan.targets[number - 1]
    badge = describe_target(target, material)
    before, after = draw(find_world(target, material, ledger), stock, brief=brief)
    return TargetView(
        anchor=f"t{number}",
        name=target.target.name,
        place=_tell_place(target.target),
        id=str(target.target),
        badge=badge,
        causes=_name_causes(target),
        result="" if brief and badge.tone is Tone.GOOD else _tell_result(target, material),
        before=before,
        after=after,
        facts=(),
        open=len(material.plan.targets) == 1,
        steps=tuple(show_step(planned, material, brief=brief) for planned in target.steps),
        loss=tuple(_show_loss(target, copy, brief=brief) for copy in _list_copies(target)),
        evidence=show_evidence(target.diagnosis, brief=brief, told=told)
        if target.diagnosis
        else None,
        verdicts=tuple(_show_verdict(verdict, target) for verdict in target.verdicts),
        gaps=tuple(Gap(source=gap.source, why=gap.why) for gap in target.gaps),
        notes=tuple(map(capitalize, _list_notes(target, told))),
        commands=list_target_commands(target, material),
    )


def _tell_place(id_: ResourceId) -> str:
    if id_.is_type(RESOURCE_GROUP) or not id_.resource_group:
        return "subscription"
    return id_.resource_group


def _list_notes(target: TargetPlan, told: AbstractSet[str]) -> tuple[str, ...]:
    """List what to expect, without what the diagnosis says of the cause's return."""
    returns = target.diagnosis.recurrence if target.diagnosis else ()
    return tuple(note for note in target.notes if note not in returns and note not in told)


def find_common_notes(targets: Iterable[TargetPlan]) -> dict[str, int]:
    """Find what is to be said of several targets alike, the most frequent first."""
    counts = Counter(
        line
        for target in targets
        for line in {*target.notes, *(target.diagnosis.recurrence if target.diagnosis else ())}
    )
    return {line: count for line, count in counts.most_common() if count >= _COMMON}


def list_reasons(targets: Iterable[TargetPlan]) -> tuple[str, ...]:
    """List why the backups of targets failed."""
    return tuple(
        f"{finding.title}: {finding.message}."
        for target in targets
        if target.diagnosis
        for finding in target.diagnosis.confirmed
    )


def _name_causes(target: TargetPlan) -> str:
    confirmed = target.diagnosis.confirmed if target.diagnosis else ()
    return "; ".join(finding.title for finding in confirmed)


def _tell_result(target: TargetPlan, material: Material) -> str:
    """Say what came of it: the last backup's outcome, or where it stopped."""
    if not material.is_run:
        return ""
    for planned in reversed(target.steps):
        result = material.results.get(planned.number)
        if result is None:
            continue
        if result.error is not None:
            answer = result.error.answer
            said = f"Azure: {describe_answer(answer)}" if answer else result.error.message
            return f"Step {planned.number} failed: {name_step(planned.step)}. {said}"
        if isinstance(planned.step, WaitForJob) and result.state in SETTLED:
            return f"The backup that followed: {_tell_backup(result)}"
    return ""


def _tell_backup(result: StepResult) -> str:
    if result.job is None or not result.job.snapshot:
        return result.message
    return f"snapshot {result.job.snapshot}, transfer to the vault {result.job.transfer}."


def count_deleted(target: TargetPlan, material: Material) -> tuple[PointLoss, ...]:
    """List the points of the loss sheet that went, or would go."""
    collections = {
        planned.step.collection_id
        for planned in target.steps
        if isinstance(planned.step, DeleteRestorePointCollection)
        and (not material.is_run or material.find_state(planned.number) in SETTLED)
    }
    return tuple(loss for loss in target.loss if loss.restore_point_id.parent in collections)


def _list_copies(target: TargetPlan) -> tuple[Copy, ...]:
    there = {loss.copy for loss in target.loss}
    return tuple(copy for copy in _COPIES if copy in there)


def _show_loss(target: TargetPlan, copy: Copy, *, brief: bool) -> LossGroup:
    points = [loss for loss in target.loss if loss.copy is copy]
    named = [] if brief and copy is Copy.VAULT else points
    return LossGroup(
        told=f"{words.plural(len(points), 'restore point')} {words.COPIES[copy]}",
        tone=_COPIES[copy],
        points=tuple(map(_tell_point, named)),
    )


def _tell_point(loss: PointLoss) -> str:
    when = tell_moment(loss.time)
    return f"{loss.restore_point_id.name} · {when}" if when else loss.restore_point_id.name


def _show_verdict(verdict: Verdict, target: TargetPlan) -> VerdictRow:
    way = f" Override: {verdict.override}." if verdict.override else ""
    told = verdict.subject == str(target.target) or verdict.subject in verdict.message
    return VerdictRow(
        badge=Badge(text=words.DECISIONS[verdict.decision], tone=_DECISIONS[verdict.decision]),
        message=f"{capitalize(verdict.message)}.{way}",
        subject="" if told else verdict.subject,
    )
