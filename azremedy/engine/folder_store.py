"""Keep runs in a folder of this machine: the way when nothing else is asked for."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from azremedy.engine.journal import JOURNAL, Journal
from azremedy.engine.run_lock import hold, list_living
from azremedy.engine.store import KeptJournal, ListedRun

if TYPE_CHECKING:
    from collections.abc import Iterable
    from contextlib import AbstractContextManager
    from pathlib import Path

    from azremedy.engine.store import OpenJournal, Watch
    from azremedy.ids import ResourceId


class FolderStore:
    """Keeps runs in a folder, which is made when the first one begins.

    Args:
        root: the folder.
    """

    def __init__(self, root: Path) -> None:
        self.root = root
        self._runs = root / "runs"

    def create(self, run_id: str) -> OpenJournal:
        """Make the run's folder and file, readable by the user alone.

        Raises:
            RefusedError: they cannot be made.
        """
        return Journal.create(self._runs, run_id)

    def reopen(self, run_id: str) -> OpenJournal:
        """Open a journal once more.

        Raises:
            RefusedError: it cannot be written.
        """
        return Journal.reopen(self._runs / run_id)

    def list_runs(self) -> tuple[ListedRun, ...]:
        """List the folders, by name."""
        if not self._runs.is_dir():
            return ()
        names = sorted(path.name for path in self._runs.iterdir())
        return tuple(ListedRun(run_id=name) for name in names)

    def fetch(self, run_ids: Iterable[str]) -> tuple[KeptJournal, ...]:
        """Read journals; what this user may not read is told with its trouble."""
        found = (fetch_journal(self._runs / run_id) for run_id in run_ids)
        return tuple(each for each in found if each is not None)

    def hold(self, targets: Iterable[ResourceId], *, run_id: str) -> AbstractContextManager[Watch]:
        """Hold targets by files; see :func:`azremedy.engine.run_lock.hold`."""
        return hold(targets, root=self.root, run_id=run_id)

    def list_living(self) -> frozenset[str]:
        """List the runs of processes that live."""
        return list_living(self.root)

    def close(self) -> None:
        """Do nothing: files are closed by whoever opened them."""


def fetch_journal(folder: Path) -> KeptJournal | None:
    """Read the journal in a run's folder; ``None`` when there is none."""
    path = folder / JOURNAL
    content, trouble = b"", ""
    try:
        content = path.read_bytes()
    except (FileNotFoundError, NotADirectoryError):
        return None
    except OSError as error:
        trouble = f"The journal {path} cannot be read: {error}"
    return KeptJournal(
        run_id=folder.name,
        place=str(path),
        content=content,
        written_at=_find_time(folder),
        trouble=trouble,
    )


def _find_time(folder: Path) -> datetime:
    """Give the time of the journal; of its folder, where others may not look into that."""
    for path in (folder / JOURNAL, folder):
        try:
            return datetime.fromtimestamp(path.stat().st_mtime, UTC)
        except OSError:
            continue
    return datetime.max.replace(tzinfo=UTC)
