"""Keep runs in a container of Azure Blob Storage, which machines share.

A journal is a file that only grows: each entry is one block, appended only where the last one
ended, so that two writers cannot mix. A run lock is a small file under a lease.
"""

from __future__ import annotations

import hashlib
import json
import os
import socket
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import timedelta
from threading import Lock
from typing import TYPE_CHECKING

from azremedy.engine.journal import JOURNAL, VERBATIM
from azremedy.engine.leases import LASTING, Leases, Moment
from azremedy.engine.store import KeptJournal, ListedRun
from azremedy.errors import AzremedyError, HeldError, RefusedError
from azremedy.gateways.blobs import PositionTakenError
from azremedy.wire import to_json

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from azremedy.engine.journal import JournalEntry
    from azremedy.engine.store import OpenJournal, Watch
    from azremedy.gateways.blobs import BlobsGateway
    from azremedy.ids import ResourceId

READERS = 8
"""How many journals are read at once."""
QUIET = timedelta(seconds=15)
"""For how long after a failure nothing more is tried to be written."""
_ADVICE = (
    "Nothing is changed without a journal. When the container can be written again, "
    "'azremedy resume' takes the run up."
)


class BlobStore:
    """Keeps runs in a container.

    Args:
        blobs: the container; closed with this.
        lasting: how long targets stay held by a process that is gone.
        quiet: for how long nothing more is written after a failure.
    """

    def __init__(
        self, blobs: BlobsGateway, *, lasting: timedelta = LASTING, quiet: timedelta = QUIET
    ) -> None:
        self._blobs = blobs
        self._lasting = lasting
        self._quiet = quiet

    def create(self, run_id: str) -> OpenJournal:
        """Make an empty journal.

        Raises:
            RefusedError: it cannot be made.
        """
        name = _name(run_id)
        try:
            self._blobs.create_log(name)
        except AzremedyError as error:
            raise _unwritable(self._blobs.url(name), error) from error
        return BlobJournal(self._blobs, name, position=0, quiet=self._quiet)

    def reopen(self, run_id: str) -> OpenJournal:
        """Go on at the end of a journal.

        Raises:
            RefusedError: it cannot be reached.
        """
        name = _name(run_id)
        try:
            position = self._blobs.get_size(name)
        except AzremedyError as error:
            raise _unwritable(self._blobs.url(name), error) from error
        return BlobJournal(self._blobs, name, position=position, quiet=self._quiet)

    def list_runs(self) -> tuple[ListedRun, ...]:
        """List the journals, with when each was written last."""
        found = ((blob.name.split("/"), blob) for blob in self._blobs.list_blobs("runs/"))
        return tuple(
            ListedRun(run_id=parts[1], written_at=blob.written_at)
            for parts, blob in found
            if parts[2:] == [JOURNAL]
        )

    def fetch(self, run_ids: Iterable[str]) -> tuple[KeptJournal, ...]:
        """Read journals, several at once."""
        names = tuple(run_ids)
        if len(names) < 2:  # noqa: PLR2004 - one needs no threads
            found = [*map(self._fetch, names)]
        else:
            with ThreadPoolExecutor(max_workers=READERS) as pool:
                found = [*pool.map(self._fetch, names)]
        return tuple(each for each in found if each is not None)

    @contextmanager
    def hold(self, targets: Iterable[ResourceId], *, run_id: str) -> Iterator[Watch]:
        """Hold targets by leases, which are renewed while the block runs."""
        leases = Leases(blobs=self._blobs, lasting=self._lasting)
        thread = leases.start()
        try:
            # In one order for all runs, so that two of them cannot hold half of each other's.
            for target in sorted({str(target).lower() for target in targets}):
                self._take(leases, target, run_id)
            yield leases
        finally:
            leases.done.set()
            thread.join()
            leases.free()

    def list_living(self) -> frozenset[str]:
        """List the runs whose leases have not run out."""
        locks = self._blobs.list_blobs("locks/")
        return frozenset(blob.metadata.get("run", "") for blob in locks if blob.leased)

    def close(self) -> None:
        """Close the connections."""
        self._blobs.close()

    def _fetch(self, run_id: str) -> KeptJournal | None:
        name = _name(run_id)
        if (blob := self._blobs.get_blob(name)) is None:
            return None
        return KeptJournal(
            run_id=run_id,
            place=self._blobs.url(name),
            content=blob.content,
            written_at=blob.written_at,
        )

    def _take(self, leases: Leases, target: str, run_id: str) -> None:
        name = f"locks/{hashlib.sha256(target.encode()).hexdigest()[:32]}.json"
        mine = {"run": run_id, "host": socket.gethostname(), "pid": os.getpid(), "target": target}
        if leases.take(name, json.dumps(mine).encode(), run_id=run_id):
            return
        holder = self._read_holder(name)
        raise HeldError(
            f"Run {holder.get('run', 'unknown')} (process {holder.get('pid', '?')} on "
            f"{holder.get('host', '?')}) works on {target}",
            advice="Wait for it to end, then run the command again; see 'azremedy runs'. If its "
            f"process is gone, its hold ends within {int(self._lasting.total_seconds())} seconds.",
        )

    def _read_holder(self, name: str) -> dict[str, object]:
        blob = self._blobs.get_blob(name)
        try:
            told = json.loads(blob.content) if blob is not None else {}
        except ValueError:
            told = {}
        return told if isinstance(told, dict) else {}


