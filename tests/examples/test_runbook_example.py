"""The Azure Automation runbook, run as its worker runs it, against rehearsals."""

from __future__ import annotations

import ast
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from azremedy import api

RUNBOOK = Path(__file__).resolve().parents[2] / "examples" / "automation-runbook"
SCRIPT = RUNBOOK / "scan_and_plan.py"
SUBSCRIPTION = "5ab0e6c1-3f2d-4a7b-9c18-7d20b4f1a001"
AGENT = "UserErrorGuestAgentStatusUnavailable"
OLDEST = (3, 8)
"""The oldest Python that the runbook says it runs on."""


def run(tmp_path: Path, *parameters: str, world: str) -> subprocess.CompletedProcess[str]:
    """Run it with an azremedy that works in a fresh world."""
    program = tmp_path / "azremedy"
    program.write_text(
        f'#!/bin/sh\nexec "{sys.executable}" -m azremedy "$@" --sandbox {world}\n', encoding="utf-8"
    )
    program.chmod(0o755)
    environ = {"AZREMEDY_PROGRAM": str(program), "AZREMEDY_PLANS": str(tmp_path / "plans")}
    return subprocess.run(
        [sys.executable, str(SCRIPT), *parameters],
        env={**os.environ, **environ},
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )


@pytest.mark.skipif(os.name == "nt", reason="the worker of this test is one with a shell")
def test_runbook_keeps_a_plan_that_can_be_applied(tmp_path: Path) -> None:
    """Its last line is the command that carries out just this plan."""
    ran = run(tmp_path, SUBSCRIPTION, world="restore-point-limit")

    assert (0, "") == (ran.returncode, ran.stderr)
    told = re.search(r"azremedy apply (\S+) --approve (\S+)$", ran.stdout.strip())
    assert told is not None
    plan = api.load_plan(Path(told[1]))
    assert told[2] == api.find_fingerprint(plan)
    assert ["DeleteLock", "TriggerBackup"] == [plan.steps[0].step.kind, plan.steps[-2].step.kind]


@pytest.mark.skipif(os.name == "nt", reason="the worker of this test is one with a shell")
@pytest.mark.parametrize(
    ("parameters", "world", "code", "told"),
    [
        ((SUBSCRIPTION,), "healthy", 0, "No VM has UserErrorRpCollectionLimitReached; "),
        ((SUBSCRIPTION.replace("5", "6"),), "healthy", 1, "but not all could be read"),
        ((SUBSCRIPTION, AGENT), "user-error-guest-agent-status-unavailable", 1, "Nothing can be"),
        ((), "healthy", 1, "Parameters: SUBSCRIPTION_ID"),
    ],
)
def test_job_fails_only_where_somebody_must_look(
    tmp_path: Path, parameters: tuple[str, ...], world: str, code: int, told: str
) -> None:
    """A subscription without such failures is a job that is done."""
    ran = run(tmp_path, *parameters, world=world)

    assert code == ran.returncode
    assert told in ran.stdout + ran.stderr


def test_runbook_needs_nothing_but_an_old_python() -> None:
    """Its grammar is that of the oldest version it names, and its modules are the library's."""
    text = SCRIPT.read_text(encoding="utf-8")
    tree = ast.parse(text, feature_version=OLDEST)
    modules = {
        name.partition(".")[0]
        for node in ast.walk(tree)
        for name in (
            [each.name for each in node.names]
            if isinstance(node, ast.Import)
            else [node.module or ""]
            if isinstance(node, ast.ImportFrom)
            else []
        )
    }

    assert set() == modules - sys.stdlib_module_names
    assert f"Python {OLDEST[0]}.{OLDEST[1]} or newer" in text


def find_python(version: str) -> str | None:
    """Find a Python; a name that a version manager has put there may have none behind it."""
    found = shutil.which(f"python{version}")
    if found and subprocess.run([found, "-V"], capture_output=True, check=False).returncode:
        return None
    return found


@pytest.mark.parametrize("version", ["3.8", "3.9", "3.10"])
def test_old_python_runs_the_runbook(version: str, tmp_path: Path) -> None:
    """As far as it goes without azremedy."""
    if (python := find_python(version)) is None:
        pytest.skip(f"Python {version} is not installed")
    ran = subprocess.run([python, str(SCRIPT)], capture_output=True, text=True, check=False)

    assert "Parameters: SUBSCRIPTION_ID [CAUSE]\n" == ran.stderr
