"""Plan an on-demand backup and how far it is followed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from azremedy.domain import guards
from azremedy.domain.evidence import Reading
from azremedy.domain.ownership import names_vm
from azremedy.domain.planner.assemble import Draft, Section
from azremedy.domain.steps import TriggerBackup, WaitFor, WaitForJob

if TYPE_CHECKING:
    from azremedy.domain.plan import Verdict
    from azremedy.domain.resources import ProtectedItem
    from azremedy.domain.worlds import VmEvidence

LONG_TRANSFER = "The transfer to the vault goes on after the snapshot; --wait job follows it too."


@dataclass(frozen=True, slots=True, kw_only=True)
class BackupOptions:
    """What the caller asks for."""

    until: WaitFor = WaitFor.SNAPSHOT
    """How far the backup is followed."""
    retain_days: int = 30
    """Days to keep the recovery point; the portal's default (backup FAQ, 2025-10-27)."""
    max_backups_per_day: int = guards.SUPPORTED_BACKUPS_PER_DAY
    """Refuse when there were as many today."""
    timeout_s: int = 24 * 3600
    """Seconds after which the backup counts as not confirmed."""
    no_cool_down: bool = False
    """Back up although another backup failed, or several were made, a moment ago."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Pace:
    """How many backups may follow each other how fast."""

    max_per_day: int
    """As many in a day are too many."""
    no_cool_down: bool = False
    """Whether the next may come a moment after one that failed."""
    planned: int = 0
    """How many the plan asks for before."""


def plan_backup(evidence: VmEvidence, options: BackupOptions) -> Section:
    """Plan one VM's backup: trigger once, then follow."""
    pace = Pace(max_per_day=options.max_backups_per_day, no_cool_down=options.no_cool_down)
    item, verdicts = find_item(evidence, pace)
    if item is None:
        return Section(target=evidence.vm.id, verdicts=tuple(verdicts), gaps=evidence.gaps)
    drafts = draft_backup(
        item, retain_days=options.retain_days, until=options.until, timeout_s=options.timeout_s
    )
    return Section(
        target=evidence.vm.id,
        drafts=drafts,
        verdicts=tuple(verdicts),
        gaps=evidence.gaps,
        notes=(LONG_TRANSFER,) if options.until is WaitFor.SNAPSHOT else (),
    )


def find_item(evidence: VmEvidence, pace: Pace) -> tuple[ProtectedItem | None, list[Verdict]]:
    """Find the one item that can be backed up now, and what speaks against it.

    A VM that was moved between vaults leaves a stopped item in the old one; that one is not
    backed up, but a job that still runs there is in the way.
    """
    vm_id = evidence.vm.id
    mine = [item for item in evidence.items.values if names_vm(item.source_id, vm_id)]
    active = [item for item in mine if not guards.check_item(item)]
    if len(active) > 1:
        names = ", ".join(item.vault_id.name for item in active)
        return None, [guards.refuse("several-vaults", vm_id, f"protected in several: {names}")]
    if not active:
        stopped = [verdict for item in mine for verdict in guards.check_item(item)]
        if evidence.items.complete and stopped:
            return None, stopped
        return None, [*stopped, guards.refuse("not-protected", vm_id, _why_missing(evidence))]
    return active[0], [*_check_running(evidence, active[0]), *_check_pace(evidence, pace)]


def draft_backup(
    item: ProtectedItem,
    *,
    retain_days: int,
    until: WaitFor,
    timeout_s: int,
    failure_expected: bool = False,
) -> tuple[Draft, ...]:
    """Draft the trigger and the wait that belongs to it."""
    return (
        Draft(
            step=TriggerBackup(
                item_id=item.id, container_name=item.container_name, retain_days=retain_days
            ),
            reason=f"on-demand backup into vault '{item.vault_id.name}'",
        ),
        Draft(
            step=WaitForJob(
                item_id=item.id,
                until=until,
                timeout_s=timeout_s,
                failure_expected=failure_expected,
            ),
            reason="the backup counts when its job says so",
        ),
    )


def _check_pace(evidence: VmEvidence, pace: Pace) -> list[Verdict]:
    budget = guards.check_budget(evidence, max_backups=pace.max_per_day, planned=pace.planned)
    return [*budget, *guards.check_cool_down(evidence, no_cool_down=pace.no_cool_down)]


def _why_missing(evidence: VmEvidence) -> str:
    if evidence.items.complete:
        return "no vault of the subscription protects this VM"
    return "no vault that could be read protects this VM now"


def _check_running(evidence: VmEvidence, item: ProtectedItem) -> list[Verdict]:
    """Refuse while a job runs. Azure itself refuses a second backup, so no flag can help.

    For the same reason nothing is at stake where jobs of another vault could not be read; without
    those of its own vault the backup could not be followed.
    """
    vm_id, jobs = evidence.vm.id, evidence.running_jobs
    seen = guards.check_jobs(Reading(values=jobs.values), vm_id=vm_id, during_job=False)
    final = [guards.refuse(verdict.guard, verdict.subject, verdict.message) for verdict in seen]
    if jobs.complete:
        return final
    if any(str(item.vault_id).lower() in gap.source.lower() for gap in jobs.gaps):
        unseen = "the jobs of its vault cannot be read, so the backup could not be followed"
        return [*final, guards.refuse("jobs-unreadable", vm_id, unseen)]
    message = "not all jobs could be read: Azure refuses the backup if one of this VM runs"
    return [*final, guards.warn("jobs-unreadable", vm_id, message)]
