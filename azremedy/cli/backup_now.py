"""``azremedy backup-now``."""

from __future__ import annotations

from typing import Any

import click

from azremedy import api
from azremedy.cli.flow import carry_out, take_flow
from azremedy.cli.given import take_connection, take_targets, take_wait
from azremedy.cli.options import change_options, connection_options, no_wait_option, vm_options
from azremedy.domain.guards import SUPPORTED_BACKUPS_PER_DAY, TRIGGERS_PER_DAY_LIMIT
from azremedy.domain.planner.backup import BackupOptions
from azremedy.domain.steps import WaitFor


@click.command("backup-now")
@vm_options
@click.option(
    "--wait",
    type=click.Choice([until.value for until in WaitFor]),
    default=WaitFor.SNAPSHOT.value,
    show_default=True,
    help="Follow the backup to its snapshot, to its job's end, or not at all.",
)
@no_wait_option
@click.option(
    "--retain-days",
    type=click.IntRange(1, 9999),
    default=30,
    show_default=True,
    help="Days to keep the recovery point.",
)
@click.option(
    "--timeout",
    type=click.IntRange(min=1),
    default=24 * 60,
    show_default=True,
    help="Minutes after which the backup counts as not confirmed.",
)
@click.option(
    "--max-backups-per-day",
    type=click.IntRange(1, TRIGGERS_PER_DAY_LIMIT),
    default=SUPPORTED_BACKUPS_PER_DAY,
    show_default=True,
    help="Refuse when there were as many today.",
)
@click.option("--no-cool-down", is_flag=True, help="Back up although a backup has just failed.")
@change_options
@connection_options
def command(**options: Any) -> None:
    """Back a VM up now, and say how it ended.

    Finds the vault and the protected item by itself. Exit code 0 only when the backup got as far
    as --wait asks; 11 when it failed or could not be confirmed.

    \b
    Examples:
      azremedy backup-now --vm web-1
      azremedy backup-now --vm web-1 -g rg-web --wait job --yes
      azremedy backup-now --vm web-1 --sandbox healthy --yes -o json
    """  # noqa: D301 - \b is Click's mark for text that keeps its lines
    flow = take_flow(options)
    connection, targets = take_connection(options), take_targets(options)
    asked = BackupOptions(
        until=take_wait(options, "wait"),
        retain_days=options["retain_days"],
        max_backups_per_day=options["max_backups_per_day"],
        timeout_s=options["timeout"] * 60,
        no_cool_down=options["no_cool_down"],
    )
    with api.connect(connection) as azure:
        azure.load_while_asking("azremedy.cli.carrying")
        plan = api.plan_backup(azure, targets, asked, max_targets=flow.max_targets)
        code = carry_out(azure, plan, flow)
    raise SystemExit(code)
