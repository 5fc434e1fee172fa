"""The option that adds a team's own playbooks to a command."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

if TYPE_CHECKING:
    from collections.abc import Callable

CommandT = TypeVar("CommandT", bound="Callable[..., Any]")


def playbook_option(command: CommandT) -> CommandT:
    """Add playbooks of a team's own, beside those of the folder that is always used."""
    return click.option(
        "--playbook",
        "--playbooks",
        "playbooks",
        multiple=True,
        type=click.Path(path_type=Path),
        callback=_make_absolute,
        metavar="FILE|FOLDER",
        help="A playbook of your own, or a folder of them; may be repeated. A plan that is kept "
        "names their whole paths: 'azremedy apply' needs them in the same place.",
    )(command)


def _make_absolute(
    _: click.Context, __: click.Parameter, paths: tuple[Path, ...]
) -> tuple[Path, ...]:
    """Give whole paths: a plan that is kept may be carried out in another folder."""
    return tuple(path.absolute() for path in paths)
