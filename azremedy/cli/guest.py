"""``azremedy guest``."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from azremedy import api
from azremedy.api.agent import plan_script
from azremedy.api.logs import check_archive, save_logs
from azremedy.cli import console
from azremedy.cli.flow import carry_out, take_flow
from azremedy.cli.given import take_connection, take_targets
from azremedy.cli.options import (
    change_options,
    connection_options,
    unknown_rights_option,
    vm_options,
)
from azremedy.cli.output import asked
from azremedy.domain.guest_scripts import COLLECT_LOGS, SCRIPTS
from azremedy.domain.planner.agent import GuestOptions
from azremedy.errors import UsageError
from azremedy.report import words
from azremedy.report.guest_text import show_outputs

if TYPE_CHECKING:
    from azremedy.domain.run import Run


@click.command("guest")
@click.argument("action", type=click.Choice([script.name for script in SCRIPTS]))
@vm_options
@click.option(
    "--into",
    type=click.Path(dir_okay=False, path_type=Path),
    metavar="FILE.zip",
    help="With collect-logs: keep the logs in a new archive that only you can read.",
)
@click.option("--unlock", is_flag=True, help="Take locks in the way off, and put them back.")
@click.option("--include-inherited", is_flag=True, help="Also those on the subscription.")
@unknown_rights_option
@click.option("--during-job", is_flag=True, help="Go on while a job works on the VM.")
@change_options
@connection_options
def command(**options: Any) -> None:
    """Run one of azremedy's own scripts inside a VM with Run Command.

    It takes an agent that is Ready. check and collect-logs change nothing. What touches the agent
    is left to a task inside that outlives the script, and waited for until the agent is Ready.

    \b
    Examples:
      azremedy guest check --vm web-1
      azremedy guest collect-logs --vm web-1 -g rg-web --into web-1.zip
      azremedy guest update-agent --vm web-1 --sandbox guest-agent-snapshot-task-status-error --yes
    """  # noqa: D301 - \b is Click's mark for text that keeps its lines
    flow = take_flow(options)
    connection, targets = take_connection(options), take_targets(options)
    action, into = options.pop("action"), options.pop("into")
    _check_into(action, into)
    with api.connect(connection) as azure:
        azure.load_while_asking("azremedy.cli.carrying")
        plan = plan_script(
            azure, targets, action, GuestOptions(**options), max_targets=flow.max_targets
        )
        code = carry_out(azure, plan, flow, after=lambda run: _tell(run, into=into))
    raise SystemExit(code)


def _check_into(action: str, into: Path | None) -> None:
    if into is None:
        return
    if action != COLLECT_LOGS:
        raise UsageError("--into is for collect-logs", advice="Leave it out.")
    check_archive(into)


def _tell(run: Run, *, into: Path | None) -> None:
    """Keep the logs, or show what the scripts told, which JSON holds anyway."""
    if into is not None:
        _save(run, into)
    elif asked().for_people:
        # A reader that has gone, as with "| head", does not change what the run came to.
        with suppress(BrokenPipeError, SystemExit):
            show_outputs(run, console.answer())


def _save(run: Run, into: Path) -> None:
    logs = save_logs(run, into)
    talk = console.conversation()
    talk.print(f"{words.plural(len(logs), 'log')} in {into}", soft_wrap=True, markup=False)
