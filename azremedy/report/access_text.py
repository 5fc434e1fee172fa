"""What the caller may do, and custom roles, as text for people."""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING

from rich import box
from rich.table import Table

from azremedy.domain.needs import Weight
from azremedy.domain.permissions import Holding
from azremedy.report import words
from azremedy.report.escaping import escape

if TYPE_CHECKING:
    from collections.abc import Iterable

    from rich.console import Console

    from azremedy.domain.custom_role import CustomRole
    from azremedy.domain.permissions import AccessLine, AccessReport

_HOLDINGS = {
    Holding.HAVE: "have",
    Holding.MISSING: "missing",
    Holding.DENIED: "denied",
    Holding.MAYBE_DENIED: "denied to a group",
    Holding.UNKNOWN: "not read",
}
_OPEN = {Holding.UNKNOWN, Holding.MAYBE_DENIED}
_STYLES = {
    Holding.HAVE: "green",
    Holding.MISSING: "bold red",
    Holding.DENIED: "bold red",
    Holding.MAYBE_DENIED: "yellow",
    Holding.UNKNOWN: "yellow",
}


def show_access(report: AccessReport, console: Console) -> None:
    """Write one row for each permission of each command, then what it comes to."""
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    for column in ("Command", "Action", "At", "You", "A role that has it"):
        table.add_column(column, overflow="fold")
    for command, lines in groupby(report.lines, key=lambda line: line.command):
        for index, line in enumerate(lines):
            table.add_row("" if index else escape(command), *_cells(line))
        table.add_section()
    console.print(table)
    for gap in report.gaps:
        told = f"not read: {gap.source}: {gap.why}"
        console.print(f"[yellow]{escape(told)}[/yellow]", soft_wrap=True)
    for line in report.lacking:
        console.print(f"[bold red]{escape(_tell_lacking(line))}[/bold red]", soft_wrap=True)
    console.print(escape(_sum_up(report)), style="bold", soft_wrap=True)
    console.print("Data actions and conditions of role assignments are not looked at.")


def _cells(line: AccessLine) -> tuple[str, ...]:
    style, told = _STYLES[line.holding], _HOLDINGS[line.holding]
    if line.why:
        told = f"{told}: {line.why}"
    if line.weight is not Weight.MUST and line.holding is not Holding.HAVE:
        style, told = "yellow", f"{told} (not always needed)"
    return (
        escape(line.action),
        escape(words.place(line.scope)),
        f"[{style}]{escape(told)}[/{style}]",
        escape(line.role),
    )


def _tell_lacking(line: AccessLine) -> str:
    """Say it once more beneath a table that may be long."""
    told = _HOLDINGS[line.holding]
    return f"{told}: {line.action} at {words.place(line.scope)}, for {line.command}: {line.role}"


def _sum_up(report: AccessReport) -> str:
    if report.lacking:
        return f"{words.plural(len(report.lacking), 'permission')} missing."
    if report.unknown or any(line.holding in _OPEN for line in report.lines):
        return "Nothing is seen to be missing, but not everything could be read."
    return "Nothing is missing."


def show_roles(roles: Iterable[CustomRole], console: Console) -> None:
    """Write each role with its actions."""
    for role in roles:
        console.print(
            f"[bold]{escape(role.name)}[/bold]: {escape(role.description)}", soft_wrap=True
        )
        for action in role.actions:
            console.print(f"  {escape(action)}", soft_wrap=True, highlight=False)
    console.print(
        "The roles add up: whoever repairs reads as well. With '--part PART -o json' one of them "
        "is written as 'az role definition create --role-definition @FILE' takes it.",
        soft_wrap=True,
        highlight=False,
    )
