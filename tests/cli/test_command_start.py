"""Starting the program is cheap, and its help is complete."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

import click
import pytest

from azremedy.cli.main import COMMANDS, cli

if TYPE_CHECKING:
    from tests.support.calls import Call

_HEAVY = ("azure", "aiohttp", "pydantic", "requests", "yaml")


@pytest.mark.parametrize("arguments", [["--help"], ["--version"], ["clean-rpc", "--help"]])
def test_help_loads_no_azure_sdk(arguments: list[str]) -> None:
    """Help and version load no package of the Azure SDK, nor anything else that is slow."""
    code = (
        "import sys\n"
        "from azremedy.cli.main import cli\n"
        f"cli.main({arguments!r}, standalone_mode=False)\n"
        "print('loaded:', *sorted({name.partition('.')[0] for name in sys.modules}))"
    )

    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60
    )

    loaded = done.stdout.rpartition("loaded:")[2].split()
    assert [name for name in loaded if name in _HEAVY] == []


@pytest.mark.parametrize("name", sorted(COMMANDS))
def test_listed_summary_is_the_commands_own(name: str) -> None:
    """The line in the list of commands is the first sentence of the command's help."""
    command = cli.get_command(click.Context(cli), name)

    assert command is not None
    assert COMMANDS[name].summary == (command.help or "").strip().partition("\n\n")[0]


@pytest.mark.parametrize("name", sorted(set(COMMANDS) - {"demo", "sandbox"}))
def test_help_has_examples(call: Call, name: str) -> None:
    """Every command's help shows examples."""
    called = call(name, "--help")

    assert called.code == 0
    assert "Examples:" in called.out


def test_module_runs_as_program(program: Call) -> None:
    """``python -m azremedy`` is the program."""
    called = program("--version")

    assert (0, "azremedy, version 0.1.0") == (called.code, called.out.partition("\n")[0])


def test_typo_gets_a_suggestion(call: Call) -> None:
    """A misspelt command is answered with the one that was probably meant."""
    called = call("clen-rpc")

    assert called.code == 2
    assert "Did you mean 'clean-rpc'?" in called.err
