"""``azremedy apply``."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import click

from azremedy import api
from azremedy.cli.flow import carry_out, take_flow
from azremedy.cli.given import take_connection
from azremedy.cli.options import change_options, connection_options


@click.command("apply")
@click.argument("plan_file", type=click.Path(dir_okay=False, path_type=Path), metavar="PLAN")
@click.option(
    "--approve",
    metavar="FINGERPRINT",
    help="Carry it out without asking, if this is the plan's fingerprint.",
)
@change_options
@connection_options
def command(**options: Any) -> None:
    """Carry out a plan from a file, exactly as it was kept.

    It is refused when it was edited, or made for another cloud, tenant or sandbox, or by a newer
    azremedy; and when the same plan made now has other steps: exit code 7, with each difference.

    \b
    Examples:
      azremedy apply plan.json
      azremedy apply plan.json --approve 369548e7eb69…
    """  # noqa: D301 - \b is Click's mark for text that keeps its lines
    plan = api.load_plan(options.pop("plan_file"))
    flow = take_flow(options)
    connection = take_connection(options)
    if connection.subscription is None and plan.request is not None:
        subscription = plan.request.targets[0].subscription_id
        connection = replace(connection, subscription=subscription)
    with api.connect(connection) as azure:
        if flow.approve is not None:
            api.check_approval(plan, flow.approve)
        code = carry_out(azure, api.check_still_holds(azure, plan), flow)
    raise SystemExit(code)
