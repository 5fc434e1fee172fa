"""A signal ends a run in good order, whoever still listens."""

from __future__ import annotations

import io
import signal
from contextlib import redirect_stderr

import pytest

from azremedy.cli.stopping import stopping
from azremedy.engine.stop import Stop


class Gone(io.StringIO):
    """A terminal that is not there any more."""

    def __init__(self, error: type[Exception]) -> None:
        super().__init__()
        self._error = error

    def write(self, _: str, /) -> int:
        """Fail."""
        raise self._error


def test_a_signal_asks_the_run_to_stop_and_says_so() -> None:
    """A person sees what comes next."""
    stop, told = Stop(), io.StringIO()

    with redirect_stderr(told), stopping(stop):
        signal.raise_signal(signal.SIGINT)

    assert stop.requested
    assert "leased locks go back" in told.getvalue()


@pytest.mark.parametrize("error", [OSError, BrokenPipeError, RuntimeError])
def test_a_lost_terminal_does_not_end_the_run(error: type[Exception]) -> None:
    """The connection that was lost is why the signal came: the run goes on to its good end."""
    stop = Stop()

    with redirect_stderr(Gone(error)), stopping(stop):
        signal.raise_signal(signal.SIGTERM)

    assert stop.requested
