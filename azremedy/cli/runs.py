"""``azremedy runs``."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from azremedy import wire
from azremedy.api.runs import list_runs, read_run
from azremedy.cli import console
from azremedy.cli.run_options import check_run_id, find_root, place_options
from azremedy.report.runs_text import show_locks_off, show_runs, show_steps, tell_time

if TYPE_CHECKING:
    from azremedy.api.runs import PastRun


@click.group("runs", invoke_without_command=True)
@place_options
@click.pass_context
def command(ctx: click.Context, *, rehearsals: bool, output: str) -> None:
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
    found = list_runs(find_root(rehearsals=rehearsals))
    if output == "json":
        click.echo(wire.to_json(found))
        return
    out = console.answer()
    if not found:
        out.print("No runs.")
        return
    show_runs(map(_row, found), out)
    for each in found:
        show_locks_off(each.locks_off, console.conversation())


def _row(found: PastRun) -> tuple[str, str, str, str, str]:
    past = found.past
    targets = ", ".join(target.target.name for target in past.plan.targets)
    undone = f", undone by {found.undone_by}" if found.undone_by else ""
    off = f", {len(found.locks_off)} lock(s) OFF" if found.locks_off else ""
    return (
        past.run_id or "",
        tell_time(past.began),
        past.plan.command,
        targets,
        f"{found.state}{off}{undone}",
    )


@command.command("show")
@click.argument("run_id", metavar="RUN")
@place_options
def show(*, run_id: str, rehearsals: bool, output: str) -> None:
    """Show what became of each step of a run, with times and request ids."""
    found = read_run(find_root(rehearsals=rehearsals), check_run_id(run_id))
    if output == "json":
        click.echo(wire.to_json(found))
        return
    out = console.answer()
    show_runs([_row(found)], out)
    show_steps(found.past.plan, found.past.results, out)
    show_locks_off(found.locks_off, out)
    out.print(f"Journal: {found.past.journal}", style="dim", soft_wrap=True, markup=False)
