"""What a page of the manual is made of, whatever it is written as.

Texts may hold code between backticks, as in Markdown; all else in them is plain.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias


@dataclass(frozen=True, slots=True, kw_only=True)
class Heading:
    """The beginning of a part."""

    text: str
    """What it is about."""
    level: int = 2
    """2 for a part of the page, 3 for a part of a part."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Paragraph:
    """Sentences."""

    text: str
    """In one line, however long."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Code:
    """Lines that stay as they are."""

    lines: tuple[str, ...]
    """The lines."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Term:
    """A word with what it means."""

    term: str
    """An option, an exit code, a command: shown as code."""
    text: str
    """What it means."""
    page: str = ""
    """The page that tells more, by its path from this one; empty where there is none."""
    section: int = 1
    """The section of that page."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """Words, each with what it means."""

    terms: tuple[Term, ...]
    """In order."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """Rows under a head."""

    head: tuple[str, ...]
    """A word for each column."""
    rows: tuple[tuple[str, ...], ...]
    """As many texts a row as there are columns."""


Block: TypeAlias = Heading | Paragraph | Code | Terms | Table


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """One page."""

    name: str
    """Its file's name without an ending, such as ``azremedy-fix``."""
    title: str
    """Its first line."""
    summary: str
    """What it is about, in one sentence."""
    section: int
    """The section of the manual: 1 for commands, 7 for what is more general."""
    blocks: tuple[Block, ...]
    """What it says."""
