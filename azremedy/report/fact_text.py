"""Facts for people: what was seen, where, when, and under which request id."""

from __future__ import annotations

from typing import TYPE_CHECKING

from azremedy.report.escaping import escape

if TYPE_CHECKING:
    from datetime import datetime

    from rich.console import Console

    from azremedy.domain.findings import Basis


def show_basis(basis: Basis, console: Console) -> None:
    """Write one observation that a finding rests on, and below it where it comes from."""
    console.print(f"     - {escape(basis.fact)}", soft_wrap=True)
    if origin := describe_origin(basis):
        console.print(f"       [dim]{escape(origin)}[/dim]", soft_wrap=True)


def describe_origin(basis: Basis) -> str:
    """Say in one line where a fact was read, when, and how Azure's support can find it."""
    parts = (
        basis.source,
        describe_time(basis.at) if basis.at else "",
        f"request {basis.request_id}" if basis.request_id else "",
    )
    return ", ".join(part for part in parts if part)


def describe_time(moment: datetime) -> str:
    """Write a time as Azure's portal does in UTC, to the second."""
    return f"{moment:%Y-%m-%d %H:%M:%S} UTC"
