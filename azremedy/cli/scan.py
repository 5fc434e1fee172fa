"""``azremedy scan``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from azremedy import api
from azremedy.api.scan import ScanOptions, save_scan, scan
from azremedy.cli import console
from azremedy.cli.given import take_connection
from azremedy.cli.names import remember
from azremedy.cli.options import connection_options
from azremedy.cli.output import answer
from azremedy.cli.pipelines import tell_pipeline_of_scan
from azremedy.cli.playbook_option import playbook_option
from azremedy.domain.sightings import CountPoints
from azremedy.errors import EXIT_DONE, EXIT_FAILURES, UsageError
from azremedy.report.groups_text import show_gaps
from azremedy.report.scan_text import show_scan

if TYPE_CHECKING:
    from azremedy.domain.estate import Scan

EXIT_FAILING = 10


@click.command("scan")
@click.option(
    "--management-group",
    "management_groups",
    multiple=True,
    metavar="NAME",
    help="All subscriptions in a management group; may be repeated.",
)
@click.option(
    "--fresh",
    is_flag=True,
    help="Ask each service instead of Resource Graph, which may be minutes old; slow.",
)
@click.option(
    "--count-points",
    "points",
    type=click.Choice([each.value for each in CountPoints]),
    default=CountPoints.AT_RISK.value,
    show_default=True,
    help="Whose restore points are counted; a request for each collection.",
)
@playbook_option
@click.option("--all", "every", is_flag=True, help="Show all VMs of each cause.")
@click.option(
    "--out",
    type=click.Path(dir_okay=False, path_type=Path),
    metavar="FILE",
    help="Keep the scan as JSON, for --from-scan of other commands.",
)
@click.option("--detailed-exitcode", is_flag=True, help="Exit 10 when backups of VMs fail.")
@connection_options
def command(**options: Any) -> None:
    """Find the VMs of many subscriptions whose backup fails or soon will, by cause.

    Changes nothing. All subscriptions that you can see, if none is named; --subscription may be
    repeated. Asks Azure Resource Graph, and each service where Graph cannot answer. A failure is
    cleared by a later success.

    \b
    Exit codes: 0 also when VMs fail, 3 when part of the estate could not be read, 10 with
    --detailed-exitcode when VMs fail.

    \b
    Examples:
      azremedy scan
      azremedy scan --subscription prod-1 --subscription prod-2 --out scan.json
      azremedy fix --from-scan scan.json --cause UserErrorRpCollectionLimitReached --dry-run
      azremedy scan --sandbox fleet-small --all
    """  # noqa: D301 - \b is Click's mark for text that keeps its lines
    every, out, detailed = (options.pop(each) for each in ("every", "out", "detailed_exitcode"))
    chosen = _take(options)
    if out is not None and out.exists():
        raise UsageError(f"{out} is there already", advice="Name a new file.")
    with api.connect(take_connection({**options, "subscription": None})) as azure:
        found = scan(azure, chosen)
    remember(vm.id for vm in found.vms)
    if out is not None:
        save_scan(found, out)
    tell_pipeline_of_scan(found, out)
    answer(found, lambda to: show_scan(found, to, every=every, file=str(out or "FILE")))
    show_gaps(found.gaps, console.errors())
    raise SystemExit(_exit_code(found, detailed=detailed))


def _take(options: dict[str, Any]) -> ScanOptions:
    """Take what is scanned out of the command's options.

    Raises:
        UsageError: for a name that is empty, as when a script's variable is not set.
    """
    subscriptions = options.pop("subscription")
    groups = options.pop("management_groups")
    if "" in (*subscriptions, *groups):
        raise UsageError("A subscription's or group's name is empty", advice="Give it a value.")
    return ScanOptions(
        subscriptions=tuple(subscriptions),
        management_groups=tuple(groups),
        fresh=options.pop("fresh"),
        points=CountPoints(options.pop("points")),
        playbooks=options.pop("playbooks"),
    )


def _exit_code(found: Scan, *, detailed: bool) -> int:
    """Give the exit code: what was found weighs more than what could not be read."""
    if detailed and found.failing:
        return EXIT_FAILING
    return EXIT_FAILURES if found.gaps else EXIT_DONE


def _repeatable(option: click.Parameter) -> click.Parameter:
    """Give ``--subscription`` as this command takes it: often, and without a default."""
    if option.name != "subscription":
        return option
    return click.Option(
        ["--subscription"],
        multiple=True,
        metavar="ID|NAME",
        help="Subscription; may be repeated; else all that can be seen.",
    )


command.params = [_repeatable(each) for each in command.params]
