"""A document as text, in each form that ``--output`` offers."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from azremedy.report.agent_commands import escape_commands, may_command

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from rich.text import Text

    from azremedy.wire import JsonValue

TABLE = "table"
NONE = "none"
FORMS = (TABLE, "json", "jsonc", "jsonl", "yaml", "yamlc", "tsv", NONE)
"""The names that ``--output`` takes: those of the Azure CLI, and ``jsonl``."""
DOCUMENTS = frozenset({"json", "jsonc", "jsonl", "yaml", "yamlc"})
"""The forms that keep a document's structure."""
_COLOURED = {"jsonc": "json", "yamlc": "yaml"}


def write_document(document: JsonValue, form: str, *, ascii_only: bool = False) -> str:
    """Write a document as text that ends with a line feed, or is empty.

    Nothing in it is a command for a pipeline's agent: documents have escapes that mean the same,
    tables and TSV get a space.

    Args:
        document: JSON-ready data.
        form: one of :data:`FORMS`; ``table`` is the one of a queried document.
        ascii_only: write everything else as escapes, where the form has any: for streams that
            cannot carry all characters.
    """
    if document is None and form in {TABLE, "tsv"}:
        return ""
    match _COLOURED.get(form, form):
        case "json":
            text = json.dumps(document, indent=2, ensure_ascii=ascii_only)
            return f"{escape_commands(text)}\n"
        case "jsonl":
            lines = (json.dumps(each, ensure_ascii=ascii_only) for each in _rows(document))
            return "".join(f"{escape_commands(line)}\n" for line in lines)
        case "yaml":
            return _write_yaml(document, ascii_only=ascii_only)
        case "tsv":
            return "".join(f"{_tsv_row(each)}\n" for each in _rows(document))
        case "table":
            return _write_table([_cells(each) for each in _rows(document)])
    return ""


def paint(text: str, form: str) -> Text:
    """Colour the text of a form; the console leaves the colours out where they do not belong."""
    from rich.highlighter import JSONHighlighter  # noqa: PLC0415 - only for colours
    from rich.syntax import Syntax  # noqa: PLC0415 - only for colours
    from rich.text import Text  # noqa: PLC0415 - only for colours

    if form == "jsonc":
        return JSONHighlighter()(text)
    if form == "yamlc":
        return Syntax("", "yaml", background_color="default").highlight(text)
    return Text(text)


def _rows(document: JsonValue) -> list[JsonValue]:
    """Give the rows of a document: a list's items, or the one thing that it is."""
    return document if isinstance(document, list) else [document]


def _write_yaml(document: JsonValue, *, ascii_only: bool) -> str:
    import yaml  # noqa: PLC0415 - only for this form

    # A lone value would be followed by the mark for the end of a document; an item is not.
    lone = not isinstance(document, (dict, list))
    form: dict[str, Any] = {"allow_unicode": not ascii_only, "width": float("inf")}
    text = str(
        yaml.safe_dump(
            [document] if lone else document, sort_keys=False, default_flow_style=False, **form
        )
    )
    if may_command(text):
        node = yaml.compose(text, Loader=yaml.SafeLoader)
        _quote(node)
        text = escape_commands(str(yaml.serialize(node, Dumper=yaml.SafeDumper, **form)))
    return text.removeprefix("- ") if lone else text


def _quote(node: Any) -> None:
    """Have each text of a YAML node that may hold a command written on one line, in quotes."""
    if isinstance(node.value, str):
        if may_command(node.value):
            node.style = '"'
        return
    for part in node.value:
        for each in part if isinstance(part, tuple) else (part,):
            _quote(each)


def _tsv_row(row: JsonValue) -> str:
    if isinstance(row, dict):
        return "\t".join(map(_tsv_cell, row.values()))
    if isinstance(row, list):
        return "\t".join(map(_tsv_cell, row))
    return _tsv_cell(row)


def _tsv_cell(value: JsonValue) -> str:
    """Write one cell, as the Azure CLI does.

    A list is its length and nested data is empty. Nothing is ``None``: ``read`` of a shell takes
    two tabs for one, and an empty cell would move all that follow. Unlike the Azure CLI's, a cell
    cannot break its row, or tell a terminal what to do: tabs and line feeds in it are spaces, and
    other such characters signs.
    """
    match value:
        case list():
            return str(len(value))
        case dict():
            return ""
        case bool():
            return str(value).lower()
    from azremedy.report.escaping import tame  # noqa: PLC0415 - only for this form

    return tame(" ".join(str(value).replace("\t", " ").splitlines()))


def _cells(row: JsonValue) -> dict[str, str]:
    """Give a row's cells under their headings; nested data is left out, as the Azure CLI does."""
    named: Mapping[str, JsonValue] = {"Result": row}
    if isinstance(row, list):
        named = {f"Column{number}": value for number, value in enumerate(row, 1)}
    elif isinstance(row, dict):
        named = {_tsv_cell(key[:1].upper() + key[1:]): value for key, value in row.items()}
    flat = {key: value for key, value in named.items() if not isinstance(value, (dict, list))}
    if named and not flat:
        return {"Result": escape_commands(json.dumps(row, ensure_ascii=False))}
    return {key: "" if value is None else _tsv_cell(value) for key, value in flat.items()}


def _write_table(rows: list[dict[str, str]]) -> str:
    from rich.cells import cell_len  # noqa: PLC0415 - only for this form

    headings = list(dict.fromkeys(heading for row in rows for heading in row))
    if not headings:
        return ""
    lines = [headings, *([row.get(heading, "") for heading in headings] for row in rows)]
    widths = [max(map(cell_len, column)) for column in zip(*lines, strict=True)]
    lines.insert(1, ["-" * width for width in widths])
    padded = (
        (cell + " " * (width - cell_len(cell)) for cell, width in zip(line, widths, strict=True))
        for line in lines
    )
    return "".join(f"{_join(line)}\n" for line in padded)


def _join(cells: Iterable[str]) -> str:
    return "  ".join(cells).rstrip()
