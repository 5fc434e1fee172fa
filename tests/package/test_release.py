"""What is published can be built again by anybody, and what CI installs is locked."""

from __future__ import annotations

import hashlib
import os
import re
import subprocess
import sys
import tarfile
import tomllib
from importlib.metadata import PackageNotFoundError, requires
from pathlib import Path
from typing import Any, TypeAlias

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

Json: TypeAlias = Any

CHECKOUT = Path(__file__).resolve().parents[2]
PROJECT: Json = tomllib.loads((CHECKOUT / "pyproject.toml").read_text(encoding="utf-8"))["project"]


def build(kind: str, folder: Path, epoch: int) -> Path:
    """Build a wheel or an sdist, at a time that is given."""
    command = [sys.executable, "-m", "hatchling", "build", "-t", kind, "-d", str(folder)]
    environ = {**os.environ, "SOURCE_DATE_EPOCH": str(epoch)}
    subprocess.run(command, cwd=CHECKOUT, env=environ, check=True, capture_output=True)
    (built,) = folder.iterdir()
    return built


@pytest.mark.parametrize("kind", ["wheel", "sdist"])
def test_build_gives_the_same_bytes_twice(kind: str, tmp_path: Path) -> None:
    """With the commit's time given, as .ci/release does; another time gives other bytes."""
    built = [build(kind, tmp_path / str(n), 1_760_000_000 + 86_400 * (n // 2)) for n in range(3)]

    first, again, later = (hashlib.sha256(each.read_bytes()).hexdigest() for each in built)
    assert (first, built[0].name) == (again, built[1].name)
    assert first != later


def test_sdist_holds_the_source_and_no_leftovers(tmp_path: Path) -> None:
    """What was compiled, cached or built here is not shipped."""
    with tarfile.open(build("sdist", tmp_path, 1_760_000_000)) as archive:
        names = [name.partition("/")[2] for name in archive.getnames()]

    assert {"pyproject.toml", "README.md", "LICENSE", "azremedy/__init__.py"} <= set(names)
    assert [] == [name for name in names if re.search(r"__pycache__|\.pyc$|_cache/|\.venv", name)]


def read_lock() -> dict[str, str]:
    """Read the versions that CI installs, by name."""
    lines = (CHECKOUT / ".ci" / "constraints.txt").read_text(encoding="utf-8").splitlines()
    pairs = [line.split("==") for line in lines]
    return {canonicalize_name(name): version for name, version in pairs}


def list_direct() -> list[Requirement]:
    """List what pyproject.toml asks for, with all extras."""
    extras = PROJECT["optional-dependencies"].values()
    asked = (*PROJECT["dependencies"], *(each for extra in extras for each in extra))
    return [Requirement(each) for each in asked]


def list_deep() -> list[Requirement]:
    """List what that asks for in turn, as far as it is installed here."""
    found: dict[str, Requirement] = {}
    left = list_direct()
    while left:
        asked = left.pop()
        if str(asked) in found:
            continue
        found[str(asked)] = asked
        for text in _read_requires(asked.name):
            deeper = Requirement(text)
            extras = ("", *asked.extras)
            if deeper.marker is None or any(deeper.marker.evaluate({"extra": e}) for e in extras):
                left.append(deeper)
    return list(found.values())


def _read_requires(name: str) -> list[str]:
    try:
        return requires(name) or []
    except PackageNotFoundError:
        return []


def test_lock_has_a_version_of_all_that_is_installed() -> None:
    """Every requirement, however deep, is pinned to a version that it takes."""
    lock = read_lock()
    asked = list_deep()

    assert len(asked) > 2 * len(list_direct())
    assert [] == [
        str(each)
        for each in asked
        if (version := lock.get(canonicalize_name(each.name))) is None
        or not each.specifier.contains(version, prereleases=True)
    ]


def test_lock_is_in_order() -> None:
    """Sorted, each name once, so that a change of it can be read."""
    lines = (CHECKOUT / ".ci" / "constraints.txt").read_text(encoding="utf-8").splitlines()

    assert sorted(lines, key=str.lower) == lines
    assert len(lines) == len(read_lock())
