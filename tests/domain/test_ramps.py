"""How many VMs a run works on at once."""

from __future__ import annotations

import pytest

from azremedy.domain.ramp import Pace, Ramp


def count_most(ramp: Ramp, targets: int) -> int:
    """Let each target that is begun end well when no other can be begun; count the most at work."""
    pace, left, running, most = Pace.begin(ramp), targets, 0, 0
    while left or running:
        begun = min(left, pace.window - running)
        left, running = left - begun, running + begun
        most = max(most, running)
        pace, running = pace.after(well=True), running - 1
    return most


@pytest.mark.parametrize("targets", [2, 3, 10, 11, 64, 99, 1000])
@pytest.mark.parametrize("concurrency", [2, 10, 50, 1000])
@pytest.mark.parametrize("first", [1, 3, 1000])
def test_there_are_as_many_threads_as_are_ever_at_work(
    targets: int, concurrency: int, first: int
) -> None:
    """None stands by, and no target that may begin waits for one."""
    ramp = Ramp(concurrency=concurrency, first=first)

    assert count_most(ramp, targets) == min(ramp.find_most(targets), targets)
