"""All commands of the program, and what their help says."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import click

from azremedy.cli.main import cli

if TYPE_CHECKING:
    from collections.abc import Iterator


def walk(
    command: click.Command, ctx: click.Context, path: tuple[str, ...] = ()
) -> Iterator[tuple[tuple[str, ...], click.Command]]:
    """List a command and all below it, with the words that lead there."""
    yield path, command
    if isinstance(command, click.Group):
        for name in command.list_commands(ctx):
            if (found := command.get_command(ctx, name)) is not None:
                yield from walk(found, ctx, (*path, name))


def list_commands() -> dict[str, click.Command]:
    """List all commands by the words that call them."""
    return {" ".join(path): command for path, command in walk(cli, click.Context(cli))}


def parse(arguments: list[str]) -> None:
    """Parse a command line as a call does, and do nothing else.

    Raises:
        click.UsageError: it is no command line of azremedy.
    """
    command: click.Command = cli
    context: click.Context | None = None
    name: str | None = "azremedy"
    while True:
        context = command.make_context(name, arguments, parent=context)
        rest = [*context._protected_args, *context.args]  # noqa: SLF001 - as Click's own groups do
        if not isinstance(command, click.Group) or not rest:
            return
        name, found, arguments = command.resolve_command(context, rest)
        assert found is not None
        command = found


def list_examples(text: str) -> list[str]:
    """List the command lines in a help text; what the shell does with the answer is left out."""
    lines = re.findall(r"^ +azremedy (.*)$", text, re.MULTILINE)
    return [re.split(r" (?:>>?|\|) ", line)[0] for line in lines]
