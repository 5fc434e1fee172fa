"""Concurrent clients get along; `concurrent_clients` is also a program that runs for longer."""

from __future__ import annotations

from tests.benchmarks.concurrent_clients import measure


def test_forty_clients_see_nothing_unexpected() -> None:
    """Each sees its own changes at once, is refused where it must be, and leaves nothing behind."""
    tally = measure(clients=40, seconds=3)

    assert tally.unexpected == []
    assert sum(tally.statuses.values()) >= 40 * 9
