"""Operations that Azure took and does not know any more: nothing is done twice, nothing is made up.

Source: an independent review, 2026.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from azremedy.api.agent import plan_agents, plan_script
from azremedy.domain.planner.agent import AgentBy, AgentOptions
from azremedy.engine.journal import EntryKind
from tests.support.crashes import Life, count_twice, run_until, take_up
from tests.support.stages import (
    POLL,
    VM_TYPE,
    answered,
    built_in,
    names,
    open_stage,
    states,
    with_faults,
)

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from azremedy.domain.plan import Plan
    from tests.support.stages import Stage

DAY = timedelta(days=1)


def restart(stage: Stage) -> Plan:
    """Plan to restart web-1."""
    return plan_agents(stage.azure, names("web-1"), AgentOptions(by=AgentBy.RESTART))


def run_script(stage: Stage) -> Plan:
    """Plan to run a script in web-1."""
    return plan_script(stage.azure, names("web-1"), "deep-clean")


def die_a_day_ago(folder: Path, make: Callable[[Stage], Plan], *, times: int) -> Stage:
    """Let a run die once Azure took its request, whose operation is not known a day later."""
    forgotten = answered(POLL, 404, times=times)
    stage = open_stage(folder, with_faults(built_in("healthy"), forgotten))
    assert run_until(stage, make(stage), Life(behind=(EntryKind.ACCEPTED, 1))) is None
    stage.world.clock.advance(DAY.total_seconds())
    return stage


@pytest.mark.parametrize("make", [restart, run_script])
def test_what_azure_took_is_not_sent_again(tmp_path: Path, make: Callable[[Stage], Plan]) -> None:
    """However often the run is taken up; that the target is not found would be untrue."""
    stage = die_a_day_ago(tmp_path, make, times=9)

    runs = [take_up(stage), take_up(stage)]

    assert [("unknown",)] * 2 == [states(run) for run in runs]
    assert [3, 3] == [run.exit_code for run in runs]
    assert all("does not know the operation" in run.steps[0].message for run in runs)
    assert [] == count_twice(stage)


def test_what_left_no_trace_is_sent_again(tmp_path: Path) -> None:
    """Azure notes every change of a VM: without one since, there was none."""
    (tmp_path / "before").mkdir()
    (before,) = open_stage(tmp_path / "before", "healthy").documents(VM_TYPE)
    stage = die_a_day_ago(tmp_path, restart, times=1)
    stage.world.documents.put(before)

    run = take_up(stage)

    assert ("done",) == states(run)
    assert 2 == sum(each.endswith("/restart") for each in stage.writes())
