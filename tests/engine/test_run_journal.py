"""The journal: intent before the write, outcome after it, and nothing done without it."""

from __future__ import annotations

import base64
import json
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest

from azremedy import api
from azremedy.domain.events import StepProgressed
from azremedy.engine.executor import Executor
from azremedy.engine.handlers.base import Patience
from azremedy.engine.journal import EntryKind, Journal, JournalEntry
from azremedy.errors import RefusedError
from azremedy.sandbox import SandboxCredential
from tests.support.stages import (
    DELETE_COLLECTION,
    DELETE_LOCK,
    LOCK_TYPE,
    PUT_LOCK,
    ROOT,
    TRIGGER,
    Stage,
    answered,
    built_in,
    entries_of,
    lock,
    names,
    open_stage,
    states,
    with_faults,
    with_resources,
)

if TYPE_CHECKING:
    from pathlib import Path

    from azremedy.domain.events import Event
    from azremedy.domain.plan import Plan
    from azremedy.sandbox.scenario import Match

NOW = datetime(2026, 11, 20, 8, tzinfo=UTC)


@dataclass(slots=True, kw_only=True)
class Notebook:
    """A record that notes how many writes had been sent at each entry; it may run full."""

    stage: Stage
    pages: int = 1000
    error: type[Exception] = RefusedError
    written: list[tuple[JournalEntry, int]] = field(default_factory=list)

    def write(self, entry: JournalEntry) -> None:
        """Keep an entry, if there is room."""
        if len(self.written) >= self.pages:
            raise self.error("no room is left")
        self.written.append((entry, len(self.stage.writes())))


def carry_out(stage: Stage, plan: Plan, notebook: Notebook) -> tuple[int, list[Event]]:
    """Run a plan into a notebook."""
    told: list[Event] = []
    with stage.azure.open_writer() as session:
        run = Executor(
            session=session, journal=notebook, listen=told.append, patience=Patience()
        ).run(plan)
    return run.exit_code, told


def plan_leased(stage: Stage) -> Plan:
    """Plan to clean up behind one lock that goes for good and one that is only leased."""
    options = api.CleanOptions(unlock=True, include_inherited=True)
    return api.plan_clean(stage.azure, names("web-1"), options)


def with_subscription_lock() -> str:
    """Name the lock that the plan leases."""
    return f"{ROOT}/providers/{LOCK_TYPE}/corporate"


@pytest.fixture
def stage(tmp_path: Path) -> Stage:
    """Give a world with a lock on the subscription besides that on the group."""
    base = with_resources(built_in("restore-point-limit"), lock(ROOT, "corporate"))
    return open_stage(tmp_path, base)


def test_each_write_lies_between_its_intent_and_its_outcome(stage: Stage) -> None:
    """When an intent is written its request is not sent yet; when it is accepted it is."""
    plan, notebook = plan_leased(stage), Notebook(stage=stage)

    code, _ = carry_out(stage, plan, notebook)

    sent = [
        (entry.number, entry.entry.value, count)
        for entry, count in notebook.written
        if entry.number is not None
    ]
    # The locks are looked at while Azure deletes.
    begun = [
        (number, kind, number - 1 if kind == "intent" else number)
        for number in (1, 2, 3)
        for kind in ("intent", "accepted")
    ]
    ended = [(number, "outcome", 3) for number in (1, 2, 3)]
    returned = [
        (number, kind, number - 1 if kind == "intent" else number)
        for number in range(4, len(plan.steps) + 1)
        for kind in ("intent", "accepted", "outcome")
    ]
    assert code == 0
    assert [*begun, *ended, *returned] == sent
    assert EntryKind.PLAN is notebook.written[0][0].entry
    assert EntryKind.END is notebook.written[-1][0].entry


