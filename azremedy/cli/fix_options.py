"""The flags of ``fix``: what may be disrupted, opened or lost."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

import click

from azremedy.cli.options import unknown_rights_option
from azremedy.domain.guards import SUPPORTED_BACKUPS_PER_DAY, TRIGGERS_PER_DAY_LIMIT
from azremedy.domain.remedies import FLAGS, Remedy
from azremedy.domain.steps import WaitFor

if TYPE_CHECKING:
    from collections.abc import Callable

CommandT = TypeVar("CommandT", bound="Callable[..., Any]")

_HELP = {
    "--restart": "May restart the VM.",
    "--reapply": "May have Azure apply the VM's model again.",
    "--redeploy": "May move the VM to another host.",
    "--deallocate": "May shut the VM down from outside; it stays off.",
    "--run-command": "May run azremedy's scripts inside the VM.",
    "--allow-storage": "May open the way to Azure Storage.",
    "--grant-keyvault": "May let the backup service read the key vault.",
    "--cancel-job": "May cancel a job that runs.",
    "--resume-protection": "May resume protection that is paused.",
}


def fix_options(command: CommandT) -> CommandT:
    """Add all flags of ``fix``."""
    remedies = [click.option(flag, is_flag=True, help=_HELP[flag]) for flag in _HELP]
    for option in reversed((*remedies, *_LOSSES, *_BACKUP)):
        command = option(command)
    return command


def take_allowed(options: dict[str, Any]) -> frozenset[Remedy]:
    """Take the remedies that the flags allow out of the command's options."""
    given = {flag: options.pop(flag.removeprefix("--").replace("-", "_")) for flag in _HELP}
    return frozenset(remedy for remedy, flag in FLAGS.items() if given[flag])


_LOSSES = (
    click.option("--unlock", is_flag=True, help="Take locks in the way off."),
    click.option("--include-inherited", is_flag=True, help="Also those on the subscription."),
    unknown_rights_option,
    click.option("--relock", is_flag=True, help="Put every lock back afterwards."),
    click.option("--accept-loss", is_flag=True, help="Delete points that no vault has too."),
    click.option(
        "--agent-not-ready", is_flag=True, help="Uninstall the extension without the agent's help."
    ),
    click.option("--during-job", is_flag=True, help="Go on while a job works on the VM."),
)
_BACKUP = (
    click.option("--policy", "policy_name", metavar="NAME", help="With --resume-protection."),
    click.option(
        "--wait",
        "until",
        type=click.Choice([until.value for until in WaitFor]),
        default=WaitFor.SNAPSHOT.value,
        show_default=True,
        help="How far the backup at the end is followed.",
    ),
    click.option(
        "--retain-days",
        type=click.IntRange(min=1, max=99 * 365),
        default=30,
        show_default=True,
        help="Days to keep its recovery point.",
    ),
    click.option(
        "--max-backups-per-day",
        type=click.IntRange(1, TRIGGERS_PER_DAY_LIMIT),
        default=SUPPORTED_BACKUPS_PER_DAY,
        show_default=True,
        help="Refuse when there were as many today.",
    ),
    click.option(
        "--no-cool-down",
        is_flag=True,
        help="Do at once what has just failed, or did not help.",
    ),
)
