"""A run that ends while it is looked at is not taken for one that was cut off."""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, cast

import pytest

from azremedy import api
from azremedy.api.runs import list_all_runs, plan_undo, read_run
from azremedy.engine.folder_store import FolderStore
from azremedy.errors import RefusedError
from tests.support.stages import Stage, names, open_stage

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from azremedy.domain.run import Run
    from azremedy.engine.store import KeptJournal, ListedRun, Store


@dataclass(frozen=True, slots=True)
class EndsMeanwhile:
    """A place with a run that writes its last lines right after its journal was read."""

    place: FolderStore
    holding: ExitStack
    """Ends when the run does."""

    def list_runs(self) -> tuple[ListedRun, ...]:
        """List it."""
        return self.place.list_runs()

    def fetch(self, run_ids: Iterable[str]) -> tuple[KeptJournal, ...]:
        """Read all but its last lines: that a lock is back, and its end."""
        with self.holding:
            kept = self.place.fetch(run_ids)
        return tuple(
            replace(each, content=b"".join(each.content.splitlines(keepends=True)[:-2]))
            for each in kept
        )

    def list_living(self) -> frozenset[str]:
        """List it as long as it lives."""
        return self.place.list_living()


@pytest.fixture
def stage(tmp_path: Path) -> Stage:
    """Give a world with a lock on the group."""
    return open_stage(tmp_path, "restore-point-limit")


@pytest.fixture
def run(stage: Stage) -> Run:
    """Give a run that put a lock back at its end."""
    options = api.CleanOptions(unlock=True, relock=True)
    return stage.apply(api.plan_clean(stage.azure, names("web-1"), options))


@pytest.fixture
def store(stage: Stage, run: Run) -> Iterator[Store]:
    """Give the place while the run still holds its VM."""
    place, holding = FolderStore(stage.state), ExitStack()
    with holding:
        holding.enter_context(place.hold([run.plan.targets[0].target], run_id=str(run.run_id)))
        yield cast("Store", EndsMeanwhile(place, holding))


def test_it_is_listed_as_running(store: Store) -> None:
    """It lived when its journal was read, whatever it did right after."""
    assert ["running"] == [each.state for each in list_all_runs(store)]


def test_it_is_shown_as_running(store: Store, run: Run) -> None:
    """By its name as in the list."""
    assert "running" == read_run(store, str(run.run_id)).state


def test_its_undoing_waits_for_its_end(stage: Stage, store: Store, run: Run) -> None:
    """Nobody is sent to take it up again."""
    with pytest.raises(RefusedError, match="still runs"):
        plan_undo(stage.azure, str(run.run_id), state_folder=store)
