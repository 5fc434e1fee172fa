"""What the package gives and what importing it costs."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from azremedy import sandbox

CHECKOUT = Path(__file__).resolve().parents[3]


def test_importing_the_package_loads_no_heavy_library() -> None:
    """Neither the Azure SDK nor aiohttp nor pydantic come with the bare import."""
    code = (
        "import sys, azremedy.sandbox\n"
        "print([n for n in ('aiohttp', 'azure', 'pydantic', 'trustme') if n in sys.modules])"
    )

    run = subprocess.run(
        [sys.executable, "-c", code], cwd=CHECKOUT, capture_output=True, text=True, check=True
    )

    assert run.stdout.strip() == "[]"


@pytest.mark.parametrize("name", ["App", "SandboxCredential", "World", "WorldTransport"])
def test_public_classes_are_found_by_name(name: str) -> None:
    """Each is the class that its own module defines."""
    assert getattr(sandbox, name).__name__ == name


@pytest.mark.parametrize(
    ("module", "names"),
    [
        ("scenario", ("load", "names")),
        ("server", ("serve",)),
        ("proxy", ("exec_program",)),
    ],
)
def test_public_modules_are_found_by_name(module: str, names: tuple[str, ...]) -> None:
    """Their functions are reached through the package."""
    assert all(callable(getattr(getattr(sandbox, module), name)) for name in names)


def test_an_unknown_name_is_an_attribute_error() -> None:
    """A typing mistake is told as for any module."""
    with pytest.raises(AttributeError, match="has no attribute 'Wurld'"):
        sandbox.__getattr__("Wurld")
