"""A container that fails, or that another machine writes to, loses no lock and mixes no journal."""

from __future__ import annotations

import base64
import os
import subprocess
import sys
from contextlib import closing
from datetime import UTC, datetime, timedelta
from threading import Event
from time import monotonic
from typing import TYPE_CHECKING

import pytest

from azremedy import api
from azremedy.api.runs import list_all_runs
from azremedy.domain.events import StepStarted
from azremedy.engine.blob_store import BlobStore
from azremedy.engine.history import find_past
from azremedy.engine.journal import EntryKind, JournalEntry
from azremedy.engine.leases import Lease, Leases, Moment
from azremedy.errors import AzremedyError, HeldError, RefusedError
from azremedy.gateways.blob_places import CONNECTION, open_blobs
from azremedy.ids import ResourceId
from tests.support.stages import LOCK_TYPE, ROOT, names, open_stage, states
from tests.support.storages import Line, end_leases, open_failing

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from azremedy.domain.events import Event as RunEvent
    from azremedy.engine.store import Store
    from azremedy.gateways.blobs import BlobsGateway
    from tests.support.azurite import Azurite

VM = ResourceId.parse(f"{ROOT}/resourceGroups/rg/providers/Microsoft.Compute/virtualMachines/web-1")
RUN = "20261120T080000Z-0000000a"
LATER = "20261121T080000Z-0000000b"
NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)
LENT = api.CleanOptions(unlock=True, relock=True)
AT_ONCE = timedelta()
SHORT = timedelta(seconds=15)
"""The shortest lease that Azure gives."""


@pytest.fixture
def url(azurite: Azurite) -> str:
    """Make a container."""
    return azurite.make_container()


@pytest.fixture
def line() -> Line:
    """Give a line that works until a test says otherwise."""
    return Line()


@pytest.fixture
def store(azurite: Azurite, url: str, line: Line) -> Iterator[Store]:
    """Keep runs over that line."""
    with closing(BlobStore(open_failing(azurite, url, line, tries=2), quiet=AT_ONCE)) as made:
        yield made


def end(hour: int) -> JournalEntry:
    """Make a short entry."""
    return JournalEntry(entry=EntryKind.END, at=NOON.replace(hour=hour), exit_code=0)


def read_hours(store: Store) -> list[int]:
    """Read from a journal which entries it has."""
    (kept,) = store.fetch((RUN,))
    return [int(each.partition(b"T")[2][:2]) for each in kept.content.splitlines()]


def test_two_writers_cannot_mix_their_entries(store: Store) -> None:
    """Who finds another's entry where its own would be writes nothing more."""
    first, second = store.create(RUN), store.reopen(RUN)
    first.write(end(1))

    with pytest.raises(RefusedError, match="somebody else"):
        second.write(end(2))
    first.write(end(3))
    with pytest.raises(RefusedError, match="somebody else"):
        second.write(end(4))

    assert [1, 3] == read_hours(store)


def test_an_entry_whose_answer_was_lost_is_there_once(store: Store, line: Line) -> None:
    """The SDK sends it again, and it stands there already."""
    journal = store.create(RUN)
    line.deaf = 1
    journal.write(end(1))
    journal.write(end(2))

    assert [1, 2] == read_hours(store)


def test_an_entry_that_arrived_unseen_spoils_no_later_one(store: Store, line: Line) -> None:
    """Nobody knew whether it was there, so nothing was changed; the next goes behind it."""
    journal = store.create(RUN)
    journal.write(end(1))
    line.deaf = 2
    with pytest.raises(RefusedError):
        journal.write(end(2))
    line.down = True
    with pytest.raises(RefusedError, match="cannot be reached"):
        journal.write(end(3))
    line.down = False
    journal.write(end(4))
    journal.write(end(5))

    assert [1, 4, 5] == [hour for hour in read_hours(store) if hour != 2]


def test_after_a_failure_nothing_waits_for_the_container(
    azurite: Azurite, url: str, line: Line
) -> None:
    """Locks go back without asking it for each of them."""
    with closing(BlobStore(open_failing(azurite, url, line))) as store:
        journal = store.create(RUN)
        line.down = True
        with pytest.raises(RefusedError):
            journal.write(end(1))
        line.down, before = False, len(line.sent)
        with pytest.raises(RefusedError):
            journal.write(end(2))

    assert before == len(line.sent)


def test_losing_the_container_stops_the_run_and_its_locks_go_back(
    azurite: Azurite, url: str, store: Store, line: Line, tmp_path: Path
) -> None:
    """Before the next change; when the container is there again the run is taken up."""
    stage = open_stage(tmp_path, "restore-point-limit")
    plan = api.plan_clean(stage.azure, names("web-1"), LENT)

    def cut(event: RunEvent) -> None:
        if isinstance(event, StepStarted) and event.planned.number == 2:
            line.down = True

    run = api.apply(stage.azure, plan, listen=cut, state_folder=store)
    locks = len(stage.documents(LOCK_TYPE))
    line.down = False
    past = find_past(store, str(run.run_id))
    # Nor could the targets be set free: a minute later they are.
    ended = end_leases(azurite, url)
    resumed = api.resume(stage.azure, str(run.run_id), state_folder=store)

    assert 2 == ended
    assert (3, ("done", "failed", "done")) == (run.exit_code, states(run))
    assert run.steps[1].error is not None
    assert "refused" == run.steps[1].error.msgid
    assert 1 == locks
    assert (None, True) == (past.exit_code, past.open)
    assert {"done"} == set(states(resumed))
    assert 1 == len(stage.documents(LOCK_TYPE))


