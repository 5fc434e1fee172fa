"""Write a page for ``man``, in the macros that every implementation of it knows.

Source: man-pages(7), groff_man(7).
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, assert_never

from azremedy.report.pages.document import Code, Heading, Paragraph, Table, Term, Terms

if TYPE_CHECKING:
    from collections.abc import Iterable

    from azremedy.report.pages.document import Block, Document

_CODE = re.compile(r"`([^`]*)`")
_LONG = re.compile(r"\S{40,}")


def write_man(page: Document) -> str:
    """Write a whole page. It has no date: the same program makes the same page."""
    lines = [
        f'.TH "{page.name.upper()}" "{page.section}" "" "azremedy" "azremedy"',
        ".nh",
        ".ad l",
        ".SH NAME",
        f"{_plain(page.name)} \\- {_prose(page.summary).rstrip('.')}",
    ]
    for block in page.blocks:
        # A heading begins a paragraph by itself.
        told = _write_block(block)
        lines += told[1:] if told[0] == ".PP" and lines[-1].startswith((".SH", ".SS")) else told
    return "\n".join(lines) + "\n"


def _write_block(block: Block) -> list[str]:
    match block:
        case Heading(level=2):
            return [f'.SH "{_plain(block.text.upper())}"']
        case Heading():
            return [f'.SS "{_plain(block.text)}"']
        case Paragraph():
            return [".PP", _prose(block.text)]
        case Code():
            return [".PP", ".RS 4", ".nf", *map(_plain, block.lines), ".fi", ".RE"]
        case Terms():
            return [line for term in block.terms for line in _write_term(term)]
        case Table():
            return list(_write_rows(block))
        case _:
            assert_never(block)


def _write_term(term: Term) -> tuple[str, ...]:
    page = f"{term.page.rpartition('/')[2]}({term.section})"
    more = f" See {page}." if term.page and not page.startswith(f"{term.term}(") else ""
    return (".TP", f"\\fB{_plain(term.term)}\\fR", _prose(term.text + more))


def _write_rows(table: Table) -> Iterable[str]:
    """Write each row as a term: a manual's pages are too narrow for tables."""
    for first, *rest in table.rows:
        said = ((head, cell) for head, cell in zip(table.head[1:], rest, strict=True) if cell)
        yield from (".TP", f"\\fB{_plain(first.replace('`', ''))}\\fR")
        named = len(table.head) > 2  # noqa: PLR2004 - what stands in the one other column is plain
        yield "\n.br\n".join(_prose(f"{head}: {cell}" if named else cell) for head, cell in said)


def _prose(text: str) -> str:
    parts = _CODE.split(text)
    shown = (
        f"\\fB{_plain(part)}\\fR" if odd % 2 else _plain(part) for odd, part in enumerate(parts)
    )
    return _guard("".join(shown))


def _plain(text: str) -> str:
    """Take their meaning from roff's characters; quotation marks would end a macro's word."""
    told = text.replace("\\", "\\e").replace("-", "\\-").replace('"', "\\(dq")
    told = told.replace("'", "\\(aq").replace("`", "\\(ga").replace("^", "\\(ha")
    told = told.replace("~", "\\(ti").replace("…", "\\&...")
    # The names of permissions are longer than a line is wide.
    told = _LONG.sub(lambda word: word[0].replace("/", "/\\:"), told)
    return _guard(told)


def _guard(line: str) -> str:
    """Keep a line from being read as a request because of its first character."""
    return f"\\&{line}" if line.startswith((".", "'")) else line
