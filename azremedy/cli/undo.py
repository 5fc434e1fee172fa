"""``azremedy undo``."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import click

from azremedy import api
from azremedy.api.origins import check_origin
from azremedy.api.runs import plan_undo, read_run
from azremedy.cli.flow import carry_out, take_flow
from azremedy.cli.given import take_connection_of_run
from azremedy.cli.names import complete_runs
from azremedy.cli.options import change_options, connection_options
from azremedy.cli.run_options import check_run_id, open_runs, state_option


@click.command("undo")
@click.argument("run_id", metavar="RUN", shell_complete=complete_runs)
@change_options
@state_option
@connection_options
def command(**options: Any) -> None:
    """Take back what a run did, the last step first, as far as Azure allows.

    The plan says what cannot be taken back. Restore points that were deleted are gone; a lock that
    was taken off for good comes back, and with it perhaps the failure.

    \b
    Examples:
      azremedy undo 20261120T080000Z-7f593ab0 --dry-run
    """  # noqa: D301 - \b is Click's mark for text that keeps its lines
    run_id = check_run_id(options.pop("run_id"))
    flow = take_flow(options)
    connection = take_connection_of_run(options)
    with open_runs(connection.state, rehearsals=connection.sandbox is not None) as store:
        found = read_run(store, run_id)
    if connection.subscription is None:
        target = found.past.plan.targets[0].target
        connection = replace(connection, subscription=target.subscription_id)
    with api.connect(connection) as azure:
        azure.load_while_asking("azremedy.cli.carrying")
        check_origin(azure, found.past.plan)
        code = carry_out(azure, plan_undo(azure, run_id), flow)
    raise SystemExit(code)
