"""Where do playbooks lie?"""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from azremedy.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Iterable

INSTRUCTIONS = "instructions"
"""The folder beside playbooks that holds their instructions."""
VARIABLE = "AZREMEDY_PLAYBOOKS"
"""Names another folder than the platform's for a team's own playbooks."""


def find_folder() -> Path:
    """Find the playbooks: inside the wheel's package, or beside the package in a checkout.

    An editable install leaves an old copy in site-packages, which is why nothing else is searched.
    """
    package = Path(__file__).resolve().parents[1]
    packed = package / "_playbooks"
    return packed if packed.is_dir() else package.parent / "playbooks"


def find_user_folder() -> Path | None:
    """Find the folder of a team's own playbooks; ``None`` when there is none.

    ``AZREMEDY_PLAYBOOKS`` names another than ``playbooks`` in the platform's configuration folder.

    Raises:
        UsageError: when the folder that the variable names does not exist.
    """
    from platformdirs import user_config_path  # noqa: PLC0415 - only when playbooks are read

    named = os.environ.get(VARIABLE)
    if not named:
        folder = user_config_path("azremedy", appauthor=False) / "playbooks"
        return folder if folder.is_dir() else None
    if not Path(named).is_dir():
        raise UsageError(
            f"{VARIABLE} names {named}, which is not a folder",
            advice="Create it, or unset the variable.",
        )
    return Path(named)


def list_all(folder: Path) -> tuple[Path, ...]:
    """List a folder's playbooks and, behind them, their instructions, each by name."""
    return (*sorted(folder.glob("*.yaml")), *sorted((folder / INSTRUCTIONS).glob("*.yaml")))


def list_with_instructions(given: Iterable[Path]) -> tuple[Path, ...]:
    """List files and, behind each, the instructions beside it; a folder stands for all in it."""
    found: dict[Path, Path] = {}
    for path in given:
        beside = list_all(path) if path.is_dir() else (path, *list_all(path.parent / INSTRUCTIONS))
        for each in beside:
            found.setdefault(each.resolve(), each)
    return tuple(found.values())
