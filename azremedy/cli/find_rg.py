"""``azremedy find-rg``."""

from __future__ import annotations

from typing import Any

import click

from azremedy import api, wire
from azremedy.cli import console
from azremedy.cli.given import take_connection
from azremedy.cli.options import connection_options
from azremedy.errors import EXIT_DONE, EXIT_FAILURES
from azremedy.report.groups_text import show_gaps, show_groups


@click.command("find-rg")
@click.option("--locked", is_flag=True, help="Only groups that a lock binds.")
@connection_options
def command(**options: Any) -> None:
    """List the groups in which Azure Backup keeps restore points.

    Groups are found by their default name, by the names that backup policies give, and by the
    collections in them. Changes nothing.

    \b
    Examples:
      azremedy find-rg
      azremedy find-rg --locked -o json
      azremedy find-rg --sandbox restore-point-limit
    """  # noqa: D301 - \b is Click's mark for text that keeps its lines
    output, locked = options.pop("output"), options.pop("locked")
    click.get_current_context().meta[console.OUTPUT] = output
    with api.connect(take_connection(options)) as azure:
        evidence = api.find_groups(azure, locked=locked)
    if output == "json":
        click.echo(wire.to_json(evidence))
    else:
        show_groups(evidence, console.answer())
    show_gaps(evidence.gaps, console.conversation())
    raise SystemExit(EXIT_FAILURES if evidence.gaps else EXIT_DONE)
