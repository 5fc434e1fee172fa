"""Let signals end a run in good order: after its current step, or at once when asked twice."""

from __future__ import annotations

import signal
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

from azremedy.cli.console import errors

if TYPE_CHECKING:
    from collections.abc import Iterator

    from azremedy.engine.stop import Stop

SIGNALS = ("SIGINT", "SIGTERM", "SIGHUP", "SIGBREAK")
"""Ctrl-C, what pipelines cancel with, a lost connection, and Windows' Ctrl-Break."""


@contextmanager
def stopping(stop: Stop) -> Iterator[None]:
    """Give signals to a run while the block runs.

    The first ends it after its current step, or at once when that step only waits; a second ends
    it at once. Either way leased locks go back, and 'azremedy resume' can take the run up.
    """

    def ask(_signal: int, _frame: object) -> None:
        stop.ask()
        # With a lost connection the terminal may be gone, and the signal may interrupt a print:
        # to say so is worth less than the run's good end.
        with suppress(OSError, RuntimeError, SystemExit):
            errors().print(
                "Stopping after the current step; leased locks go back. Once more: stop now."
            )

    numbers = [number for name in SIGNALS if (number := getattr(signal, name, None)) is not None]
    before = {number: signal.signal(number, ask) for number in numbers}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
