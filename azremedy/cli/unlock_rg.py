"""``azremedy unlock-rg``."""

from __future__ import annotations

from typing import Any

import click

from azremedy import api
from azremedy.cli.flow import carry_out, take_connection, take_flow
from azremedy.cli.options import change_options, connection_options
from azremedy.domain.planner.unlock import UnlockOptions


@click.command("unlock-rg")
@click.argument("groups", nargs=-1, metavar="[GROUP]...")
@click.option("--vm", "vms", multiple=True, metavar="NAME|ID", help="Groups with this VM's points.")
@click.option("-g", "--resource-group", metavar="NAME", help="The VM's group, with --vm.")
@click.option("--all", "all_groups", is_flag=True, help="All restore point groups.")
@click.option(
    "--include-inherited",
    is_flag=True,
    help="Also remove locks on the subscription that bind the group.",
)
@change_options
@connection_options
def command(**options: Any) -> None:
    r"""Remove the locks that keep Azure Backup from deleting old restore points.

    Only locks at a restore point group, and on restore point collections in it. Other groups are
    refused. Waits until each lock is really gone.

    \b
    Examples:
      azremedy unlock-rg AzureBackupRG_westeurope_1 --dry-run
      azremedy unlock-rg --vm web-1 -g rg-web --yes
      azremedy unlock-rg --all --sandbox restore-point-limit --yes
    """
    flow = take_flow(options)
    with api.connect(take_connection(options)) as azure:
        plan = api.plan_unlock(
            azure,
            api.GroupNames(
                names=options["groups"],
                vms=api.VmNames(names=options["vms"], resource_group=options["resource_group"]),
                all_groups=options["all_groups"],
            ),
            UnlockOptions(include_inherited=options["include_inherited"]),
            max_targets=flow.max_targets,
        )
        code = carry_out(azure, plan, flow)
    raise SystemExit(code)
