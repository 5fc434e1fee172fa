"""What is wrong with a playbook file, and where."""

from __future__ import annotations

from dataclasses import dataclass
from difflib import get_close_matches
from typing import TYPE_CHECKING

from azremedy.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Iterable

Spot = tuple[str | int, ...]
"""Keys and numbers that lead to a place in a document."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """One thing that is wrong with one file."""

    file: str
    """The file as it was named."""
    line: int
    """The line, counted from 1."""
    message: str
    """What is wrong, and what was probably meant."""

    def __str__(self) -> str:
        """Write it as compilers do, so that editors can jump there."""
        return f"{self.file}:{self.line}: {self.message}"


def suggest(word: str, known: Iterable[str]) -> str:
    """Write what was probably meant, or nothing."""
    fitting = {name.lower(): name for name in known}
    near = get_close_matches(word.lower(), fitting, n=1, cutoff=0.6)
    return f": did you mean '{fitting[near[0]]}'?" if near else ""


def refuse(problems: tuple[Problem, ...]) -> UsageError:
    """Make the error for files that cannot be used; it names the first problem."""
    more = len(problems) - 1
    rest = f" (and {more} more)" if more else ""
    return UsageError(
        f"{problems[0]}{rest}",
        advice="'azremedy playbook check FILE' lists all problems; 'azremedy playbook schema' "
        "prints the schema.",
    )
