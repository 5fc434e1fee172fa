"""Hold files in a container by leases, renew them while the process lives, and notice their loss.

A lease ends by itself a minute after its last renewal, so a holder that is gone holds nothing.
"""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import timedelta
from threading import Event, Thread
from uuid import uuid4

from azremedy.errors import AzremedyError, HeldError
from azremedy.gateways.blobs import BlobsGateway

LASTING = timedelta(seconds=60)
"""How long a lease outlives its holder: the longest that Azure gives, but for endless ones.
Source: learn.microsoft.com/rest/api/storageservices/lease-blob (2025-08-01)."""


RENEWERS = 8
"""How many leases are renewed at once."""


@dataclass(frozen=True, slots=True)
class Moment:
    """A moment of this process, by two clocks.

    One stands still while a machine sleeps, and the other one can be set.
    """

    running: float
    """Seconds of the clock that only goes forward."""
    told: float
    """Seconds of the clock on the wall."""

    @classmethod
    def now(cls) -> Moment:
        """Give this moment."""
        return cls(time.monotonic(), time.time())

    def age(self) -> float:
        """Give the seconds since then, by the clock that says more."""
        now = Moment.now()
        return max(now.running - self.running, now.told - self.told)


@dataclass(frozen=True, slots=True)
class Lease:
    """One file that is held."""

    lease_id: str
    """Proves that it is ours."""
    renewed: Moment
    """When its last renewal was asked for that Azure granted."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Leases:
    """The files that one run holds. Threads may share it."""

    blobs: BlobsGateway
    """The container."""
    lasting: timedelta = LASTING
    """How long a lease outlives its last renewal; 15 to 60 seconds."""
    held: dict[str, Lease] = field(default_factory=dict)
    """By the files' names."""
    lost: Event = field(default_factory=Event)
    """Set once Azure said that one of them is not ours."""
    done: Event = field(default_factory=Event)
    """Set when they are to be renewed no longer."""

    def take(self, name: str, content: bytes, *, run_id: str) -> bool:
        """Hold a file; false when another process does.

        Raises:
            AccessError, UsageError: the container cannot be written.
        """
        lease_id, asked = str(uuid4()), Moment.now()
        taken = self.blobs.take_lease(
            name,
            content,
            metadata={"run": run_id},
            lease_id=lease_id,
            seconds=int(self.lasting.total_seconds()),
        )
        if taken:
            self.held[name] = Lease(lease_id, asked)
        return taken

    def check(self) -> None:
        """Look that all of them are still held, and for long enough to send a change.

        Raises:
            HeldError: one is another's, or nobody can tell.
        """
        if self._find_age() > self.lasting.total_seconds() / 2:
            self.renew()
        if self.lost.is_set():
            raise HeldError(
                "This run was away for so long that another one may work on its targets",
                advice="Nothing more is changed, but locks go back. See 'azremedy runs'.",
            )
        if self._find_age() > self.lasting.total_seconds() * 3 / 4:
            raise HeldError(
                f"Whether this run still holds its targets cannot be asked at "
                f"{self.blobs.place.url}",
                advice="Nothing more is changed, but locks go back. See 'azremedy runs'.",
            )

    def renew(self) -> None:
        """Hold all of them for as long again; where Azure does not answer, the time runs on."""
        unanswered = Event()
        with ThreadPoolExecutor(max_workers=RENEWERS) as pool:
            for name, lease in tuple(self.held.items()):
                pool.submit(self._renew_one, name, lease.lease_id, unanswered)

    def start(self) -> Thread:
        """Renew them from now on, in a thread of its own."""
        thread = Thread(target=self._renew_on, name="run-leases", daemon=True)
        thread.start()
        return thread

    def free(self) -> None:
        """Let all of them go; where Azure does not answer, their time runs out."""
        self.done.set()
        with suppress(AzremedyError):
            for name, lease in self.held.items():
                self.blobs.delete_leased(name, lease.lease_id)

    def _renew_on(self) -> None:
        while not self.done.wait(self.lasting.total_seconds() / 4):
            self.renew()

    def _renew_one(self, name: str, lease_id: str, unanswered: Event) -> None:
        if unanswered.is_set():
            # Nor would this one be answered.
            return
        asked = Moment.now()
        try:
            ours = self.blobs.renew_lease(name, lease_id)
        except AzremedyError:
            unanswered.set()
            return
        if ours:
            self.held[name] = Lease(lease_id, asked)
        else:
            self.lost.set()

    def _find_age(self) -> float:
        return max((lease.renewed.age() for lease in tuple(self.held.values())), default=0.0)
