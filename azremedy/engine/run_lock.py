"""Keep two runs from working on one target, on this machine and across machines.

A run lock is a file that only one process can make. Its holder renews the file's time while it
lives; a holder that is gone is recognised: on this machine by its process where the system tells
(Linux), otherwise by a file that has grown old by the clock of the file system that keeps it.
"""

from __future__ import annotations

import hashlib
import json
import os
import socket
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import asdict, dataclass
from datetime import timedelta
from pathlib import Path
from threading import Event, Thread
from typing import TYPE_CHECKING
from uuid import uuid4

from azremedy.errors import HeldError, RefusedError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from azremedy.ids import ResourceId

RENEW_EVERY = timedelta(seconds=20)
"""How often a living holder renews its files."""
DEAD_AFTER = timedelta(minutes=3)
"""How old the file of a holder on another machine must be."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Holder:
    """Who holds a run lock."""

    run_id: str
    """The run."""
    host: str
    """The machine's name."""
    pid: int
    """The process on it."""
    started: str
    """When that process started, as its system tells: process numbers are used again."""
    target: str
    """What is held."""


@contextmanager
def hold(targets: Iterable[ResourceId], *, root: Path, run_id: str) -> Iterator[None]:
    """Hold every target while the block runs.

    Raises:
        HeldError: another run that lives holds one of them; nothing is held then.
        RefusedError: the folder cannot be written.
    """
    with ExitStack() as stack:
        # In one order for all runs, so that two of them cannot hold half of each other's.
        names = sorted({str(target).lower() for target in targets})
        try:
            folder = _make_folder(root)
            paths = [stack.enter_context(_hold_one(folder, name, run_id)) for name in names]
        except OSError as error:
            raise RefusedError(
                f"Run locks cannot be kept in {root}: {error.strerror or error}",
                advice="Nothing is changed without them. Set AZREMEDY_STATE_DIR to a folder of "
                "your own, on a file system with hard links.",
            ) from error
        stack.enter_context(_renewing(paths))
        yield


def is_held(root: Path, run_id: str) -> bool:
    """Say whether a process that lives holds a lock for this run."""
    held = ((path, _read(path)) for path in (root / "locks").glob("*.json"))
    return any(
        holder is not None and holder.run_id == run_id and _lives(holder, path)
        for path, holder in held
    )


def _make_folder(root: Path) -> Path:
    folder = root / "locks"
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    return folder


@contextmanager
def _hold_one(folder: Path, target: str, run_id: str) -> Iterator[Path]:
    path = folder / f"{hashlib.sha256(target.encode()).hexdigest()[:32]}.json"
    mine = Holder(
        run_id=run_id,
        host=socket.gethostname(),
        pid=os.getpid(),
        started=_start_of(os.getpid()),
        target=target,
    )
    _take(path, mine)
    try:
        yield path
    finally:
        if _read(path) == mine:
            path.unlink(missing_ok=True)


def _take(path: Path, mine: Holder) -> None:
    """Make the file; one of a holder that is gone is set aside first.

    Raises:
        HeldError: a living run holds it.
    """
    while not _make(path, mine):
        holder = _read(path)
        if holder is not None and _lives(holder, path):
            raise HeldError(
                f"Run {holder.run_id} (process {holder.pid} on {holder.host}) works on "
                f"{holder.target}",
                advice="Wait for it to end, then run the command again; see 'azremedy runs'.",
            )
        _set_aside(path, holder)


def _make(path: Path, mine: Holder) -> bool:
    """Make the file whole or not at all: a reader never sees half of it."""
    draft = path.with_suffix(f".{uuid4().hex}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        os.write(descriptor, json.dumps(asdict(mine)).encode())
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
    try:
        os.link(draft, path)
    except FileExistsError:
        return False
    finally:
        draft.unlink()
    return True


def _set_aside(path: Path, dead: Holder | None) -> None:
    """Take a dead holder's file away; only one of several that try succeeds."""
    aside = path.with_suffix(f".{uuid4().hex}")
    with suppress(FileNotFoundError):
        path.rename(aside)
        if _read(aside) != dead:
            # Somebody was faster, and this is a living holder's file: it goes back.
            with suppress(FileExistsError):
                os.link(aside, path)
        aside.unlink()


def _read(path: Path) -> Holder | None:
    """Read who holds it; ``None`` when nobody does, or nobody can be made out."""
    try:
        return Holder(**json.loads(path.read_bytes()))
    except (FileNotFoundError, ValueError, TypeError):
        return None


def _lives(holder: Holder, path: Path) -> bool:
    if holder.host == socket.gethostname() and holder.started:
        return _start_of(holder.pid) == holder.started
    try:
        return _age(path) < DEAD_AFTER
    except FileNotFoundError:
        return False


def _age(path: Path) -> timedelta:
    """Measure with the file system's own clock: machines' clocks differ."""
    probe = path.with_suffix(f".{uuid4().hex}")
    probe.touch()
    try:
        return timedelta(seconds=probe.stat().st_mtime - path.stat().st_mtime)
    finally:
        probe.unlink()


def _start_of(pid: int) -> str:
    """Tell when a process started; empty when there is none, or its system does not tell."""
    try:
        # The 22nd field; the second one, in parentheses, may hold spaces (proc(5)).
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[19]
    except (FileNotFoundError, ProcessLookupError):
        return ""


@contextmanager
def _renewing(paths: list[Path]) -> Iterator[None]:
    done = Event()

    def renew() -> None:
        while not done.wait(RENEW_EVERY.total_seconds()):
            for path in paths:
                with suppress(OSError):
                    path.touch(exist_ok=True)

    thread = Thread(target=renew, name="run-lock", daemon=True)
    thread.start()
    try:
        yield
    finally:
        done.set()
        thread.join()
