"""azremedy itself as somebody's child, by both ways into the sandbox."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import pytest

from tests.clients import az, az_world
from tests.clients.flow import COMMANDS

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

LOCK = f"{az_world.POINTS_GROUP}/providers/Microsoft.Authorization/locks/no-deletes"
OLD_POINT = f"{az_world.COLLECTION}/restorePoints/AzureBackup_20261101_220107"


def run_flow(argv: list[str], env: dict[str, str]) -> Any:
    """Run the repair and give what it told."""
    done = subprocess.run(
        argv, env=env, capture_output=True, text=True, check=False, timeout=500, cwd=az.CHECKOUT
    )
    assert 0 == done.returncode, done.stderr
    return json.loads(done.stdout)


def judge(told: Any) -> None:
    """Hold the end of a repair against what it must be."""
    assert {" ".join(command): 0 for command in COMMANDS} == told["codes"]
    ids = set(told["ids"])
    assert LOCK.lower() not in ids
    assert OLD_POINT.lower() not in ids
    # The next backup made the collection anew.
    assert az_world.COLLECTION.lower() in ids
    assert az_world.POINTS_GROUP.lower() in ids


def kept(tmp_path: Path) -> dict[str, str]:
    """Give an environment without anything of Azure."""
    names = {"PATH", "SYSTEMROOT", "TEMP", "TMP", "AZREMEDY_SANDBOX_RECORD"}
    own = {name: value for name, value in os.environ.items() if name in names}
    return {**own, "HOME": str(tmp_path), "AZREMEDY_STATE_DIR": str(tmp_path / "state")}


def run_served(folder: Path) -> Any:
    """Repair a served world with the ready document's variables and nothing else."""
    flow = [sys.executable, "-m", "tests.clients.flow"]
    with az.serving("restore-point-limit") as served:
        return run_flow([*flow, served["arm"]], {**kept(folder), **served["env"]})


def run_inside(folder: Path) -> Any:
    """Repair a world inside `sandbox exec`."""
    flow = [sys.executable, "-m", "tests.clients.flow", "https://management.azure.com"]
    sandbox = [sys.executable, "-m", "azremedy", "sandbox", "exec", "--speed", "600"]
    return run_flow([*sandbox, "restore-point-limit", "--", *flow], kept(folder))


@pytest.fixture(scope="module")
def repairs(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Future[Any]]]:
    """Repair by both ways side by side: most of the time azremedy waits."""
    ways = {"serve": run_served, "exec": run_inside}
    with ThreadPoolExecutor() as pool:
        yield {way: pool.submit(run, tmp_path_factory.mktemp(way)) for way, run in ways.items()}


def test_the_served_environment_is_all_it_takes(repairs: dict[str, Future[Any]]) -> None:
    """With the ready document's variables alone the backup is repaired, over TLS."""
    judge(repairs["serve"].result())


def test_exec_needs_no_word_of_the_sandbox(repairs: dict[str, Future[Any]]) -> None:
    """Inside `sandbox exec` azremedy believes itself in public Azure."""
    judge(repairs["exec"].result())