def test_run_that_lost_its_lease_only_gives_locks_back(
    azurite: Azurite, url: str, line: Line, tmp_path: Path
) -> None:
    """Another machine may have taken its targets over while it was away."""
    stage = open_stage(tmp_path, "restore-point-limit")
    plan = api.plan_clean(stage.azure, names("web-1"), LENT)

    def lose(event: RunEvent) -> None:
        if isinstance(event, StepStarted) and event.planned.number == 2:
            end_leases(azurite, url, deleting=True)
            assert line.lost.wait(SHORT.total_seconds())

    with closing(BlobStore(open_failing(azurite, url, line), lasting=SHORT)) as store:
        run = api.apply(stage.azure, plan, listen=lose, state_folder=store)

    assert (3, ("done", "failed", "done")) == (run.exit_code, states(run))
    assert run.steps[1].error is not None
    assert "held" == run.steps[1].error.msgid
    assert 1 == len(stage.documents(LOCK_TYPE))
    assert not any("restorepointcollections" in each for each in stage.writes())


def test_a_holder_that_was_away_asks_before_its_next_change(
    azurite: Azurite, url: str, line: Line
) -> None:
    """As long as nobody took its target it goes on; without an answer it does not."""
    with closing(open_failing(azurite, url, line)) as blobs:
        leases = Leases(blobs=blobs)
        assert leases.take("locks/a", b"{}", run_id=RUN)

        grow_old(leases)
        leases.check()
        asked = len(line.sent)
        leases.check()
        assert asked == len(line.sent)

        grow_old(leases)
        line.down = True
        with pytest.raises(HeldError, match="cannot be asked"):
            leases.check()
        line.down = False
        leases.check()

        grow_old(leases)
        end_leases(azurite, url, deleting=True)
        with pytest.raises(HeldError, match="away for so long"):
            leases.check()
        leases.free()


def grow_old(leases: Leases) -> None:
    """Let its holder have been away for a long time."""
    long_ago = Moment(monotonic() - 50, 0.0)
    for name, lease in leases.held.items():
        leases.held[name] = Lease(lease.lease_id, long_ago)


_HOLD = """
import os, sys
from datetime import timedelta
from azremedy.engine.blob_store import BlobStore
from azremedy.gateways.blob_places import open_blobs
from azremedy.ids import ResourceId

store = BlobStore(open_blobs(sys.argv[1], env=os.environ), lasting=timedelta(seconds=15))
with store.hold([ResourceId.parse(sys.argv[2])], run_id="20261120T080000Z-0000000a"):
    print("held", flush=True)
    sys.stdin.read()
"""


def test_a_dead_holder_is_recognised_when_its_time_is_over(
    azurite: Azurite, url: str, store: Store
) -> None:
    """It is killed as the system does; until then the refusal says how long that may take."""
    env = {**os.environ, CONNECTION: azurite.connection()}
    command = [sys.executable, "-c", _HOLD, url, str(VM)]
    pipe = subprocess.PIPE
    with subprocess.Popen(command, env=env, stdin=pipe, stdout=pipe, text=True) as holder:
        assert holder.stdout is not None
        assert "held\n" == holder.stdout.readline()
        died = monotonic()
        holder.kill()

    assert {RUN} == store.list_living()
    refusals = list(try_until_free(store))

    assert refusals
    assert "its hold ends within" in refusals[0].advice
    assert 15 <= monotonic() - died + SPARE_S < 30
    assert frozenset() == store.list_living()


SPARE_S = 6.0
"""How long before its holder's death a lease may have been renewed, and more."""


def try_until_free(store: Store) -> Iterator[HeldError]:
    """Try to hold the target again and again; give each refusal."""
    while True:
        try:
            with store.hold([VM], run_id=LATER):
                return
        except HeldError as error:
            yield error
            Event().wait(0.5)


@pytest.mark.parametrize(
    ("trouble", "expected"),
    [
        ("another key", (5, "Storage Blob Data Contributor")),
        ("no container", (2, "Make it first")),
        ("no answer", (5, "firewall")),
    ],
)
def test_a_container_that_cannot_be_used_stops_a_run_before_its_first_change(
    azurite: Azurite, url: str, tmp_path: Path, *, trouble: str, expected: tuple[int, str]
) -> None:
    """One message that says what to do; no key in it."""
    stage = open_stage(tmp_path, "restore-point-limit")
    plan = api.plan_clean(stage.azure, names("web-1"), LENT)

    with closing(BlobStore(open_useless(azurite, url, trouble))) as store:
        with pytest.raises(AzremedyError) as refused:
            api.apply(stage.azure, plan, state_folder=store)
        with pytest.raises(AzremedyError) as unread:
            list_all_runs(store)

    assert [expected[0]] * 2 == [refused.value.exit_code, unread.value.exit_code]
    assert expected[1] in refused.value.advice
    assert azurite.key not in f"{refused.value.summary}{refused.value.advice}"
    assert [] == stage.writes()


def open_useless(azurite: Azurite, url: str, trouble: str) -> BlobsGateway:
    """Connect to what cannot be used."""
    if trouble == "no answer":
        return open_failing(azurite, url, Line(down=True))
    if trouble == "no container":
        return open_blobs(f"{url}-absent", env={CONNECTION: azurite.connection()})
    other = base64.b64encode(b"canary" * 10).decode()
    return open_blobs(url, env={CONNECTION: azurite.connection(other)})
