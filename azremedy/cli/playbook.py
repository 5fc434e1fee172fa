"""``azremedy playbook``: the schema of playbooks, and a check of your own."""

from __future__ import annotations

import json
from pathlib import Path

import click

from azremedy.cli import console
from azremedy.cli.output import answer, output_options
from azremedy.cli.suggesting import Suggesting
from azremedy.errors import EXIT_DONE, EXIT_USAGE
from azremedy.playbooks import SCHEMAS, check_files, make_schema


@click.group("playbook", cls=Suggesting)
def command() -> None:
    """Write playbooks of your own: what an error code means to your team, and what to do.

    A playbook is one YAML file for one code; instructions lie beside it in a folder
    'instructions'. Give files with --playbook, or keep them in the folder that AZREMEDY_PLAYBOOKS
    names (else 'playbooks' in azremedy's configuration folder): one with the code of a playbook
    that comes with azremedy replaces it.

    \b
    Examples:
      azremedy playbook schema > playbook.schema.json
      azremedy playbook check my-playbooks/*.yaml
    """  # noqa: D301 - \b is Click's mark for text that keeps its lines


@command.command("schema")
@click.argument("kind", type=click.Choice(sorted(SCHEMAS)), default="playbook")
def schema(kind: str) -> None:
    """Print the JSON Schema (draft 2020-12) of playbooks, or of instructions.

    \b
    Examples:
      azremedy playbook schema
      azremedy playbook schema instructions
    """  # noqa: D301 - \b is Click's mark for text that keeps its lines
    click.echo(json.dumps(make_schema(kind), indent=2, ensure_ascii=False))


@command.command("check")
@click.argument("files", nargs=-1, required=True, type=click.Path(path_type=Path))
@output_options
def check(files: tuple[Path, ...], **_: str) -> None:
    """Find all that is wrong with playbooks and instructions, with file, line and suggestion.

    A folder stands for all files in it. Exits 2 when anything is wrong.

    \b
    Examples:
      azremedy playbook check my-playbooks
      azremedy playbook check UserErrorOfOurs.yaml
    """  # noqa: D301 - \b is Click's mark for text that keeps its lines
    problems = check_files(files)
    answer(problems, lambda _: click.echo("".join(f"{each}\n" for each in problems), nl=False))
    if not problems:
        console.conversation().print("Nothing is wrong.")
    raise SystemExit(EXIT_USAGE if problems else EXIT_DONE)
