"""Earlier runs' journals are heeded: no backup too soon, and none too many in a day."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from azremedy import api
from azremedy.api.connect import connect_app
from azremedy.api.recent import open_diary, read_recent
from azremedy.domain.remedies import Remedy
from azremedy.domain.steps import TriggerBackup
from tests.support.desks import WEB, Desk, open_desk, scripted
from tests.support.stages import (
    SUBSCRIPTION,
    TRIGGER,
    answered,
    built_in,
    guards_of,
    open_stage,
    with_faults,
)

CODE = "ExtensionFailedVssServiceInBadState"
RESTARTABLE = "extension-failed-vss-service-in-bad-state"


def test_no_second_backup_right_after_one_that_failed(tmp_path: Path) -> None:
    """It would fail again and use up the day; an hour later it may be tried."""
    desk = open_desk(tmp_path, scripted("healthy", CODE, "success"))
    failed = desk.apply(desk.back_up())

    at_once = desk.back_up()
    desk.wait(hours=1)

    assert 11 == failed.exit_code
    assert ("cool-down",) == guards_of(at_once)
    assert "--no-cool-down" == at_once.refusals[0].override
    assert 0 == desk.apply(desk.back_up()).exit_code


def test_one_word_overrides_the_pause(tmp_path: Path) -> None:
    """Who has mended the VM by hand need not wait; the plan still tells."""
    desk = open_desk(tmp_path, scripted("healthy", CODE, "success"))
    desk.apply(desk.back_up())

    plan = desk.back_up(no_cool_down=True)

    assert ["cool-down"] == [verdict.guard for verdict in plan.targets[0].verdicts]
    assert 0 == desk.apply(plan).exit_code


def test_failure_of_another_process_counts(tmp_path: Path) -> None:
    """What one process did, another one finds in the journals, also for another command."""
    desk = open_desk(tmp_path, scripted(RESTARTABLE, CODE))
    desk.apply(desk.back_up())

    other = Desk(
        stage=desk.stage,
        azure=connect_app(desk.stage.app, SUBSCRIPTION, state_folder=desk.stage.state),
    )

    assert ("cool-down",) == guards_of(other.fix(Remedy.RESTART_VM))


def test_end_that_nobody_waited_for_is_taken_from_the_service(tmp_path: Path) -> None:
    """A run with --wait none does not see its backup fail; the next plan does."""
    desk = open_desk(tmp_path, scripted("healthy", CODE))
    asked = desk.apply(desk.back_up(until=api.WaitFor.NONE))
    desk.wait(minutes=30)

    assert 0 == asked.exit_code
    assert ("cool-down",) == guards_of(desk.back_up())


def test_backups_that_the_service_does_not_list_count(tmp_path: Path) -> None:
    """Refused requests leave no job behind; they are attempts all the same."""
    refused = answered(TRIGGER, 400, times=9, code="BMSUserErrorObjectLocked", message="Locked.")
    desk = open_desk(tmp_path, with_faults(built_in("healthy"), refused))
    for _ in range(4):
        desk.apply(desk.back_up())

    plan = desk.back_up()

    assert 0 == desk.stage.count_jobs()
    assert ("backups-today",) == guards_of(plan)
    assert "4 backups today, the limit is 4" == plan.refusals[0].message


def test_midnight_gives_no_second_budget(tmp_path: Path) -> None:
    """The service starts to count anew at midnight UTC; the journals remember."""
    desk = open_desk(tmp_path, "healthy")
    desk.wait(hours=10)
    for _ in range(3):
        desk.wait(hours=1, minutes=30)
        desk.apply(desk.back_up(until=api.WaitFor.JOB))
    desk.wait(hours=2, minutes=30)

    plan = desk.back_up(max_backups_per_day=3)

    assert ("backups-today",) == guards_of(plan)
    assert "3 backups in the last 24 hours, the limit is 3" == plan.refusals[0].message
    assert () == guards_of(desk.back_up())


def test_backup_is_not_counted_twice(tmp_path: Path) -> None:
    """The journal's attempt and the service's job are one and the same backup."""
    desk = open_desk(tmp_path, "healthy")
    for _ in range(3):
        desk.apply(desk.back_up(until=api.WaitFor.JOB))
        desk.wait(hours=1)

    assert () == guards_of(desk.back_up())
    assert ("backups-today",) == guards_of(desk.back_up(max_backups_per_day=3))


def test_interrupted_run_counts(tmp_path: Path) -> None:
    """A process that did not live to see its backup has asked for it nevertheless."""
    desk = open_desk(tmp_path, "healthy")

    def interrupt(event: object) -> None:
        planned = getattr(event, "planned", None)
        if planned is not None and planned.step.kind == "WaitForJob":
            raise KeyboardInterrupt

    run = api.apply(desk.azure, desk.back_up(), listen=interrupt)
    desk.wait(hours=2)
    desk.forget_jobs()

    assert 9 == run.exit_code
    assert ("backups-today",) == guards_of(desk.back_up(max_backups_per_day=1))


def test_kept_plan_heeds_what_came_after_it(tmp_path: Path) -> None:
    """A plan that was approved before another run's backup failed is refused."""
    desk = open_desk(tmp_path, scripted("healthy", CODE))
    kept = desk.back_up()
    desk.apply(desk.back_up())

    now = api.plan_again(desk.azure, kept)

    assert ("cool-down",) == guards_of(now)


