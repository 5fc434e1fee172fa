"""Keep two runs from working on one target, on this machine and across machines.

A run lock is a file that only one process can make. Its holder renews the file's time while it
lives; a holder that is gone is recognised: among this process's own by its process where the system
tells (Linux), otherwise by a file that has grown old by the clock of the file system that keeps it.
A holder that was paused for so long that another one took its file changes nothing more.
"""

from __future__ import annotations

import hashlib
import json
import os
import socket
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import asdict, dataclass, field, replace
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
"""How old the file of a holder on another machine, or in another container, must be."""


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
    space: str = ""
    """Among which processes its number counts; empty when its system does not tell."""


@dataclass(slots=True, kw_only=True)
class Held:
    """Files that a process made, by what it wrote into them."""

    folder: Path
    """Where they are."""
    files: dict[Path, Holder]
    """Each file, with its holder as it was made."""
    lost: Event = field(default_factory=Event)
    """Set once one of them was seen to be another's, or nobody's."""
    folder_time: int | None = None
    """The folder's when they were looked at last."""

    def check(self) -> None:
        """Look that all of them are still this process's.

        Whoever takes a file over makes another one of that name, which changes its folder's time.
        A run for a thousand VMs asks before each change of each.

        Raises:
            HeldError: another run took one of them over while this process was paused.
        """
        if self.folder_time is None or self.folder_time != self._read_folder_time():
            self._look()
        if self.lost.is_set():
            raise HeldError(
                "This run was paused for so long that another one may work on its targets",
                advice="Nothing more is changed, but locks go back. See 'azremedy runs'.",
            )

    def renew(self) -> None:
        """Make those files young that are still this process's."""
        for path in self._look():
            with suppress(OSError):
                path.touch(exist_ok=True)

    def _look(self) -> list[Path]:
        """List the files that are still this process's; what cannot be read may be."""
        mine = []
        looked_at, is_whole = self._read_folder_time(), True
        for path, holder in self.files.items():
            try:
                if _read(path) == holder:
                    mine.append(path)
                else:
                    self.lost.set()
            except OSError:
                is_whole = False
        # Only now: until all were read, other threads look for themselves.
        self.folder_time = looked_at if is_whole else None
        return mine

    def _read_folder_time(self) -> int | None:
        with suppress(OSError):
            return self.folder.stat().st_mtime_ns
        return None


@contextmanager
def hold(targets: Iterable[ResourceId], *, root: Path, run_id: str) -> Iterator[Held]:
    """Hold every target while the block runs; gives what tells whether that is still so.

    Raises:
        HeldError: another run that lives holds one of them; nothing is held then.
        RefusedError: the folder cannot be written.
    """
    with ExitStack() as stack:
        # In one order for all runs, so that two of them cannot hold half of each other's.
        names = sorted({str(target).lower() for target in targets})
        try:
            folder = _make_folder(root)
            me = _introduce(run_id)
            holders = [replace(me, target=name) for name in names]
            files = [stack.enter_context(_hold_one(folder, mine)) for mine in holders]
        except OSError as error:
            raise RefusedError(
                f"Run locks cannot be kept in {root}: {error.strerror or error}",
                advice="Nothing is changed without them. Set AZREMEDY_STATE_DIR to a folder of "
                "your own, on a file system with hard links.",
            ) from error
        held = Held(folder=folder, files=dict(files))
        stack.enter_context(_renewing(held))
        yield held


def is_held(root: Path, run_id: str) -> bool:
    """Say whether a process that lives holds a lock for this run."""
    return run_id in list_living(root)


def list_living(root: Path) -> frozenset[str]:
    """List the runs for which a process that lives holds a lock."""
    held = ((path, _read(path)) for path in (root / "locks").glob("*.json"))
    return frozenset(
        holder.run_id for path, holder in held if holder is not None and _lives(holder, path)
    )


def _make_folder(root: Path) -> Path:
    folder = root / "locks"
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    return folder


def _introduce(run_id: str) -> Holder:
    """Say who this process is."""
    return Holder(
        run_id=run_id,
        host=socket.gethostname(),
        pid=os.getpid(),
        started=_start_of(os.getpid()),
        target="",
        space=_find_space(),
    )


@contextmanager
def _hold_one(folder: Path, mine: Holder) -> Iterator[tuple[Path, Holder]]:
    path = folder / f"{hashlib.sha256(mine.target.encode()).hexdigest()[:32]}.json"
    _take(path, mine)
    try:
        yield path, mine
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
    if holder.started and holder.space and _is_here(holder):
        return _start_of(holder.pid) == holder.started
    try:
        return _age(path) < DEAD_AFTER
    except FileNotFoundError:
        return False


def _is_here(holder: Holder) -> bool:
    """Say whether a process number of the holder's means the same process here.

    Containers may share a host's name, and have process numbers of their own.
    """
    return (holder.host, holder.space) == (socket.gethostname(), _find_space())


def _find_space() -> str:
    """Name the start of this machine and this process's PID namespace (pid_namespaces(7))."""
    try:
        boot = Path("/proc/sys/kernel/random/boot_id").read_text().strip()
        return f"{boot} {Path('/proc/self/ns/pid').stat().st_ino}"
    except OSError:
        return ""


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
def _renewing(held: Held) -> Iterator[None]:
    done = Event()

    def renew() -> None:
        while not done.wait(RENEW_EVERY.total_seconds()):
            held.renew()

    thread = Thread(target=renew, name="run-lock", daemon=True)
    thread.start()
    try:
        yield
    finally:
        done.set()
        thread.join()
