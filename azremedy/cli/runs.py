"""``azremedy runs``."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from azremedy.api.runs import PastRun, list_all_runs, read_run
from azremedy.cli import console
from azremedy.cli.names import complete_runs
from azremedy.cli.output import answer
from azremedy.cli.run_options import check_run_id, open_runs, place_options
from azremedy.cli.suggesting import Suggesting
from azremedy.report.runs_text import (
    show_locks_off,
    show_runs,
    show_steps,
    show_unreadable,
    show_vms_off,
    tell_time,
)

if TYPE_CHECKING:
    from collections.abc import Collection

    from rich.console import Console

    from azremedy.engine.unreadable import UnreadableRun


@click.group("runs", cls=Suggesting, invoke_without_command=True)
@place_options
@click.pass_context
def command(ctx: click.Context, /, *, rehearsals: bool, state: str | None, **_: str) -> None:
    """List what azremedy did, the newest run first.

    A run that was cut off can be taken up with 'azremedy resume', one that is over can be taken
    back with 'azremedy undo'.

    \b
    Examples:
      azremedy runs
      azremedy runs show 20261120T080000Z-7f593ab0
    """  # noqa: D301 - \b is Click's mark for text that keeps its lines
    if ctx.invoked_subcommand is not None:
        return
    with open_runs(state, rehearsals=rehearsals) as store:
        found = list_all_runs(store)
    answer(found, lambda out: _show(found, out))


def _show(found: Collection[PastRun | UnreadableRun], out: Console) -> None:
    if not found:
        out.print("No runs.")
        return
    show_runs(map(_row, found), out)
    for each in found:
        if isinstance(each, PastRun):
            show_locks_off(each.locks_off, console.errors())
            show_vms_off(each.vms_off, console.errors())
        else:
            show_unreadable(each.why, each.locks, console.errors())


def _row(found: PastRun | UnreadableRun) -> tuple[str, str, str, str, str]:
    if not isinstance(found, PastRun):
        return (found.run_id, "", "", "", found.state)
    past = found.past
    targets = ", ".join(target.target.name for target in past.plan.targets)
    undone = f", undone by {found.undone_by}" if found.undone_by else ""
    off = f", {len(found.locks_off)} lock(s) OFF" if found.locks_off else ""
    off += f", {len(found.vms_off)} VM(s) OFF" if found.vms_off else ""
    return (
        past.run_id or "",
        tell_time(past.began),
        past.plan.command,
        targets,
        f"{found.state}{off}{undone}",
    )


@command.command("show")
@click.argument("run_id", metavar="RUN", shell_complete=complete_runs)
@place_options
def show(*, run_id: str, rehearsals: bool, state: str | None, **_: str) -> None:
    """Show what became of each step of a run, with times and request ids.

    \b
    Examples:
      azremedy runs show 20261120T080000Z-7f593ab0
      azremedy runs show 20261120T080000Z-7f593ab0 -o json --query past.exitCode
    """  # noqa: D301 - \b is Click's mark for text that keeps its lines
    with open_runs(state, rehearsals=rehearsals) as store:
        found = read_run(store, check_run_id(run_id))
    answer(found, lambda out: _show_run(found, out))


def _show_run(found: PastRun, out: Console) -> None:
    show_runs([_row(found)], out)
    show_steps(found.past.plan, found.past.results, out)
    show_locks_off(found.locks_off, out)
    show_vms_off(found.vms_off, out)
    out.print(f"Journal: {found.past.journal}", style="dim", soft_wrap=True, markup=False)
