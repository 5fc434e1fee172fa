"""``azremedy clean-rpc``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from azremedy import api
from azremedy.cli.flow import carry_out, take_flow
from azremedy.cli.given import take_connection, take_targets, take_vms
from azremedy.cli.options import (
    change_options,
    connection_options,
    unknown_rights_option,
    vm_options,
)
from azremedy.domain.guards import SUPPORTED_BACKUPS_PER_DAY, TRIGGERS_PER_DAY_LIMIT
from azremedy.domain.planner.clean import CleanBy, CleanOptions
from azremedy.errors import UsageError

if TYPE_CHECKING:
    from azremedy.cli.flow import Flow
    from azremedy.domain.plan import Plan


@click.command("clean-rpc")
@vm_options
@click.option(
    "--orphaned", is_flag=True, help="All collections of the subscription whose VM is gone."
)
@click.option(
    "--by",
    type=click.Choice([by.value for by in CleanBy]),
    default=CleanBy.DELETE.value,
    show_default=True,
    help="Delete the collections, or trigger a backup that makes Azure clean up.",
)
@click.option("--unlock", is_flag=True, help="Take locks in the way off.")
@click.option("--include-inherited", is_flag=True, help="Also those on the subscription.")
@unknown_rights_option
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
@click.option(
    "--no-cool-down",
    is_flag=True,
    help="With --by backup: back up although a backup has just failed.",
)
@change_options
@connection_options
def command(**options: Any) -> None:
    """Delete a VM's restore point collections, after proof that they are its own.

    Only collections of Azure Backup whose source is exactly this VM. Data in the vault is never
    touched. The next backup makes a new collection.

    \b
    Examples:
      azremedy clean-rpc --vm web-1 --dry-run
      azremedy clean-rpc --vm web-1 -g rg-web --unlock --yes
      azremedy clean-rpc --vm web-1 --by backup --unlock
      azremedy clean-rpc --orphaned --dry-run
    """  # noqa: D301 - \b is Click's mark for text that keeps its lines
    flow = take_flow(options)
    connection, targets = take_connection(options), _take_targets(options)
    options["by"] = CleanBy(options["by"])
    with api.connect(connection) as azure:
        azure.load_while_asking("azremedy.cli.carrying")
        code = carry_out(azure, _plan(azure, targets, CleanOptions(**options), flow), flow)
    raise SystemExit(code)


def _take_targets(options: dict[str, Any]) -> api.VmNames | None:
    """Take the VMs out of the options; ``None`` means those that are gone.

    Raises:
        UsageError: for both, or for neither.
    """
    if not options.pop("orphaned"):
        return take_targets(options)
    if take_vms(options).names:
        raise UsageError("--orphaned is for VMs that are gone", advice="Leave --vm and --ids out.")
    if options["by"] == CleanBy.BACKUP:
        raise UsageError("A VM that is gone cannot be backed up", advice="Leave --by out.")
    return None


def _plan(azure: api.Azure, targets: api.VmNames | None, options: CleanOptions, flow: Flow) -> Plan:
    if targets is None:
        return api.plan_orphans(azure, options, max_targets=flow.max_targets)
    return api.plan_clean(azure, targets, options, max_targets=flow.max_targets)