def test_the_intent_holds_the_whole_lock(stage: Stage) -> None:
    """From the intent alone the lock could be put back as it was."""
    run = stage.apply(plan_leased(stage))

    entries = entries_of(run, stage.state)
    intents = [entry["step"] for entry in entries if entry["entry"] == "intent"]
    bodies = [step["lock"] for step in intents if step["kind"] == "DeleteLock"]
    assert {
        "id": with_subscription_lock(),
        "level": "CanNotDelete",
        "notes": "corporate: kept for the audit",
        "owners": ["11111111-2222-3333-4444-555555555555"],
    } in bodies


def test_entries_have_azures_time_and_the_run_ends(stage: Stage) -> None:
    """Times are the world's and never run back; the last entry has the exit code."""
    run = stage.apply(plan_leased(stage))

    entries = entries_of(run, stage.state)
    times = [datetime.fromisoformat(entry["at"]) for entry in entries]
    assert sorted(times) == times
    assert times[0] >= NOW
    assert (entries[-1]["entry"], entries[-1]["exitCode"]) == ("end", 0)
    assert {"azremedy.journal/1"} == {entry["schema"] for entry in entries}


def test_a_deletion_leaves_its_operation_token(stage: Stage) -> None:
    """Another process could go on polling the deletion of the collection."""
    run = stage.apply(plan_leased(stage))

    tokens = [
        entry["operationToken"]
        for entry in entries_of(run, stage.state)
        if entry["entry"] == "accepted"
    ]
    assert [bool(token) for token in tokens] == [False, False, True, False]


@pytest.mark.parametrize("match", [DELETE_LOCK, DELETE_COLLECTION], ids=["lock", "collection"])
def test_a_failed_write_has_its_intent_on_disk(tmp_path: Path, match: Match) -> None:
    """What Azure refused was announced before, and its refusal is written behind."""
    base = with_faults(
        built_in("restore-point-limit"),
        answered(match, 403, code="AuthorizationFailed"),
    )
    stage = open_stage(tmp_path, base)
    plan = api.plan_clean(stage.azure, names("web-1"), api.CleanOptions(unlock=True))

    run = stage.apply(plan)

    failed = next(result for result in run.steps if result.error is not None)
    entries = [e for e in entries_of(run, stage.state) if e["number"] == failed.number]
    assert [entry["entry"] for entry in entries] == ["intent", "outcome"]
    assert entries[1]["result"]["error"]["answer"]["code"] == "AuthorizationFailed"
    assert run.exit_code == 5


def test_files_belong_to_the_user_alone(stage: Stage) -> None:
    """Folder 0700, file 0600: operation tokens are like keys."""
    run = stage.apply(plan_leased(stage))

    folder = stage.state / "runs" / str(run.run_id)
    assert folder.stat().st_mode & 0o777 == 0o700
    assert (folder / "journal.jsonl").stat().st_mode & 0o777 == 0o600
    assert str(folder / "journal.jsonl") == run.journal


def test_no_credential_is_in_the_journal(stage: Stage) -> None:
    """The bearer token is nowhere in it."""
    run = stage.apply(plan_leased(stage))

    entries = entries_of(run, stage.state)
    tokens = [entry["operationToken"] for entry in entries if entry["operationToken"]]
    text = "".join([json.dumps(entries), *(base64.b64decode(token).decode() for token in tokens)])
    assert tokens
    assert "authorization" not in text.lower().replace("microsoft.authorization", "")
    assert SandboxCredential().get_token().token not in text


def test_where_no_journal_can_be_made_nothing_is_changed(stage: Stage) -> None:
    """A file stands where the state folder should be: the run is refused."""
    plan = plan_leased(stage)
    stage.state.write_text("not a folder")

    with pytest.raises(RefusedError) as caught:
        stage.apply(plan)

    assert caught.value.exit_code == 4
    assert stage.writes() == []


def test_a_journal_is_never_written_over(tmp_path: Path) -> None:
    """A run's name that is taken is refused."""
    Journal.create(tmp_path, "run-1").close()

    with pytest.raises(RefusedError):
        Journal.create(tmp_path, "run-1")


