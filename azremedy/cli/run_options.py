"""What the commands about earlier runs share."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

import click

from azremedy.cli.output import output_options
from azremedy.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextlib import AbstractContextManager

    from azremedy.engine.store import Store

CommandT = TypeVar("CommandT", bound="Callable[..., Any]")


def place_options(command: CommandT) -> CommandT:
    """Add where runs are looked for, and how they are answered."""
    rehearsals = click.option(
        "--rehearsals", is_flag=True, help="Runs in sandboxes, which are kept apart."
    )
    return rehearsals(state_option(output_options(command)))


def state_option(command: CommandT) -> CommandT:
    """Add where runs are kept."""
    return click.option(
        "--state",
        metavar="FOLDER|URL",
        envvar="AZREMEDY_STATE",
        callback=_check_state,
        help="Keep runs, and look them up, in this folder, or in a container that machines share: "
        "https://ACCOUNT.blob.core.windows.net/CONTAINER[/PREFIX].",
    )(command)


def _check_state(_ctx: click.Context, _parameter: click.Parameter, value: str | None) -> str | None:
    """Refuse an empty place, as when a script's variable is not set."""
    if value == "":
        raise UsageError("--state is empty", advice="Give it a value, or leave it out.")
    return value


def open_runs(state: str | None, *, rehearsals: bool) -> AbstractContextManager[Store]:
    """Open the place where runs are kept, and close it again."""
    from azremedy.api.stores import open_store  # noqa: PLC0415 - only for runs

    return open_store(state, rehearsals=rehearsals)


def check_run_id(run_id: str) -> str:
    """Refuse what is no run's name, above all a path out of the folder.

    Raises:
        UsageError: it holds something else than letters, digits and dashes.
    """
    if not run_id.replace("-", "").isalnum():
        raise UsageError(f"'{run_id}' is not a run", advice="See 'azremedy runs'.")
    return run_id
