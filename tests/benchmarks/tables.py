"""What benchmarks found, as Markdown and JSON."""

from __future__ import annotations

import json
import os
import platform
import time
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pathlib import Path


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """A number that was promised."""

    what: str
    """What it says."""
    found: float
    """What was measured."""
    least: float | None = None
    """What it should be at least."""
    most: float | None = None
    """What it should be at most."""
    note: str = ""
    """How it came about: the spread, or why it is missed."""

    @property
    def is_met(self) -> bool:
        """Whether it is as good as promised."""
        enough = self.least is None or self.found >= self.least
        return enough and (self.most is None or self.found <= self.most)

    @property
    def wanted(self) -> str:
        """What was promised."""
        if self.least is not None:
            return f"≥ {self.least:g}"
        return f"≤ {self.most:g}" if self.most is not None else ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """What one benchmark found."""

    name: str
    """Its name on the command line."""
    title: str
    """What it compares."""
    columns: tuple[str, ...]
    """Headings; the first is of the row's name."""
    rows: tuple[tuple[str, ...], ...]
    """Cells, as they are shown."""
    figures: tuple[Figure, ...] = ()
    """What was promised of it."""
    notes: tuple[str, ...] = ()
    """How it was measured, and what was left out."""
    measured: str = ""
    """When and where."""


def describe_machine() -> str:
    """Say where and when figures were measured."""
    load = os.getloadavg()
    return (
        f"{time.strftime('%Y-%m-%d %H:%M', time.gmtime())} UTC, {os.cpu_count()} processors, "
        f"{platform.system()} {platform.machine()}, Python {platform.python_version()}; "
        f"load before {load[0]:.1f} {load[1]:.1f} {load[2]:.1f}"
    )


def write_markdown(tables: tuple[Table, ...]) -> str:
    """Write all tables, first what was promised."""
    lines = ["# Benchmarks", ""]
    figures = tuple(figure for table in tables for figure in table.figures)
    if figures:
        headings = ("figure", "found", "wanted", "met", "note")
        lines += _grid(headings, tuple(_cells(each) for each in figures))
    for table in tables:
        lines += [f"## {table.title}", "", *_grid(table.columns, table.rows)]
        lines += [line for note in (*table.notes, table.measured) for line in (note, "")]
    return "\n".join(lines).rstrip() + "\n"


def save(tables: tuple[Table, ...], folder: Path) -> None:
    """Write ``latest.md`` and ``latest.json``; tables of other benchmarks in them stay."""
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / "latest.json"
    earlier = _load(file.read_text(encoding="utf-8")) if file.exists() else ()
    new = {each.name: each for each in tables}
    merged = tuple(new.pop(each.name, each) for each in earlier) + tuple(new.values())
    document = {"schema": "azremedy.benchmarks/1", "tables": [asdict(each) for each in merged]}
    text = json.dumps(document, indent=2, ensure_ascii=False) + "\n"
    file.write_text(text, encoding="utf-8")
    (folder / "latest.md").write_text(write_markdown(merged), encoding="utf-8")


def _load(text: str) -> tuple[Table, ...]:
    return tuple(_table(each) for each in json.loads(text)["tables"])


def _table(document: dict[str, Any]) -> Table:
    tupled = {
        "columns": tuple(document["columns"]),
        "rows": tuple(tuple(row) for row in document["rows"]),
        "figures": tuple(Figure(**each) for each in document["figures"]),
        "notes": tuple(document["notes"]),
    }
    return Table(**{**document, **tupled})


def _cells(figure: Figure) -> tuple[str, ...]:
    met = ("yes" if figure.is_met else "no") if figure.wanted else ""
    return (figure.what, f"{figure.found:.2f}", figure.wanted, met, figure.note)


def _grid(columns: tuple[str, ...], rows: tuple[tuple[str, ...], ...]) -> list[str]:
    rules = ("---", *("--:" for _ in columns[1:]))
    return [f"| {' | '.join(row)} |" for row in (columns, rules, *rows)] + [""]
