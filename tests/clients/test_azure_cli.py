"""The real Azure CLI, which nobody of this project wrote, judges the sandbox."""

from __future__ import annotations

import os
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.clients import az

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

# Read before the fixtures take the person's own settings away.
_ENVIRONMENT = dict(os.environ)
# `az keyvault set-policy` writes the whole vault; the documents at hand have no such operation.
UNDOCUMENTED = "Microsoft.KeyVault/vaults/kv-shop -> 200 [None]: no such operation"


@dataclass(frozen=True, slots=True, kw_only=True)
class Walk:
    """One walk of the Azure CLI, which may still go on."""

    folder: Path
    """Where its exchanges are."""
    outcomes: Future[list[dict[str, Any]]]
    """What came of each call."""


@pytest.fixture(scope="module")
def program() -> str:
    """Give the Azure CLI."""
    try:
        return az.find_az(_ENVIRONMENT)
    except az.NoAzureCliError as error:
        pytest.skip(str(error))


@pytest.fixture(scope="module")
def walks(program: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Walk]]:
    """Walk both ways side by side."""
    with ThreadPoolExecutor() as pool:
        folders = {name: tmp_path_factory.mktemp("walk") for name in az.WAYS}
        yield {
            name: Walk(folder=folders[name], outcomes=pool.submit(way, program, folders[name]))
            for name, way in az.WAYS.items()
        }


@pytest.mark.parametrize("way", az.WAYS)
def test_the_azure_cli_repairs_a_backup(
    way: str, walks: dict[str, Walk], contract_check: Callable[[Path], str]
) -> None:
    """Each call answers what it must, the world changes as it must, the wire is Microsoft's."""
    walk = walks[way]

    assert [each for each in walk.outcomes.result() if each["trouble"]] == []
    *violations, last = contract_check(walk.folder / "exchanges.jsonl").splitlines()
    assert [each for each in violations if UNDOCUMENTED not in each] == []
    assert "operations seen" in last
