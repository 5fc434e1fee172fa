"""``azremedy allow-storage``."""

from __future__ import annotations

from typing import Any

import click

from azremedy import api
from azremedy.api.network import plan_allow_storage
from azremedy.cli.flow import carry_out, take_flow
from azremedy.cli.given import take_connection, take_targets
from azremedy.cli.options import (
    change_options,
    connection_options,
    unknown_rights_option,
    vm_options,
)
from azremedy.domain.planner.network import AllowBy, StorageOptions
from azremedy.domain.reach import PORTS


@click.command("allow-storage")
@vm_options
@click.option(
    "--by",
    type=click.Choice([by.value for by in AllowBy]),
    default=AllowBy.NEEDED.value,
    show_default=True,
    help="A security rule, a service endpoint of the subnet, or what is needed.",
)
@click.option(
    "--port",
    "ports",
    multiple=True,
    type=click.Choice(PORTS),
    default=PORTS,
    show_default=True,
    help="Port that a rule opens; may be repeated.",
)
@click.option("--unlock", is_flag=True, help="Take locks in the way off, and put them back.")
@click.option("--include-inherited", is_flag=True, help="Also those on the subscription.")
@unknown_rights_option
@change_options
@connection_options
def command(**options: Any) -> None:
    """Let a VM reach Azure Storage, where a rule or a route of its network is in the way.

    Azure Backup of VMs does not need it today, except with an old agent, with write accelerator
    disks, or when the host's own way of taking the snapshot fails.

    \b
    Examples:
      azremedy allow-storage --vm web-1 --dry-run
      azremedy allow-storage --vm web-1 --by endpoint --yes
      azremedy allow-storage --vm web-1 --sandbox extension-snapshot-failed-no-network --yes
    """  # noqa: D301 - \b is Click's mark for text that keeps its lines
    flow = take_flow(options)
    connection, targets = take_connection(options), take_targets(options)
    chosen = StorageOptions(by=AllowBy(options.pop("by")), **options)
    with api.connect(connection) as azure:
        azure.load_while_asking("azremedy.cli.carrying")
        plan = plan_allow_storage(azure, targets, chosen, max_targets=flow.max_targets)
        code = carry_out(azure, plan, flow)
    raise SystemExit(code)
