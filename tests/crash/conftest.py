"""Tell how much the matrices have tried, and keep their exchanges off the run's record."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from _pytest.terminal import TerminalReporter

TRIED = ("crash points", "second deaths", "faults", "kills")
"""Properties by which tests tell what they have tried."""


@pytest.fixture(autouse=True)
def _off_the_record(monkeypatch: pytest.MonkeyPatch) -> None:
    """Write nothing down: each exchange would come hundreds of times, and others have it once."""
    monkeypatch.delenv("AZREMEDY_SANDBOX_RECORD", raising=False)


def pytest_terminal_summary(terminalreporter: TerminalReporter) -> None:
    """Say in one line how much was tried."""
    reports = [each for kind in ("passed", "failed") for each in terminalreporter.getreports(kind)]
    tried: Counter[str] = Counter()
    for report in reports:
        tried.update({name: number for name, number in report.user_properties if name in TRIED})
    if tried:
        told = ", ".join(f"{tried[name]} {name}" for name in TRIED if name in tried)
        terminalreporter.write_line(f"tried: {told}")
