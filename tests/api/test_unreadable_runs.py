"""A journal that cannot be read hides neither its run nor the locks that it may have left off."""

from __future__ import annotations

import json
import os
import re
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from azremedy import api
from azremedy.api.runs import PastRun, list_all_runs, list_runs, plan_undo
from azremedy.engine.folder_store import FolderStore
from azremedy.engine.history import check_readable
from azremedy.engine.unreadable import UnreadableRun
from azremedy.errors import RefusedError
from tests.support.stages import ROOT, built_in, lock, names, open_stage, with_resources

if TYPE_CHECKING:
    from datetime import datetime
    from pathlib import Path

    from azremedy.domain.plan import Plan
    from tests.support.stages import Stage

PLAN, INTENT = 0, 1
NEWER = json.dumps(
    {"entry": "lent", "at": "2026-11-20T08:00:01Z", "lock": {"id": "new", "level": "ReadOnly"}}
)


@pytest.fixture
def stage(tmp_path: Path) -> Stage:
    """Give a world with a lock that is leased."""
    return open_stage(tmp_path, with_resources(built_in("restore-point-limit"), lock(ROOT, "all")))


@pytest.fixture
def plan(stage: Stage) -> Plan:
    """Give a plan that takes it off."""
    options = api.CleanOptions(unlock=True, include_inherited=True)
    return api.plan_clean(stage.azure, names("web-1"), options)


@pytest.fixture
def journal(stage: Stage, plan: Plan) -> Path:
    """Give the journal of its run."""
    return stage.state / "runs" / str(stage.apply(plan).run_id) / "journal.jsonl"


def damage(journal: Path, at: int, line: str, when: datetime) -> None:
    """Write another line into a journal, and say when."""
    lines = journal.read_text().splitlines()
    journal.write_text("\n".join([*lines[:at], line, *lines[at:][1:]]) + "\n")
    os.utime(journal, (when.timestamp(), when.timestamp()))


def list_unreadable(stage: Stage) -> list[UnreadableRun]:
    """List the runs that cannot be read."""
    return [each for each in list_all_runs(stage.state) if isinstance(each, UnreadableRun)]


@pytest.mark.parametrize("line", ["\ufffd\ufffd", NEWER, "[" * 100_000], ids=range(3))
@pytest.mark.parametrize("at", [PLAN, INTENT])
def test_its_locks_are_told_with_their_whole_bodies(
    stage: Stage, plan: Plan, journal: Path, at: int, line: str
) -> None:
    """Whichever line is damaged, or is a newer version's: others hold the lock as well."""
    damage(journal, at, line, plan.created_at)

    (told,) = list_unreadable(stage)

    assert (journal.parent.name, str(journal)) == (told.run_id, told.journal)
    assert "line" in told.why
    (kept,) = [each for each in told.locks if each.name == "all"]
    assert ("all: kept for the audit", 1) == (kept.notes, len(kept.owners))
    assert () == list_runs(stage.state)


def test_other_runs_are_listed_beside_it(stage: Stage, plan: Plan, journal: Path) -> None:
    """One damaged file does not hide the rest."""
    damage(journal, INTENT, NEWER, plan.created_at)
    stage.apply(api.plan_backup(stage.azure, names("web-1")))

    assert {PastRun, UnreadableRun} == {type(each) for each in list_all_runs(stage.state)}


def test_what_never_began_is_no_run(stage: Stage) -> None:
    """A journal without a whole entry, a folder without a journal, a file of somebody else's."""
    runs = stage.state / "runs"
    for name, text in (("cut", '{"entry": "pl'), ("empty", "")):
        (runs / name).mkdir(parents=True)
        (runs / name / "journal.jsonl").write_text(text)
    (runs / "bare").mkdir()
    (runs / ".DS_Store").write_text("")

    assert () == list_all_runs(stage.state)


def test_a_plan_is_refused_where_a_later_journal_hides_whether_it_was_begun(
    stage: Stage, plan: Plan, journal: Path
) -> None:
    """An older journal hides nothing; to make the plan anew is the way out."""
    damage(journal, INTENT, NEWER, plan.created_at)
    (told,) = list_unreadable(stage)
    runs = FolderStore(stage.state)

    check_readable(runs, since=told.written_at + timedelta(seconds=1))
    with pytest.raises(RefusedError, match=told.run_id):
        check_readable(runs, since=plan.created_at)


@pytest.mark.parametrize("at", ["2026-13-45T00:00:00Z", "2026-11-20T08:00:00", "--"])
def test_a_damaged_time_in_an_old_journal_stops_no_run(
    stage: Stage, plan: Plan, journal: Path, at: str
) -> None:
    """When it was written last cannot be told, so it is read as those of today are."""
    last = journal.read_text().splitlines()[-1]
    old = stage.state / "runs" / "20200101T080000Z-0000000a" / journal.name
    old.parent.mkdir()
    old.write_text(journal.read_text())
    damage(old, -1, re.sub(r'"at": "[^"]+"', f'"at": "{at}"', last), plan.created_at)
    undo = plan_undo(stage.azure, journal.parent.name, state_folder=stage.state)

    run = stage.apply(undo)

    assert 0 == run.exit_code
    assert [old.parent.name] == [each.run_id for each in list_unreadable(stage)]


def test_a_file_that_was_written_later_than_its_lines_say_counts(
    stage: Stage, plan: Plan, journal: Path
) -> None:
    """The lines that would tell may be the damaged ones."""
    later = plan.created_at + timedelta(days=365)
    damage(journal, INTENT, NEWER, later)

    assert later == list_unreadable(stage)[0].written_at
