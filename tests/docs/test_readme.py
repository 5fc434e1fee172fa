"""README shows what the program really says."""

from __future__ import annotations

import re
import shlex
from typing import TYPE_CHECKING

import pytest
from click.testing import CliRunner

from azremedy.cli.main import cli
from tests.docs import newcomer, readme_tables
from tests.support.command_lines import list_commands, list_examples, parse

if TYPE_CHECKING:
    import click

README = readme_tables.README.read_text(encoding="utf-8")
TRANSCRIPTS = re.findall(r"```console\n\$ azremedy (.*?)\n(.*?)```", README, re.DOTALL)
OWN_WORDS = re.sub(
    r"^(\| (?:az|Terraform|kubectl|pip-audit|gh) \|)[^|]*", r"\1", README, flags=re.MULTILINE
)
"""README without the habits of other tools, whose flags need not be azremedy's."""
TYPED = [
    example
    for block in re.findall(r"```sh\n(.*?)```", README, re.DOTALL)
    for example in list_examples(re.sub("^", " ", block, flags=re.MULTILINE))
]


@pytest.mark.parametrize(("arguments", "expected"), TRANSCRIPTS)
def test_transcript_is_what_the_command_prints(arguments: str, expected: str) -> None:
    """Each transcript is the command's own output; where a line says so something is left out."""
    result = CliRunner().invoke(cli, arguments.split(), catch_exceptions=False)

    shown = "(?s:.*)".join(re.escape(part) for part in expected.split("[…]\n"))
    assert re.fullmatch(shown, result.output), result.output


def test_tables_and_lists_are_what_the_program_goes_by() -> None:
    """Commands, exit codes, flags, losses, permissions, habits, and what is never done."""
    assert readme_tables.write_readme(README) == README, (
        "Write them anew: python -m tests.docs.readme_tables"
    )


def test_table_that_is_not_there_is_missed() -> None:
    """A table that somebody took out, or wrote under another head, does not go unseen."""
    with pytest.raises(ValueError, match="README has 0 of"):
        readme_tables.write_readme(README.replace("| code | means |", "| code |"))


@pytest.mark.parametrize("flag", sorted(set(re.findall(r"`(--[a-z-]+)`", OWN_WORDS))))
def test_every_flag_exists(flag: str) -> None:
    """README names no flag that no command has."""
    commands: list[click.Command] = list(list_commands().values())

    assert flag in {name for each in commands for option in each.params for name in option.opts}


@pytest.mark.parametrize("line", sorted({*TYPED, *(c[9:] for c, _ in newcomer.find_rows(README))}))
def test_every_command_line_parses(line: str) -> None:
    """What README tells to type is a command line of this very version."""
    parse(shlex.split(line))


@pytest.mark.parametrize("target", sorted(set(re.findall(r"\]\(([^)#]+)\)", README))))
def test_links_lead_to_files(target: str) -> None:
    """README links to nothing that is not in the repository."""
    assert (readme_tables.ROOT / target).is_file()


def test_first_screen_says_what_is_changed() -> None:
    """The danger and the promise stand before anything else."""
    first = README.partition("```")[0]

    assert "deletes locks, restore points and extensions" in first
    assert "Nothing is changed before you have seen the plan" in first


def test_readme_can_be_read_in_one_go() -> None:
    """It stays short: what is more stands on the commands' pages."""
    assert len(README.splitlines()) <= 380


def test_path_of_a_newcomer_has_times() -> None:
    """Each command with the seconds that it took, and the machine that took them."""
    rows = newcomer.find_rows(README)

    assert len(rows) >= 5
    assert re.search(r"Taken with Python [\d.]+ on \d+ cores, with a load of \d+", README)
    taken = {command: 1.25 for command, _ in rows}
    written = newcomer.write_times(README, 9.6, taken)
    assert written.count("| 1.2 |") == len(rows)
    assert "took 10 seconds" in written
    assert newcomer.find_rows(written) == rows
    assert newcomer.find_install(written) == newcomer.find_install(README)
