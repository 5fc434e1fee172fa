"""Hold what a test run's sandboxes answered against Microsoft's API documents."""

from __future__ import annotations

import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

RECORD = "AZREMEDY_SANDBOX_RECORD"
"""Names the file that every sandbox of a run appends its exchanges to."""
_SHOWN = 4000


@dataclass(frozen=True, slots=True)
class Judgement:
    """What the documents say of a run's exchanges."""

    passed: bool
    """No exchange departs from the documents, or there was nothing to judge with."""
    text: str
    """The figures, or why there are none."""


def judge_all(folder: Path, shared: Path | None) -> Judgement:
    """Judge a run's records with the checker that lies beside the documents, all at once."""
    records = sorted(folder.glob("*.jsonl"))
    if not records:
        return Judgement(passed=True, text="not judged: nothing was exchanged")
    if shared is None:
        return Judgement(passed=True, text="not judged: the documents are not beside the checkout")
    with ThreadPoolExecutor() as pool:
        found = list(pool.map(lambda record: _judge(record, shared), records))
    return Judgement(
        passed=all(each.passed for each in found), text="\n".join(each.text for each in found)
    )


def _judge(record: Path, shared: Path) -> Judgement:
    checker = shared / "contract" / "check.py"
    done = subprocess.run(
        [sys.executable, str(checker), str(record)], capture_output=True, text=True, check=False
    )
    lines = done.stdout.strip().splitlines()
    passed = done.returncode == 0 and bool(lines) and " 0 violations" in f" {lines[-1]}"
    return Judgement(
        passed=passed, text=lines[-1] if passed else (done.stdout + done.stderr)[-_SHOWN:]
    )
