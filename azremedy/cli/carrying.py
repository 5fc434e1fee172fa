"""Show a plan, ask, have it carried out, and answer."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from azremedy import api
from azremedy.cli import console
from azremedy.cli.names import remember
from azremedy.cli.output import answer, asked, check_query
from azremedy.cli.pipelines import tell_pipeline
from azremedy.domain.run import RunState
from azremedy.errors import EXIT_DONE
from azremedy.report import words
from azremedy.report.plan_text import show_plan, show_run

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from rich.console import Console

    from azremedy.cli.flow import Flow
    from azremedy.domain.plan import Plan
    from azremedy.domain.run import Run

EXIT_CHANGES_PENDING = 10


def carry_out_plan(
    azure: api.Azure, plan: Plan, flow: Flow, *, after: Callable[[Run], None]
) -> int:
    """Do what the person wants with a plan and give the exit code; see ``flow.carry_out``."""
    remember(target.target for target in plan.targets)
    stopped = api.preview(plan, dry_run=flow.dry_run)
    if flow.dry_run or stopped.state is not RunState.PLANNED:
        _answer(stopped)
        tell_pipeline(stopped)
        if flow.out and stopped.state is RunState.PLANNED:
            _keep(plan, flow.out)
        return _exit_code(stopped, flow)
    check_query(stopped)
    if (declined := _get_word(plan, flow)) is not None:
        if not asked().for_people:
            _answer(declined)
        return declined.exit_code
    from azremedy.cli.applying import apply_plan  # noqa: PLC0415 - dry runs carry nothing out

    return apply_plan(azure, plan, ramp=flow.ramp, after=after)


def _get_word(plan: Plan, flow: Flow) -> Run | None:
    """Get the person's word; give the run that was declined, or ``None`` to go on.

    Raises:
        RefusedError: the approval is for another plan.
    """
    if flow.approve is not None:
        api.check_approval(plan, flow.approve)
    elif not flow.yes:
        show_plan(plan, console.question())
        return _ask(plan)
    if asked().for_people:
        show_plan(plan, console.conversation())
    return None


def _keep(plan: Plan, path: Path) -> None:
    fingerprint = api.save_plan(plan, path)
    console.conversation().print(
        f"Plan kept in {path}. Carry it out: azremedy apply {path} --approve {fingerprint}",
        soft_wrap=True,
        markup=False,
        highlight=False,
    )


def _ask(plan: Plan) -> Run | None:
    """Ask; give the run that was declined, or ``None`` to go on."""
    talk = console.errors()
    if not console.can_ask():
        talk.print("Refused: there is no terminal to ask on. Give --yes to carry this plan out.")
        return api.decline(plan)
    if click.confirm("Carry out this plan?", default=False, err=True):
        return None
    talk.print(words.RUNS[RunState.REFUSED])
    return api.decline(plan)


def _answer(run: Run) -> None:
    def show(out: Console) -> None:
        show_plan(run.plan, out)
        show_run(run, out)

    answer(run, show)


def _exit_code(run: Run, flow: Flow) -> int:
    pending = flow.detailed_exitcode and run.state is RunState.PLANNED
    return EXIT_CHANGES_PENDING if pending and run.exit_code == EXIT_DONE else run.exit_code
