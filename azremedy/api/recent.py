"""Read in journals what azremedy did about VMs' backups in the last day, whoever started it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from azremedy.domain.guest_scripts import SCRIPTS
from azremedy.domain.plan import Origin
from azremedy.domain.recent import DAY, NOTHING, Attempt, Ending, Recent, Tried
from azremedy.domain.remedies import Remedy
from azremedy.domain.run import SETTLED, StepState
from azremedy.domain.steps import (
    ReapplyVm,
    RedeployVm,
    RestartVm,
    RunGuestScript,
    TriggerBackup,
    WaitForJob,
)
from azremedy.engine.history import JournalDamagedError, Past, parse_past
from azremedy.engine.lately import fetch_since
from azremedy.engine.store import KeptJournal
from azremedy.errors import AzureError

if TYPE_CHECKING:
    from azremedy.api.connect import Azure
    from azremedy.domain.plan import PlannedStep, TargetPlan
    from azremedy.domain.run import StepResult
    from azremedy.domain.steps import Step
    from azremedy.ids import ResourceId

# A run that is followed for a day may have asked for its backup late.
_LOOK_BACK = DAY + timedelta(days=1)
_MARK = b'"triggerbackup"'
# They take something out of the way; whether the backup then succeeds is not about them.
_OBSTACLES = frozenset({Remedy.WAIT_FOR_JOB, Remedy.CANCEL_JOB})
_CHANGES: dict[type[Step], Remedy] = {
    RestartVm: Remedy.RESTART_VM,
    ReapplyVm: Remedy.REAPPLY_VM,
    RedeployVm: Remedy.REDEPLOY_VM,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Diary:
    """The journals that may tell of the last day's backups, read once for all VMs of a plan."""

    now: datetime
    """Azure's time when they were read."""
    origin: Origin | None = None
    """Where plans are made now: runs of other clouds, tenants and rehearsals are not these VMs'."""
    texts: tuple[tuple[KeptJournal, bytes], ...] = ()
    """Each run's journal, and what is in it in lower case."""
    unread: tuple[str, ...] = ()
    """Runs whose journals this user cannot read."""


def open_diary(azure: Azure) -> Diary:
    """Read the journals that are kept and young enough to matter.

    An older run counts when it was taken up lately. A rehearsal has a world of its own that knows
    nothing of earlier ones: there is nothing to read unless its caller names a place. Call it after
    the first answer: before, the clock is the machine's and not Azure's.

    Raises:
        SignInError: no credential worked.
    """
    now = azure.clock.now()
    rehearses = azure.sandbox is not None
    if rehearses and azure.state_folder is None:
        return Diary(now=now)
    read = fetch_since(azure.find_store(), now - _LOOK_BACK, rehearsals=rehearses)
    if not read:
        return Diary(now=now)
    texts = ((kept, kept.content.lower()) for kept in read)
    return Diary(
        now=now,
        origin=azure.find_origin(),
        texts=tuple(each for each in texts if _MARK in each[1]),
        unread=tuple(kept.run_id for kept in read if kept.trouble),
    )


def read_recent(diary: Diary, vm_id: ResourceId) -> Recent:
    """Tell what the last day's runs did about one VM's backup."""
    name = vm_id.name.lower().encode()
    attempts: list[Attempt] = []
    tried: list[Tried] = []
    unread = list(diary.unread)
    for kept in (kept for kept, text in diary.texts if name in text):
        try:
            past = parse_past(kept)
        except JournalDamagedError:
            unread.append(kept.run_id)
            continue
        if _is_here(past.plan.origin, diary.origin):
            told = recall(past, vm_id)
            attempts += (each for each in told.attempts if diary.now - each.sent_at < DAY)
            tried += (each for each in told.tried if diary.now - each.at < DAY)
    return Recent(attempts=tuple(attempts), tried=tuple(tried), unread=tuple(unread))


def recall(past: Past, vm_id: ResourceId) -> Recent:
    """Tell what one run did about one VM's backup."""
    targets = [target for target in past.plan.targets if target.target == vm_id]
    if not targets:
        return NOTHING
    return Recent(
        attempts=tuple(
            _tell_attempt(planned, target, past)
            for target in targets
            for planned in target.steps
            if isinstance(planned.step, TriggerBackup) and planned.number in past.triggers
        ),
        tried=tuple(each for target in targets for each in _list_tried(target, past)),
    )


