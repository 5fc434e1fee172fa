"""Keep every test away from the person's own settings, and judge the whole run's exchanges."""

from __future__ import annotations

import os
import shutil
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, settings

from tests.support import exchanges

if TYPE_CHECKING:
    from collections.abc import Iterator

    from _pytest.terminal import TerminalReporter

    from tests.support.azurite import Azurite

# How long an example takes says something of the machine, and nothing of the program.
settings.register_profile("calm", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("calm")

JUDGEMENT = pytest.StashKey[exchanges.Judgement]()
_OF_TESTS = {exchanges.RECORD, "AZREMEDY_SHARED", "AZREMEDY_TEST_AZURITE"}
_OWN = ("AZURE_", "GITHUB_", "TF_BUILD", "ARM_", "AZREMEDY_", "IDENTITY_", "MSI_")


def pytest_configure(config: pytest.Config) -> None:
    """Record what every world of this run answers, also in child processes; a file a worker."""
    if _is_worker(config):
        record = Path(os.environ[exchanges.RECORD])
        os.environ[exchanges.RECORD] = str(record.with_stem(os.environ["PYTEST_XDIST_WORKER"]))
    else:
        folder = tempfile.mkdtemp(prefix="exchanges-")
        os.environ[exchanges.RECORD] = str(Path(folder, "exchanges.jsonl"))


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session: pytest.Session) -> None:
    """Hold the run's exchanges against Microsoft's documents: a departure fails the run."""
    if _is_worker(session.config):
        return
    judgement = exchanges.judge_all(Path(os.environ[exchanges.RECORD]).parent, find_shared())
    session.config.stash[JUDGEMENT] = judgement
    if not judgement.passed:
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def pytest_terminal_summary(terminalreporter: TerminalReporter, config: pytest.Config) -> None:
    """Tell what came of it."""
    if JUDGEMENT in config.stash:
        terminalreporter.section("exchanges against Microsoft's documents")
        terminalreporter.write_line(config.stash[JUDGEMENT].text)


def pytest_unconfigure(config: pytest.Config) -> None:
    """Leave nothing behind."""
    if not _is_worker(config):
        shutil.rmtree(Path(os.environ.pop(exchanges.RECORD)).parent)


def _is_worker(config: pytest.Config) -> bool:
    return hasattr(config, "workerinput")


@pytest.fixture(scope="session")
def no_playbooks(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give a folder for playbooks of a team's own, in which there are none."""
    return tmp_path_factory.mktemp("no-playbooks")


@pytest.fixture(autouse=True)
def _own_settings(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, no_playbooks: Path) -> None:
    """Take the person's Azure settings away and give the test a state folder of its own."""
    for name in list(os.environ):
        if name.startswith(_OWN) and name not in _OF_TESTS:
            monkeypatch.delenv(name)
    monkeypatch.setenv("AZREMEDY_STATE_DIR", str(tmp_path / "state"))
    monkeypatch.setenv("AZREMEDY_CACHE_DIR", str(tmp_path / "cache"))
    monkeypatch.setenv("AZREMEDY_CONFIG_DIR", str(tmp_path / "config"))
    monkeypatch.setenv("AZREMEDY_PLAYBOOKS", str(no_playbooks))
    monkeypatch.setenv("AZURE_CONFIG_DIR", str(tmp_path / "azure-cli"))


def find_shared() -> Path | None:
    """Find the folder with contract documents and recordings that may lie beside the checkout."""
    beside = Path(__file__).resolve().parents[1].parent / "shared"
    folder = Path(os.environ.get("AZREMEDY_SHARED", beside))
    return folder if folder.is_dir() else None


@pytest.fixture(scope="session")
def azurite() -> Iterator[Azurite]:
    """Keep a storage account going on this machine, or skip with the reason."""
    from tests.support import azurite as emulator  # noqa: PLC0415 - only where it is asked for

    try:
        program = emulator.find_azurite(os.environ)
    except emulator.NoAzuriteError as error:
        pytest.skip(str(error))
    with emulator.serving(program) as account:
        yield account


@pytest.fixture(scope="session")
def shared() -> Path:
    """Give the folder with contract documents and recordings, or skip."""
    if (folder := find_shared()) is None:
        pytest.skip("contract documents and recordings are not beside the checkout")
    return folder
