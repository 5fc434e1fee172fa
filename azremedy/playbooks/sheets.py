"""Read a team's own playbooks to tell what they would do."""

from __future__ import annotations

from typing import TYPE_CHECKING

from azremedy.domain.playbook import Playbook
from azremedy.domain.playbook_sheet import make_sheet
from azremedy.errors import UsageError
from azremedy.playbooks import folders
from azremedy.playbooks.layers import read_layer
from azremedy.playbooks.library import load_library, load_shipped

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from azremedy.domain.playbook_sheet import PlaybookSheet


def make_sheets(files: Iterable[Path]) -> tuple[PlaybookSheet, ...]:
    """Tell of each playbook in some files what it would do; a folder stands for all in it.

    Raises:
        UsageError: when a file cannot be used, or none of them is a playbook.
    """
    given = tuple(files)
    instructions = {each.name: each for each in load_library(given).instructions}
    shipped = {book.code.lower(): book for book in load_shipped().playbooks}
    sheets = tuple(
        make_sheet(
            entry.content,
            entry.document.file,
            instructions=instructions,
            replaced=shipped.get(entry.content.code.lower()),
        )
        for entry in read_layer(folders.list_with_instructions(given)).entries
        if isinstance(entry.content, Playbook)
    )
    if not sheets:
        raise UsageError(
            f"There is no playbook in {', '.join(str(each) for each in given)}",
            advice="'azremedy playbook new CODE --out FILE' writes one to begin with.",
        )
    return sheets
