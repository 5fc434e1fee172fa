"""Let a repair die at one point, take it up, and say what is wrong afterwards."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from azremedy.domain.plan import Plan
from azremedy.domain.run import SETTLED, Run, StepState
from azremedy.sandbox.scenario import Scenario
from tests.crash.worlds import Repair
from tests.support.crashes import (
    TEARS,
    Life,
    began,
    count_twice,
    find_difference,
    find_lie,
    look,
    resume_until,
    run_until,
    take_up,
)
from tests.support.stages import Stage, open_stage

if TYPE_CHECKING:
    from pathlib import Path

AT_ONCE = timedelta()
LATER = timedelta(hours=3)
"""After this all that was under way in Azure has ended."""
_END = timedelta(hours=12)
"""When worlds are compared, after their beginning."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Whole:
    """A repair that lived to its end: what all others are measured by."""

    repair: Repair
    """The repair."""
    scenario: Scenario
    """Its world."""
    plan: Plan
    """What it carries out. Planning only reads, so one plan serves all worlds of one scenario."""
    points: tuple[int, ...]
    """Where it can die so that a difference remains."""
    passed: int
    """How many boundaries it passed in all."""
    expected: dict[str, Any]
    """The world at its end."""


def live(repair: Repair, folder: Path, *, waits: int = 1) -> Whole:
    """Carry a repair out to its end.

    Args:
        repair: the repair.
        folder: where to.
        waits: of the points at which it only waits every how many-th is tried.
    """
    scenario = repair.world()
    stage, life = _open(folder / "whole", scenario), Life()
    plan = repair.plan(stage)
    run = run_until(stage, plan, life)
    assert run is not None
    assert 0 == run.exit_code
    assert "" == find_lie(stage)
    expected = look_later(stage)
    return Whole(
        repair=repair,
        scenario=scenario,
        plan=plan,
        points=life.list_points(waits=waits),
        passed=len(life.marks),
        expected=expected,
    )


def die_once(whole: Whole, point: int, folder: Path, *, asleep: timedelta = AT_ONCE) -> str:
    """Let it die at a point and take it up after a while; say what is wrong, or nothing."""
    stage = _open(folder / str(point), whole.scenario)
    tear = TEARS[point % len(TEARS)]
    if run_until(stage, whole.plan, Life(until=point), tear) is not None:
        return f"point {point}: it lived"
    if not began(stage):
        return f"point {point}: it wrote without a journal" if stage.writes() else ""
    stage.world.clock.advance(asleep.total_seconds())
    return _told(f"point {point}, {asleep} later", _take_up(stage, whole))


def die_twice(whole: Whole, point: int, later: int, folder: Path) -> str:
    """Let it die at a point, and what takes it up as well; say what is wrong, or nothing."""
    stage = _open(folder / f"{point}-{later}", whole.scenario)
    tear = TEARS[(point + later) % len(TEARS)]
    run_until(stage, whole.plan, Life(until=point), tear)
    if not began(stage):
        return ""
    resume_until(stage, Life(until=later), tear)
    return _told(f"points {point} and {later}", _take_up(stage, whole))


def _open(folder: Path, scenario: Scenario) -> Stage:
    folder.mkdir(parents=True)
    return open_stage(folder, scenario)


def _take_up(stage: Stage, whole: Whole) -> str:
    """Take it up once; where what a script left behind is still in the way, once more."""
    run = take_up(stage)
    if run.exit_code != 0 and whole.repair.again:
        run = take_up(stage)
    if twice := count_twice(stage, whole.repair.again):
        return f"twice: {twice}"
    if is_honest(whole, run):
        return ""
    if run.exit_code != 0:
        errors = [result.error.message for result in run.steps if result.error]
        return f"exit {run.exit_code}: {errors}"
    return find_lie(stage) or _find_trace(stage, whole)


def is_honest(whole: Whole, run: Run) -> bool:
    """Say whether a run said that something cannot be known, where that is so, and no more."""
    if not whole.repair.traceless:
        return False
    states = {result.state for result in run.steps} - SETTLED
    return StepState.UNKNOWN in states and states <= {StepState.UNKNOWN, StepState.SKIPPED}


def _find_trace(stage: Stage, whole: Whole) -> str:
    """Say in what the world differs, and whether taking up what is done changes anything."""
    if difference := judge_end(whole, look_later(stage)):
        return difference
    sent = stage.writes()
    again = take_up(stage)
    if again.exit_code != 0 or sent != stage.writes():
        return f"taken up once more: exit {again.exit_code}, sent {stage.writes()[len(sent) :]}"
    return ""


def judge_end(whole: Whole, seen: dict[str, Any]) -> str:
    """Say in what a world differs from that of the repair that lived; empty when it does not."""
    points = whole.expected["points"] if whole.repair.lets_clean else seen["points"]
    return find_difference(whole.expected, {**seen, "points": points})


def look_later(stage: Stage) -> dict[str, Any]:
    """Look at one and the same time, when all that was under way in Azure has ended."""
    left = stage.world.scenario.now + _END - stage.world.clock.now()
    stage.world.clock.advance(left.total_seconds())
    return look(stage)


def _told(place: str, fault: str) -> str:
    return f"{place}: {fault}" if fault else ""
