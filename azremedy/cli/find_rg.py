"""``azremedy find-rg``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from azremedy import api
from azremedy.cli import console
from azremedy.cli.given import take_connection
from azremedy.cli.names import remember
from azremedy.cli.options import connection_options
from azremedy.cli.output import answer
from azremedy.errors import EXIT_DONE, EXIT_FAILURES

if TYPE_CHECKING:
    from collections.abc import Iterator

    from azremedy.domain.worlds import GroupsEvidence
    from azremedy.ids import ResourceId


@click.command("find-rg")
@click.option("--locked", is_flag=True, help="Only groups that a lock binds.")
@connection_options
def command(**options: Any) -> None:
    """List the groups in which Azure Backup keeps restore points.

    Groups are found by their default name, by the names that backup policies give, and by the
    collections in them. Changes nothing.

    \b
    Examples:
      azremedy find-rg
      azremedy find-rg --locked -o json
      azremedy find-rg --sandbox restore-point-limit
    """  # noqa: D301 - \b is Click's mark for text that keeps its lines
    with api.connect(take_connection(options)) as azure:
        azure.load_while_asking("azremedy.report.groups_text")
        evidence = api.find_groups(azure, locked=options["locked"])
    from azremedy.report.groups_text import show_gaps, show_groups  # noqa: PLC0415 - loaded by now

    remember(_list_names(evidence))
    answer(evidence, lambda out: show_groups(evidence, out))
    show_gaps(evidence.gaps, console.errors())
    raise SystemExit(EXIT_FAILURES if evidence.gaps else EXIT_DONE)


def _list_names(evidence: GroupsEvidence) -> Iterator[ResourceId]:
    """List the groups, and the VMs that their collections are of."""
    from azremedy.domain.ownership import parse_vm_id  # noqa: PLC0415 - not before signing in

    for found in evidence.groups:
        yield found.group.id
        for collection in found.collections:
            if (vm_id := parse_vm_id(collection.source_id)) is not None:
                yield vm_id
