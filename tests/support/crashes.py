"""Let a run's process die at any of its journal writes and requests, and take the run up again.

A dead process does nothing more, in no ``finally`` either: from the chosen point on its transport
and its journal refuse everything.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from azremedy import api
from azremedy.api.connect import WorldClock
from azremedy.engine.executor import Executor
from azremedy.engine.handlers.base import Patience
from azremedy.engine.journal import JOURNAL, Journal
from azremedy.gateways.session import Session
from azremedy.sandbox import SandboxCredential, WorldTransport
from tests.support.stages import LOCK_TYPE, POINT_TYPE, VM_TYPE

if TYPE_CHECKING:
    from azremedy.domain.plan import Plan
    from azremedy.domain.run import Run
    from azremedy.engine.journal import JournalEntry
    from azremedy.sandbox import App
    from tests.support.stages import Stage

RUN = "20261120T080000Z-00000000"


class Died(BaseException):
    """The process is dead."""


@dataclass(slots=True)
class Life:
    """How many points a process passes before it dies; without end when ``until`` is zero."""

    until: int = 0
    passed: int = 0
    dead: bool = False

    def live(self) -> None:
        """Pass a point, or die there."""
        if not self.dead:
            self.passed += 1
            self.dead = self.passed == self.until
        if self.dead:
            raise Died


class DyingTransport(WorldTransport):
    """Dies before a request is sent, or after the server has done its work."""

    def __init__(self, app: App, life: Life) -> None:
        super().__init__(app)
        self.life = life

    def send(self, request: Any, **options: Any) -> Any:
        """Send, unless it is too late."""
        self.life.live()
        answer = super().send(request, **options)
        self.life.live()
        return answer


@dataclass(frozen=True, slots=True)
class DyingRecord:
    """Dies before an entry is written, in its middle, or after it is on disk."""

    journal: Journal
    path: Path
    life: Life

    def write(self, entry: JournalEntry) -> None:
        """Write, unless it is too late."""
        self.life.live()
        before = self.path.stat().st_size
        self.journal.write(entry)
        try:
            self.life.live()
        except Died:
            self._tear(before)
            raise
        self.life.live()

    def _tear(self, before: int) -> None:
        with self.path.open("r+b") as file:
            file.truncate((before + self.path.stat().st_size) // 2)


def run_until(stage: Stage, plan: Plan, life: Life) -> Run | None:
    """Carry a plan out as the program does; give ``None`` when the process died on the way."""
    folder = stage.state / "runs" / RUN
    journal = Journal.create(stage.state / "runs", RUN)
    session = Session(
        SandboxCredential(),
        transport=DyingTransport(stage.app, life),
        clock=WorldClock(stage.world),
    )
    try:
        executor = Executor(
            session=session,
            journal=DyingRecord(journal, folder / JOURNAL, life),
            listen=lambda _: None,
            patience=Patience(),
        )
        return executor.run(plan, run_id=RUN, path=str(journal.path))
    except Died:
        return None
    finally:
        journal.close()


def take_up(stage: Stage) -> Run:
    """Take the run up with a process that lives."""
    return api.resume(stage.azure, RUN, state_folder=stage.state)


def look(stage: Stage) -> dict[str, Any]:
    """Say what matters of a world: what is there, which locks, how VMs stand, how many backups."""
    kept = (
        each
        for each in stage.world.export()["resources"]
        if "/backupJobs/" not in each["id"]
        and "/recoveryPoints/" not in each["id"]
        and POINT_TYPE.lower() not in each.get("type", "").lower()
    )
    return {
        "ids": sorted(each["id"].lower() for each in kept),
        "locks": [each["properties"] for each in stage.documents(LOCK_TYPE)],
        "vms": [_power(each) for each in stage.documents(VM_TYPE)],
        "backups": stage.count_jobs(),
    }


def _power(machine: dict[str, Any]) -> list[str]:
    view = machine["properties"].get("instanceView", {})
    states = [each["code"] for each in view.get("statuses", [])]
    return [machine["properties"].get("provisioningState", ""), *states]


def count_twice(stage: Stage) -> list[str]:
    """List the writes that Azure was sent more than once; putting a lock back may be repeated."""
    sent = Counter(each for each in stage.writes() if not each.startswith("put "))
    return sorted(each for each, times in sent.items() if times > 1)