def _is_here(there: Origin | None, here: Origin | None) -> bool:
    if there is None or here is None:
        return False
    pairs = (
        (there.cloud, here.cloud),
        (there.tenant_id, here.tenant_id),
        (there.sandbox, here.sandbox),
    )
    return all(one.lower() == other.lower() for one, other in pairs)


def _tell_attempt(planned: PlannedStep, target: TargetPlan, past: Past) -> Attempt:
    trigger = past.triggers[planned.number]
    wait = _find_wait(planned, target)
    followed = past.results.get(wait.number) if wait is not None else None
    sent = past.results.get(planned.number)
    job = followed.job if followed is not None else None
    return Attempt(
        run_id=past.run_id or "",
        sent_at=trigger.sent_at,
        ending=_tell_ending(sent, followed),
        ended_at=followed.ended_at if followed is not None else None,
        job_id=(job.job_id if job is not None else None) or trigger.job_id,
    )


def _find_wait(planned: PlannedStep, target: TargetPlan) -> PlannedStep | None:
    """Find the step that follows a backup: the first behind it."""
    waits = (
        each
        for each in target.steps
        if isinstance(each.step, WaitForJob) and each.number > planned.number
    )
    return next(waits, None)


def _tell_ending(sent: StepResult | None, followed: StepResult | None) -> Ending:
    if sent is not None and sent.state is StepState.FAILED:
        return Ending.REFUSED
    if followed is None or followed.job is None:
        return Ending.UNKNOWN
    job, settled = followed.job, followed.state in SETTLED
    if job.status == "Failed":
        return Ending.FORESEEN if settled else Ending.FAILED
    # With --wait none all is well as soon as the service has named a job.
    good = job.status == "Completed" or job.snapshot == "Completed"
    return Ending.GOOD if settled and good else Ending.UNKNOWN


def _list_tried(target: TargetPlan, past: Past) -> list[Tried]:
    """List what was carried out for a VM without effect, or with a backup that failed after it."""
    failed = [(p, past.results[p.number]) for p in target.steps if _has_failed(p, past)]
    return [each for planned, result in failed for each in _blame(planned, result, target, past)]


def _has_failed(planned: PlannedStep, past: Past) -> bool:
    result = past.results.get(planned.number)
    return result is not None and result.state is StepState.FAILED


def _blame(planned: PlannedStep, result: StepResult, target: TargetPlan, past: Past) -> list[Tried]:
    """Tell which remedies a step that failed speaks against."""
    if isinstance(planned.step, WaitForJob):
        job_failed = result.job is not None and result.job.status == "Failed"
        against = [m.remedy for m in target.mends if job_failed and m.remedy not in _OBSTACLES]
    else:
        against = _list_remedies(planned.step) if _was_in_vain(planned.step, result) else []
    symptoms = target.diagnosis.symptoms[:1] if target.diagnosis is not None else ()
    return [
        Tried(
            run_id=past.run_id or "",
            at=result.ended_at or past.began,
            cause=mend.cause,
            remedy=mend.remedy,
            codes=frozenset(code for symptom in symptoms for code in symptom.codes),
        )
        for mend in target.mends
        if mend.remedy in against
    ]


def _was_in_vain(step: Step, result: StepResult) -> bool:
    """Say whether Azure carried a step out, and its effect did not show."""
    if result.error is None or result.error.answer is not None:
        return False
    # Before such a script can be sent, the agent's return is waited for.
    ends = isinstance(step, RunGuestScript) and step.script in {each.end for each in SCRIPTS}
    return result.request_id is not None or (ends and result.error.msgid == AzureError.msgid)


def _list_remedies(step: Step) -> list[Remedy]:
    if isinstance(step, RunGuestScript):
        scripts = {each.name for each in SCRIPTS if step.script in {each.name, each.end}}
        return [remedy for remedy in Remedy if remedy in scripts]
    return [remedy for kind, remedy in _CHANGES.items() if isinstance(step, kind)]
