"""Wherever a run over twenty VMs dies, taking it up ends as if it had lived."""

from __future__ import annotations

from typing import TYPE_CHECKING

from azremedy import api
from azremedy.domain.ramp import Ramp
from tests.crash.trials import look_later
from tests.support.crashes import (
    TEARS,
    Life,
    began,
    count_twice,
    find_difference,
    find_lie,
    run_until,
    take_up,
)
from tests.support.fleets import multiply, name_vm
from tests.support.stages import ROOT, built_in, lock, names, open_stage, with_resources

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from azremedy.domain.plan import Plan
    from azremedy.sandbox.scenario import Scenario
    from tests.support.stages import Stage

VMS = 20
RAMP = Ramp(concurrency=4)
DEATHS = 10
"""Processes that die, at points spread over the whole run."""
LEASED = api.CleanOptions(unlock=True, include_inherited=True, relock=True)


def world() -> Scenario:
    """Give VMs at the limit behind a lock on their group, and one above it."""
    return with_resources(multiply(built_in("restore-point-limit"), VMS), lock(ROOT, "all"))


def open_in(folder: Path) -> Stage:
    """Open the world."""
    folder.mkdir()
    return open_stage(folder, world(), page_size=200)


def find_fault(stage: Stage, plan: Plan, expected: object, life: Life) -> str:
    """Let the run die and take it up; say what is wrong afterwards, or nothing."""
    tear = TEARS[life.until % len(TEARS)]
    if run_until(stage, plan, life, tear, RAMP) is not None:
        return "it lived"
    if not began(stage):
        return "it wrote without a journal" if stage.writes() else ""
    run = take_up(stage)
    if run.exit_code != 0:
        return f"exit {run.exit_code}: {[each.error.message for each in run.steps if each.error]}"
    if twice := count_twice(stage):
        return f"done twice: {twice}"
    return find_lie(stage) or find_difference(expected, look_later(stage))


def test_fleet_that_is_cut_off_anywhere_ends_as_if_it_had_lived(
    tmp_path: Path, record_property: Callable[[str, object], None]
) -> None:
    """No collection is deleted twice, and both locks are back; points are chosen by their count.

    Which VM is where at a point differs from run to run: four threads are on their way.
    """
    whole, life = open_in(tmp_path / "whole"), Life()
    vms = names(*map(name_vm, range(1, VMS + 1)))
    plan = api.plan_clean(whole.azure, vms, LEASED, max_targets=VMS)
    lived = run_until(whole, plan, life, ramp=RAMP)
    assert lived is not None
    assert 0 == lived.exit_code
    expected, passed = look_later(whole), len(life.marks)

    # Later points than these might not be reached: how often threads look differs a little.
    points = [1 + place * (passed * 9 // 10) // DEATHS for place in range(DEATHS)]
    faults = {
        point: find_fault(open_in(tmp_path / str(point)), plan, expected, Life(until=point))
        for point in points
    }

    record_property("crash points", len(points))
    assert {} == {point: fault for point, fault in faults.items() if fault}
    assert passed > VMS * 10
