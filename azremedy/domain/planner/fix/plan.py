"""Put the repair of one VM together."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from azremedy.domain import guards
from azremedy.domain.diagnosis import is_well
from azremedy.domain.evidence import Observed
from azremedy.domain.plan import Mend
from azremedy.domain.planner.assemble import Section
from azremedy.domain.planner.backup import Pace, draft_backup, find_item
from azremedy.domain.planner.fix.by_hand import draft_by_hand
from azremedy.domain.planner.fix.choose import check_choices, choose, list_open, list_remedies
from azremedy.domain.planner.fix.course import Course
from azremedy.domain.planner.fix.leases import draft_returns
from azremedy.domain.planner.fix.remedy import apply_remedy
from azremedy.domain.planner.fix.repetition import (
    check_bare_backup,
    find_spent,
    warn_of_repetition,
)
from azremedy.domain.recent import NO_CAUSE, NOTHING
from azremedy.domain.remedies import Remedy
from azremedy.domain.steps import TriggerBackup

if TYPE_CHECKING:
    from collections.abc import Mapping

    from azremedy.domain.case import Case
    from azremedy.domain.findings import Diagnosis
    from azremedy.domain.plan import PointLoss, Verdict
    from azremedy.domain.planner.assemble import Draft
    from azremedy.domain.planner.fix.choose import Choice
    from azremedy.domain.planner.fix.options import FixOptions
    from azremedy.domain.playbook import Instructions
    from azremedy.domain.recent import Recent
    from azremedy.domain.worlds import VmEvidence

WELL = "every known cause is ruled out and no backup has failed: there is nothing to fix"
GONE = "every known cause is ruled out by now: a backup proves whether the failure is over"


def plan_fix(
    case: Case,
    diagnosis: Diagnosis,
    options: FixOptions,
    *,
    instructions: Mapping[str, Instructions],
    recent: Recent = NOTHING,
) -> Section:
    """Plan one VM: mend every confirmed cause, then back it up and follow that.

    Nothing is planned on a guess: where no cause is confirmed and some cannot be told, the plan
    is refused with what would settle them. Nor is anything done again that did not help.
    """
    known = find_spent(diagnosis, recent)
    spent = {} if options.no_cool_down else known
    choices = choose(diagnosis, options.allowed, spent)
    refusals = (
        *check_choices(choices, case.vm_id),
        *_check_cause(diagnosis, choices),
        *(() if choices else check_bare_backup(diagnosis, spent)),
    )
    by_hand = _draft_by_hand((*choices, *list_open(diagnosis)), case, instructions)
    evidence = case.as_evidence()
    if refusals or evidence is None:
        return _section(diagnosis, drafts=by_hand, verdicts=(*refusals, *_check_seen(case)))
    if not choices and not diagnosis.symptoms:
        return _section(diagnosis, notes=(WELL,))
    evidence = replace(evidence, recent=recent)
    section = _plan(case, diagnosis, options, evidence=evidence, choices=choices)
    again = warn_of_repetition(section.mends, known, case.vm_id)
    return replace(section, verdicts=(*section.verdicts, *again))


def _plan(
    case: Case,
    diagnosis: Diagnosis,
    options: FixOptions,
    *,
    evidence: VmEvidence,
    choices: tuple[Choice, ...],
) -> Section:
    course = Course(evidence=evidence, notes=() if choices else (GONE,))
    for remedy in list_remedies(choices):
        course = apply_remedy(remedy, course, case, options)
    course = _prove(course, options)
    section = _section(
        diagnosis,
        drafts=course.drafts,
        verdicts=tuple(dict.fromkeys(course.verdicts)),
        loss=course.loss,
        notes=course.notes,
    )
    return replace(section, mends=_list_mends(choices))


def _list_mends(choices: tuple[Choice, ...]) -> tuple[Mend, ...]:
    """List what is done for which cause; where none is confirmed a backup alone is tried."""
    if not choices:
        return (Mend(cause=NO_CAUSE, remedy=Remedy.BACKUP),)
    return tuple(
        Mend(cause=each.finding.cause, remedy=each.remedy)
        for each in choices
        if each.remedy is not None
    )


def _prove(course: Course, options: FixOptions) -> Course:
    """End with the only proof there is: a backup that succeeds."""
    pace = Pace(
        max_per_day=options.max_backups_per_day,
        no_cool_down=options.no_cool_down,
        planned=sum(isinstance(draft.step, TriggerBackup) for draft in course.drafts),
    )
    item, verdicts = find_item(course.evidence, pace)
    course = course.say(*verdicts)
    if item is None:
        return course
    drafts = draft_backup(
        item, retain_days=options.retain_days, until=options.until, timeout_s=options.timeout_s
    )
    return course.add(*draft_returns(course.drafts, item.id), *drafts)


def _draft_by_hand(
    choices: tuple[Choice, ...], case: Case, instructions: Mapping[str, Instructions]
) -> tuple[Draft, ...]:
    """Draft what a person does about causes that nothing from outside mends, or may mend."""
    vm = case.vm.value if isinstance(case.vm, Observed) else case.vm_id
    drafts = (
        draft
        for each in choices
        if each.remedy is None
        for draft in draft_by_hand(
            each.finding.instructions,
            instructions,
            vm=vm,
            reason=f"{each.finding.cause}: {each.finding.message}",
        )
    )
    return tuple({draft.step: draft for draft in drafts}.values())


def _check_cause(diagnosis: Diagnosis, choices: tuple[Choice, ...]) -> tuple[Verdict, ...]:
    if choices or is_well(diagnosis):
        return ()
    open_ = [each.finding for each in list_open(diagnosis)]
    told = "; ".join(f"{f.cause}: {f.settle or f.message}" for f in open_)
    message = f"no cause is confirmed, and these cannot be told: {told}"
    return (guards.refuse("cause-unknown", diagnosis.vm_id, message),)


def _check_seen(case: Case) -> tuple[Verdict, ...]:
    if isinstance(case.vm, Observed):
        return ()
    why = case.vm.why if case.vm.kind == "unreadable" else "it does not exist"
    return (guards.refuse("vm-not-seen", case.vm_id, f"the VM could not be looked at: {why}"),)


def _section(
    diagnosis: Diagnosis,
    *,
    drafts: tuple[Draft, ...] = (),
    verdicts: tuple[Verdict, ...] = (),
    loss: tuple[PointLoss, ...] = (),
    notes: tuple[str, ...] = (),
) -> Section:
    return Section(
        target=diagnosis.vm_id,
        drafts=drafts,
        verdicts=verdicts,
        loss=loss,
        gaps=diagnosis.gaps,
        notes=(*notes, *diagnosis.recurrence),
        diagnosis=diagnosis,
    )
