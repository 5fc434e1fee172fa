"""Explain error codes from the playbooks alone.

The command line uses this without the rest of the API, which would double the time it takes.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from azremedy.domain import explanation
from azremedy.domain.catalog import Catalog
from azremedy.errors import UsageError
from azremedy.playbooks.library import load_library

if TYPE_CHECKING:
    from pathlib import Path

    from azremedy.domain.explanation import Explanation, ListedCode

SHOWN = 80
"""Characters of what was asked that an error repeats."""


def explain(asked: str, *, playbooks: tuple[Path, ...] = ()) -> tuple[Explanation, ...]:
    """Explain a code or number, or every code that stands in a text.

    Args:
        asked: the code in any spelling, a number, or text that was pasted from a job.
        playbooks: files of a team's own.

    Raises:
        UsageError: when no code is known in it; the advice names what was probably meant.
    """
    library = load_library(playbooks)
    catalog = Catalog(library.playbooks)
    found = catalog.find(asked)
    books = (found,) if found is not None else catalog.find_in_text(asked)
    if not books:
        raise _unknown(asked, catalog)
    instructions = {each.name: each for each in library.instructions}
    return tuple(explanation.explain_playbook(book, instructions) for book in books)


def list_codes(*, playbooks: tuple[Path, ...] = ()) -> tuple[ListedCode, ...]:
    """List all codes, table by table, by name.

    Raises:
        UsageError: when a playbook cannot be used.
    """
    return explanation.list_codes(load_library(playbooks).playbooks)


def _unknown(asked: str, catalog: Catalog) -> UsageError:
    near = catalog.suggest(asked)
    shown = asked if len(asked) <= SHOWN else f"{asked[: SHOWN - 3]}..."
    meant = f"Did you mean {' or '.join(near)}? " if near else ""
    return UsageError(
        f"No code that is known in '{shown}'",
        advice=f"{meant}'azremedy explain --list' lists all codes.",
    )
