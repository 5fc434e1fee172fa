"""The hard places of runs that were cut off: what was sent is not sent again, and is told truly."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from azremedy import api
from azremedy.api.agent import plan_agents
from azremedy.api.network import plan_allow_storage
from azremedy.api.runs import list_runs, plan_undo
from azremedy.domain.planner.agent import AgentBy, AgentOptions
from azremedy.engine.executor import Executor
from azremedy.engine.history import read_past
from azremedy.engine.journal import EntryKind
from azremedy.errors import RefusedError
from azremedy.sandbox.scenario import Fault, Match
from tests.support.crashes import (
    PATIENCE,
    RUN,
    Life,
    count_twice,
    find_lie,
    resume_until,
    run_until,
    take_up,
)
from tests.support.stages import (
    DELETE_COLLECTION,
    DELETE_LOCK,
    LOCK_TYPE,
    POLL,
    TRIGGER,
    answered,
    built_in,
    kinds,
    names,
    open_stage,
    states,
    with_faults,
)

if TYPE_CHECKING:
    from pathlib import Path

    from azremedy.domain.plan import Plan
    from azremedy.engine.journal import JournalEntry
    from tests.support.stages import Stage

LIMIT = "restore-point-limit"
AGENT = "user-error-guest-agent-status-unavailable"
WEB = names("web-1")
LENT = api.CleanOptions(unlock=True, relock=True)
LOGIN_PAGE = "<html>Sign in</html>"


@dataclass(frozen=True, slots=True)
class FullDisk:
    """A journal on a disk that is full."""

    def write(self, entry: JournalEntry) -> None:
        """Refuse."""
        raise RefusedError(f"No space is left for {entry.entry}")


def clean(stage: Stage) -> Plan:
    """Plan a clean-up that lends the group's lock."""
    return api.plan_clean(stage.azure, WEB, LENT)


def restart(stage: Stage) -> Plan:
    """Plan to restart web-1."""
    return plan_agents(stage.azure, WEB, AgentOptions(by=AgentBy.RESTART))


def die_behind(stage: Stage, plan: Plan, entry: EntryKind, number: int) -> None:
    """Let a run die as soon as the journal has an entry on a step."""
    assert run_until(stage, plan, Life(behind=(entry, number))) is None


def journal_of(stage: Stage) -> Path:
    """Give the run's journal."""
    return stage.state / "runs" / RUN / "journal.jsonl"


def test_vm_that_a_dead_process_left_off_is_told_until_it_is_started(tmp_path: Path) -> None:
    """It was to be started again: whoever looks at the runs sees that it is off."""
    stage = open_stage(tmp_path, "vm-stopped-inside")
    plan = plan_agents(stage.azure, WEB, AgentOptions(by=AgentBy.DEALLOCATE))
    start = next(each for each in plan.steps if each.step.kind == "StartVm")
    die_behind(stage, plan, EntryKind.OUTCOME, start.number - 1)

    (cut_off,) = list_runs(stage.state)
    take_up(stage)
    (taken_up,) = list_runs(stage.state)

    assert ["web-1"] == [vm_id.name for vm_id in cut_off.vms_off]
    assert () == taken_up.vms_off


def test_lock_whose_removal_was_never_sent_is_left_as_it_is(tmp_path: Path) -> None:
    """The intent is on disk and the lock is there: it counts as off, and is there at the end."""
    stage = open_stage(tmp_path, LIMIT)
    (before,) = stage.documents(LOCK_TYPE)
    die_behind(stage, clean(stage), EntryKind.INTENT, 1)
    assert [] == stage.writes()

    (found,) = list_runs(stage.state)
    run = take_up(stage)

    (after,) = stage.documents(LOCK_TYPE)
    assert ["no-deletes"] == [lock.id.name for lock in found.locks_off]
    assert 0 == run.exit_code
    assert before["properties"] == after["properties"]


def test_lock_is_put_back_although_the_disk_is_full(tmp_path: Path) -> None:
    """Nothing else is changed; afterwards the run is taken up as ever."""
    stage = open_stage(tmp_path, LIMIT)
    die_behind(stage, clean(stage), EntryKind.ACCEPTED, 1)
    assert [] == stage.documents(LOCK_TYPE)

    past = read_past(journal_of(stage).parent)
    with stage.azure.open_writer() as session:
        run = Executor(
            session=session, journal=FullDisk(), listen=lambda _: None, patience=PATIENCE
        ).resume(past)

    assert ("done", "failed", "done") == states(run)
    assert 1 == len(stage.documents(LOCK_TYPE))
    assert 0 == take_up(stage).exit_code


@pytest.mark.parametrize(
    "tail",
    [
        b"\0" * 40,
        b'{"entry": "outcome", "at"\0\0\0',
        b'{"entry": "outco',
        b'{"entry": "x", "y": {}',
    ],
)
def test_journal_with_a_spoilt_end_is_read(tmp_path: Path, tail: bytes) -> None:
    """Half an entry, or zeros after a power failure, keep nobody from putting a lock back."""
    stage = open_stage(tmp_path, LIMIT)
    die_behind(stage, clean(stage), EntryKind.OUTCOME, 1)
    with journal_of(stage).open("ab") as file:
        file.write(tail)

    assert 0 == take_up(stage).exit_code
    assert "" == find_lie(stage)
    assert tail in journal_of(stage).read_bytes().splitlines()


def test_run_that_is_over_is_taken_up_without_a_request(tmp_path: Path) -> None:
    """Twice, even."""
    stage = open_stage(tmp_path, LIMIT)
    assert run_until(stage, clean(stage), Life()) is not None
    asked = len(stage.requests())

    codes = [take_up(stage).exit_code, take_up(stage).exit_code]

    assert [0, 0] == codes
    assert asked == len(stage.requests())


