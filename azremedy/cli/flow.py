"""Show, ask, carry out, answer: what every changing command does with its plan."""

from __future__ import annotations

import os
import sys
from contextlib import suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from azremedy import api
from azremedy.cli import console
from azremedy.cli.following import following
from azremedy.cli.names import remember
from azremedy.cli.output import answer, answer_done, asked, check_query
from azremedy.cli.ramp_options import take_ramp
from azremedy.cli.stopping import stopping
from azremedy.domain.ramp import Ramp
from azremedy.domain.run import RunState
from azremedy.engine.stop import Steering
from azremedy.errors import EXIT_DONE, UsageError
from azremedy.report import ci, words
from azremedy.report.advice_text import show_advice
from azremedy.report.plan_text import show_plan, show_run

if TYPE_CHECKING:
    from collections.abc import Callable

    from rich.console import Console

    from azremedy.domain.plan import Plan
    from azremedy.domain.run import Run

EXIT_CHANGES_PENDING = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class Flow:
    """How the person, or the pipeline, wants to be treated."""

    dry_run: bool
    """Show the plan only."""
    yes: bool
    """Do not ask."""
    detailed_exitcode: bool
    """Tell by the exit code that a dry run found something to do."""
    output: str
    """The form of the answer."""
    max_targets: int
    """Refuse more targets than this."""
    out: Path | None = None
    """Keep the plan in this file instead of carrying it out."""
    approve: str | None = None
    """Carry the plan out without asking if this is its fingerprint."""
    ramp: Ramp = field(default_factory=Ramp)
    """How several VMs are worked on side by side."""


def take_flow(options: dict[str, Any]) -> Flow:
    """Take the flow's options out of a command's options."""
    names = ("dry_run", "yes", "detailed_exitcode", "output", "max_targets", "out", "approve")
    given = {name: options.pop(name) for name in names if name in options}
    flow = Flow(**given, ramp=take_ramp(options))
    if flow.detailed_exitcode and not (flow.dry_run or flow.out):
        raise UsageError("--detailed-exitcode is for dry runs", advice="Add --dry-run.")
    if flow.out and flow.yes:
        raise UsageError("--out keeps a plan, --yes carries one out", advice="Leave one out.")
    return replace(flow, dry_run=True) if flow.out else flow


def carry_out(
    azure: api.Azure,
    plan: Plan,
    flow: Flow,
    *,
    after: Callable[[Run], None] = lambda _: None,
) -> int:
    """Do what the person wants with a plan and give the exit code.

    Args:
        azure: the connection.
        plan: what was planned.
        flow: what the person wants.
        after: told what became of a plan that was carried out, before the answer is given.
    """
    remember(target.target for target in plan.targets)
    stopped = api.preview(plan, dry_run=flow.dry_run)
    if flow.dry_run or stopped.state is not RunState.PLANNED:
        _answer(stopped)
        _tell_pipeline(stopped)
        if flow.out and stopped.state is RunState.PLANNED:
            _keep(plan, flow.out)
        return _exit_code(stopped, flow)
    check_query(stopped)
    if (declined := _get_word(plan, flow)) is not None:
        if not asked().for_people:
            _answer(declined)
        return declined.exit_code
    steering = Steering(ramp=flow.ramp)
    with stopping(steering.stop), following(plan) as listen:
        run = api.apply(azure, plan, listen=listen, steering=steering)
    after(run)
    _tell_pipeline(run)
    # A reader that has gone, as with "| head", does not change what the run came to.
    with suppress(BrokenPipeError, SystemExit):
        for advised in api.advise(run):
            show_advice(advised.playbooks, advised.vm_id, console.conversation())
        answer_done(run, lambda out: show_run(run, out))
    return run.exit_code


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


def _tell_pipeline(run: Run) -> None:
    """Annotate the pipeline that this runs in, if any, and leave it a summary."""
    if (pipeline := ci.find_pipeline(os.environ)) is None:
        return
    told = ci.write_issues(ci.list_issues(run), pipeline)
    kept = ci.keep_summary(ci.write_summary(run), pipeline, os.environ)
    click.echo(told + kept, file=console.screen(sys.stderr), nl=False)


def _exit_code(run: Run, flow: Flow) -> int:
    pending = flow.detailed_exitcode and run.state is RunState.PLANNED
    return EXIT_CHANGES_PENDING if pending and run.exit_code == EXIT_DONE else run.exit_code