def test_foreseen_failure_does_not_keep_the_next_backup_waiting(tmp_path: Path) -> None:
    """The first backup after an unlock may fail; the service then cleans up for the next."""
    desk = open_desk(
        tmp_path, scripted("restore-point-limit", "UserErrorRpCollectionLimitReached", "success")
    )
    by_backup = api.CleanOptions(by=api.CleanBy.BACKUP, unlock=True)
    run = desk.apply(api.plan_clean(desk.azure, WEB, by_backup))

    assert "Failed" == next(result.job.status for result in run.steps if result.job)
    assert () == guards_of(desk.back_up())


def test_worlds_are_not_mixed_up(tmp_path: Path) -> None:
    """A failure in one sandbox says nothing about a VM of the same id in another, or in Azure."""
    desk = open_desk(tmp_path / "one", scripted("healthy", CODE))
    desk.apply(desk.back_up())
    other = open_desk(tmp_path / "other", "restore-point-limit", desk.stage.state)

    assert () == guards_of(other.back_up())


def test_rehearsal_forgets_earlier_ones(tmp_path: Path) -> None:
    """Each rehearsal has a fresh world, so a failure in the last one does not stop it."""
    scenario = scripted("healthy", CODE)
    for folder in (tmp_path / "one", tmp_path / "two"):
        folder.mkdir()
        stage = open_stage(folder, scenario)

        plan = api.plan_backup(stage.azure, WEB)
        run = api.apply(stage.azure, plan)

        assert () == guards_of(plan)
        assert 11 == run.exit_code


def test_old_journals_are_not_opened(tmp_path: Path) -> None:
    """By their names and last lines: one that cannot be read matters only while it is young."""
    desk = open_desk(tmp_path, "healthy")
    run = desk.apply(desk.back_up())
    damaged = Path(str(run.journal)).read_text().replace('"entry": "intent"', '"entry": "x"')
    runs = desk.stage.state / "runs"
    for name in ("20261110T080000Z-00000001", "20261120T070000Z-00000002"):
        (runs / name).mkdir()
        text = damaged.replace("2026-11-20T", f"2026-11-{name[6:8]}T")
        (runs / name / "journal.jsonl").write_text(text)
    (runs / "20261120T070000Z-00000003" / "journal.jsonl").mkdir(parents=True)
    (runs / "20261120T070000Z-00000004").mkdir()

    plan = desk.back_up()

    told = [v.message for v in plan.targets[0].verdicts if v.guard == "recent-runs-unreadable"]
    assert [
        "the journal of run 20261120T070000Z-00000003 cannot be read",
        "the journal of run 20261120T070000Z-00000002 cannot be read",
    ] == told


def test_old_run_that_is_taken_up_counts(tmp_path: Path) -> None:
    """It is named by its beginning of three days ago; its backup fails now."""
    lost = answered(TRIGGER, 403, code="AuthorizationFailed", message="Not yet.")
    desk = open_desk(tmp_path, with_faults(scripted("healthy", CODE), lost))
    first = desk.apply(desk.back_up())
    desk.wait(days=3)

    again = api.resume(desk.azure, str(first.run_id))

    assert (5, 11) == (first.exit_code, again.exit_code)
    assert ("cool-down",) == guards_of(desk.back_up())


def test_run_of_unknown_origin_is_not_counted(tmp_path: Path) -> None:
    """Whether it was in this Azure cannot be told from its journal."""
    desk = open_desk(tmp_path, scripted("healthy", CODE))
    journal = Path(str(desk.apply(desk.back_up()).journal))
    first, _, rest = journal.read_text().partition("\n")
    entry = json.loads(first)
    entry["plan"]["origin"] = None
    journal.write_text(f"{json.dumps(entry)}\n{rest}")

    assert () == guards_of(desk.back_up())


def test_many_runs_of_other_machines_are_passed_over(tmp_path: Path) -> None:
    """Of five hundred runs only those that name the VM are read through."""
    desk = open_desk(tmp_path, "healthy")
    run = desk.apply(desk.back_up())
    journal = Path(str(run.journal)).read_text()
    for number in range(500):
        folder = desk.stage.state / "runs" / f"20261120T0700{number % 60:02}Z-{number:08x}"
        folder.mkdir(parents=True)
        (folder / "journal.jsonl").write_text(journal.replace("web-1", f"app-{number}"))

    diary = open_diary(desk.azure)
    recent = read_recent(diary, run.plan.targets[0].target)

    assert 501 == len(diary.texts)
    assert [run.run_id] == [attempt.run_id for attempt in recent.attempts]


@pytest.mark.parametrize(("limit", "expected"), [(1, ("backups-today",)), (2, ())])
def test_second_backup_of_one_plan_stays_in_the_budget(
    tmp_path: Path, limit: int, expected: tuple[str, ...]
) -> None:
    """Where a repair itself takes two backups both are counted before the first is asked for."""
    desk = open_desk(tmp_path, "restore-point-limit")

    plan = desk.fix(Remedy.CLEAN_BY_BACKUP, unlock=True, max_backups_per_day=limit)

    assert 2 == sum(isinstance(planned.step, TriggerBackup) for planned in plan.steps)
    assert expected == guards_of(plan)
