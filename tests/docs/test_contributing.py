"""CONTRIBUTING and SECURITY name what there is."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[2]
CONTRIBUTING = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
SECURITY = (ROOT / ".github" / "SECURITY.md").read_text(encoding="utf-8")
NAMED = sorted(set(re.findall(r"`([a-z_.]+(?:/[a-z_]+)*(?:\.py|\.yaml))`", CONTRIBUTING)))


def test_every_room_is_on_the_map() -> None:
    """The map has the rooms of the package, in the order that the contract enforces."""
    layers = (ROOT / ".importlinter").read_text().partition("layers =\n")[2].partition("\n\n")[0]
    rooms = re.findall(r"azremedy\.(\w+)", layers)

    shown = CONTRIBUTING.partition("```text\n")[2].partition("```")[0]
    mapped = [room for line in shown.splitlines() for room in line.partition("   ")[0].split()]
    assert rooms == mapped


@pytest.mark.parametrize("name", NAMED)
def test_every_file_that_is_named_is_there(name: str) -> None:
    """From the top, or from the package or one of its rooms."""
    roots = (ROOT, ROOT / "azremedy", ROOT / "azremedy" / "domain", ROOT / "azremedy" / "engine")

    assert [
        path for root in roots for path in (root / name, root / "handlers" / name) if path.is_file()
    ]


@pytest.mark.parametrize("module", re.findall(r"python -m (tests[\w.]+)", CONTRIBUTING))
def test_every_module_that_is_to_be_run_is_there(module: str) -> None:
    """As a module, or as a folder that can be run."""
    path = ROOT / Path(*module.split("."))

    assert path.with_suffix(".py").is_file() or (path / "__main__.py").is_file()


def test_every_variable_of_security_is_known() -> None:
    """Where things are kept is said with the names that the program looks at."""
    source = "".join(path.read_text("utf-8") for path in (ROOT / "azremedy").rglob("*.py"))

    named = set(re.findall(r"AZREMEDY_[A-Z_]+", SECURITY + CONTRIBUTING)) - {"AZREMEDY_SHARED"}
    assert [] == [name for name in sorted(named) if name not in source]


@pytest.mark.parametrize(
    "path", sorted((ROOT / ".github" / "ISSUE_TEMPLATE").glob("*.md")), ids=lambda p: p.name
)
def test_issue_templates_have_what_github_asks_for(path: Path) -> None:
    """A name and a line about them."""
    _, front, body = path.read_text(encoding="utf-8").split("---\n", 2)

    assert {"name", "about"} == set(yaml.safe_load(front))
    assert body.strip()
