"""``azremedy fix``."""

from __future__ import annotations

from typing import Any

import click

from azremedy import api
from azremedy.api.targets import settle_names
from azremedy.cli.fix_options import fix_options, take_allowed
from azremedy.cli.flow import carry_out, take_flow
from azremedy.cli.given import take_connection, take_targets, take_wait
from azremedy.cli.look import look_inside
from azremedy.cli.options import (
    all_failed_option,
    change_options,
    connection_options,
    no_wait_option,
    vm_options,
)
from azremedy.cli.playbook_option import playbook_option
from azremedy.domain.planner.fix.options import FixOptions
from azremedy.errors import UsageError


@click.command("fix")
@vm_options
@all_failed_option
@click.option("--code", metavar="CODE", help="The error code, instead of the last job's.")
@playbook_option
@click.option("--everything", is_flag=True, help="Ask every rule, whatever the code.")
@click.option(
    "--look-inside", is_flag=True, help="First run azremedy's check inside the VM; asks first."
)
@fix_options
@no_wait_option
@change_options
@connection_options
def command(**options: Any) -> None:
    """Find out why a VM's backup fails, mend that, and prove it with a backup.

    Only causes that facts confirm are mended. What disrupts the VM or opens something needs a flag
    of its own. The plan ends with one on-demand backup; its end is the run's.

    \b
    Examples:
      azremedy fix --vm web-1 --dry-run
      azremedy fix --vm web-1 -g rg-web --unlock --yes
      azremedy fix --vm web-1 --code UserErrorGuestAgentStatusUnavailable --restart
      azremedy fix --from-scan scan.json --cause UserErrorRpCollectionLimitReached --dry-run
      azremedy fix --all-failed --subscription prod-1 --dry-run
    """  # noqa: D301 - \b is Click's mark for text that keeps its lines
    flow = take_flow(options)
    connection, targets = take_connection(options), take_targets(options)
    asked = api.DiagnoseOptions(
        code=options.pop("code"),
        playbooks=options.pop("playbooks"),
        everything=options.pop("everything"),
    )
    allowed, wanted = take_allowed(options), options.pop("look_inside")
    if wanted and flow.dry_run:
        raise UsageError(
            "--look-inside runs a script in the VM, which neither --dry-run nor --out can do",
            advice="Leave one of them out, or look first with 'azremedy diagnose --look-inside'.",
        )
    options["until"] = take_wait(options, "until")
    with api.connect(connection) as azure:
        azure.load_while_asking("azremedy.cli.carrying")
        targets = settle_names(azure, targets)
        plan = api.plan_fix(
            azure,
            targets,
            FixOptions(allowed=allowed, **options),
            how=asked,
            guest=look_inside(azure, targets, yes=flow.yes) if wanted else {},
            max_targets=flow.max_targets,
        )
        code = carry_out(azure, plan, flow)
    raise SystemExit(code)
