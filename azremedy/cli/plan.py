"""``azremedy plan``."""

from __future__ import annotations

import copy

import click

from azremedy import wire
from azremedy.cli.main import COMMANDS, Commands

CHANGING = (
    "allow-storage",
    "backup-now",
    "clean-rpc",
    "fix",
    "grant-keyvault",
    "guest",
    "reset-extension",
    "restart-agent",
    "undo",
    "unlock-rg",
)
"""The commands that make plans."""
SCHEMA = "schema"


class PlanCommands(Commands):
    """The changing commands, each of which keeps its plan in a file here."""

    def list_commands(self, _ctx: click.Context) -> list[str]:
        """List the commands that make plans, and the schema; imports nothing."""
        return [*CHANGING, SCHEMA]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import a command and give it with ``--out`` required."""
        if cmd_name == SCHEMA:
            return show_schema
        if cmd_name not in CHANGING:
            return None
        found = super().get_command(ctx, cmd_name)
        return None if found is None else _keeping(found)

    def format_commands(self, _ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the list of commands; imports nothing."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, COMMANDS[name].summary) for name in CHANGING])
        with formatter.section("About the file"):
            formatter.write_dl([(SCHEMA, "Print the JSON Schema of the file.")])


def _keeping(found: click.Command) -> click.Command:
    command = copy.copy(found)
    command.params = [_require(each) if each.name == "out" else each for each in found.params]
    return command


def _require(option: click.Parameter) -> click.Parameter:
    required = copy.copy(option)
    required.required = True
    return required


@click.group("plan", cls=PlanCommands)
def command() -> None:
    """Keep the plan of a command in a file, for 'azremedy apply'.

    The command is the same as without 'plan', with the same options; it changes nothing.

    \b
    Examples:
      azremedy plan fix --vm web-1 --unlock --out plan.json
      azremedy apply plan.json
    """  # noqa: D301 - \b is Click's mark for text that keeps its lines


@click.command(SCHEMA)
def show_schema() -> None:
    """Print the JSON Schema (draft 2020-12) of the file that 'azremedy apply' reads.

    The fingerprint is the SHA-256 of the plan as JSON: keys sorted, no spaces, ASCII only.

    \b
    Examples:
      azremedy plan schema
    """  # noqa: D301 - \b is Click's mark for text that keeps its lines
    from azremedy.api.saving import KeptPlan  # noqa: PLC0415 - the group's help needs no API

    click.echo(wire.to_json(wire.json_schema(KeptPlan)))
