"""The names of the Python API are imported when they are used, and all are there."""

from __future__ import annotations

import subprocess
import sys

import pytest

from azremedy import api


@pytest.mark.parametrize("name", api.__all__)
def test_public_name_is_there(name: str) -> None:
    """Each is importable, and listed."""
    assert getattr(api, name) is not None
    assert name in dir(api)


def test_name_that_is_not_there_is_an_attribute_error() -> None:
    """As with any module."""
    with pytest.raises(AttributeError, match="has no attribute 'nothing'"):
        api.nothing  # type: ignore[attr-defined] # noqa: B018 - the point


def test_importing_the_api_loads_neither_the_sdk_nor_pydantic() -> None:
    """A command's help must not pay for what only its work needs."""
    told = subprocess.run(
        [sys.executable, "-c", "import sys, azremedy.api; print(*sys.modules)"],
        capture_output=True,
        text=True,
        check=True,
    )

    loaded = {name.partition(".")[0] for name in told.stdout.split()}
    assert set() == loaded & {"azure", "pydantic", "yaml", "requests", "rich"}
