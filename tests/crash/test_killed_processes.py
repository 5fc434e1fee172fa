"""Processes that are killed by the system leave nothing that cannot be taken up."""

from __future__ import annotations

import json
import os
import signal
import ssl
import subprocess
import sys
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from time import monotonic
from typing import TYPE_CHECKING, Any
from urllib.request import Request, urlopen

import pytest

from azremedy.api.runs import list_runs
from tests.support.stages import LOCK_TYPE, OTHER_SUBSCRIPTION, built_in

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

WORLD = "fleet-small"
IN_OTHER = ("--subscription", OTHER_SUBSCRIPTION)
LOOK_EVERY_S = 0.005
GIVE_UP_S = 120.0
CUT_OFF, DONE = "cut off", "done"


@dataclass(frozen=True, slots=True)
class Door:
    """A served world, and where its runs are kept."""

    ready: dict[str, Any]
    state: Path
    started: ExitStack
    """Ends what is left of the processes."""

    def start(self, *arguments: str) -> subprocess.Popen[str]:
        """Start a Python module in a process of its own that is led to the world."""
        env = {**os.environ, **self.ready["env"], "AZREMEDY_STATE_DIR": str(self.state)}
        command = [sys.executable, "-m", *arguments]
        pipe = subprocess.PIPE
        process = subprocess.Popen(command, env=env, stdout=pipe, stderr=pipe, text=True)
        self.started.callback(end, process)
        return process

    def ask(self, path: str, body: Any = None) -> Any:
        """Ask the sandbox itself."""
        data = None if body is None else json.dumps(body).encode()
        trusted = ssl.create_default_context(cafile=self.ready["ca_bundle"])
        request = Request(self.ready["arm"] + path, data=data)  # noqa: S310 - always https
        with urlopen(request, context=trusted) as answer:  # noqa: S310 - always https
            return json.load(answer)

    def list_runs(self) -> dict[str, dict[str, Any]]:
        """List the runs by the names of their VMs, as the program does."""
        done = self.finish(self.start("azremedy", "runs", "-o", "json"))
        found = json.loads(done)
        targets = [each["past"]["plan"]["targets"][0]["target"] for each in found]
        return {
            target.rpartition("/")[2]: each for target, each in zip(targets, found, strict=True)
        }

    def finish(self, process: subprocess.Popen[str]) -> str:
        """Let a process end well; give what it printed."""
        out, err = process.communicate(timeout=GIVE_UP_S)
        assert 0 == process.returncode, err
        return out


@pytest.fixture
def door(tmp_path: Path) -> Iterator[Door]:
    """Serve a world from a process of its own."""
    command = [sys.executable, "-m", "azremedy", "sandbox", "serve", WORLD, "--realistic"]
    with ExitStack() as started:
        server = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        started.callback(end, server)
        assert server.stdout is not None
        yield Door(json.loads(server.stdout.readline()), tmp_path / "runs-of-processes", started)


def end(process: subprocess.Popen[str]) -> None:
    """End a process if it has not ended."""
    process.kill()
    process.communicate()


def kill_when(process: subprocess.Popen[str], is_so: Callable[[], bool]) -> None:
    """Kill a process as the system does, as soon as something is so."""
    give_up = monotonic() + GIVE_UP_S
    while not is_so():
        assert monotonic() < give_up, "it never came to that"
        try:
            _, err = process.communicate(timeout=LOOK_EVERY_S)
        except subprocess.TimeoutExpired:
            continue
        pytest.fail(f"it ended before: {process.returncode} {err}")
    process.kill()
    process.communicate(timeout=GIVE_UP_S)
    assert -signal.SIGKILL == process.returncode


def has_entry(door: Door, vm: str, entry: str, number: int) -> Callable[[], bool]:
    """Make what says whether the journal of a VM's run has an entry on a step."""
    start = f'{{"entry": "{entry}"'.encode()
    step = f'"number": {number},'.encode()

    def look() -> bool:
        texts = [path.read_bytes() for path in door.state.glob("runs/*/journal.jsonl")]
        mine = [text for text in texts if f"/virtualMachines/{vm}".encode() in text]
        lines = [line for text in mine for line in text.splitlines()]
        return any(line.startswith(start) and step in line for line in lines)

    return look


def locks_of(resources: list[dict[str, Any]]) -> dict[str, Any]:
    """Give each lock with its whole body."""
    kept = ("level", "notes", "owners")
    found = [each for each in resources if f"/{LOCK_TYPE}/" in each["id"]]
    return {
        each["id"]: {name: each["properties"].get(name) or None for name in kept} for each in found
    }


def test_runs_of_killed_processes_are_taken_up(
    door: Door, record_property: Callable[[str, object], None]
) -> None:
    """With a lock off, amid deletions, amid a backup, and while one is being taken up."""
    clean = door.start("tests.crash.hurried", "clean", "app-03")
    reset = door.start("azremedy", "reset-extension", "--vm", "web-02", *IN_OTHER, "--yes")
    backup = door.start("azremedy", "backup-now", "--vm", "web-08", *IN_OTHER, "--yes")
    kill_when(clean, has_entry(door, "app-03", "accepted", 2))
    kill_when(reset, has_entry(door, "web-02", "accepted", 1))
    kill_when(backup, has_entry(door, "web-08", "accepted", 1))

    cut_off = door.list_runs()
    door.ask("/_sandbox/advance", {"seconds": 3600})
    names = {vm: each["past"]["runId"] for vm, each in cut_off.items()}
    first = door.start("tests.crash.hurried", "resume", names["app-03"])
    kill_when(first, has_entry(door, "app-03", "intent", 3))
    taken_up = [
        door.start("tests.crash.hurried", "resume", names["app-03"]),
        door.start("azremedy", "resume", names["web-02"], *IN_OTHER, "--yes"),
        door.start("azremedy", "resume", names["web-08"], *IN_OTHER, "--yes"),
    ]
    for process in taken_up:
        door.finish(process)

    record_property("kills", 4)
    ended = {each.past.run_id: each.state for each in list_runs(door.state)}
    resources = door.ask("/_sandbox/world")["resources"]
    ids = [each["id"] for each in resources]
    assert dict.fromkeys(names, CUT_OFF) == {vm: each["state"] for vm, each in cut_off.items()}
    assert {"app-03": 1, "web-02": 0, "web-08": 0} == {
        vm: len(each["locksOff"]) for vm, each in cut_off.items()
    }
    assert dict.fromkeys(names.values(), DONE) == ended
    assert locks_of(list(built_in(WORLD).resources)) == locks_of(resources)
    assert not any("AzureBackup_app-03_" in each for each in ids)
    assert not any(each.endswith("/web-02/extensions/VMSnapshotLinux") for each in ids)
    assert 1 == sum(each.get("properties", {}).get("isUserTriggered", False) for each in resources)
