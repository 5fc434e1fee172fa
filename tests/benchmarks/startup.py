"""How long programs take until they answer at all."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from azremedy.sandbox import scenario
from tests.benchmarks.azure_cli import az_environment, prepare_cli
from tests.benchmarks.installed import find_installed
from tests.benchmarks.processes import Program, Summary, compare, measure_in_turn
from tests.benchmarks.tables import Figure, Table
from tests.benchmarks.worlds import serving, write_world

if TYPE_CHECKING:
    from tests.benchmarks.installed import Installed
    from tests.benchmarks.worlds import Served

_GROUP = "AzureBackupRG_westeurope_1"


def run_startup(*, quick: bool) -> Table:
    """Compare start-up with the Azure CLI's and with a bare interpreter's."""
    installed = find_installed()
    with tempfile.TemporaryDirectory() as folder:
        world = write_world(scenario.load("restore-point-limit"), Path(folder))
        with serving(world, Path(folder)) as served:
            az, missing = prepare_cli(served)
            programs = (*_own(served, installed), *_calls(served, az))
            found = measure_in_turn(programs, rounds=3 if quick else 15)
    notes = (
        "Seconds, medians of whole processes run in turn; every answer takes 50 ms. "
        "Each program is installed in an environment of its own."
    )
    return Table(
        name="startup",
        title="Start-up",
        columns=("command", "wall, median", "wall, spread", "processor, median"),
        rows=tuple(_row(name, each) for name, each in found.items()),
        figures=_figures(found),
        notes=tuple(filter(None, (notes, installed.note, *missing))),
    )


def _own(served: Served, installed: Installed) -> tuple[Program, ...]:
    azremedy = installed.azremedy
    bare = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    completing = {**bare, "_AZREMEDY_COMPLETE": "bash_complete", "COMP_CWORD": "1"}
    completing["COMP_WORDS"] = "azremedy un"
    return (
        _program('python -c "import click, rich"', (installed.python, "-c", _IMPORTS), bare),
        _program("azremedy --version", (azremedy, "--version"), bare),
        _program("azremedy --help", (azremedy, "--help"), bare),
        _program("completion of azremedy un", (azremedy,), completing),
        _program("azremedy find-rg", (azremedy, "find-rg"), served.env),
        _program(_UNLOCK, (azremedy, "unlock-rg", _GROUP, "--dry-run"), served.env),
    )


_IMPORTS = "import click, rich"
_UNLOCK = "azremedy unlock-rg --dry-run"


def _calls(served: Served, az: str | None) -> tuple[Program, ...]:
    if az is None:
        return ()
    env = az_environment(served)
    return (
        _program("az version", (az, "version"), env),
        _program("az group list", (az, "group", "list"), env),
        _program("az lock list", (az, "lock", "list", "-g", _GROUP), env),
    )


def _program(name: str, command: tuple[str, ...], env: dict[str, str]) -> Program:
    return Program(name=name, command=command, env=env)


def _row(name: str, found: Summary) -> tuple[str, ...]:
    numbers = (f"{found.wall_s:.2f}", found.spread, f"{found.cpu_s:.2f}")
    return (f"`{name}`", *numbers)


def _figures(found: dict[str, Summary]) -> tuple[Figure, ...]:
    pairs = (
        ("azremedy --help", 'python -c "import click, rich"', None, 1.5),
        ("az version", "azremedy --version", 3.0, None),
        ("az lock list", _UNLOCK, 1.3, None),
        ("az group list", "azremedy find-rg", None, None),
    )
    return tuple(
        _figure(one, other, found, least=least, most=most)
        for one, other, least, most in pairs
        if one in found
    )


def _figure(
    one: str,
    other: str,
    found: dict[str, Summary],
    *,
    least: float | None,
    most: float | None,
) -> Figure:
    ratio, spread = compare(found[one], found[other])
    processor = found[one].cpu_s / found[other].cpu_s
    note = f"pairs {spread}; by processor time {processor:.2f}"
    return Figure(what=f"{one} over {other}", found=ratio, least=least, most=most, note=note)
