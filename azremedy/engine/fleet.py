"""Work on several VMs side by side: a canary first, then more, and none after too many failures."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from azremedy.domain.plan import Plan, PlannedStep, TargetPlan
from azremedy.domain.ramp import Pace, Ramp
from azremedy.engine.restoring import STOPPED
from azremedy.engine.stop import Stop
from azremedy.gateways.clock import Clock

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from azremedy.domain.events import Event

_LOOK_EVERY_S = 2.0
"""How soon a thread that waits hears that somebody asks it to leave."""


@dataclass(slots=True, kw_only=True)
class Fleet:
    """The targets of one run on their way. Make one for each run.

    Threads, because the work is waiting for Azure; the run's own thread hands targets out, takes
    signals, and puts locks back when all others have come to rest.
    """

    ramp: Ramp
    """How many at once, and how many may fail."""
    stop: Stop
    """What somebody outside asks."""
    work: Callable[[TargetPlan], bool]
    """Carries out a target's steps; says whether all went well. Called in any thread."""
    left: deque[TargetPlan]
    """Targets that are not begun."""
    running: set[Future[bool]] = field(default_factory=set)
    """Targets that are worked on."""
    begun: list[Future[bool]] = field(default_factory=list)
    """All targets that were begun in threads."""

    def run(self) -> None:
        """Work through the targets; those that are not begun in the end are ``left``.

        Raises:
            KeyboardInterrupt, SystemExit: somebody interrupted; everything has come to rest.
        """
        if not self.ramp.is_parallel(len(self.left)):
            return self._run_here()
        # A pool makes new threads as long as it may, although others are about to be free.
        with ThreadPoolExecutor(max_workers=self.ramp.find_most(len(self.left))) as pool:
            try:
                self._run_in(pool)
            finally:
                # Whatever ended it, a defect of our own too: the others end in good order.
                self._come_to_rest()
                self._tell_defect()
        return None

    def _run_here(self) -> None:
        pace = Pace.begin(self.ramp)
        while self.left and not pace.is_over:
            pace = pace.after(well=self.work(self.left.popleft()))

    def _run_in(self, pool: ThreadPoolExecutor) -> None:
        pace = Pace.begin(self.ramp)
        while True:
            while self._may_begin(pace):
                future = pool.submit(self.work, self.left.popleft())
                self.begun.append(future)
                self.running.add(future)
            if not self.running:
                break
            done, self.running = wait(self.running, return_when=FIRST_COMPLETED)
            for each in done:
                pace = pace.after(well=each.result())
        if self.left:
            self.stop.leave_if_asked()

    def _may_begin(self, pace: Pace) -> bool:
        room = len(self.running) < pace.window
        return bool(self.left) and room and not pace.is_over and not self.stop.requested

    def _come_to_rest(self) -> None:
        """Wait until no thread works any more, however often somebody interrupts."""
        self.stop.requested = self.stop.requested or bool(self.running)
        while self.running:
            try:
                _, self.running = wait(self.running)
            except STOPPED:
                self.stop.urgent = True

    def _tell_defect(self) -> None:
        """Let out what broke out of a thread and is no interrupt: it outranks interrupts."""
        for future in self.begun:
            error = future.exception()
            if error is not None and not isinstance(error, STOPPED):
                raise error


@dataclass(frozen=True, slots=True, kw_only=True)
class Turn:
    """A step that several targets need: who comes first carries it out, and nobody else does."""

    claim: threading.Lock = field(default_factory=threading.Lock)
    """Taken by who comes first, for good."""
    sent: threading.Event = field(default_factory=threading.Event)
    """Set when its request is out, or will not be."""
    over: threading.Event = field(default_factory=threading.Event)
    """Set when its effect was seen, or will not be."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Shared:
    """Steps of one target that others need as well: done once, by whoever comes first."""

    steps: dict[int, PlannedStep]
    """By number."""
    turns: dict[int, Turn]
    """By number too."""
    stop: Stop
    """What somebody outside asks; who waits for another target hears it."""

    @classmethod
    def of(cls, plan: Plan, stop: Stop) -> Shared:
        """Find a plan's shared steps."""
        needed = {number for target in plan.targets for number in target.needs}
        steps = {planned.number: planned for planned in plan.steps if planned.number in needed}
        return cls(steps=steps, turns={number: Turn() for number in needed}, stop=stop)

    def list_needed(self, target: TargetPlan) -> tuple[PlannedStep, ...]:
        """List what a target needs of others, each once."""
        return tuple(self.steps[number] for number in dict.fromkeys(target.needs))

    @contextmanager
    def coming_first(self, planned: PlannedStep) -> Iterator[bool]:
        """Say whether the caller carries a step out; when the block ends, it is over."""
        turn = self.turns.get(planned.number)
        if turn is not None and not turn.claim.acquire(blocking=False):
            yield False
            return
        try:
            yield True
        finally:
            self.tell_over(planned)

    def tell_sent(self, planned: PlannedStep) -> None:
        """Let those go on who wait for a step's request to be out."""
        if planned.number in self.turns:
            self.turns[planned.number].sent.set()

    def tell_over(self, planned: PlannedStep) -> None:
        """Let those go on, too, who wait for its effect."""
        self.tell_sent(planned)
        if planned.number in self.turns:
            self.turns[planned.number].over.set()

    def wait_until_sent(self, planned: PlannedStep) -> None:
        """Wait until another target's thread has sent a step's request, or never will.

        Raises:
            KeyboardInterrupt: somebody asked to stop.
        """
        if planned.number in self.turns:
            self._wait(self.turns[planned.number].sent)

    def wait_until_over(self, planned: PlannedStep) -> None:
        """Wait until whoever carries a step out has seen its effect, or never will.

        Raises:
            KeyboardInterrupt: somebody asked to stop.
        """
        if planned.number in self.turns:
            self._wait(self.turns[planned.number].over)

    def _wait(self, event: threading.Event) -> None:
        while not event.wait(_LOOK_EVERY_S):
            self.stop.leave_if_asked()


@dataclass(frozen=True, slots=True, kw_only=True)
class AttentiveClock:
    """A clock whose sleep is left when somebody asks for it: signals reach only one thread."""

    clock: Clock
    """Tells the time."""
    check: Callable[[], None]
    """Raises when the sleeper should leave."""

    def now(self) -> datetime:
        """Give the clock's time."""
        return self.clock.now()

    def sleep(self, seconds: float) -> None:
        """Let this many seconds pass, and look up in between."""
        left = seconds
        while left > 0:
            self.check()
            self.clock.sleep(min(left, _LOOK_EVERY_S))
            left -= _LOOK_EVERY_S
        self.check()


def take_turns(listen: Callable[[Event], None], stop: Stop) -> Callable[[Event], None]:
    """Make a listener that threads may share; it tells them when to leave, too."""
    guard = threading.Lock()

    def listen_in_turn(event: Event) -> None:
        with guard:
            listen(event)
        stop.check()

    return listen_in_turn
