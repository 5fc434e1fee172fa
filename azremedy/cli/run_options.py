"""What the commands about earlier runs share."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from azremedy.cli.output import output_options
from azremedy.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Callable

CommandT = TypeVar("CommandT", bound="Callable[..., Any]")


def place_options(command: CommandT) -> CommandT:
    """Add where runs are looked for, and how they are answered."""
    rehearsals = click.option(
        "--rehearsals", is_flag=True, help="Runs in sandboxes, which are kept apart."
    )
    return rehearsals(output_options(command))


def find_root(*, rehearsals: bool) -> Path:
    """Give the state folder; ``AZREMEDY_STATE_DIR`` names another than the platform's."""
    from platformdirs import user_state_path  # noqa: PLC0415 - only for runs

    named = os.environ.get("AZREMEDY_STATE_DIR")
    root = Path(named) if named else user_state_path("azremedy", appauthor=False)
    return root / "sandbox" if rehearsals else root


def check_run_id(run_id: str) -> str:
    """Refuse what is no run's name, above all a path out of the folder.

    Raises:
        UsageError: it holds something else than letters, digits and dashes.
    """
    if not run_id.replace("-", "").isalnum():
        raise UsageError(f"'{run_id}' is not a run", advice="See 'azremedy runs'.")
    return run_id
