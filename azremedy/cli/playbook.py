"""``azremedy playbook``: playbooks of your own, begun, checked and explained."""

from __future__ import annotations

import json
from pathlib import Path

import click

from azremedy.cli import console
from azremedy.cli.names import complete_codes
from azremedy.cli.output import answer, output_options
from azremedy.cli.suggesting import Suggesting
from azremedy.errors import EXIT_DONE, EXIT_USAGE, UsageError
from azremedy.playbooks import SCHEMAS, check_files, make_schema
from azremedy.playbooks.sheets import make_sheets
from azremedy.playbooks.template import SCHEMA_FILE, find_template
from azremedy.report.playbook_text import show_sheets


@click.group("playbook", cls=Suggesting)
def command() -> None:
    """Write playbooks of your own: what an error code means to your team, and what to do.

    A playbook is one YAML file for one code; instructions lie beside it in a folder
    'instructions'. Give files or folders with --playbook, or keep them in the folder that
    AZREMEDY_PLAYBOOKS names (else 'playbooks' in azremedy's configuration folder): one with the
    code of a playbook that comes with azremedy replaces it. A playbook only chooses among the
    causes and remedies that azremedy has; no guard is weaker for it.

    \b
    Examples:
      azremedy playbook new UserErrorRpCollectionLimitReached --out my-playbooks/limit.yaml
      azremedy playbook check my-playbooks
      azremedy playbook explain my-playbooks/limit.yaml
    """  # noqa: D301 - \b is Click's mark for text that keeps its lines


@command.command("new")
@click.argument("code", shell_complete=complete_codes)
@click.option(
    "--out",
    type=click.Path(dir_okay=False, path_type=Path),
    metavar="FILE",
    help="Keep it in this new file, with the schema for editors beside it; else it is printed.",
)
def new(code: str, *, out: Path | None) -> None:
    """Write a playbook to begin with, with comments on all that it can name.

    For a code or number that is known it says what azremedy says; for any other it is nearly
    empty. Its first line tells editors where the JSON Schema is: they complete and check as you
    type.

    \b
    Examples:
      azremedy playbook new GuestAgentSnapshotTaskStatusError --out my-playbooks/agent.yaml
      azremedy playbook new ContosoBackupWindowMissed
    """  # noqa: D301 - \b is Click's mark for text that keeps its lines
    text = find_template(code)
    if out is None:
        click.echo(text, nl=False)
        return
    _keep(out, text)


@command.command("explain")
@click.argument("files", nargs=-1, required=True, type=click.Path(path_type=Path))
@output_options
def explain(files: tuple[Path, ...], **_: str) -> None:
    """Say what playbooks would do: causes in order, remedies, steps, losses and permissions.

    A folder stands for all files in it. Needs no Azure.

    \b
    Examples:
      azremedy playbook explain my-playbooks/limit.yaml
      azremedy playbook explain my-playbooks -o json
    """  # noqa: D301 - \b is Click's mark for text that keeps its lines
    sheets = make_sheets(files)
    answer(sheets, lambda out: show_sheets(sheets, out))


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


def _keep(out: Path, text: str) -> None:
    if out.suffix != ".yaml":
        raise UsageError(f"{out} does not end in .yaml", advice="Folders are searched for *.yaml.")
    schema_file = out.with_name(SCHEMA_FILE)
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
        with out.open("x", encoding="utf-8") as file:
            file.write(text)
        if not schema_file.exists():
            made = json.dumps(make_schema("playbook"), indent=2, ensure_ascii=False)
            schema_file.write_text(f"{made}\n", encoding="utf-8")
    except FileExistsError as error:
        taken = error.filename or out
        raise UsageError(f"{taken} is there already", advice="Name a new file.") from error
    except OSError as error:
        raise UsageError(f"{out} cannot be written: {error.strerror}") from error
    console.conversation().print(f"Written to {out}.", soft_wrap=True, markup=False)
