"""The restore point groups as a table."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich import box
from rich.table import Table

from azremedy.domain.ownership import parse_vm_id
from azremedy.report import words
from azremedy.report.escaping import escape

if TYPE_CHECKING:
    from collections.abc import Iterable

    from rich.console import Console

    from azremedy.domain.evidence import Unreadable
    from azremedy.domain.resources import ManagementLock
    from azremedy.domain.worlds import GroupsEvidence, RestorePointGroup


def show_groups(evidence: GroupsEvidence, console: Console) -> None:
    """Write one row a group, then what each lock and collection is."""
    if not evidence.groups:
        console.print(f"No restore point group in subscription {evidence.subscription_id}.")
        return
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    for column in ("Group", "Location", "Known by", "Locks", "Collections", "Points", "VMs"):
        table.add_column(column, overflow="fold")
    for found in evidence.groups:
        locks = _count_locks(found) if evidence.locks_read else "not read"
        table.add_row(*(escape(cell) for cell in _cells(found, locks)))
    console.print(table)
    for found in evidence.groups:
        _show_details(found, console)


def _cells(found: RestorePointGroup, locks: str) -> tuple[str, ...]:
    points = [c.restore_points for c in found.collections]
    known = sum(len(read) for read in points if read is not None)
    return (
        found.group.id.name,
        found.group.location,
        found.known_by,
        locks,
        str(len(found.collections)),
        f"{known}+" if None in points else str(known),
        ", ".join(_vm_names(found)),
    )


def _count_locks(found: RestorePointGroup) -> str:
    counts = (
        (len(found.locks), "own"),
        (len(found.resource_locks), "on resources"),
        (len(found.inherited_locks), "inherited"),
    )
    return ", ".join(f"{count} {what}" for count, what in counts if count) or "none"


def _vm_names(found: RestorePointGroup) -> Iterable[str]:
    ids = (parse_vm_id(collection.source_id) for collection in found.collections)
    return dict.fromkeys(vm_id.name for vm_id in ids if vm_id is not None)


def _show_details(found: RestorePointGroup, console: Console) -> None:
    levels = (
        ("lock", found.locks),
        ("lock on a resource", found.resource_locks),
        ("inherited lock", found.inherited_locks),
    )
    for what, found_locks in levels:
        for lock in found_locks:
            console.print(_describe_lock(what, lock), soft_wrap=True)
    for collection in found.collections:
        points = collection.restore_points
        count = "points not read" if points is None else words.plural(len(points), "point")
        console.print(
            f"[dim]{escape(str(collection.id))}[/dim]\n"
            f"  {count}, source {escape(collection.source_id or 'not told')}",
            soft_wrap=True,
        )


def _describe_lock(what: str, lock: ManagementLock) -> str:
    notes = f": {escape(lock.notes)}" if lock.notes else ""
    return (
        f"[yellow]{what}[/yellow] {escape(lock.name)} ({lock.level}) "
        f"at {escape(str(lock.scope))}{notes}"
    )


def show_gaps(gaps: Iterable[Unreadable], console: Console) -> None:
    """Write what could not be read: the answer may be incomplete."""
    for gap in gaps:
        console.print(
            f"[yellow]not read:[/yellow] {escape(gap.source)}: {escape(gap.why)}", soft_wrap=True
        )
