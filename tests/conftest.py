"""Keep every test away from the person's own settings, and every exchange for the last test."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

LAST = "test_recorded_exchanges.py"
_OWN = ("AZURE_", "ARM_", "AZREMEDY_", "IDENTITY_", "MSI_")


@pytest.fixture(scope="session", autouse=True)
def _exchanges(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Record what every world of this run answers, also in child processes."""
    os.environ["AZREMEDY_SANDBOX_RECORD"] = str(
        tmp_path_factory.getbasetemp() / "exchanges-of-the-run.jsonl"
    )
    yield
    del os.environ["AZREMEDY_SANDBOX_RECORD"]


@pytest.fixture(scope="session")
def no_playbooks(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give a folder for playbooks of a team's own, in which there are none."""
    return tmp_path_factory.mktemp("no-playbooks")


@pytest.fixture(autouse=True)
def _own_settings(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, no_playbooks: Path) -> None:
    """Take the person's Azure settings away and give the test a state folder of its own."""
    for name in list(os.environ):
        if name.startswith(_OWN) and name not in {"AZREMEDY_SANDBOX_RECORD", "AZREMEDY_SHARED"}:
            monkeypatch.delenv(name)
    monkeypatch.setenv("AZREMEDY_STATE_DIR", str(tmp_path / "state"))
    monkeypatch.setenv("AZREMEDY_PLAYBOOKS", str(no_playbooks))
    monkeypatch.setenv("AZURE_CONFIG_DIR", str(tmp_path / "azure-cli"))


@pytest.fixture(scope="session")
def shared() -> Path:
    """Give the folder with contract documents and recordings that may lie beside the checkout."""
    beside = Path(__file__).resolve().parents[1].parent / "shared"
    folder = Path(os.environ.get("AZREMEDY_SHARED", beside))
    if not folder.is_dir():
        pytest.skip(f"contract documents and recordings are not at {folder}")
    return folder


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put the test that judges the whole run's exchanges behind all others."""
    items.sort(key=lambda item: item.path.name == LAST)
