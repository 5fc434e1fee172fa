"""``azremedy config``: keep defaults in a file, and see where each value comes from."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import click
from rich.table import Table
from rich.text import Text

from azremedy.cli import console
from azremedy.cli.names import complete_pairs, complete_settings
from azremedy.cli.output import answer_document, asked, output_options
from azremedy.cli.settings import (
    SETTINGS,
    change_lines,
    check_name,
    check_value,
    find_file,
    read_file,
    read_settings,
)
from azremedy.cli.suggesting import Suggesting
from azremedy.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from rich.console import Console


@click.group("config", cls=Suggesting)
def command() -> None:
    """Keep defaults, so that they need not be typed each time.

    A flag goes before the environment (AZREMEDY_OUTPUT for output, and so on), the environment
    before the file, and the file before the flag's own default. In a sandbox subscription, tenant
    and resource-group hold only when they are typed. Flags that allow, widen or confirm a change,
    such as --yes and --unlock, cannot be defaults.

    \b
    Examples:
      azremedy config set output=jsonc subscription=Production
      azremedy config list
      azremedy config unset subscription
    """  # noqa: D301 - \b is Click's mark for text that keeps its lines


@command.command("set")
@click.argument(
    "pairs", nargs=-1, required=True, metavar="NAME=VALUE...", shell_complete=complete_pairs
)
def set_values(pairs: tuple[str, ...]) -> None:
    """Keep one or more defaults. All are checked before the first is written.

    \b
    Examples:
      azremedy config set output=yaml
      azremedy config set read-only=true max-targets=5
    """  # noqa: D301 - \b is Click's mark for text that keeps its lines
    chosen = dict(map(_read_pair, pairs))
    _write(find_file(), chosen)


@command.command("get")
@click.argument("name", metavar="NAME", shell_complete=complete_settings)
def get_value(name: str) -> None:
    """Print the default that holds now: the environment's, or else the file's.

    Nothing is printed when neither says anything.

    \b
    Examples:
      azremedy config get output
    """  # noqa: D301 - \b is Click's mark for text that keeps its lines
    text, _ = _find(check_name(name).name, find_file())
    if text is not None:
        click.echo(text)


@command.command("unset")
@click.argument(
    "names", nargs=-1, required=True, metavar="NAME...", shell_complete=complete_settings
)
def unset_values(names: tuple[str, ...]) -> None:
    """Take defaults out of the file, also names that it should not hold.

    \b
    Examples:
      azremedy config unset output subscription
    """  # noqa: D301 - \b is Click's mark for text that keeps its lines
    path = find_file()
    held = {_plain(name): name for name in read_file(path)}
    for name in names:
        if _plain(name) not in held:
            check_name(name)
    _write(path, {_plain(name): None for name in names if _plain(name) in held})


@command.command("list")
@output_options
def list_values(**_: str) -> None:
    """List all settings, with the value that holds now and where it comes from.

    \b
    Examples:
      azremedy config list
      azremedy config list -o tsv --query "[].[name, value]"
    """  # noqa: D301 - \b is Click's mark for text that keeps its lines
    path = find_file()
    read_settings(path)
    rows = [_describe(name, path) for name in SETTINGS]
    if asked().for_people:
        _show(rows, console.answer())
    else:
        answer_document([{**row} for row in rows])


@command.command("path")
def show_path() -> None:
    """Print where the file is, or would be.

    \b
    Examples:
      azremedy config path
    """  # noqa: D301 - \b is Click's mark for text that keeps its lines
    click.echo(find_file())


def _read_pair(pair: str) -> tuple[str, str]:
    name, sign, text = pair.partition("=")
    setting = check_name(name.strip())
    if not sign:
        raise UsageError(
            f"'{pair}' has no value", advice=f"Write it as one word: {setting.name}=VALUE."
        )
    check_value(setting, text.strip())
    return setting.name, text.strip()


def _plain(name: str) -> str:
    return name.removeprefix("--").replace("_", "-").lower()


def _find(name: str, path: Path) -> tuple[str | None, str]:
    """Find a setting's text and where it comes from."""
    for variable in SETTINGS[name].variables:
        if text := os.environ.get(variable):
            return text, variable
    held = {_plain(key): text for key, (_, text) in read_file(path).items()}
    return (held[name], "file") if name in held else (None, "default")


def _describe(name: str, path: Path) -> dict[str, str | None]:
    value, origin = _find(name, path)
    setting = SETTINGS[name]
    return {
        "name": name,
        "value": value,
        "from": origin,
        "variable": setting.variables[0],
        "help": setting.help,
    }


def _show(rows: list[dict[str, str | None]], out: Console) -> None:
    table = Table("name", "value", "from", "what it is", box=None, pad_edge=False)
    for row in rows:
        table.add_row(*(Text(row[key] or "") for key in ("name", "value", "from", "help")))
    out.print(table)


def _write(path: Path, chosen: Mapping[str, str | None]) -> None:
    """Write the file whole, so that no reader ever sees half of it; comments stay."""
    beside = path.with_name(f"{path.name}.{os.getpid()}")
    try:
        lines = path.read_text(encoding="utf-8-sig").splitlines() if path.exists() else []
        for name, value in chosen.items():
            lines = change_lines(lines, name, value)
        path.parent.mkdir(parents=True, exist_ok=True)
        beside.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
        beside.replace(path)
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(
            f"{path} cannot be written: {error}",
            advice="AZREMEDY_CONFIG_DIR names another folder for it.",
        ) from error
