"""``azremedy --version``: what is installed, without loading any of it."""

from __future__ import annotations

import platform
from typing import TYPE_CHECKING

import click

from azremedy._version import __version__

if TYPE_CHECKING:
    from collections.abc import Iterable


def tell_version(ctx: click.Context, _parameter: click.Parameter, asked: bool) -> None:  # noqa: FBT001 - Click's form
    """Print the versions and end."""
    if not asked or ctx.resilient_parsing:
        return
    lines = (f"  {name} {version}" for name, version in list_parts())
    click.echo("\n".join((f"azremedy, version {__version__}", *lines)))
    ctx.exit()


def list_parts() -> Iterable[tuple[str, str]]:
    """List Python and the packages that answers depend on, as they are installed."""
    from importlib.metadata import PackageNotFoundError, requires, version  # noqa: PLC0415 - 20 ms

    yield "Python", platform.python_version()
    try:
        needed = requires("azremedy") or []
    except PackageNotFoundError:
        return
    for line in needed:
        name = line.partition(";")[0].partition(">")[0].strip()
        if "extra ==" not in line and name.startswith(("azure-", "click", "pydantic", "rich")):
            yield name, version(name)
