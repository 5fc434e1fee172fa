"""Write a page as Markdown."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, assert_never

from azremedy.report.pages.document import Code, Heading, Paragraph, Table, Terms

if TYPE_CHECKING:
    from azremedy.report.pages.document import Block, Document, Term

_CODE = re.compile(r"(`[^`]*`)")
_MARKS = re.compile(r"\*|\b_|_\b|<(?=[A-Za-z/!])")


def write_markdown(page: Document) -> str:
    """Write a whole page."""
    blocks = (write_block(block) for block in page.blocks)
    return "\n".join((f"# {page.title}\n", f"{_escape(page.summary)}\n", *blocks))


def write_block(block: Block) -> str:
    """Write one block, with a newline at its end."""
    match block:
        case Heading():
            return f"{'#' * block.level} {block.text}\n"
        case Paragraph():
            return _escape(re.sub(r"(?<=[.;:]) (?=[A-Z])", "\n", block.text)) + "\n"
        case Code():
            return "\n".join(("```sh", *block.lines, "```")) + "\n"
        case Terms():
            return "".join(f"* {_write_term(term)}\n" for term in block.terms)
        case Table():
            return write_table(block)
        case _:
            assert_never(block)


def write_table(table: Table) -> str:
    """Write a table, a line a row."""
    ruler = "|".join("---" for _ in table.head)
    rows = (_write_row(row) for row in table.rows)
    return "\n".join((_write_row(table.head), f"|{ruler}|", *rows)) + "\n"


def _write_row(cells: tuple[str, ...]) -> str:
    return f"| {' | '.join(_escape(cell).replace('|', chr(92) + '|') for cell in cells)} |"


def _write_term(term: Term) -> str:
    shown = f"`{term.term}`"
    return f"{f'[{shown}]({term.page}.md)' if term.page else shown}: {_escape(term.text)}"


def _escape(text: str) -> str:
    """Take their meaning from Markdown's characters, but not in code."""
    parts = _CODE.split(text)
    return "".join(part if part.startswith("`") else _MARKS.sub(r"\\\g<0>", part) for part in parts)
