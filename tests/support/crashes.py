"""Let a run's process die at any of its journal writes and requests, and take the run up again.

A dead process does nothing more, in no ``finally`` either: from the chosen point on its transport,
its clock and its journal refuse everything.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass, field
from datetime import datetime
from threading import Lock
from typing import TYPE_CHECKING, Any

from azremedy import api
from azremedy.api.connect import WorldClock
from azremedy.domain.ramp import Ramp
from azremedy.domain.run import StepState
from azremedy.engine.executor import Executor
from azremedy.engine.handlers.base import Patience
from azremedy.engine.history import read_past
from azremedy.engine.journal import VERBATIM, EntryKind, Journal
from azremedy.engine.stop import Steering
from azremedy.gateways.session import Session
from azremedy.sandbox import SandboxCredential, WorldTransport
from azremedy.sandbox.providers import network_documents, network_resources
from azremedy.wire import to_json
from tests.support.stages import JOB_TYPE, POINT_TYPE, writes_of

if TYPE_CHECKING:
    from pathlib import Path

    from azremedy.domain.plan import Plan
    from azremedy.domain.run import Run
    from azremedy.engine.journal import JournalEntry
    from azremedy.sandbox import App
    from tests.support.stages import Json, Stage

RUN = "20261120T080000Z-00000000"
PATIENCE = Patience(lock_reads=2)
"""Reads of a lock that only repeat one another are more points and no other case."""
_READS = frozenset({"GET", "HEAD"})
_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|\+00:00)?")


class Died(BaseException):
    """The process is dead."""


@dataclass(frozen=True, slots=True)
class Mark:
    """What can be seen from outside at a point."""

    written: int
    """Entries on disk, and requests carried out that are more than reads."""
    at: datetime
    """The world's time."""
    torn: bool
    """Whether the journal's last line is half written."""


@dataclass(slots=True)
class Life:
    """How many points a process passes before it dies; without end when ``until`` is zero."""

    until: int = 0
    behind: tuple[EntryKind, int | None] | None = None
    """The kind and step of the journal's entry behind which it dies, in place of a number."""
    dead: bool = False
    written: int = 0
    """Entries on disk, and requests carried out that are more than reads."""
    marks: list[Mark] = field(default_factory=list)
    """What could be seen from outside at each point, so that points can be told apart."""

    def live(self, now: datetime, *, torn: bool = False) -> None:
        """Pass a point, or die there."""
        if not self.dead:
            self.marks.append(Mark(self.written, now, torn))
            # Of several threads none may see the very moment.
            self.dead = 0 < self.until <= len(self.marks)
        self.check()

    def pass_entry(self, entry: JournalEntry) -> None:
        """Pass an entry that is on disk, or die there."""
        self.written += 1
        self.dead = self.dead or self.behind == (entry.entry, entry.number)
        self.live(entry.at)

    def check(self) -> None:
        """Do nothing more when dead."""
        if self.dead:
            raise Died

    def list_points(self, *, waits: int = 1) -> tuple[int, ...]:
        """List the points at which the world or the journal is not as at the point before.

        Args:
            waits: of the points at which only time has passed every how many-th is listed.
        """
        changed = self._list_changed(lambda mark: mark)
        written = self._list_changed(lambda mark: (mark.written, mark.torn))
        only_later = [number for number in changed if number not in written]
        return tuple(sorted({*written, *only_later[::waits]}))

    def _list_changed(self, tell: Callable[[Mark], object]) -> list[int]:
        told = [None, *map(tell, self.marks)]
        return [number for number in range(1, len(told)) if told[number] != told[number - 1]]


@dataclass(frozen=True, slots=True)
class DyingClock:
    """A world's clock that a dead process can no longer read or move."""

    clock: WorldClock
    life: Life

    def now(self) -> datetime:
        """Give the world's time."""
        self.life.check()
        return self.clock.now()

    def sleep(self, seconds: float) -> None:
        """Move the world's time on."""
        self.life.check()
        self.clock.sleep(seconds)


