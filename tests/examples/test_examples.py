"""Every example runs."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from azremedy import api
from azremedy.api.connect import connect_app
from azremedy.sandbox import App, World
from azremedy.sandbox import scenario as scenarios

EXAMPLES = Path(__file__).resolve().parents[2] / "examples"


@pytest.mark.parametrize("path", sorted(EXAMPLES.glob("python/*.py")), ids=lambda path: path.stem)
def test_python_example_runs(path: Path) -> None:
    """A Python example ends well in its own world."""
    done = subprocess.run(
        [sys.executable, str(path)], capture_output=True, text=True, check=False, timeout=60
    )

    assert (0, "") == (done.returncode, done.stderr)


@pytest.mark.parametrize(
    "path", sorted(EXAMPLES.glob("scenarios/*.yaml")), ids=lambda path: path.stem
)
def test_scenario_example_ends_as_it_expects(path: Path) -> None:
    """A scenario's locks can be removed, and its world is then as it expects."""
    world = World(scenarios.load(path))
    azure = connect_app(App(world))

    run = api.apply(azure, api.plan_unlock(azure, api.GroupNames(all_groups=True)))

    assert 0 == run.exit_code
    assert [] == [id_ for id_ in world.scenario.expect.gone if id_ in world.documents]
    assert [] == [id_ for id_ in world.scenario.expect.kept if id_ not in world.documents]
