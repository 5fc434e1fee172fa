"""A scan as text for people: by cause, with what treats it, then its VMs."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from rich import box
from rich.table import Table

from azremedy.domain.estate import ReadFrom, Risk
from azremedy.report import words
from azremedy.report.escaping import escape
from azremedy.report.runs_text import tell_time

if TYPE_CHECKING:
    from collections.abc import Iterable

    from rich.console import Console

    from azremedy.domain.estate import GroupOfCause, Scan, ScannedVm
    from azremedy.ids import ResourceId

SHOWN = 10
"""How many VMs of a cause, groups and collections are told when not all are asked for."""

_RISKS = {
    Risk.FAILING: "fails",
    Risk.PAUSED: "paused",
    Risk.WARNINGS: "warnings",
    Risk.LOCKED: "locked",
    Risk.NEAR_LIMIT: "near the limit",
    Risk.CHRONIC: "often",
    Risk.UNHEALTHY: "unhealthy",
}


def show_scan(found: Scan, console: Console, *, every: bool = False, file: str = "FILE") -> None:
    """Write what a scan found.

    Args:
        found: the scan.
        console: where to.
        every: tell all VMs, and not only the first of each cause.
        file: where the scan is kept, for the commands.
    """
    console.print(escape(_tell_sum(found)), soft_wrap=True)
    _show_sources(found, console)
    names = {each.id: each.name for each in found.subscriptions}
    by_cause: dict[str, list[ScannedVm]] = {}
    for vm in found.vms:
        by_cause.setdefault(vm.cause, []).append(vm)
    for group in found.groups:
        _show_group(group, by_cause[group.cause], names, console, limit=_limit(every), file=file)
    _show_locked(found, console, limit=_limit(every))
    _show_orphans(found, console, limit=_limit(every))
    if found.groups and file == "FILE":
        console.print("\nFILE is the scan itself: keep it with --out FILE.", style="dim")


def _limit(every: bool) -> int | None:  # noqa: FBT001 - one private caller
    return None if every else SHOWN


def _tell_sum(found: Scan) -> str:
    failing = len(found.failing)
    at_risk = len(found.vms) - failing
    where = words.plural(len(found.subscriptions), "subscription")
    told = (
        f"{words.plural(found.protected, 'protected VM')} in {where}: {failing} "
        f"{'fails' if failing == 1 else 'fail'}, {at_risk} at risk"
    )
    return f"{told}. Read at {tell_time(found.read_at)}."


def _show_sources(found: Scan, console: Console) -> None:
    """Say which subscriptions were not read by Resource Graph, and why: each reason once."""
    others = Counter(
        (each.read_from, each.why)
        for each in found.subscriptions
        if each.read_from is not ReadFrom.GRAPH
    )
    for (read_from, why), count in others.items():
        told = "by each service" if read_from is ReadFrom.SERVICES else "not at all"
        where = words.plural(count, "subscription")
        console.print(f"[yellow]{where} read {told}:[/yellow] {escape(why)}", soft_wrap=True)


def _show_group(
    group: GroupOfCause,
    vms: list[ScannedVm],
    names: dict[str, str],
    console: Console,
    *,
    limit: int | None,
    file: str,
) -> None:
    style = "bold red" if group.failing else "bold yellow"
    console.print(
        f"\n[{style}]{escape(group.cause)}[/{style}]  {words.plural(group.count, 'VM')}"
        f"\n  {escape(group.title)}",
        soft_wrap=True,
    )
    command = group.command.replace(" FILE ", f" {file} ")
    console.print(f"  try: {escape(command)}{_dry(command)}", soft_wrap=True)
    if optional := [flag for flag in group.flags if flag not in group.command]:
        console.print(f"  it may need: {escape(' '.join(optional))}", soft_wrap=True)
    console.print(_tabulate(vms[:limit], names))
    _tell_rest(len(vms), limit, "VM", console)


def _dry(command: str) -> str:
    return "" if command.startswith(("azremedy explain", "azremedy diagnose")) else " --dry-run"


def _tabulate(vms: Iterable[ScannedVm], names: dict[str, str]) -> Table:
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    for column in ("VM", "Group", "Subscription", "State", "Since", "Failures", "Points", "Locks"):
        table.add_column(column, overflow="fold")
    for vm in vms:
        table.add_row(*map(escape, _cells(vm, names)))
    return table


def _cells(vm: ScannedVm, names: dict[str, str]) -> tuple[str, ...]:
    subscription = vm.id.subscription_id.lower()
    last = vm.last_job
    gone = " (not seen)" if vm.exists is False else ""
    return (
        f"{vm.id.name}{gone}",
        vm.id.resource_group,
        names.get(subscription) or subscription,
        ", ".join(_RISKS[risk] for risk in vm.risks),
        tell_time(last.at) if last is not None and last.at is not None else "",
        _tell_number(vm.failures, known=vm.last_job is not None),
        _tell_number(vm.points, known=False),
        _tell_number(len(vm.locks) if vm.locks is not None else None, known=True),
    )


def _tell_number(number: int | None, *, known: bool) -> str:
    """Write a number; one that was not asked for is left out, one that was is not read."""
    if number is None:
        return "not read" if known else ""
    return str(number)


def _show_locked(found: Scan, console: Console, *, limit: int | None) -> None:
    if not found.locked_groups:
        return
    console.print("\n[bold]Locked groups of restore points[/bold]")
    for group in found.locked_groups[:limit]:
        kept = ", ".join(f"{lock.name} ({lock.level}) on {_on(lock.scope)}" for lock in group.locks)
        size = (
            "" if group.collections is None else f" {words.plural(group.collections, 'collection')}"
        )
        console.print(f"  {escape(str(group.id))}{size}: {escape(kept)}", soft_wrap=True)
    _tell_rest(len(found.locked_groups), limit, "group", console)


def _on(scope: ResourceId) -> str:
    return words.place(scope)


def _show_orphans(found: Scan, console: Console, *, limit: int | None) -> None:
    if not found.orphans:
        return
    console.print(
        "\n[bold]Restore point collections whose VM was not seen[/bold]\n"
        "  try: azremedy clean-rpc --orphaned --subscription SUBSCRIPTION --dry-run",
        soft_wrap=True,
    )
    for orphan in found.orphans[:limit]:
        kept = " (still protected)" if orphan.protected else ""
        console.print(f"  {escape(str(orphan.id))}{kept}", soft_wrap=True)
    _tell_rest(len(found.orphans), limit, "collection", console)


def _tell_rest(count: int, limit: int | None, noun: str, console: Console) -> None:
    if limit is not None and count > limit:
        console.print(f"  and {words.plural(count - limit, f'more {noun}')}: see --all")
