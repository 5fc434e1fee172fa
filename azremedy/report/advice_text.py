"""What the codes of a failed backup mean, and what to run next."""

from __future__ import annotations

from typing import TYPE_CHECKING

from azremedy.report.escaping import escape

if TYPE_CHECKING:
    from collections.abc import Iterable

    from rich.console import Console

    from azremedy.domain.playbook import Playbook
    from azremedy.ids import ResourceId


def show_advice(playbooks: Iterable[Playbook], vm_id: ResourceId, console: Console) -> None:
    """Write what each code means, then the commands that go on, ready to be pasted."""
    books = tuple(playbooks)
    for book in books:
        console.print(f"[bold]{escape(book.code)}[/bold]: {escape(book.title)}", soft_wrap=True)
        console.print(f"  {escape(book.meaning)}", soft_wrap=True)
    commands = (f"diagnose --vm {vm_id}", *(f"explain {book.code}" for book in books))
    for command in commands if books else ():
        console.print(f"  next: azremedy {escape(command)}", soft_wrap=True, highlight=False)