class DyingTransport(WorldTransport):
    """Dies before a request is sent, or after the server has done its work."""

    def __init__(self, app: App, life: Life) -> None:
        super().__init__(app)
        self.app = app
        self.life = life

    def send(self, request: Any, **options: Any) -> Any:
        """Send, unless it is too late."""
        self.life.live(self.app.world.clock.now())
        answer = super().send(request, **options)
        self.life.written += request.method not in _READS
        self.life.live(self.app.world.clock.now())
        return answer

    def sleep(self, duration: float) -> None:
        """Move the world's clock, unless it is too late."""
        self.life.check()
        super().sleep(duration)


@dataclass(frozen=True, slots=True)
class DyingRecord:
    """Dies before an entry is written, in its middle, or after it is on disk."""

    journal: Journal
    life: Life
    tear: Callable[[bytes], int]
    """Says how much of a line reaches the disk when the process dies in its middle."""
    turn: Lock = field(default_factory=Lock)
    """One thread writes at a time."""

    def write(self, entry: JournalEntry) -> None:
        """Write, unless it is too late."""
        with self.turn:
            self._write(entry)

    def _write(self, entry: JournalEntry) -> None:
        self.life.live(entry.at)
        before = self.journal.path.stat().st_size
        self.journal.write(entry)
        try:
            self.life.live(entry.at, torn=True)
        except Died:
            self._tear(before, to_json(entry, indent=None, spare=VERBATIM).encode())
            raise
        self.life.pass_entry(entry)

    def _tear(self, before: int, line: bytes) -> None:
        with self.journal.path.open("r+b") as file:
            whole = file.seek(0, 2)
            # A journal that was opened again begins its first line with an empty one.
            skipped = whole - before - len(line) - 1
            file.truncate(before + skipped + self.tear(line))


def half(line: bytes) -> int:
    """Tear in the middle."""
    return len(line) // 2


def behind_a_brace(line: bytes) -> int:
    """Tear behind an inner brace, where the rest looks like an end."""
    place = line.rfind(b"}", 0, len(line) - 1)
    return place + 1 if place > 0 else len(line) // 2


def without_newline(line: bytes) -> int:
    """Lose nothing but the end of the line."""
    return len(line)


TEARS = (half, behind_a_brace, without_newline)


def run_until(
    stage: Stage,
    plan: Plan,
    life: Life,
    tear: Callable[[bytes], int] = half,
    ramp: Ramp = Ramp(),  # noqa: B008 - frozen
) -> Run | None:
    """Carry a plan out as the program does; give ``None`` when the process died on the way."""
    with closing(Journal.create(stage.state / "runs", RUN)) as journal:
        executor = _executor(stage, DyingRecord(journal, life, tear), life, ramp)
        try:
            return executor.run(plan, run_id=RUN, path=str(journal.path))
        except Died:
            return None


def resume_until(stage: Stage, life: Life, tear: Callable[[bytes], int] = half) -> Run | None:
    """Take the run up with a process that dies as well, unless it lives to the end."""
    past = read_past(stage.state / "runs" / RUN)
    with closing(Journal.reopen(stage.state / "runs" / RUN)) as journal:
        try:
            return _executor(stage, DyingRecord(journal, life, tear), life).resume(past)
        except Died:
            return None


def _executor(
    stage: Stage,
    record: DyingRecord,
    life: Life,
    ramp: Ramp = Ramp(),  # noqa: B008 - frozen
) -> Executor:
    session = Session(
        SandboxCredential(),
        transport=DyingTransport(stage.app, life),
        clock=DyingClock(WorldClock(stage.world), life),
    )
    return Executor(
        session=session,
        journal=record,
        listen=lambda _: None,
        patience=PATIENCE,
        steering=Steering(ramp=ramp),
    )


