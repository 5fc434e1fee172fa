"""Say what would become of a plan, without carrying it out."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from azremedy.domain.ends import find_ends
from azremedy.domain.guards import ACCESS_GUARDS
from azremedy.domain.run import Run, RunState, StepResult, StepState
from azremedy.errors import EXIT_ACCESS, EXIT_DONE, EXIT_FAILURES, EXIT_REFUSED

if TYPE_CHECKING:
    from azremedy.domain.plan import Plan


def preview(plan: Plan, *, dry_run: bool = True) -> Run:
    """Say what would become of a plan now: refused, nothing to do, or its steps planned.

    An empty plan on evidence with gaps is a failure: there may be something to do.
    """
    state, code = RunState.PLANNED, EXIT_DONE
    if plan.refusals:
        state, code = RunState.REFUSED, _find_refusal_code(plan)
    elif plan.empty and any(target.gaps for target in plan.targets):
        state, code = RunState.FAILED, EXIT_FAILURES
    elif plan.empty:
        state = RunState.NOTHING_TO_DO
    steps = tuple(
        StepResult(number=planned.number, state=StepState.PLANNED) for planned in plan.steps
    )
    return Run(
        command=plan.command,
        dry_run=dry_run,
        state=state,
        plan=plan,
        steps=steps,
        exit_code=code,
        targets=find_ends(plan, steps),
    )


def _find_refusal_code(plan: Plan) -> int:
    """Tell a caller who may not from a plan that should not."""
    only_access = all(verdict.guard in ACCESS_GUARDS for verdict in plan.refusals)
    return EXIT_ACCESS if only_access else EXIT_REFUSED


def decline(plan: Plan) -> Run:
    """Say that a person, or the lack of one, refused the plan."""
    return replace(preview(plan, dry_run=False), state=RunState.REFUSED, exit_code=EXIT_REFUSED)
