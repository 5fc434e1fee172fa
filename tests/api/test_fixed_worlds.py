"""Fix every broken world: it heals where that is possible from outside, and says truly where not.

What stands behind each world, and what `fix` must be allowed, is written in
tests/cases/worlds.yaml.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import yaml
from pydantic import TypeAdapter

from azremedy import api
from azremedy.api.guest import plan_look_inside, read_guest_facts
from azremedy.domain.remedies import FLAGS
from azremedy.domain.run import RunState
from azremedy.domain.steps import Manual
from tests.support.stages import names, open_stage, writes_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from azremedy.domain.evidence import Observation
    from azremedy.domain.guest import GuestFacts
    from azremedy.domain.plan import Plan
    from azremedy.ids import ResourceId
    from tests.support.stages import Stage

TABLE = Path(__file__).resolve().parents[1] / "cases" / "worlds.yaml"
SUBSCRIPTION = "5ab0e6c1-3f2d-4a7b-9c18-7d20b4f1a"


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One VM of one world, as far as `fix` is about it."""

    world: str
    vm: str = "web-1"
    subscription: str = "001"
    look_inside: bool = False
    causes: tuple[str, ...] = ()
    flags: tuple[str, ...] = ()
    heals: bool = False
    exit: int = 0
    instructions: tuple[str, ...] = ()


ROWS = TypeAdapter(tuple[Row, ...]).validate_python(yaml.safe_load(TABLE.read_text()))


def _options(row: Row) -> api.FixOptions:
    given = set(row.flags)
    return api.FixOptions(
        allowed=frozenset(remedy for remedy, flag in FLAGS.items() if flag in given),
        unlock="--unlock" in given,
        include_inherited="--include-inherited" in given,
        accept_loss="--accept-loss" in given,
        until=api.WaitFor.JOB,
    )


def _look_inside(stage: Stage, row: Row) -> Mapping[ResourceId, Observation[GuestFacts]]:
    if not row.look_inside:
        return {}
    return read_guest_facts(stage.apply(plan_look_inside(stage.azure, names(row.vm))))


def _plan(stage: Stage, row: Row) -> Plan:
    guest = _look_inside(stage, row)
    return api.plan_fix(stage.azure, names(row.vm), _options(row), guest=guest)


@pytest.mark.parametrize("row", ROWS, ids=lambda row: f"{row.world}-{row.vm}")
def test_fix_heals_the_world_or_says_what_a_person_does(row: Row, tmp_path: Path) -> None:
    """Where the world heals a backup proves it; where not, the person gets exact instructions."""
    stage = open_stage(tmp_path, row.world, subscription=f"{SUBSCRIPTION}{row.subscription}")

    plan = _plan(stage, row)
    before = len(stage.writes())
    run = stage.apply(plan)

    told = [p.step.instructions.name for p in plan.steps if isinstance(p.step, Manual)]
    assert (0 if row.heals else row.exit) == run.exit_code, run
    assert set() == set(row.instructions) - set(told) if row.exit == 4 else True
    shown = writes_of([p.step for p in plan.steps]) if run.exit_code != 4 else []
    assert shown == stage.writes()[before:]
    if row.heals:
        assert run.state in {RunState.DONE, RunState.NOTHING_TO_DO}
        again = api.plan_fix(stage.azure, names(row.vm), _options(row))
        assert () == (again.targets[0].diagnosis and again.targets[0].diagnosis.confirmed)
