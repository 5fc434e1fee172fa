"""A disk that is full, as the system itself tells it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest

from azremedy.engine.journal import EntryKind, Journal, JournalEntry
from azremedy.errors import RefusedError

END = JournalEntry(entry=EntryKind.END, at=datetime(2026, 11, 20, 8, tzinfo=UTC), exit_code=0)


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="only Linux has a full device")
def test_a_full_device_is_a_refusal(tmp_path: Path) -> None:
    """What the system says is passed on, with what to do."""
    journal = Journal(tmp_path, os.open("/dev/full", os.O_WRONLY))

    with pytest.raises(RefusedError, match="No space left"):
        journal.write(END)

    journal.close()


_TORN = """
import resource, sys
from datetime import UTC, datetime
from pathlib import Path
from azremedy.engine.journal import EntryKind, Journal, JournalEntry
from azremedy.errors import RefusedError

end = JournalEntry(entry=EntryKind.END, at=datetime(2026, 11, 20, 8, tzinfo=UTC), exit_code=0)
soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
resource.setrlimit(resource.RLIMIT_FSIZE, (250, hard))
journal = Journal.create(Path(sys.argv[1]), "run-1")
journal.write(end)
try:
    journal.write(end)
except RefusedError:
    print("refused")
resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
journal.write(end)
journal.close()
"""


@pytest.mark.skipif(sys.platform == "win32", reason="only Unix limits the size of files")
def test_an_entry_that_was_cut_off_spoils_no_other(tmp_path: Path) -> None:
    """After a torn line the next entry begins on a line of its own."""
    # In a process of its own: the limit would hold for the test run's output too.
    done = subprocess.run(
        [sys.executable, "-c", _TORN, str(tmp_path)], capture_output=True, text=True, check=True
    )

    lines = (tmp_path / "run-1" / "journal.jsonl").read_text().splitlines()
    assert "refused\n" == done.stdout
    assert len(lines) == 3
    assert json.loads(lines[0]) == json.loads(lines[2])
