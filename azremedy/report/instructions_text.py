"""What a person does by hand, for people: ready to be copied from."""

from __future__ import annotations

from textwrap import fill
from typing import TYPE_CHECKING

from rich.text import Text

from azremedy.domain.playbook import Place

if TYPE_CHECKING:
    from rich.console import Console

    from azremedy.domain.playbook import Instructions

WIDTH = 100
"""Columns of prose; commands are never broken."""
PLACES = {
    Place.WINDOWS: "in the VM, in PowerShell as administrator",
    Place.LINUX: "in the VM, in a shell as root",
    Place.GUEST: "in the VM",
    Place.AZURE_CLI: "anywhere with the Azure CLI",
    Place.PORTAL: "in the Azure portal",
    Place.SUPPORT: "with Microsoft's support",
}
"""Where a person does it."""


def show_instructions(instructions: Instructions, console: Console, *, indent: int = 2) -> None:
    """Write what a person does: where, what, and the commands as they are."""
    pad = " " * indent
    title = Text(pad).append(instructions.name, style="bold")
    place = PLACES[instructions.place]
    console.print(title.append(f": {instructions.title} ({place})"), soft_wrap=True)
    for number, line in enumerate(instructions.lines, start=1):
        show_prose(f"{number}. {line}", console, indent=indent + 2, hanging=3)
    for command in instructions.commands:
        for line in command.splitlines():
            console.print(Text(f"{pad}    {line}", style="cyan"), soft_wrap=True)
    console.print(Text(f"{pad}  Source: {instructions.source}", style="dim"), soft_wrap=True)


def show_prose(text: str, console: Console, *, indent: int, hanging: int = 0) -> None:
    """Write prose, folded to the console; a secret in it has been taken out before."""
    prose = fill(
        text,
        width=min(console.width, WIDTH),
        initial_indent=" " * indent,
        subsequent_indent=" " * (indent + hanging),
        break_long_words=False,
        break_on_hyphens=False,
    )
    console.print(Text(prose), soft_wrap=True)
