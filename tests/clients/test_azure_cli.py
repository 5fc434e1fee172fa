"""The real Azure CLI, which nobody of this project wrote, judges the sandbox."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from tests.clients import az

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

# Read before the fixtures take the person's own settings away.
_ENVIRONMENT = dict(os.environ)
NOTHING_WRONG = "0 violations"


@pytest.fixture(scope="module")
def program() -> str:
    """Give the Azure CLI."""
    try:
        return az.find_az(_ENVIRONMENT)
    except az.NoAzureCliError as error:
        pytest.skip(str(error))


@pytest.mark.parametrize("way", az.WAYS)
def test_the_azure_cli_repairs_a_backup(
    way: str, program: str, tmp_path: Path, contract_check: Callable[[Path], str]
) -> None:
    """Each call answers what it must, the world changes as it must, the wire is Microsoft's."""
    outcomes = az.WAYS[way](program, tmp_path)

    assert [each for each in outcomes if each["trouble"]] == []
    assert contract_check(tmp_path / "exchanges.jsonl").endswith(NOTHING_WRONG)
