"""``azremedy check-access``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from azremedy import api
from azremedy.api.check_access import check_access
from azremedy.cli.given import take_connection, take_vms
from azremedy.cli.options import connection_options, vm_options
from azremedy.cli.output import answer
from azremedy.domain.command_needs import ALL
from azremedy.errors import EXIT_ACCESS, EXIT_DONE, EXIT_FAILURES
from azremedy.report.access_text import show_access

if TYPE_CHECKING:
    from azremedy.domain.permissions import AccessReport


@click.command("check-access")
@click.argument("name", metavar="[COMMAND]", default=ALL)
@vm_options
@connection_options
def command(**options: Any) -> None:
    """Say which permissions a command needs, and whether you have them.

    Changes nothing. Without COMMAND all are checked; without a VM, at the subscription. Roles,
    those through groups included, and deny assignments count; data actions are not looked at.

    \b
    Exit codes: 0 nothing is missing, 3 not everything could be read, 5 something is missing.

    \b
    Examples:
      azremedy check-access clean-rpc --vm web-1
      azremedy check-access "clean-rpc --by backup" --vm web-1 -o json
      azremedy check-access --subscription 5ab0e6c1-3f2d-4a7b-9c18-7d20b4f1a001
    """  # noqa: D301 - \b is Click's mark for text that keeps its lines
    name = options.pop("name")
    connection, asked = take_connection(options), take_vms(options)
    with api.connect(connection) as azure:
        report = check_access(azure, asked, name)
    answer(report, lambda out: show_access(report, out))
    raise SystemExit(_exit_code(report))


def _exit_code(report: AccessReport) -> int:
    if report.lacking:
        return EXIT_ACCESS
    return EXIT_FAILURES if report.unknown else EXIT_DONE