def test_a_disk_that_is_full_from_the_start_changes_nothing(stage: Stage) -> None:
    """When not even the plan can be written down, nothing is sent."""
    plan = plan_leased(stage)

    with pytest.raises(RefusedError):
        carry_out(stage, plan, Notebook(stage=stage, pages=0))

    assert stage.writes() == []


@pytest.mark.parametrize("pages", range(1, 14))
def test_a_disk_that_runs_full_stops_the_run_and_gives_leases_back(
    stage: Stage, pages: int
) -> None:
    """No change is made whose intent did not get to the disk, but a leased lock goes back."""
    plan, notebook = plan_leased(stage), Notebook(stage=stage, pages=pages)

    code, told = carry_out(stage, plan, notebook)

    intended = [entry.step for entry, _ in notebook.written if entry.entry is EntryKind.INTENT]
    announced = {str(step.target).lower() for step in intended if step is not None}
    unannounced = [
        write
        for write in stage.writes()
        if write.startswith("delete") and write.removeprefix("delete ") not in announced
    ]
    assert unannounced == []
    assert stage.has(with_subscription_lock())
    # The sixth entry is the intent of the last change.
    assert (code == 0) == (pages > 5)
    if 5 < pages < 13:
        assert any(isinstance(event, StepProgressed) for event in told)


def test_a_full_disk_does_not_stop_the_watching_of_a_backup(tmp_path: Path) -> None:
    """Following a job changes nothing, so it needs no intent: how the backup ended is told."""
    stage = open_stage(tmp_path, "healthy")
    plan = api.plan_backup(stage.azure, names("web-1"))

    code, _ = carry_out(stage, plan, Notebook(stage=stage, pages=2))

    assert code == 0
    assert stage.count_jobs() == 1


def test_the_second_of_two_targets_is_not_touched_on_a_full_disk(tmp_path: Path) -> None:
    """The disk is as full for the next target."""
    stage = open_stage(tmp_path, "fleet-small")
    plan = api.plan_backup(stage.azure, names("app-01", "app-02"))

    code, _ = carry_out(stage, plan, Notebook(stage=stage, pages=1))

    assert code == 4
    assert stage.writes() == []


def test_a_lock_that_cannot_go_back_is_told_on_a_full_disk(tmp_path: Path) -> None:
    """The exit code is not 0 while a leased lock is off, whatever the disk takes."""
    base = with_faults(
        with_resources(built_in("restore-point-limit"), lock(ROOT, "corporate")),
        answered(PUT_LOCK, 403, times=50, code="AuthorizationFailed"),
    )
    stage = open_stage(tmp_path, base)

    code, _ = carry_out(stage, plan_leased(stage), Notebook(stage=stage, pages=9))

    assert code == 5
    assert not stage.has(with_subscription_lock())


def test_a_throttled_backup_is_one_step_with_an_intent_for_each_request(tmp_path: Path) -> None:
    """Whoever takes the run up has to know when the request that Azure took was sent."""
    base = with_faults(built_in("healthy"), answered(TRIGGER, 429, headers={"Retry-After": "20"}))
    stage = open_stage(tmp_path, base)

    run = stage.apply(api.plan_backup(stage.azure, names("web-1")))

    kinds = [entry["entry"] for entry in entries_of(run, stage.state) if entry["number"] == 1]
    assert kinds == ["intent", "intent", "accepted", "outcome"]
    assert states(run) == ("done", "done")


def test_a_defect_of_the_journal_is_not_swallowed(stage: Stage) -> None:
    """What is no refusal breaks out, also of the return of the locks, and is tried but twice."""
    plan, notebook = plan_leased(stage), Notebook(stage=stage, pages=8, error=LookupError)

    with pytest.raises(LookupError):
        carry_out(stage, plan, notebook)

    assert sum(write.startswith("put") for write in stage.writes()) <= 1
