"""README shows what the program really says."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from click.testing import CliRunner

from azremedy import errors
from azremedy.cli.main import COMMANDS, cli

README = (Path(__file__).resolve().parents[2] / "README.md").read_text(encoding="utf-8")
TRANSCRIPTS = re.findall(r"```console\n\$ azremedy (.*?)\n(.*?)```", README, re.DOTALL)


@pytest.mark.parametrize(("arguments", "expected"), TRANSCRIPTS)
def test_transcript_is_what_the_command_prints(arguments: str, expected: str) -> None:
    """Each transcript is the command's own output; where a line says so something is left out."""
    result = CliRunner().invoke(cli, arguments.split(), catch_exceptions=False)

    shown = "(?s:.*)".join(re.escape(part) for part in expected.split("[…]\n"))
    assert re.fullmatch(shown, result.output), result.output


@pytest.mark.parametrize("name", sorted(COMMANDS))
def test_every_command_is_in_the_table(name: str) -> None:
    """The table of commands names every command."""
    assert f"| `azremedy {name}` |" in README


def test_every_exit_code_is_in_the_table() -> None:
    """The table of exit codes has exactly the codes that errors can give, and the pending one."""
    listed = {int(code) for code in re.findall(r"^\| (\d+) \|", README, re.MULTILINE)}
    known = {value for name, value in vars(errors).items() if name.startswith("EXIT_")}

    assert listed == known | {10}


@pytest.mark.parametrize("flag", re.findall(r"`(--[a-z-]+)`", README))
def test_every_flag_exists(flag: str) -> None:
    """README names no flag that no command has."""
    known = {
        option
        for name in COMMANDS
        for command in [cli.get_command(None, name)]  # type: ignore[arg-type] # not looked at
        if command is not None
        for each in [command, *getattr(command, "commands", {}).values()]
        for parameter in each.params
        for option in parameter.opts
    }

    assert flag in known
