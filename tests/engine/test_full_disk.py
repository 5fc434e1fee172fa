"""A disk that is full, as the system itself tells it."""

from __future__ import annotations

import json
import os
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from azremedy.engine.journal import EntryKind, Journal, JournalEntry
from azremedy.errors import RefusedError

if TYPE_CHECKING:
    from collections.abc import Iterator

resource: Any = pytest.importorskip("resource", reason="only Unix limits the size of files")
END = JournalEntry(entry=EntryKind.END, at=datetime(2026, 11, 20, 8, tzinfo=UTC), exit_code=0)


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="only Linux has a full device")
def test_a_full_device_is_a_refusal(tmp_path: Path) -> None:
    """What the system says is passed on, with what to do."""
    journal = Journal(tmp_path, os.open("/dev/full", os.O_WRONLY))

    with pytest.raises(RefusedError, match="No space left"):
        journal.write(END)

    journal.close()


@pytest.fixture
def tight_limit() -> Iterator[int]:
    """Let files of this process grow to some bytes only."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (250, before[1]))
    yield 250
    resource.setrlimit(resource.RLIMIT_FSIZE, before)


def test_an_entry_that_was_cut_off_spoils_no_other(tmp_path: Path, tight_limit: int) -> None:
    """After a torn line the next entry begins on a line of its own."""
    journal = Journal.create(tmp_path, "run-1")
    journal.write(END)
    with pytest.raises(RefusedError):
        journal.write(END)
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (hard, hard))

    journal.write(END)

    journal.close()
    resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    lines = journal.path.read_text().splitlines()
    assert [tight_limit, soft] == [250, 250]
    assert len(lines) == 3
    assert json.loads(lines[0]) == json.loads(lines[2])
