"""Have azremedy as users have it: in an environment of its own, without what only tests need.

The Azure CLI has such an environment too. In the one that tests run in, other packages are loaded
along, such as another guesser of encodings, and modules may be compiled anew at every start.
"""

from __future__ import annotations

import subprocess
import sys
import venv
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from platformdirs import user_cache_path

from tests.benchmarks.processes import CHECKOUT

_PATIENCE_S = 600
_SOURCES = ("azremedy", "playbooks")


@dataclass(frozen=True, slots=True, kw_only=True)
class Installed:
    """An environment with azremedy in it."""

    python: str
    """Its interpreter."""
    azremedy: str
    """The program."""
    note: str = ""
    """Why it is not one of its own."""


def find_installed() -> Installed:
    """Give azremedy in an environment of its own, made anew when the sources have changed.

    Where nothing can be installed it is the one that this runs in.
    """
    folder = user_cache_path("azremedy-tests") / "azremedy"
    mark, sources = folder / "sources.sha256", fingerprint_sources(CHECKOUT)
    if not mark.is_file() or mark.read_text(encoding="utf-8") != sources:
        try:
            _install(folder)
        except (subprocess.SubprocessError, OSError) as error:
            return _found_beside(Path(sys.executable), note=f"Measured as developed: {error}.")
        mark.write_text(sources, encoding="utf-8")
    scripts = "Scripts" if sys.platform == "win32" else "bin"
    return _found_beside(folder / scripts / "python")


def fingerprint_sources(checkout: Path) -> str:
    """Give what changes with the files that are installed, and with what they need."""
    found = [checkout / "pyproject.toml"]
    for name in _SOURCES:
        found += (each for each in (checkout / name).rglob("*") if each.is_file())
    digest = sha256()
    for path in sorted(each for each in found if "__pycache__" not in each.parts):
        digest.update(f"{path.relative_to(checkout)}\n".encode() + path.read_bytes())
    return digest.hexdigest()


def _install(folder: Path) -> None:
    venv.create(folder, with_pip=True, clear=True)
    scripts = "Scripts" if sys.platform == "win32" else "bin"
    command = (folder / scripts / "python", "-m", "pip", "install", "--quiet", CHECKOUT)
    subprocess.run(command, check=True, capture_output=True, timeout=_PATIENCE_S)


def _found_beside(python: Path, *, note: str = "") -> Installed:
    return Installed(python=str(python), azremedy=str(python.with_name("azremedy")), note=note)
