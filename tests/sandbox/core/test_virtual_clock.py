"""How time passes in a world."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from azremedy.sandbox.clock import Clock, timestamp

START = datetime(2026, 11, 20, 8, tzinfo=UTC)


def test_due_actions_run_in_order_of_time() -> None:
    """Each action sees the clock at its own due time, however far the clock is moved."""
    clock = Clock(START)
    seen: list[tuple[str, datetime]] = []
    clock.schedule(20, lambda: seen.append(("later", clock.now())))
    clock.schedule(10, lambda: seen.append(("sooner", clock.now())))

    clock.advance(60)

    assert seen == [
        ("sooner", START + timedelta(seconds=10)),
        ("later", START + timedelta(seconds=20)),
    ]
    assert clock.now() == START + timedelta(seconds=60)


def test_an_action_can_plan_the_next_one() -> None:
    """A chain of actions goes on within one move of the clock."""
    clock = Clock(START)
    seen: list[datetime] = []
    clock.schedule(5, lambda: clock.schedule(5, lambda: seen.append(clock.now())))

    clock.advance(10)

    assert seen == [START + timedelta(seconds=10)]


def test_what_is_not_due_waits() -> None:
    """An action later than the goal stays on the agenda."""
    clock = Clock(START)
    seen: list[int] = []
    clock.schedule(10.5, lambda: seen.append(1))

    clock.advance(10)

    assert seen == []


def test_time_never_runs_back() -> None:
    """A negative move is none."""
    clock = Clock(START)

    clock.advance(-5)

    assert clock.now() == START


def test_times_are_written_with_seven_decimals() -> None:
    """ARM writes hundreds of nanoseconds."""
    moment = START + timedelta(microseconds=1500)

    assert timestamp(moment) == "2026-11-20T08:00:00.0015000Z"
