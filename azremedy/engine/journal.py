"""The run's record on disk: one folder a run, one JSON line an entry, synced before and after.

The folder and the file belong to the user alone: operation tokens are like keys. A lock's whole
body is in the intent that is written before the lock is taken off.
"""

from __future__ import annotations

import errno
import os
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from threading import Lock
from typing import TYPE_CHECKING, Literal

from azremedy.domain.plan import Plan
from azremedy.domain.run import StepResult, Trigger
from azremedy.domain.steps import Step
from azremedy.errors import RefusedError
from azremedy.wire import to_json

if TYPE_CHECKING:
    from pathlib import Path

JOURNAL = "journal.jsonl"
"""The journal's name in its run's folder."""
VERBATIM = frozenset({"lock", "operationToken"})
"""What is kept as it is, for its owner's eyes only: locks are put back from here, and polling
goes on with the token. From everything else secrets are taken out."""


class EntryKind(StrEnum):
    """What an entry says."""

    PLAN = "plan"
    """The plan that the run carries out."""
    INTENT = "intent"
    """The next request changes something."""
    ACCEPTED = "accepted"
    """Azure took the request."""
    OUTCOME = "outcome"
    """What became of the step."""
    RESUMED = "resumed"
    """Another process has taken the run up."""
    END = "end"
    """The run is over."""


@dataclass(frozen=True, slots=True, kw_only=True)
class JournalEntry:
    """One line of the journal."""

    entry: EntryKind
    """What it says."""
    at: datetime
    """Azure's time."""
    number: int | None = None
    """The step's number."""
    plan: Plan | None = None
    """With ``plan``."""
    step: Step | None = None
    """With ``intent``: the step whole, a lock's body included."""
    trigger: Trigger | None = None
    """With ``intent``, ``accepted`` and ``outcome`` of a backup: how to recognise its job."""
    operation_token: str | None = None
    """With ``accepted``: what the SDK needs to go on polling without a second request."""
    result: StepResult | None = None
    """With ``outcome``."""
    exit_code: int | None = None
    """With ``end``."""
    schema: Literal["azremedy.journal/1"] = "azremedy.journal/1"


class Journal:
    """An append-only file of entries.

    Make one with :meth:`create`. Every :meth:`write` returns only when the line is on disk. Threads
    may share it.
    """

    def __init__(self, path: Path, descriptor: int) -> None:
        self.path = path
        self._descriptor = descriptor
        self._torn = False
        self._guard = Lock()

    @property
    def place(self) -> str:
        """Its path."""
        return str(self.path)

    @classmethod
    def create(cls, root: Path, run_id: str) -> Journal:
        """Make the run's folder and file, readable by the user alone.

        Raises:
            RefusedError: when they cannot be made: nothing is changed without a journal.
        """
        folder = root / run_id
        try:
            fresh = [each for each in (folder, *folder.parents) if not each.exists()]
            folder.mkdir(parents=True, mode=0o700)
            path = folder / JOURNAL
            descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_APPEND, 0o600)
            for each in (folder, *(made.parent for made in fresh)):
                _sync_folder(each)
        except OSError as error:
            raise _unwritable(folder, error) from error
        return cls(path, descriptor)

    @classmethod
    def reopen(cls, folder: Path) -> Journal:
        """Open the journal of a run that is taken up again.

        Raises:
            RefusedError: when it cannot be written.
        """
        path = folder / JOURNAL
        try:
            descriptor = os.open(path, os.O_WRONLY | os.O_APPEND)
        except OSError as error:
            raise _unwritable(path, error) from error
        journal = cls(path, descriptor)
        # A crash may have cut its last line off.
        journal._torn = True
        return journal

    def write(self, entry: JournalEntry) -> None:
        """Append one entry and wait until the disk has it.

        Raises:
            RefusedError: when it cannot be written, as with a full disk.
        """
        text = to_json(entry, indent=None, spare=VERBATIM)
        with self._guard:
            self._append(text)

    def _append(self, text: str) -> None:
        # What a full disk cut off must not run into the next entry.
        line = ("\n" * self._torn + text + "\n").encode()
        self._torn = True
        try:
            written = os.write(self._descriptor, line)
            os.fsync(self._descriptor)
        except OSError as error:
            raise _unwritable(self.path, error) from error
        if written != len(line):
            raise _unwritable(self.path, OSError(errno.ENOSPC, os.strerror(errno.ENOSPC)))
        self._torn = False

    def close(self) -> None:
        """Close the file."""
        os.close(self._descriptor)


def _sync_folder(folder: Path) -> None:
    # The file's name is durable only when its folder is; Windows cannot open folders.
    if os.name == "nt":
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _unwritable(path: Path, error: OSError) -> RefusedError:
    return RefusedError(
        f"The journal at {path} cannot be written: {error.strerror or error}",
        advice="Nothing is changed without a journal. Free the disk or set AZREMEDY_STATE_DIR.",
    )
