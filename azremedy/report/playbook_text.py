"""What a team's own playbook would do, for people."""

from __future__ import annotations

from textwrap import fill
from typing import TYPE_CHECKING

from rich.text import Text

from azremedy.domain.needs import At
from azremedy.report.explain_text import show_explanation
from azremedy.report.instructions_text import WIDTH
from azremedy.report.remedy_words import describe_remedy
from azremedy.report.words import REVERSIBLE

if TYPE_CHECKING:
    from collections.abc import Iterable

    from rich.console import Console

    from azremedy.domain.playbook_sheet import PlaybookSheet
    from azremedy.domain.remedy_steps import UsedStep

GUARDS = (
    "Causes that facts confirm are mended, and no others. Each change is shown first. Locks in the "
    "way, restore points without a copy, jobs that run and all other guards refuse the plan as "
    "they do without this playbook."
)
_PLACES = {At.VM: "VM", At.KEY_VAULT: "key vault", At.NETWORK: "security group or subnet"}
_NO_STEP = "no step of its own: only the backup below"


def show_sheets(sheets: Iterable[PlaybookSheet], console: Console) -> None:
    """Write what each playbook would do."""
    for number, sheet in enumerate(sheets):
        if number:
            console.rule()
        _show_origin(sheet, console)
        show_explanation(sheet.explanation, console)
        _show_steps(sheet, console)


def _show_origin(sheet: PlaybookSheet, console: Console) -> None:
    console.print(Text(sheet.file, style="dim"), soft_wrap=True)
    if sheet.replaces:
        left_out = ", ".join(sheet.no_longer_asked)
        told = "It takes the place of the playbook that comes with azremedy" + (
            f", and leaves out {left_out}." if left_out else "."
        )
        console.print(Text(_wrap(told, 2), style="yellow"), soft_wrap=True)
    console.print()


def _show_steps(sheet: PlaybookSheet, console: Console) -> None:
    console.print()
    console.print(Text("What each remedy does", style="bold underline"))
    for used in sheet.remedies:
        heading = Text("  ").append(used.remedy, style="bold")
        console.print(heading.append(f": {describe_remedy(used.remedy)}"), soft_wrap=True)
        if not used.steps:
            console.print(Text(f"     {_NO_STEP}"), soft_wrap=True)
        for step in used.steps:
            _show_step(step, console)
    console.print(Text("  at the end of every repair", style="bold"), soft_wrap=True)
    for step in sheet.proof:
        _show_step(step, console)
    console.print()
    console.print(Text(_wrap(GUARDS, 0)), soft_wrap=True)


def _show_step(step: UsedStep, console: Console) -> None:
    line = Text("     ").append(step.kind, style="green")
    line.append(f": lost: {step.lost}; {REVERSIBLE[step.reversible]}")
    console.print(line, soft_wrap=True)
    for use in step.permissions:
        told = f"       needs {use.action} at the {_PLACES.get(use.at, use.at)}"
        console.print(Text(told, style="dim"), soft_wrap=True)


def _wrap(text: str, indent: int) -> str:
    pad = " " * indent
    return fill(
        text,
        width=WIDTH,
        initial_indent=pad,
        subsequent_indent=pad,
        break_long_words=False,
        break_on_hyphens=False,
    )
