"""``azremedy diagnose``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from azremedy import api
from azremedy.api.diagnosing import DiagnoseOptions, diagnose
from azremedy.cli.given import take_connection, take_targets
from azremedy.cli.names import remember
from azremedy.cli.options import connection_options, vm_options
from azremedy.cli.output import answer
from azremedy.cli.playbook_option import playbook_option
from azremedy.domain.findings import Certainty
from azremedy.errors import EXIT_DONE, EXIT_FAILURES, UsageError
from azremedy.report.diagnosis_text import show_diagnosis

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from rich.console import Console

    from azremedy.api.diagnosing import Examined
    from azremedy.domain.evidence import Observation
    from azremedy.domain.findings import Diagnosis
    from azremedy.domain.guest import GuestFacts
    from azremedy.ids import ResourceId

EXIT_CONFIRMED = 10


@click.command("diagnose")
@vm_options
@click.option("--code", metavar="CODE", help="The error code, besides those that Azure names.")
@playbook_option
@click.option("--everything", is_flag=True, help="Ask every rule, whatever the code.")
@click.option(
    "--look-inside", is_flag=True, help="Also run azremedy's check inside the VM; asks first."
)
@click.option("-y", "--yes", is_flag=True, help="With --look-inside: do not ask.")
@click.option("--detailed-exitcode", is_flag=True, help="Exit 10 when a cause is confirmed.")
@connection_options
def command(**options: Any) -> None:
    """Find out why a VM's backup fails, and on what evidence.

    Changes nothing. The code is that of the newest backup job, of the protected item's health, and
    your own. As JSON the answer is a list with one diagnosis a VM.

    \b
    Exit codes: 0 answered, 3 nothing is confirmed and not everything could be read, 6 there is no
    such VM, 10 with --detailed-exitcode when a cause is confirmed.

    \b
    Examples:
      azremedy diagnose --vm web-1
      azremedy diagnose --vm web-1 --code UserErrorGuestAgentStatusUnavailable -o json
      azremedy diagnose --vm web-1 --sandbox restore-point-limit
    """  # noqa: D301 - \b is Click's mark for text that keeps its lines
    del options["output"]
    detailed = options.pop("detailed_exitcode")
    wanted, yes = options.pop("look_inside"), options.pop("yes")
    connection, targets = take_connection(options), take_targets(options)
    chosen = _take(options)
    with api.connect(connection) as azure:
        inside = _look_inside(azure, targets, yes=yes) if wanted else {}
        found = diagnose(azure, targets, chosen, guest=inside)
    remember(each.diagnosis.vm_id for each in found)
    diagnoses = tuple(each.diagnosis for each in found)
    answer(diagnoses, lambda out: _show(found, out))
    raise SystemExit(_exit_code(diagnoses, detailed=detailed))


def _look_inside(
    azure: api.Azure, asked: api.VmNames, *, yes: bool
) -> Mapping[ResourceId, Observation[GuestFacts]]:
    from azremedy.cli.look import look_inside  # noqa: PLC0415 - most diagnoses need no engine

    return look_inside(azure, asked, yes=yes)


def _take(options: dict[str, Any]) -> DiagnoseOptions:
    """Make the options of a diagnosis of those that are left.

    Raises:
        UsageError: for a code that is empty, as when a script's variable is not set.
    """
    if options["code"] is not None and not options["code"].strip():
        raise UsageError("--code is empty", advice="Give it a value, or leave it out.")
    return DiagnoseOptions(**options)


def _show(found: Iterable[Examined], out: Console) -> None:
    for each in found:
        show_diagnosis(
            each.diagnosis, out, playbooks=each.playbooks, instructions=each.instructions
        )


def _exit_code(diagnoses: Iterable[Diagnosis], *, detailed: bool) -> int:
    """Give the exit code: what was found weighs more than what could not be read."""
    codes = {_code_of(each) for each in diagnoses}
    if EXIT_CONFIRMED in codes and detailed:
        return EXIT_CONFIRMED
    return EXIT_FAILURES if EXIT_FAILURES in codes else EXIT_DONE


def _code_of(diagnosis: Diagnosis) -> int:
    if diagnosis.confirmed:
        return EXIT_CONFIRMED
    unsettled = any(each.certainty is Certainty.CANNOT_TELL for each in diagnosis.findings)
    return EXIT_FAILURES if unsettled and diagnosis.gaps else EXIT_DONE
