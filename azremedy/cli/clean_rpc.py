"""``azremedy clean-rpc``."""

from __future__ import annotations

from typing import Any

import click

from azremedy import api
from azremedy.cli.flow import carry_out, take_flow
from azremedy.cli.given import take_connection, take_targets
from azremedy.cli.options import change_options, connection_options, vm_options
from azremedy.domain.guards import SUPPORTED_BACKUPS_PER_DAY, TRIGGERS_PER_DAY_LIMIT
from azremedy.domain.planner.clean import CleanBy, CleanOptions


@click.command("clean-rpc")
@vm_options
@click.option(
    "--by",
    type=click.Choice([by.value for by in CleanBy]),
    default=CleanBy.DELETE.value,
    show_default=True,
    help="Delete the collections, or trigger a backup that makes Azure clean up.",
)
@click.option("--unlock", is_flag=True, help="Take locks in the way off.")
@click.option("--include-inherited", is_flag=True, help="Also those on the subscription.")
@click.option("--relock", is_flag=True, help="Put every lock back afterwards.")
@click.option("--accept-loss", is_flag=True, help="Delete points that no vault has too.")
@click.option("--during-job", is_flag=True, help="Go on while a job works on the VM.")
@click.option(
    "--max-backups-per-day",
    type=click.IntRange(1, TRIGGERS_PER_DAY_LIMIT),
    default=SUPPORTED_BACKUPS_PER_DAY,
    show_default=True,
    help="With --by backup: refuse when there were as many today.",
)
@change_options
@connection_options
def command(**options: Any) -> None:
    r"""Delete a VM's restore point collections, after proof that they are its own.

    Only collections of Azure Backup whose source is exactly this VM. Data in the vault is never
    touched. The next backup makes a new collection.

    \b
    Examples:
      azremedy clean-rpc --vm web-1 --dry-run
      azremedy clean-rpc --vm web-1 -g rg-web --unlock --yes
      azremedy clean-rpc --vm web-1 --by backup --unlock
    """
    flow = take_flow(options)
    connection, targets = take_connection(options), take_targets(options)
    options["by"] = CleanBy(options["by"])
    with api.connect(connection) as azure:
        plan = api.plan_clean(azure, targets, CleanOptions(**options), max_targets=flow.max_targets)
        code = carry_out(azure, plan, flow)
    raise SystemExit(code)