def test_backup_that_another_process_found_is_followed_by_a_third(tmp_path: Path) -> None:
    """The first saw no answer, the second found the job, and both died."""
    stage = open_stage(tmp_path, "healthy")
    plan = api.plan_backup(stage.azure, WEB)
    assert run_until(stage, plan, Life(until=find_trigger(tmp_path, plan))) is None
    assert 1 == stage.count_jobs()
    assert resume_until(stage, Life(behind=(EntryKind.OUTCOME, 1))) is None

    run = take_up(stage)

    assert (0, 1) == (run.exit_code, stage.count_jobs())
    assert ("done", "done") == states(run)


def find_trigger(folder: Path, plan: Plan) -> int:
    """Find the point right after the backup was begun, by a run in another world."""
    (folder / "other").mkdir()
    stage, life = open_stage(folder / "other", "healthy"), Life()
    assert run_until(stage, plan, life) is not None
    # The plan and the intent are on disk, and the request is carried out.
    return [mark.written for mark in life.marks].index(3) + 1


def test_backup_whose_request_never_arrived_is_started_once(tmp_path: Path) -> None:
    """There is no job of it long after its intent."""
    stage = open_stage(tmp_path, "healthy")
    die_behind(stage, api.plan_backup(stage.azure, WEB), EntryKind.INTENT, 1)
    assert 0 == stage.count_jobs()
    began = stage.world.clock.now()

    run = take_up(stage)

    assert (0, 1) == (run.exit_code, stage.count_jobs())
    assert PATIENCE.trigger_seen <= stage.world.clock.now() - began


def test_throttled_backup_is_dated_when_it_goes_out(tmp_path: Path) -> None:
    """Azure kept it back for minutes: only from then on its job can be seen."""
    busy = answered(TRIGGER, 429, headers={"Retry-After": "660"})
    stage = open_stage(tmp_path, with_faults(built_in("healthy"), busy))
    die_behind(stage, api.plan_backup(stage.azure, WEB), EntryKind.ACCEPTED, 1)

    past = read_past(journal_of(stage).parent)

    kept_back = timedelta(seconds=660)
    assert past.began + kept_back == past.triggers[1].sent_at == past.sent_at[1]


def test_backup_of_long_ago_is_looked_for_as_long(tmp_path: Path) -> None:
    """Its request may have been on its way for longer than the journal tells."""
    stage = open_stage(tmp_path, "healthy")
    die_behind(stage, api.plan_backup(stage.azure, WEB), EntryKind.INTENT, 1)
    stage.world.clock.advance(3600)
    began = stage.world.clock.now()

    take_up(stage)

    assert PATIENCE.trigger_seen <= read_past(journal_of(stage).parent).sent_at[1] - began


def test_operation_that_could_not_be_followed_is_followed_later(tmp_path: Path) -> None:
    """What answers is not Azure: whether the VM has restarted is not known, so it is looked at."""
    fault = answered(POLL, 200, body=LOGIN_PAGE)
    stage = open_stage(tmp_path, with_faults(built_in(AGENT), fault))

    first = run_until(stage, restart(stage), Life())
    later = take_up(stage)

    assert first is not None
    assert ("unknown",) == states(first)
    assert ("done",) == states(later)
    assert [] == count_twice(stage)


def test_lock_that_a_person_put_back_is_lent_once_more(tmp_path: Path) -> None:
    """The program says how to put it back, so it may be there when the run is taken up."""
    stage = open_stage(tmp_path, LIMIT)
    (before,) = stage.documents(LOCK_TYPE)
    die_behind(stage, clean(stage), EntryKind.OUTCOME, 1)
    stage.world.documents.put(before)

    run = take_up(stage)

    (after,) = stage.documents(LOCK_TYPE)
    assert ("done", "done", "done") == states(run)
    assert before["properties"] == after["properties"]


def test_step_that_failed_is_tried_again(tmp_path: Path) -> None:
    """Somebody has mended what was in its way."""
    stage = open_stage(tmp_path, with_faults(built_in(LIMIT), answered(DELETE_COLLECTION, 403)))

    first = run_until(stage, clean(stage), Life())
    later = take_up(stage)

    assert first is not None
    assert ("done", "failed", "done") == states(first)
    assert ("done", "done", "done") == states(later)
    assert 1 == len(stage.documents(LOCK_TYPE))


def test_what_was_not_reached_again_stays_unknown(tmp_path: Path) -> None:
    """The lock was given back and cannot be lent anew: what became of the deletion is not told."""
    no_more = Fault(match=DELETE_LOCK, after=1, times=9, answer=answered(DELETE_LOCK, 403).answer)
    faults = (answered(POLL, 200, body=LOGIN_PAGE), no_more)
    stage = open_stage(tmp_path, with_faults(built_in(LIMIT), *faults))

    first = run_until(stage, clean(stage), Life())
    later = take_up(stage)

    assert first is not None
    assert ("done", "unknown", "done") == states(first)
    assert ("failed", "unknown", "done") == states(later)
    assert "was not looked at" in later.steps[1].message
    assert 0 != later.exit_code


def test_what_was_done_and_could_not_be_seen_is_done_and_undone(tmp_path: Path) -> None:
    """The rule was written; that it is there already, later, is this run's own doing."""
    hidden = answered(Match(method="GET", path="*/securityRules/*"), 403)
    stage = open_stage(tmp_path, with_faults(built_in("storage-blocked"), hidden))

    first = run_until(stage, plan_allow_storage(stage.azure, WEB), Life())
    later = take_up(stage)
    undo = plan_undo(stage.azure, RUN, state_folder=stage.state)

    assert first is not None
    assert ("failed",) == states(first)
    assert ("done",) == states(later)
    assert ("RemoveSecurityRule",) == kinds(undo)
