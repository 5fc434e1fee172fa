"""What keeps runs keeps its promises, be it a folder or a container that machines share."""

from __future__ import annotations

from contextlib import closing
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from azremedy import api
from azremedy.api.connect import connect_app
from azremedy.api.recent import open_diary
from azremedy.api.reporting import report_run
from azremedy.api.runs import list_runs, plan_undo
from azremedy.api.stores import make_store
from azremedy.domain.events import StepEnded
from azremedy.engine.history import list_journals, parse_past
from azremedy.engine.journal import EntryKind, JournalEntry
from azremedy.engine.store import KeptJournal, ListedRun
from azremedy.errors import HeldError, RefusedError, StalePlanError
from azremedy.gateways.blob_places import CONNECTION
from azremedy.ids import ResourceId
from tests.support.stages import (
    LOCK_TYPE,
    ROOT,
    SUBSCRIPTION,
    TRIGGER,
    answered,
    built_in,
    names,
    open_stage,
    states,
    with_faults,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from azremedy.domain.events import Event
    from azremedy.engine.store import Store

VM = ResourceId.parse(f"{ROOT}/resourceGroups/rg/providers/Microsoft.Compute/virtualMachines/web-1")
OTHER = ResourceId.parse(f"{VM}0")
RUN = "20261120T080000Z-0000000a"
LATER = "20261121T080000Z-0000000b"
NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)
WEB = names("web-1")
LENT = api.CleanOptions(unlock=True, relock=True)


@pytest.fixture(params=["folder", "container"])
def store(
    request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Store]:
    """Give an empty place for runs."""
    place = str(tmp_path / "kept")
    if request.param == "container":
        account = request.getfixturevalue("azurite")
        monkeypatch.setenv(CONNECTION, account.connection())
        place = f"{account.make_container()}/team/a"
    with closing(make_store(place)) as made:
        yield made


def end(at: datetime = NOON) -> JournalEntry:
    """Make a short entry."""
    return JournalEntry(entry=EntryKind.END, at=at, exit_code=0)


def read(store: Store, run_id: str = RUN) -> list[bytes]:
    """Read a journal's lines."""
    (kept,) = store.fetch((run_id,))
    return kept.content.splitlines()


def test_what_was_written_is_read_back(store: Store) -> None:
    """Whole entries, in their order, also after the journal was opened once more."""
    with closing(store.create(RUN)) as journal:
        journal.write(end())
        journal.write(end(NOON + timedelta(hours=1)))
    with closing(store.reopen(RUN)) as again:
        again.write(end(NOON + timedelta(hours=2)))

    lines = [line for line in read(store) if line]
    assert [12, 13, 14] == [int(line.partition(b"T")[2][:2]) for line in lines]
    assert again.place == store.fetch((RUN,))[0].place


def test_runs_are_listed_by_name_and_read_in_the_order_asked_for(store: Store) -> None:
    """What is not there is left out."""
    for run_id in (LATER, RUN):
        store.create(run_id).close()

    assert (RUN, LATER) == tuple(each.run_id for each in store.list_runs())
    assert [LATER, RUN] == [each.run_id for each in store.fetch((LATER, "absent", RUN))]
    assert () == store.fetch(("absent",))


def test_an_empty_place_holds_nothing(store: Store) -> None:
    """Nothing has to be made before the first run."""
    assert () == store.list_runs()
    assert frozenset() == store.list_living()


def test_a_journal_is_made_once(store: Store) -> None:
    """Two runs never share one; of one that is not there nothing can be taken up."""
    store.create(RUN).close()

    with pytest.raises(RefusedError, match="cannot be written"):
        store.create(RUN)
    with pytest.raises(RefusedError, match="cannot be written"):
        store.reopen(LATER)


def test_one_run_holds_a_target(store: Store) -> None:
    """Whatever its spelling; nothing is left held when one of several is not free."""
    loud = ResourceId.parse(str(VM).upper().replace("/SUBSCRIPTIONS", "/subscriptions"))
    with store.hold([loud], run_id=RUN) as watch:
        watch.check()
        with pytest.raises(HeldError, match=RUN), store.hold([OTHER, VM], run_id=LATER):
            pytest.fail("two runs hold one target")
        with store.hold([OTHER], run_id=LATER):
            assert {RUN, LATER} == store.list_living()

    assert frozenset() == store.list_living()
    with store.hold([VM], run_id=LATER):
        assert {LATER} == store.list_living()


def test_journals_that_were_written_before_are_left_unread(store: Store) -> None:
    """By what its lines say, and by what keeps it: the later of both counts."""
    with closing(store.create(RUN)) as journal:
        journal.write(end(datetime.now(UTC) + timedelta(days=400)))
    with closing(store.create(LATER)) as journal:
        journal.write(end(NOON))
    kept = datetime.now(UTC)

    def list_since(moment: datetime) -> set[str]:
        return {each.run_id or "" for each in list_journals(store, since=moment)}

    assert {RUN, LATER} == list_since(kept)
    assert set() == list_since(kept + timedelta(days=500))
    if (store.list_runs()[0]).written_at is None:
        assert {RUN} == list_since(kept + timedelta(days=300))


