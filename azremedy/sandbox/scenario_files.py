"""Find the texts of scenarios: those that come with the sandbox, and files of others."""

from __future__ import annotations

import difflib
from dataclasses import dataclass
from pathlib import Path

from azremedy.sandbox.scenario_model import ScenarioError

BUILT_IN = Path(__file__).parent / "scenarios"
"""Where the scenarios lie that come with the sandbox. Those in its folder `bases` have no name:
they are there to be extended."""
_FILE_SUFFIXES = {".yaml", ".yml", ".json"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """The text of one file."""

    file: str
    """Where it was read from."""
    text: str
    """What it says."""


def names() -> tuple[str, ...]:
    """Name the scenarios that come with the sandbox."""
    return tuple(sorted(path.stem for path in BUILT_IN.glob("*.yaml")))


def read(name_or_path: str, *, folder: Path) -> Source:
    """Read a scenario's text by its built-in name or by a path, which is taken from a folder.

    Raises:
        ScenarioError: when there is no such scenario or it cannot be read.
    """
    path = _locate(name_or_path, folder)
    try:
        return Source(file=str(path), text=path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        raise ScenarioError(f"the file cannot be read: {error}", file=str(path)) from error


def _locate(name: str, folder: Path) -> Path:
    if Path(name).suffix.lower() in _FILE_SUFFIXES or "/" in name:
        return folder / name
    path = BUILT_IN / f"{name}.yaml"
    if not path.is_file():
        near = difflib.get_close_matches(name, names(), n=1)
        hint = f"did you mean '{near[0]}'?" if near else f"there are: {', '.join(names())}"
        raise ScenarioError(f"no scenario is called '{name}'; {hint}", file=name)
    return path
