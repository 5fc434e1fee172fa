"""Hold every exchange of this test run against Microsoft's API documents."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path


def test_all_exchanges_fit_microsofts_documents(shared: Path) -> None:
    """No answer that a sandbox gave in this run departs from the documents."""
    exchanges = Path(os.environ["AZREMEDY_SANDBOX_RECORD"])
    checker = shared / "contract" / "check.py"

    done = subprocess.run(
        [sys.executable, str(checker), str(exchanges)],
        capture_output=True,
        text=True,
        check=False,
    )

    assert " 0 violations" in f" {done.stdout.strip().splitlines()[-1]}", done.stdout[-4000:]