@dataclass(frozen=True, slots=True)
class Dated:
    """A place that tells without reading when each journal was written."""

    written: dict[str, datetime]
    """By the runs' names."""
    read: list[str] = field(default_factory=list)
    """The runs that were read."""

    def list_runs(self) -> tuple[ListedRun, ...]:
        """List them."""
        return tuple(ListedRun(run_id=name, written_at=at) for name, at in self.written.items())

    def fetch(self, run_ids: Iterable[str]) -> tuple[KeptJournal, ...]:
        """Note that they were to be read; give none."""
        self.read.extend(run_ids)
        return ()


def test_where_a_list_tells_when_journals_were_written_old_ones_are_not_asked_for() -> None:
    """One request lists thousands; a run that began later, or was taken up later, is read."""
    before, later = NOON - timedelta(days=2), NOON + timedelta(minutes=1)
    place = Dated({"20261101T080000Z-a": before, "20261102T080000Z-b": later, LATER: before})

    assert () == list_journals(place, since=NOON)
    assert [LATER, "20261102T080000Z-b"] == place.read


def test_in_rehearsals_only_the_times_in_lines_count() -> None:
    """A world may be in another year than what keeps its journals."""
    before, world = NOON - timedelta(days=2), NOON + timedelta(days=99)
    place = Dated({RUN: before, LATER: before})

    assert () == list_journals(place, since=world, rehearsals=True)
    assert [LATER, RUN] == place.read


def test_the_loop_guard_reads_the_journals_of_the_last_days_only(
    store: Store, tmp_path: Path
) -> None:
    """Older ones are known by their names and last lines."""
    stage = open_stage(tmp_path, "restore-point-limit")
    plan, now = api.plan_backup(stage.azure, names("web-1")), stage.azure.clock.now()
    young = f"{now:%Y%m%dT%H%M%SZ}-0000000d"
    for run_id in ("20200101T080000Z-0000000c", young):
        with closing(store.create(run_id)) as journal:
            at = now.replace(year=int(run_id[:4]))
            journal.write(JournalEntry(entry=EntryKind.PLAN, at=at, plan=plan))
    with closing(connect_app(stage.app, SUBSCRIPTION, state_folder=store)) as azure:
        diary = open_diary(azure)

    assert [young] == [kept.run_id for kept, _ in diary.texts]
    assert diary.origin is not None


def test_a_run_is_carried_out_reported_and_undone_from_there(store: Store, tmp_path: Path) -> None:
    """A second connection, as of another machine, sees all of it, and the locks go back."""
    stage = open_stage(tmp_path, "restore-point-limit")
    plan = api.plan_clean(stage.azure, names("web-1"), api.CleanOptions(unlock=True))
    run = api.apply(stage.azure, plan, state_folder=store)
    elsewhere = connect_app(stage.app, SUBSCRIPTION, state_folder=store)
    try:
        (listed,) = list_runs(store)
        material = report_run(store, str(run.run_id))
        undo = plan_undo(elsewhere, str(run.run_id))
        with pytest.raises(StalePlanError, match=str(run.run_id)):
            api.apply(elsewhere, plan)
        undone = api.apply(elsewhere, undo)
        again = list_runs(store)
    finally:
        elsewhere.close()

    assert (0, "done", run.run_id) == (run.exit_code, listed.state, listed.past.run_id)
    assert run.journal == listed.past.journal == material.journal
    assert 2 <= len(material.spans)
    assert 0 == undone.exit_code
    assert undone.run_id == {each.past.run_id: each.undone_by for each in again}[run.run_id]
    assert 1 == len(stage.documents(LOCK_TYPE))


def test_a_run_that_overtook_a_plan_is_seen_in_any_year(store: Store, tmp_path: Path) -> None:
    """It began hours before the plan, and went on after it; the world is a year ahead."""
    lost = answered(TRIGGER, 403, code="AuthorizationFailed", message="Not yet.")
    stage = open_stage(tmp_path, with_faults(built_in("healthy"), lost))
    stage.world.clock.advance(timedelta(days=400).total_seconds())
    first = api.apply(stage.azure, api.plan_backup(stage.azure, WEB), state_folder=store)
    stage.world.clock.advance(timedelta(hours=3).total_seconds())
    plan = api.plan_backup(stage.azure, WEB)
    api.resume(stage.azure, str(first.run_id), state_folder=store)

    with pytest.raises(StalePlanError, match=str(first.run_id)):
        api.apply(stage.azure, plan, state_folder=store)


def test_a_second_run_on_the_same_vm_is_refused(store: Store, tmp_path: Path) -> None:
    """While the first one works on it: exit code 8, and nothing is written."""
    stage = open_stage(tmp_path, "restore-point-limit")
    plan = api.plan_clean(stage.azure, names("web-1"), LENT)
    refused = []

    def intrude(event: Event) -> None:
        if isinstance(event, StepEnded) and event.planned.number == 1:
            with pytest.raises(HeldError) as held:
                api.apply(stage.azure, plan, state_folder=store)
            refused.append(held.value.exit_code)

    run = api.apply(stage.azure, plan, listen=intrude, state_folder=store)

    assert [8] == refused
    assert {"done"} == set(states(run))
    assert 1 == len(store.list_runs())
    assert run.plan == parse_past(store.fetch((str(run.run_id),))[0]).plan
