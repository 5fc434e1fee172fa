"""``azremedy grant-keyvault``."""

from __future__ import annotations

from typing import Any

import click

from azremedy import api
from azremedy.api.keys import plan_grant_keyvault
from azremedy.cli.flow import carry_out, take_flow
from azremedy.cli.given import take_connection, take_targets
from azremedy.cli.options import (
    change_options,
    connection_options,
    unknown_rights_option,
    vm_options,
)
from azremedy.domain.planner.keys import GrantOptions


@click.command("grant-keyvault")
@vm_options
@click.option(
    "--object-id",
    metavar="ID",
    help="The Backup Management Service's object id in the tenant; else looked up there.",
)
@click.option("--unlock", is_flag=True, help="Take ReadOnly locks in the way off, and put back.")
@click.option("--include-inherited", is_flag=True, help="Also those on the subscription.")
@unknown_rights_option
@change_options
@connection_options
def command(**options: Any) -> None:
    """Let Azure Backup read the keys of a VM under Azure Disk Encryption.

    In each key vault that the VM's disks name: only the rights that are missing, by access policy
    or, where the vault works by roles, by the role Key Vault Administrator.

    \b
    Examples:
      azremedy grant-keyvault --vm web-1 --dry-run
      azremedy grant-keyvault --vm web-1 -g rg-shop --object-id GUID --yes
    """  # noqa: D301 - \b is Click's mark for text that keeps its lines
    flow = take_flow(options)
    connection, targets = take_connection(options), take_targets(options)
    with api.connect(connection) as azure:
        azure.load_while_asking("azremedy.cli.carrying")
        plan = plan_grant_keyvault(
            azure, targets, GrantOptions(**options), max_targets=flow.max_targets
        )
        code = carry_out(azure, plan, flow)
    raise SystemExit(code)
