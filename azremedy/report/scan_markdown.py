"""A scan as Markdown, for a ticket or a pull request."""

from __future__ import annotations

from typing import TYPE_CHECKING

from azremedy.redaction import redact
from azremedy.report.escaping import code, flatten, tame
from azremedy.report.runs_text import tell_time
from azremedy.report.words import plural

if TYPE_CHECKING:
    from collections.abc import Iterator

    from azremedy.domain.estate import GroupOfCause, Scan, ScannedVm


def write_scan_markdown(scan: Scan, file: str) -> str:
    """Write a scan by cause, with the command that treats each.

    Args:
        scan: the scan.
        file: where it is kept, for the commands.
    """
    return tame(redact("\n".join(_write(scan, file)).rstrip() + "\n"))


def _write(scan: Scan, file: str) -> Iterator[str]:
    failing = len(scan.failing)
    where = plural(len(scan.subscriptions), "subscription")
    yield f"# Scan of {where}\n"
    yield (
        f"{plural(scan.protected, 'protected VM')}: {failing} failing, "
        f"{len(scan.vms) - failing} at risk. Read at {tell_time(scan.read_at)}.\n"
    )
    for group in scan.groups:
        yield from _tell_group(group, scan.vms, file)
    for gap in scan.gaps:
        yield f"* not read: {code(gap.source)}: {flatten(gap.why)}"


def _tell_group(group: GroupOfCause, vms: tuple[ScannedVm, ...], file: str) -> Iterator[str]:
    yield f"## {group.cause}: {plural(group.count, 'VM')}\n"
    yield f"{flatten(group.title)}\n"
    yield f"    {group.command.replace(' FILE ', f' {file} ')}\n"
    yield "| VM | state | last backup | failures | points | locks |"
    yield "|---|---|---|---|---|---|"
    for vm in vms:
        if vm.cause == group.cause:
            yield f"| {' | '.join((code(str(vm.id)), *map(flatten, _cells(vm))))} |"
    yield ""


def _cells(vm: ScannedVm) -> tuple[str, ...]:
    last = vm.last_job.at if vm.last_job else None
    return (
        ", ".join(risk.replace("-", " ") for risk in vm.risks),
        tell_time(last) if last else "",
        "" if vm.failures is None else str(vm.failures),
        "" if vm.points is None else str(vm.points),
        "not read" if vm.locks is None else ", ".join(lock.name for lock in vm.locks),
    )
