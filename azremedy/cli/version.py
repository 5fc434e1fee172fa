"""``azremedy --version``: what is installed, without loading any of it."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

from azremedy._version import __version__

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    import click

_TOLD = ("azure-", "click", "pydantic", "rich")
"""How the names of the packages begin that answers depend on."""


def tell_version(ctx: click.Context, _parameter: click.Parameter, asked: bool) -> None:  # noqa: FBT001 - Click's form
    """Print the versions and end."""
    if not asked or ctx.resilient_parsing:
        return
    sys.stdout.write(describe_version())
    ctx.exit()


def describe_version() -> str:
    """Write the lines of ``--version``."""
    lines = (f"  {name} {version}" for name, version in list_parts())
    return "\n".join((f"azremedy, version {__version__}", *lines, ""))


def list_parts() -> Iterable[tuple[str, str]]:
    """List Python and the packages that answers depend on, as they are installed."""
    yield "Python", sys.version.partition(" ")[0]
    installed = _find_installed()
    folder = installed.get("azremedy")
    for name in _list_needed(folder) if folder else ():
        if name.startswith(_TOLD):
            yield name, _read_version(name, installed)


def _find_installed() -> dict[str, str]:
    """Find each package's folder of facts; what comes first on the path is what is imported.

    Each folder is listed once: importlib's own way takes as long as starting Python.
    """
    found: dict[str, str] = {}
    for place in sys.path:
        for entry in _list_entries(place):
            if entry.endswith(".dist-info"):
                name = entry.partition("-")[0].lower().replace("_", "-").replace(".", "-")
                found.setdefault(name, os.path.join(place, entry))  # noqa: PTH118 - pathlib takes longer
    return found


def _list_entries(place: str) -> list[str]:
    try:
        return os.listdir(place or ".")  # noqa: PTH208 - pathlib takes longer
    except OSError:
        return []


def _list_needed(folder: str) -> Iterator[str]:
    """List what a package needs in any case, by name."""
    path = os.path.join(folder, "METADATA")  # noqa: PTH118 - pathlib takes longer
    with open(path, encoding="utf-8") as file:  # noqa: PTH123 - pathlib takes longer
        for line in file:
            if line == "\n":
                return
            key, _, needed = line.partition(": ")
            if key == "Requires-Dist" and "extra ==" not in needed:
                yield needed.partition(";")[0].partition(">")[0].strip()


def _read_version(name: str, installed: dict[str, str]) -> str:
    if name in installed:
        return os.path.basename(installed[name]).removesuffix(".dist-info").partition("-")[2]  # noqa: PTH119 - as above
    # For what is installed in another form.
    from importlib.metadata import PackageNotFoundError, version  # noqa: PLC0415 - takes 20 ms

    try:
        return version(name)
    except PackageNotFoundError:
        return "not installed"
