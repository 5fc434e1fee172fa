"""Options that commands share, named as the Azure CLI names them."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from azremedy.cli.names import complete_groups, complete_scenarios, complete_vms
from azremedy.cli.output import output_options
from azremedy.cli.ramp_options import ramp_options
from azremedy.cli.settings import default_of, list_variables

if TYPE_CHECKING:
    from collections.abc import Callable

CommandT = TypeVar("CommandT", bound="Callable[..., Any]")


def place_in_azure(command: CommandT) -> CommandT:
    """Add which subscription, tenant and cloud are meant."""
    for option in reversed(
        (
            click.option(
                "--subscription",
                metavar="ID|NAME",
                envvar=list_variables("subscription"),
                default=default_of("subscription"),
                help="Subscription; else AZURE_SUBSCRIPTION_ID, else the Azure CLI's default.",
            ),
            click.option(
                "--tenant",
                metavar="ID",
                envvar=list_variables("tenant"),
                default=default_of("tenant"),
                help="Tenant to sign in to.",
            ),
            click.option(
                "--cloud",
                metavar="NAME|URL",
                envvar=list_variables("cloud"),
                default=default_of("cloud", "public"),
                help="public (if not given), china, usgov, or the https URL of a cloud's metadata.",
            ),
        )
    ):
        command = option(command)
    return command


def connection_options(command: CommandT) -> CommandT:
    """Add what a command needs to reach Azure, or a sandbox, and how it answers."""
    command = output_options(command)
    for option in reversed(
        (
            click.option(
                "--sandbox",
                metavar="SCENARIO",
                shell_complete=complete_scenarios,
                help="Run in a fresh local world instead of Azure; see 'azremedy sandbox list'.",
            ),
            click.option(
                "--record",
                type=click.Path(dir_okay=False),
                help="With --sandbox: write each HTTP exchange to this file.",
            ),
            click.option(
                "--read-only",
                is_flag=True,
                # Not every Click takes a default that is looked up for one that is off.
                flag_value=True,
                envvar=list_variables("read-only"),
                default=default_of("read-only", otherwise=False),
                help="Make this process unable to change anything, whatever else is asked of it.",
            ),
        )
    ):
        command = option(command)
    return place_in_azure(command)


def change_options(command: CommandT) -> CommandT:
    """Add what every command has that can change something."""
    for option in reversed(
        (
            click.option("--dry-run", is_flag=True, help="Show the plan; nothing can be changed."),
            click.option("-y", "--yes", is_flag=True, help="Do not ask."),
            click.option(
                "--out",
                type=click.Path(dir_okay=False, path_type=Path),
                metavar="FILE",
                help="Keep the plan in a file for 'azremedy apply'; nothing can be changed.",
            ),
            click.option(
                "--detailed-exitcode",
                is_flag=True,
                help="With --dry-run: exit 10 when there is something to do.",
            ),
            click.option(
                "--max-targets",
                type=click.IntRange(min=1),
                envvar=list_variables("max-targets"),
                default=default_of("max-targets", 20),
                help="Refuse to work on more targets than this; 20 if not given.",
            ),
        )
    ):
        command = option(command)
    return ramp_options(command)


def vm_options(command: CommandT) -> CommandT:
    """Add the ways to name VMs."""
    for option in reversed(
        (
            click.option(
                "--vm",
                "vms",
                multiple=True,
                metavar="NAME|ID",
                shell_complete=complete_vms,
                help="VM by name or id; may be repeated; '-' reads ids from standard input.",
            ),
            click.option(
                "--ids",
                multiple=True,
                metavar="ID...",
                shell_complete=complete_vms,
                help="VMs by full id, several after another; '-' reads them from standard input.",
            ),
            click.option(
                "-g",
                "--resource-group",
                metavar="NAME",
                envvar=list_variables("resource-group"),
                default=default_of("resource-group"),
                shell_complete=complete_groups,
                help="The VM's group.",
            ),
            click.option(
                "--from-scan",
                type=click.Path(dir_okay=False, allow_dash=True, path_type=Path),
                metavar="FILE",
                help="The VMs that fail in a scan kept as JSON; '-' reads it from standard input.",
            ),
            click.option(
                "--cause",
                "causes",
                multiple=True,
                metavar="CAUSE",
                help="With --from-scan: the VMs with this cause instead; may be repeated.",
            ),
        )
    ):
        command = option(command)
    return command


def all_failed_option(command: CommandT) -> CommandT:
    """Add the way to mean whatever fails in a subscription."""
    return click.option(
        "--all-failed",
        is_flag=True,
        help="All VMs of the subscription whose backup fails; with --cause those with that cause.",
    )(command)


def unknown_rights_option(command: CommandT) -> CommandT:
    """Add that locks may be lent although the way back could not be seen."""
    return click.option(
        "--accept-unknown-rights",
        is_flag=True,
        help="Lend locks although it is unknown whether you may put them back.",
    )(command)


def no_wait_option(command: CommandT) -> CommandT:
    """Add the Azure CLI's word for ``--wait none``."""
    return click.option(
        "--no-wait",
        is_flag=True,
        help="As --wait none: only until Azure has accepted the backup and named its job.",
    )(command)
