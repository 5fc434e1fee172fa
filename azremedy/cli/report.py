"""``azremedy report``."""

from __future__ import annotations

from pathlib import Path

import click

from azremedy import wire
from azremedy.api.runs import read_run
from azremedy.api.saving import load_plan
from azremedy.cli.run_options import check_run_id, find_root, place_options
from azremedy.errors import UsageError
from azremedy.report.runs_text import write_markdown


@click.command("report")
@click.argument("what", metavar="RUN|PLAN")
@click.option(
    "--md",
    type=click.Path(dir_okay=False, path_type=Path),
    metavar="FILE",
    help="Write Markdown into a new file, for a ticket or a pull request.",
)
@place_options
def command(*, what: str, md: Path | None, rehearsals: bool, output: str) -> None:
    """Tell a run, or a kept plan, as a document.

    Causes with the facts they rest on, steps with their outcome and request ids, the loss sheet.

    \b
    Examples:
      azremedy report 20261120T080000Z-7f593ab0 --md ticket.md
      azremedy report plan.json
    """  # noqa: D301 - \b is Click's mark for text that keeps its lines
    if Path(what).is_file():
        plan = load_plan(Path(what))
        text, document = write_markdown(plan, {}, title=f"Plan: {plan.command}", locks=()), plan
        answer = wire.to_json(document)
    else:
        found = read_run(find_root(rehearsals=rehearsals), check_run_id(what))
        title = f"Run {found.past.run_id}: {found.past.plan.command}, {found.state}"
        results, locks = found.past.results, found.locks_off
        text = write_markdown(found.past.plan, results, title=title, locks=locks)
        answer = wire.to_json(found)
    if md is not None:
        _write(md, text)
    click.echo(answer if output == "json" else text, nl=output == "json")


def _write(path: Path, text: str) -> None:
    try:
        with path.open("x", encoding="utf-8") as file:
            file.write(text)
    except OSError as error:
        raise UsageError(
            f"{path} cannot be written: {error.strerror or error}", advice="Name a new file."
        ) from error
