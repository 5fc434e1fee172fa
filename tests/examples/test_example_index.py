"""The index of the examples names all of them."""

from __future__ import annotations

import re
from pathlib import Path

EXAMPLES = Path(__file__).resolve().parents[2] / "examples"


def test_index_names_each_example_and_nothing_else() -> None:
    """Each link leads somewhere, and each file lies below a link."""
    text = EXAMPLES.joinpath("README.md").read_text(encoding="utf-8")
    linked = [EXAMPLES / target for target in re.findall(r"\]\(([^)]+)\)", text)]
    files = [
        path
        for path in EXAMPLES.rglob("*")
        if path.is_file() and path.name != "README.md" and "__pycache__" not in path.parts
    ]

    assert [] == [each for each in linked if not each.exists()]
    assert [] == [
        file for file in files if not any(each in (file, *file.parents) for each in linked)
    ]