class BlobJournal:
    """A journal in a container. Threads may share it.

    Args:
        blobs: the container.
        name: the file.
        position: where it ends.
        quiet: for how long nothing more is written after a failure.
    """

    def __init__(
        self, blobs: BlobsGateway, name: str, *, position: int, quiet: timedelta = QUIET
    ) -> None:
        self._quiet_s = quiet.total_seconds()
        self._blobs = blobs
        self._name = name
        self._position = position
        self._unseen: tuple[bytes, ...] = ()
        self._failed: tuple[Moment, RefusedError] | None = None
        self._guard = Lock()

    @property
    def place(self) -> str:
        """Its URL."""
        return self._blobs.url(self._name)

    def write(self, entry: JournalEntry) -> None:
        """Append one entry and wait until Azure has it.

        Raises:
            RefusedError: it cannot be written, or another process writes into it.
        """
        line = (to_json(entry, indent=None, spare=VERBATIM) + "\n").encode()
        with self._guard:
            # Locks are not to wait for a container that has just not answered.
            if self._failed is not None and self._failed[0].age() < self._quiet_s:
                raise self._failed[1]
            try:
                self._append(line)
            except AzremedyError as error:
                refused = _unwritable(self.place, error)
                self._failed = (Moment.now(), refused)
                raise refused from error

    def close(self) -> None:
        """Do nothing: the store closes the connections."""

    def _append(self, line: bytes) -> None:
        try:
            self._send(line)
        except PositionTakenError:
            # One of those whose answer was lost may have arrived after all.
            self._position += self._find_arrived()
            self._unseen = ()
            self._send(line)

    def _send(self, line: bytes) -> None:
        # Before it is sent: somebody may interrupt before its answer is here.
        self._unseen = (*self._unseen, line)
        self._blobs.append(self._name, line, position=self._position)
        self._position += len(line)
        self._unseen = ()

    def _find_arrived(self) -> int:
        """Give the length of the entry that stands at the position; 0 when it is not ours."""
        for line in self._unseen:
            if self._blobs.has(self._name, line, position=self._position):
                return len(line)
        return 0


def _name(run_id: str) -> str:
    return f"runs/{run_id}/{JOURNAL}"


def _unwritable(url: str, error: AzremedyError) -> RefusedError:
    return RefusedError(f"The journal at {url} cannot be written: {error.summary}", advice=_ADVICE)
