"""Make runs for reports: real ones in worlds of the sandbox, and fleets put together from them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import fields, is_dataclass, replace
from datetime import timedelta
from enum import Enum
from typing import TYPE_CHECKING, Any

from azremedy import api
from azremedy.api.reporting import report_plan, report_run
from azremedy.domain.plan import PlannedStep, TargetPlan
from azremedy.domain.run import StepResult, StepState
from azremedy.ids import ResourceId
from azremedy.wire import from_json, to_document
from tests.support.stages import (
    DELETE_COLLECTION,
    PUT_LOCK,
    answered,
    built_in,
    names,
    open_stage,
    with_faults,
)

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from azremedy.report.material import Material, Span
    from azremedy.sandbox.scenario import Scenario

LIMIT = "restore-point-limit"


def fix(folder: Path, what: str | Scenario) -> Material:
    """Fix web-1 of a world with everything allowed, and gather what there is to tell of it."""
    stage = open_stage(folder, what)
    plan = api.plan_fix(stage.azure, names("web-1"), api.FixOptions(unlock=True))
    run = stage.apply(plan)
    assert run.run_id is not None
    return report_run(stage.state, run.run_id)


def failed(folder: Path) -> Material:
    """Let Azure refuse the deletion of the points, again and again."""
    message = "The restore point collection is in use by another operation."
    fault = answered(DELETE_COLLECTION, 409, times=50, code="OperationNotAllowed", message=message)
    return fix(folder, with_faults(built_in("lock-points-and-extension"), fault))


def left_off(folder: Path) -> Material:
    """Let Azure refuse to put a lent lock back."""
    stage = open_stage(
        folder,
        with_faults(
            built_in("lock-on-subscription"), answered(PUT_LOCK, 403, times=50, code="Denied")
        ),
    )
    options = api.FixOptions(unlock=True, include_inherited=True)
    run = stage.apply(api.plan_fix(stage.azure, names("web-1"), options))
    assert run.run_id is not None
    return report_run(stage.state, run.run_id)


def planned(folder: Path) -> Material:
    """Keep a plan in a file, and gather what there is to tell of it."""
    stage = open_stage(folder, LIMIT)
    plan = api.plan_fix(stage.azure, names("web-1"), api.FixOptions(unlock=True))
    api.save_plan(plan, folder / "plan.json")
    return report_plan(folder / "plan.json")


def with_canary(material: Material, canary: str) -> Material:
    """Put a text behind every text that Azure, people or files may have written."""
    poisoned: Material = _poison(replace(material, state=""), canary)
    return replace(poisoned, state=material.state)


def _poison(value: Any, canary: str) -> Any:
    """Poison texts and ids; names of variants, states and forms are azremedy's own."""
    if isinstance(value, Enum):
        return value
    if isinstance(value, str):
        return value + canary
    if isinstance(value, ResourceId):
        return ResourceId(value.text + canary.replace("/", ""))
    if isinstance(value, tuple):
        return tuple(_poison(each, canary) for each in value)
    if isinstance(value, Mapping):
        return {key: _poison(each, canary) for key, each in value.items()}
    if is_dataclass(value) and not isinstance(value, type):
        own = {f.name: getattr(value, f.name) for f in fields(value) if f.name not in _OUR_OWN}
        return replace(value, **{name: _poison(each, canary) for name, each in own.items()})
    return value


_OUR_OWN = frozenset({"kind", "schema", "script", "cause"})


def make_fleet(templates: Sequence[Material], count: int) -> Material:
    """Put a run over many VMs together: copies of runs over one VM, each under its own name.

    Args:
        templates: runs over one VM without lent locks; taken in turn.
        count: how many VMs.
    """
    targets: list[TargetPlan] = []
    results: dict[int, StepResult] = {}
    spans: list[Span] = []
    next_number = 1
    for at in range(count):
        template = templates[at % len(templates)]
        shift, later = next_number - 1, timedelta(seconds=at % 8 * 3 + at // 8 * 45)
        target = _rename(template.plan.targets[0], f"shop-web-{at + 1:04d}", shift)
        targets.append(target)
        results |= {
            number + shift: _later(replace(result, number=number + shift), later)
            for number, result in template.results.items()
        }
        spans += [_move(span, shift, later) for span in template.spans]
        next_number += len(target.steps)
    first = templates[0]
    broken = any(result.state is StepState.FAILED for result in results.values())
    return replace(
        first,
        plan=replace(first.plan, targets=tuple(targets), restores=()),
        state="failed" if broken else "done",
        results=results,
        spans=tuple(spans),
        ended=max(span.ended for span in spans if span.ended),
        exit_code=3 if broken else 0,
    )


def _rename(target: TargetPlan, name: str, shift: int) -> TargetPlan:
    text = json.dumps(to_document(target)).replace("web-1", name)
    made = from_json(TargetPlan, text)
    steps = tuple(
        PlannedStep(number=each.number + shift, step=each.step, reason=each.reason)
        for each in made.steps
    )
    return replace(made, steps=steps)


def _later(result: StepResult, later: timedelta) -> StepResult:
    began, ended = result.started_at, result.ended_at
    return replace(
        result,
        started_at=began + later if began else None,
        ended_at=ended + later if ended else None,
    )


def _move(span: Span, shift: int, later: timedelta) -> Span:
    return replace(
        span,
        number=span.number + shift,
        began=span.began + later,
        accepted=span.accepted + later if span.accepted else None,
        ended=span.ended + later if span.ended else None,
    )
