"""Serve worlds for benchmarks: with latency, Azure's limits, and a record of every exchange."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tests.benchmarks.processes import CHECKOUT

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from azremedy.sandbox.scenario import Scenario

LATENCY_S = 0.05
"""How long every answer takes; seconds of the world."""
AZURES_LIMITS = {
    "reads": [250, 25],
    "writes": [200, 10],
    "deletes": [200, 10],
    "compute": True,
    "vaultReads": 150,
    "resourceGraph": 15,
}
"""Azure's own. Source: learn.microsoft.com/azure/azure-resource-manager/management/
request-limits-and-throttling (2025-05-28), and the sandbox's documentation of the others."""
RECORD = "exchanges.jsonl"
"""The file of a world's exchanges."""
PACED = CHECKOUT / "tests" / "benchmarks" / "scripts" / "paced"


@dataclass(frozen=True, slots=True, kw_only=True)
class Served:
    """A world that is served."""

    env: dict[str, str]
    """The environment that leads a program to it, and keeps its state apart."""
    folder: Path
    """Where everything about it is kept."""
    speed: float
    """Seconds of the world in a real second."""

    @property
    def record(self) -> Path:
        """The file of its exchanges."""
        return self.folder / RECORD


def write_world(
    base: Scenario,
    folder: Path,
    *,
    resources: Iterable[Any] | None = None,
    speed: float = 1.0,
    limits: dict[str, Any] | None = None,
) -> Path:
    """Write a scenario with a benchmark's latency, which is real time and so is scaled here."""
    document = {
        "schema": base.schema,
        "name": base.name,
        "title": base.title,
        "now": base.now.isoformat(),
        "latency": {"seconds": LATENCY_S / speed},
        "limits": limits or {},
        "resources": list(base.resources if resources is None else resources),
    }
    path = folder / "world.json"
    path.write_text(json.dumps(document), encoding="utf-8")
    return path


@contextmanager
def serving(scenario: str | Path, folder: Path, *, speed: float = 1.0) -> Iterator[Served]:
    """Serve a world, as Azure paces its clients, until the block ends."""
    paced = ("--realistic", "--speed", str(speed), "--record", str(folder / RECORD))
    command = (sys.executable, "-m", "azremedy", "sandbox", "serve", str(scenario), *paced)
    with serving_program(command, folder, speed=speed) as served:
        yield served


@contextmanager
def serving_program(
    command: tuple[str, ...], folder: Path, *, speed: float = 1.0
) -> Iterator[Served]:
    """Keep a program going that serves a world and first tells where."""
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=CHECKOUT) as child:
        try:
            ready = json.loads(child.stdout.readline() if child.stdout else "{}")
            yield Served(env=_environment(ready, folder, speed), folder=folder, speed=speed)
        finally:
            child.terminate()


def _environment(ready: Any, folder: Path, speed: float) -> dict[str, str]:
    paced = {"BENCHMARK_SPEED": str(speed), "PYTHONPATH": str(PACED)}
    return {
        **os.environ,
        **ready["env"],
        **(paced if speed != 1 else {}),
        "AZREMEDY_STATE_DIR": str(folder / "state"),
        "AZREMEDY_CONFIG_DIR": str(folder / "config"),
        "AZREMEDY_CACHE_DIR": str(folder / "cache"),
        "AZURE_CONFIG_DIR": str(folder / "azure-cli"),
        "AZURE_CORE_ONLY_SHOW_ERRORS": "yes",
        "AZURE_CORE_NO_COLOR": "yes",
        "BENCHMARK_ARM": ready["arm"],
    }
