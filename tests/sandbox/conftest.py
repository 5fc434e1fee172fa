"""Give sandbox tests their worlds."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeAlias

import pytest

from azremedy.sandbox import scenario
from azremedy.sandbox.app import App
from azremedy.sandbox.recorder import Recorder
from azremedy.sandbox.transport import SandboxCredential, WorldTransport
from azremedy.sandbox.world import World

_CHECKOUT = Path(__file__).resolve().parents[2]
_SHARED = Path(os.environ.get("AZREMEDY_SHARED", _CHECKOUT / "../shared"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Opened:
    """A world with its in-process door."""

    world: World
    app: App
    transport: WorldTransport
    credential: SandboxCredential
    exchanges: Path

    def client(self, kind: Any, subscription: str, **options: Any) -> Any:
        """Make an SDK client of this world."""
        return kind(self.credential, subscription, transport=self.transport, **options)


OpenWorld: TypeAlias = Callable[..., Opened]


@pytest.fixture
def open_world(tmp_path: Path) -> OpenWorld:
    """Open a world by scenario name, by file or from a document."""
    made: list[Opened] = []

    def opened(what: str | Path | dict[str, Any], **options: Any) -> Opened:
        if isinstance(what, dict):
            path = tmp_path / f"scenario-{len(made)}.json"
            path.write_text(json.dumps(what))
            what = path
        world = World(scenario.load(what), **options)
        exchanges = tmp_path / f"exchanges-{len(made)}.jsonl"
        app = App(world, recorder=Recorder(exchanges, cassette=world.scenario.name))
        made.append(
            Opened(
                world=world,
                app=app,
                transport=WorldTransport(app),
                credential=SandboxCredential(),
                exchanges=exchanges,
            )
        )
        return made[-1]

    return opened


@pytest.fixture
def contract_check() -> Callable[[Path], str]:
    """Hold a file of exchanges against Microsoft's documents; gives the checker's last line."""
    checker = _SHARED / "contract" / "check.py"
    if not checker.is_file():
        pytest.skip(f"the contract documents are not at {checker}")

    def checked(exchanges: Path) -> str:
        run = subprocess.run(  # the checker is a program beside the checkout
            [sys.executable, str(checker), str(exchanges)],
            capture_output=True,
            text=True,
            check=False,
        )
        return run.stdout.strip()

    return checked
