"""How often, and how soon after each other, backups may be asked for; and what is not repeated."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from azremedy.domain import guards
from azremedy.domain.evidence import NOT_ASKED
from azremedy.domain.plan import Decision
from azremedy.domain.recent import (
    Attempt,
    Count,
    Ending,
    Recent,
    Tried,
    count_backups,
    find_pause,
    list_spent,
)
from azremedy.domain.remedies import Remedy
from azremedy.domain.resources import BackupJob
from azremedy.ids import ResourceId

if TYPE_CHECKING:
    from azremedy.domain.worlds import VmEvidence

NOW = datetime(2026, 11, 20, 8, 0, tzinfo=UTC)
VAULT = ResourceId.parse(
    "/subscriptions/5ab0e6c1-3f2d-4a7b-9c18-7d20b4f1a001/resourceGroups/rg-vault/providers"
    "/Microsoft.RecoveryServices/vaults/vault-1"
)
CODE = "UserErrorGuestAgentStatusUnavailable"


def before(minutes: float) -> datetime:
    """Give the time so many minutes ago."""
    return NOW - timedelta(minutes=minutes)


def job(
    name: str, minutes: float, *, status: str = "Failed", asked: bool | None = True
) -> BackupJob:
    """Make a job that started so many minutes ago and took one."""
    return BackupJob(
        id=VAULT.child("backupJobs", name),
        operation="Backup",
        status=status,
        start_time=before(minutes),
        end_time=before(minutes - 1),
        user_triggered=asked,
    )


def attempt(
    minutes: float, ending: Ending = Ending.UNKNOWN, *, named: str | None = None
) -> Attempt:
    """Make a backup that was asked for so many minutes ago."""
    over = ending in {Ending.GOOD, Ending.FAILED, Ending.FORESEEN}
    return Attempt(
        run_id="r1",
        sent_at=before(minutes),
        ending=ending,
        ended_at=before(minutes - 1) if over else None,
        job_id=VAULT.child("backupJobs", named) if named else None,
    )


COUNTS = {
    "nothing at all": ((), (), Count(today=0, day=0)),
    "jobs that somebody asked for": (
        (),
        (job("a", 30), job("b", 60)),
        Count(today=2, day=2),
    ),
    "no scheduled job": ((), (job("a", 30, asked=False),), Count(today=0, day=0)),
    "a job of which Azure does not say": ((), (job("a", 30, asked=None),), Count(today=1, day=1)),
    "an attempt and its job once, by the job's id": (
        (attempt(30, Ending.FAILED, named="a"),),
        (job("a", 25),),
        Count(today=1, day=1),
    ),
    "an attempt and its job once, by their times": (
        (attempt(30),),
        (job("a", 29),),
        Count(today=1, day=1),
    ),
    "two attempts and one job of theirs as two": (
        (attempt(31), attempt(30)),
        (job("a", 29),),
        Count(today=2, day=2),
    ),
    "a job that started long after the attempt apart": (
        (attempt(30),),
        (job("a", 15),),
        Count(today=2, day=2),
    ),
    "an attempt apart from somebody else's job with another id": (
        (attempt(30, named="mine"),),
        (job("a", 30),),
        Count(today=2, day=2),
    ),
    "a refused attempt, which has no job": (
        (attempt(30, Ending.REFUSED),),
        (job("a", 30),),
        Count(today=2, day=2),
    ),
    "yesterday's attempts for the day only": (
        (attempt(9 * 60),),
        (),
        Count(today=0, day=1),
    ),
    "no attempt of the day before": ((attempt(24 * 60),), (), Count(today=0, day=0)),
}


@pytest.mark.parametrize(("attempts", "jobs", "expected"), COUNTS.values(), ids=list(COUNTS))
def test_what_counts(
    attempts: tuple[Attempt, ...], jobs: tuple[BackupJob, ...], expected: Count
) -> None:
    """Jobs and attempts count, each backup once, over the service's day and over 24 hours."""
    assert expected == count_backups(jobs, Recent(attempts=attempts), now=NOW)


PAUSES = {
    "nothing at all": ((), (), None),
    "a failure an hour ago": ((attempt(61, Ending.FAILED),), (), None),
    "a failure a minute less ago": ((attempt(60, Ending.FAILED),), (), before(-1)),
    "a failure that the plan foresaw": ((attempt(10, Ending.FORESEEN),), (), None),
    "a refusal": ((attempt(10, Ending.REFUSED),), (), None),
    "a success": ((attempt(10, Ending.GOOD),), (), None),
    "an end that nobody saw": ((attempt(10),), (), None),
    "an end that only the service saw": (
        (attempt(10),),
        (job("a", 9.5),),
        before(8.5) + timedelta(hours=1),
    ),
    "somebody else's failure": ((), (job("a", 10),), None),
    "a failure and then a success of ours": (
        (attempt(30, Ending.FAILED), attempt(10, Ending.GOOD)),
        (),
        None,
    ),
    "a failure and then a success of somebody else": (
        (attempt(30, Ending.FAILED),),
        (job("a", 10, status="Completed", asked=False),),
        None,
    ),
    "a success and then a failure of ours": (
        (attempt(30, Ending.GOOD), attempt(10, Ending.FAILED)),
        (),
        before(9) + timedelta(hours=1),
    ),
    "three points in an hour, a scheduled one among them": (
        (attempt(50, Ending.GOOD, named="a"), attempt(20, Ending.GOOD)),
        (job("a", 50, status="Completed"), job("b", 40, status="Completed", asked=False)),
        before(50) + timedelta(hours=1),
    ),
    "three points in more than an hour": (
        (attempt(61, Ending.GOOD), attempt(20, Ending.GOOD), attempt(10, Ending.GOOD)),
        (),
        None,
    ),
    "three refusals in an hour, which make no points": (
        tuple(attempt(minutes, Ending.REFUSED) for minutes in (50, 40, 30)),
        (),
        None,
    ),
    "four points in an hour": (
        tuple(attempt(minutes, Ending.GOOD) for minutes in (50, 40, 30, 20)),
        (),
        before(40) + timedelta(hours=1),
    ),
}


