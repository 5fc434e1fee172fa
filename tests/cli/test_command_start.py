"""Starting the program is cheap, and its help is complete."""

from __future__ import annotations

import subprocess
import sys
from importlib.metadata import version
from typing import TYPE_CHECKING

import click
import pytest

from azremedy.cli.main import COMMANDS, cli

if TYPE_CHECKING:
    from pathlib import Path

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


def list_loaded(*arguments: str) -> list[str]:
    """Run the program in a process of its own, and list the modules that it loaded."""
    code = (
        "import sys\n"
        "from azremedy.__main__ import main\n"
        f"sys.argv = ['azremedy', *{arguments!r}]\n"
        "try:\n"
        "    main()\n"
        "finally:\n"
        "    print('loaded:', *sorted(sys.modules))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60
    )
    return done.stdout.rpartition("loaded:")[2].split()


def test_version_alone_loads_no_command_line() -> None:
    """It is what scripts ask most: the answer takes little more than starting Python."""
    loaded = list_loaded("--version")

    heavy = ("click", "dataclasses", "importlib.metadata", "pathlib", "rich")
    # What the site's own hooks load is no matter of the program's.
    bare = subprocess.run(
        [sys.executable, "-c", "import sys; print(*sys.modules)"],
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    assert set() == {name for name in heavy if name in loaded} - set(bare.stdout.split())
    assert "azremedy.cli.version" in loaded


_UNLOCK = ("unlock-rg", "AzureBackupRG_westeurope_1", "--dry-run")


@pytest.mark.parametrize("arguments", [("find-rg",), _UNLOCK])
def test_reading_locks_loads_no_models_of_the_sdk(arguments: tuple[str, ...]) -> None:
    """Nor what carries plans out, or decides about causes: it would take longer than the answer."""
    loaded = list_loaded(*arguments, "--sandbox", "restore-point-limit")

    heavy = (
        *("azure.mgmt.authorization", "azure.mgmt.compute", "azure.mgmt.keyvault"),
        *("azure.mgmt.recoveryservicesbackup", "azure.mgmt.resource", "azure.mgmt.resourcegraph"),
        *("azremedy.engine.executor", "azremedy.domain.rules"),
    )
    assert [] == [name for name in heavy if name in loaded]
    assert "azremedy.gateways.locks" in loaded


def test_listing_groups_loads_nothing_that_plans() -> None:
    """Guards and needs know all steps; a list of groups has none."""
    loaded = list_loaded("find-rg", "--sandbox", "restore-point-limit")

    plans = ("azremedy.api.assembling", "azremedy.domain.guards", "azremedy.domain.needs")
    assert [] == [name for name in plans if name in loaded]


def test_version_tells_what_is_installed(program: Call) -> None:
    """The versions are those that Python's own means find."""
    told = dict(line.split() for line in program("--version").out.splitlines()[1:])

    assert {name: version(name) for name in told if name != "Python"} == {
        name: found for name, found in told.items() if name != "Python"
    }
    assert {"azure-core", "azure-identity", "click", "pydantic", "rich"} <= told.keys()


def test_version_tells_what_is_missing(program: Call, tmp_path: Path) -> None:
    """A broken installation can still say what it is made of."""
    facts = tmp_path / "azremedy-0.1.0.dist-info"
    facts.mkdir()
    needs = "Requires-Dist: azure-nothing>=1\nRequires-Dist: azure-more>=2; extra == 'x'\n"
    (facts / "METADATA").write_text(f"Name: azremedy\n{needs}\nProse.\n", encoding="utf-8")

    called = program("--version", env={"PYTHONPATH": str(tmp_path)})

    assert ["azure-nothing not installed"] == [line.strip() for line in called.out.splitlines()[2:]]


def test_version_is_told_among_other_options(program: Call) -> None:
    """The quick way and Click's give one answer."""
    assert program("--version").out == program("--version", "--help").out


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
