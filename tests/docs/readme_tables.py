"""The tables and lists of README that are made of the program's own data.

python -m tests.docs.readme_tables writes them into README anew.
"""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import TYPE_CHECKING

import yaml

from azremedy.cli.manual import list_planning, list_summaries
from azremedy.report.pages import tables
from azremedy.report.pages.document import Table
from azremedy.report.pages.markdown import write_table

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).resolve().parents[2]
README = ROOT / "README.md"
CASES = ROOT / "tests" / "cases"
RESULTS = ROOT / "tests" / "benchmarks" / "results" / "latest.json"
PAGES = "azremedy/pages/commands/"
NEVER = "## What azremedy will never do\n\n"


def write_readme(text: str) -> str:
    """Give README with every table and list as the program's data say.

    Raises:
        ValueError: one of them is not there, or is there twice.
    """
    for table in list_tables():
        written = write_table(table)
        head = re.escape(written.partition("\n")[0])
        text = _replace(text, rf"^{head}\n(?:\|.*\n)*", written)
    lines = "".join(f"* {each['line']}\n" for each in read_cases("never"))
    return _replace(text, rf"^{NEVER}(?:\*.*\n)*", NEVER + lines)


def list_tables() -> Iterator[Table]:
    """List the tables of README, in any order."""
    yield tables.tell_commands(list_summaries(), PAGES, list_planning())
    yield tables.tell_exit_codes()
    yield tables.tell_flags()
    yield tables.tell_losses()
    yield tables.tell_permissions()
    habits = ((each["from"], each["habit"], each["here"]) for each in read_cases("conventions"))
    yield Table(head=("from", "habit", "here"), rows=tuple(habits))
    yield tell_figures()


def tell_figures() -> Table:
    """Give what the last run of the benchmarks found, against what was wanted."""
    kept = json.loads(RESULTS.read_text(encoding="utf-8"))
    figures = [figure for table in kept["tables"] for figure in table["figures"]]
    return Table(
        head=("figure", "found", "wanted"),
        rows=tuple(
            (each["what"], _round(each["found"]), wanted)
            for each in figures
            if (wanted := _tell_wanted(each))
        ),
    )


def _round(found: float) -> str:
    return f"{found:,.0f}" if found >= 20 or found == int(found) else f"{found:.2f}"


def _tell_wanted(figure: dict[str, float | None]) -> str:
    if figure["least"] is not None:
        return f"≥ {figure['least']:g}"
    return "" if figure["most"] is None else f"≤ {figure['most']:g}"


def read_cases(name: str) -> list[dict[str, str]]:
    """Read a list of cases."""
    found: list[dict[str, str]] = yaml.safe_load((CASES / f"{name}.yaml").read_text("utf-8"))
    return found


def _replace(text: str, pattern: str, written: str) -> str:
    made, count = re.subn(pattern, lambda _: written, text, flags=re.MULTILINE)
    if count != 1:
        raise ValueError(f"README has {count} of: {written.partition(chr(10))[0]}")
    return made


if __name__ == "__main__":
    README.write_text(write_readme(README.read_text(encoding="utf-8")), encoding="utf-8")
