"""``azremedy unlock-rg``."""

from __future__ import annotations

from typing import Any

import click

from azremedy import api
from azremedy.cli.flow import carry_out, take_flow
from azremedy.cli.given import take_connection, take_vms
from azremedy.cli.names import complete_groups
from azremedy.cli.options import change_options, connection_options, vm_options


@click.command("unlock-rg")
@click.argument("groups", nargs=-1, metavar="[GROUP]...", shell_complete=complete_groups)
@vm_options
@click.option("--all", "all_groups", is_flag=True, help="All restore point groups.")
@click.option(
    "--include-inherited",
    is_flag=True,
    help="Also remove locks on the subscription that bind the group.",
)
@change_options
@connection_options
def command(**options: Any) -> None:
    """Remove the locks that keep Azure Backup from deleting old restore points.

    Only locks at a restore point group, and on restore point collections in it. Other groups are
    refused. With --vm: the groups that hold this VM's points. Waits until each lock is really gone.

    \b
    Examples:
      azremedy unlock-rg AzureBackupRG_westeurope_1 --dry-run
      azremedy unlock-rg --vm web-1 -g rg-web --yes
      azremedy unlock-rg --all --sandbox restore-point-limit --yes
    """  # noqa: D301 - \b is Click's mark for text that keeps its lines
    flow = take_flow(options)
    connection, vms = take_connection(options), take_vms(options)
    asked = api.GroupNames(names=options["groups"], vms=vms, all_groups=options["all_groups"])
    with api.connect(connection) as azure:
        azure.load_while_asking(
            "azremedy.api.assembling", "azremedy.api.unlock_sections", "azremedy.cli.carrying"
        )
        plan = api.plan_unlock(
            azure,
            asked,
            api.UnlockOptions(include_inherited=options["include_inherited"]),
            max_targets=flow.max_targets,
        )
        code = carry_out(azure, plan, flow)
    raise SystemExit(code)