def take_up(stage: Stage) -> Run:
    """Take the run up with a process that lives."""
    return api.resume(stage.azure, RUN, patience=PATIENCE, state_folder=stage.state)


def began(stage: Stage) -> bool:
    """Say whether the plan is in the journal: otherwise there is no run to take up."""
    (journal,) = _journals(stage)
    return b'"schema": "azremedy.journal/1"}' in journal.read_bytes()


def _journals(stage: Stage) -> list[Path]:
    return list((stage.state / "runs").glob("*/journal.jsonl"))


def look(stage: Stage) -> dict[str, Any]:
    """Say what matters of a world: each document but for times and tags, and how many backups.

    Jobs and the points that they make carry names of their own time, so they are counted.
    """
    documents = stage.world.export()["resources"]
    kept = [each for each in documents if not _is_made_by_a_backup(each["id"].lower())]
    return {
        "documents": {each["id"].lower(): _timeless(_shown(stage, each)) for each in kept},
        "backups": stage.count_jobs(),
        "jobs": len(stage.documents(JOB_TYPE)),
        "points": len(stage.documents(POINT_TYPE)),
    }


def _is_made_by_a_backup(key: str) -> bool:
    return any(part in key for part in ("/backupjobs/", "/recoverypoints/", "/restorepoints/"))


def _shown(stage: Stage, document: Json) -> Json:
    """Give a document with what Azure says of it even when nobody has written that."""
    if "/virtualnetworks/" not in document["id"].lower():
        return document
    whole = stage.world.documents.get(document["id"])
    return network_documents.shown(stage.world, network_resources.VNETS, whole)


def _timeless(node: Json) -> Json:
    """Leave times and tags out, and empty lists: they are shown or not, and mean the same."""
    if isinstance(node, dict):
        kept = {name: _timeless(item) for name, item in node.items() if name not in _VOLATILE}
        return {name: item for name, item in kept.items() if item != []}
    if isinstance(node, list):
        return [_timeless(item) for item in node]
    return _TIME.sub("a time", node) if isinstance(node, str) else node


_VOLATILE = frozenset(
    {"etag", "lastRecoveryPoint", "restorePointCollectionId", "systemData", "uniqueId"}
)


def find_difference(left: Any, right: Any, place: str = "") -> str:
    """Name the first place in which two looks differ; empty when they do not."""
    if isinstance(left, dict) and isinstance(right, dict):
        for name in {**left, **right}:
            found = find_difference(left.get(name), right.get(name), f"{place}.{name}")
            if found:
                return found
        return ""
    return "" if left == right else f"{place}: {str(left)[:200]} is {str(right)[:200]}"


def count_twice(stage: Stage, allowed: tuple[str, ...] = ()) -> list[str]:
    """List the writes that Azure answered more than once.

    Putting a lock back is the one request that may be repeated: its PUT says the whole of it.
    """
    sent = Counter(
        each for each in stage.writes() if not each.startswith("put ") or "/locks/" not in each
    )
    return sorted(
        each for each, times in sent.items() if times > 1 and not each.endswith(allowed or "\n")
    )


def find_lie(stage: Stage) -> str:
    """Name what the journal keeps silent about, or says wrongly; empty when it tells the truth."""
    past = read_past(stage.state / "runs" / RUN)
    intended = [each.step for each in past.plan.steps if each.number in past.intended]
    silent = set(stage.writes()) - set(writes_of(intended))
    if silent:
        return f"sent without its intent: {sorted(silent)}"
    untold = [each.number for each in past.plan.steps if each.number not in past.settled]
    if untold:
        return f"without an outcome: {untold}"
    denied = [
        each.number
        for each in past.plan.steps
        if past.results[each.number].state is StepState.ALREADY
        and each.number in past.intended
        and set(writes_of([each.step])) & set(stage.writes())
    ]
    return f"sent, and said to be so already: {denied}" if denied else ""