@pytest.mark.parametrize(("attempts", "jobs", "expected"), PAUSES.values(), ids=list(PAUSES))
def test_until_when_a_backup_waits(
    attempts: tuple[Attempt, ...], jobs: tuple[BackupJob, ...], expected: datetime | None
) -> None:
    """The next waits an hour after a failure of ours, and for Compute's points."""
    pause = find_pause(jobs, Recent(attempts=attempts), now=NOW)

    assert expected == (pause.until if pause else None)


SPENT = {
    "the same code": ({CODE}, (CODE,), True),
    "the same code in other letters": ({CODE}, (CODE.upper(),), True),
    "one of several codes": ({CODE, "AllocationFailed"}, ("AllocationFailed",), True),
    "another code": ({CODE}, ("AllocationFailed",), False),
    "no code any more": ({CODE}, (), False),
    "no code then": (set(), (CODE,), True),
}


@pytest.mark.parametrize(("then", "now", "expected"), SPENT.values(), ids=list(SPENT))
def test_what_did_not_help(then: set[str], now: tuple[str, ...], *, expected: bool) -> None:
    """A remedy is spent for its cause while the VM shows a code that it was tried against."""
    tried = Tried(
        run_id="r1", at=NOW, cause="agent-silent", remedy=Remedy.RESTART_VM, codes=frozenset(then)
    )

    spent = list_spent(Recent(tried=(tried,)), now)

    assert ({"agent-silent": {Remedy.RESTART_VM: tried}} if expected else {}) == spent


@pytest.mark.parametrize(
    ("minutes", "limit", "planned", "expected"),
    [
        ([60, 90, 120], 4, 0, None),
        ([60, 90, 120], 4, 1, "--max-backups-per-day"),
        ([60, 90, 120, 150], 4, 0, "--max-backups-per-day"),
        ([60, 90, 120, 600], 4, 0, "--max-backups-per-day"),
        ([60, 90, 120, 600], 5, 0, None),
        ([20 * n for n in range(1, 10)], 100, 0, ""),
        ([20 * n for n in range(1, 9)], 100, 1, ""),
    ],
)
def test_attempts_never_pass_the_budget(
    base_evidence: VmEvidence, minutes: list[float], limit: int, planned: int, expected: str | None
) -> None:
    """What was asked for and what is planned stay below the limit; Azure's own has no flag."""
    attempts = tuple(attempt(each, Ending.GOOD) for each in minutes)
    evidence = replace(base_evidence, recent=Recent(attempts=attempts))

    verdicts = guards.check_budget(evidence, max_backups=limit, planned=planned)

    offered = [verdict.override or "" for verdict in verdicts]
    assert ([] if expected is None else [expected]) == offered


@pytest.mark.parametrize(("given", "expected"), [(False, Decision.REFUSE), (True, Decision.WARN)])
def test_a_pause_is_refused_unless_told_otherwise(
    base_evidence: VmEvidence, *, given: bool, expected: Decision
) -> None:
    """The refusal says when the next may come, and offers one flag."""
    recent = Recent(attempts=(attempt(10, Ending.FAILED),))
    evidence = replace(base_evidence, recent=recent)

    (verdict,) = guards.check_cool_down(evidence, no_cool_down=given)

    assert ("cool-down", expected) == (verdict.guard, verdict.decision)
    assert "after 2026-11-20 08:51 UTC" in verdict.message


def test_journals_that_cannot_be_read_are_told(base_evidence: VmEvidence) -> None:
    """What nobody can read is no proof that nothing was done."""
    evidence = replace(base_evidence, recent=Recent(unread=("r7",)))

    (verdict,) = guards.check_cool_down(evidence, no_cool_down=False)

    assert ("recent-runs-unreadable", Decision.WARN) == (verdict.guard, verdict.decision)


def test_jobs_that_cannot_be_read_leave_the_journal(base_evidence: VmEvidence) -> None:
    """Without the service's list the attempts in journals still count."""
    attempts = tuple(attempt(each, Ending.GOOD) for each in (200, 300, 400, 500))
    evidence = replace(base_evidence, recent=Recent(attempts=attempts), todays_backups=NOT_ASKED)

    (verdict,) = guards.check_budget(evidence, max_backups=4)

    assert "4 backups in the last 24 hours, the limit is 4" == verdict.message
