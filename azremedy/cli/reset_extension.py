"""``azremedy reset-extension``."""

from __future__ import annotations

from typing import Any

import click

from azremedy import api
from azremedy.cli.flow import carry_out, take_flow
from azremedy.cli.given import take_connection, take_targets
from azremedy.cli.options import (
    change_options,
    connection_options,
    unknown_rights_option,
    vm_options,
)
from azremedy.domain.planner.reset import ResetOptions


@click.command("reset-extension")
@vm_options
@click.option("--unlock", is_flag=True, help="Take locks in the way off, and put them back.")
@click.option("--include-inherited", is_flag=True, help="Also those on the subscription.")
@unknown_rights_option
@click.option(
    "--agent-not-ready", is_flag=True, help="Try although VM or agent cannot do their part."
)
@click.option("--during-job", is_flag=True, help="Go on while a job works on the VM.")
@change_options
@connection_options
def command(**options: Any) -> None:
    """Uninstall the VM's snapshot extension; the next backup installs it again.

    Only VMSnapshot or VMSnapshotLinux, known by publisher and type.

    \b
    Examples:
      azremedy reset-extension --vm web-1 --dry-run
      azremedy reset-extension --vm web-1 -g rg-web --yes
      azremedy reset-extension --vm app-1 --sandbox stuck-extension --yes
    """  # noqa: D301 - \b is Click's mark for text that keeps its lines
    flow = take_flow(options)
    connection, targets = take_connection(options), take_targets(options)
    with api.connect(connection) as azure:
        azure.load_while_asking("azremedy.cli.carrying")
        plan = api.plan_reset(azure, targets, ResetOptions(**options), max_targets=flow.max_targets)
        code = carry_out(azure, plan, flow)
    raise SystemExit(code)
