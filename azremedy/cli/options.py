"""Options that commands share, named as the Azure CLI names them."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

if TYPE_CHECKING:
    from collections.abc import Callable

CommandT = TypeVar("CommandT", bound="Callable[..., Any]")


def connection_options(command: CommandT) -> CommandT:
    """Add what a command needs to reach Azure, or a sandbox."""
    for option in reversed(
        (
            click.option(
                "--subscription",
                metavar="ID|NAME",
                help="Subscription; else AZURE_SUBSCRIPTION_ID, else the Azure CLI's default.",
            ),
            click.option("--tenant", metavar="ID", help="Tenant to sign in to."),
            click.option(
                "--cloud",
                metavar="NAME|URL",
                envvar=["AZREMEDY_CLOUD", "ARM_CLOUD_METADATA_URL"],
                default="public",
                show_default=True,
                help="public, china, usgov, or the https URL of a cloud's metadata.",
            ),
            click.option(
                "--sandbox",
                metavar="SCENARIO",
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
                envvar="AZREMEDY_READ_ONLY",
                help="Make this process unable to change anything, whatever else is asked of it.",
            ),
            click.option(
                "-o",
                "--output",
                type=click.Choice(["table", "json"]),
                default="table",
                show_default=True,
                help="Form of the answer.",
            ),
        )
    ):
        command = option(command)
    return command


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
                default=20,
                show_default=True,
                help="Refuse to work on more targets than this.",
            ),
        )
    ):
        command = option(command)
    return command


def vm_options(command: CommandT) -> CommandT:
    """Add the ways to name VMs."""
    for option in reversed(
        (
            click.option(
                "--vm",
                "vms",
                multiple=True,
                metavar="NAME|ID",
                help="VM by name or id; may be repeated; '-' reads ids from standard input.",
            ),
            click.option(
                "--ids", multiple=True, metavar="ID", help="VM by full id; may be repeated."
            ),
            click.option("-g", "--resource-group", metavar="NAME", help="The VM's group."),
        )
    ):
        command = option(command)
    return command
