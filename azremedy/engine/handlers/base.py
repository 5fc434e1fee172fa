"""What every handler is, and what it is given."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Protocol, runtime_checkable

from azremedy.domain.resources import VirtualMachine
from azremedy.domain.run import JobOutcome, Trigger
from azremedy.engine.watch import JobWatch, Pace
from azremedy.errors import AzremedyError, NotFoundError, StalePlanError
from azremedy.gateways.clock import Clock
from azremedy.gateways.operations import Operation
from azremedy.gateways.session import Session
from azremedy.ids import ResourceId

if TYPE_CHECKING:
    from azremedy.gateways.session import Gateways


@dataclass(frozen=True, slots=True, kw_only=True)
class Proceed:
    """The world is as the plan says."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Already:
    """What the step would do is so already."""

    why: str
    """One line for people."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Moved:
    """The world is not as the plan says: the step must not be done."""

    why: str
    """One line for people."""


Seen = Proceed | Already | Moved


@dataclass(frozen=True, slots=True, kw_only=True)
class Accepted:
    """Azure took the request."""

    request_id: str | None = None
    """``x-ms-request-id``."""
    correlation_id: str | None = None
    """``x-ms-correlation-request-id``."""
    operation: Operation | None = None
    """The long-running operation, if it is one."""
    underway: bool = False
    """Whether Azure is seen to work on it, without an operation that could be followed."""
    moot: bool = False
    """Whether Azure answered that what the request is about is gone."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """The step's effect, seen."""

    message: str
    """One line for people."""
    job: JobOutcome | None = None
    """For steps that follow a backup."""
    failure: AzremedyError | None = None
    """Why the step failed although every request was answered."""
    output: str = ""
    """For scripts in the guest: what they printed."""


@dataclass(slots=True, kw_only=True)
class Memory:
    """What later steps of one run need to know of earlier ones."""

    removed_locks: set[ResourceId] = field(default_factory=set)
    """Locks that this run took off, or may have taken off."""
    stopped_vms: set[ResourceId] = field(default_factory=set)
    """VMs that this run shut down, or may have shut down, and did not see running since."""
    deleted: set[ResourceId] = field(default_factory=set)
    """Resources that this run deleted and saw gone: locks on them went with them."""
    triggers: dict[ResourceId, Trigger] = field(default_factory=dict)
    """Backups that this run started, by protected item."""
    sent_at: dict[ResourceId, datetime] = field(default_factory=dict)
    """Azure's time right before this run's last request for a target, by the step's target; known
    also to the process that takes the run up."""
    vms: dict[ResourceId, VirtualMachine] = field(default_factory=dict)
    """How VMs stood right before this process asked for their last change."""
    watch: JobWatch = field(default_factory=JobWatch)
    """Reads backup jobs for all VMs of the run."""

    def owes(self, target: ResourceId) -> bool:
        """Say whether this run is to give something back: a lock, or a VM's running."""
        return target in self.removed_locks or target in self.stopped_vms


@dataclass(frozen=True, slots=True, kw_only=True)
class Patience:
    """How long handlers wait for Azure. Seconds of Azure's time."""

    lock_reads: int = 5
    """Reads in a row that must agree before a lock is believed gone or back: lock changes reach
    Azure's regions one after the other (the azurerm provider reads twelve times)."""
    lock_read_every: timedelta = timedelta(seconds=5)
    """Time between them."""
    lock_effect: timedelta = timedelta(minutes=10)
    """How long ``ScopeLocked`` is retried after this run took a lock off, and how long a lock that
    is to be put back is tried again."""
    lock_back: timedelta = timedelta(minutes=1)
    """How long a lock that was put back may take to be seen before it is put back once more."""
    retry_every: timedelta = timedelta(seconds=15)
    """Time between such retries."""
    delete_attempts: int = 3
    """Attempts to delete a large collection: the first often times out, two or three retries help
    (learn.microsoft.com/azure/backup, "agent or extension" article, 2025-11-12)."""
    delete: timedelta = timedelta(hours=2)
    """How long one deletion is followed."""
    operation_every: timedelta = timedelta(seconds=10)
    """Time before and between reads of a backup operation."""
    job_every: timedelta = timedelta(seconds=30)
    """Time between looks for a job that was just begun, or that is to end."""
    job_soonest: timedelta = timedelta(seconds=10)
    """The shortest time between reads of a job that is followed; it grows with the time that has
    passed, since the service allows 150 reads an hour (recorded 429 answers)."""
    job_at_most: timedelta = timedelta(minutes=1)
    """The longest."""
    backup_surely: timedelta = timedelta(minutes=1)
    """How long a backup that was just started is not looked at: its snapshot takes some minutes
    (about 8 in recorded Azure traffic, 2024)."""
    job_lists: timedelta = timedelta(minutes=1)
    """The shortest time between lists, where several jobs of a vault are followed."""
    cleanup_every: timedelta = timedelta(minutes=5)
    """Time between counts of restore points."""
    throttled: timedelta = timedelta(minutes=15)
    """How long a throttled trigger is waited out: 429 means that it was not carried out."""
    trigger_seen: timedelta = timedelta(minutes=10)
    """How long after a request for a backup its job may stay unseen: after that the request did
    not arrive. The service names a job within seconds (recorded Azure traffic, 2018 to 2024)."""
    trigger_looks: int = 5
    """Looks for the job of a backup whose request got no answer."""
    fresh: timedelta = timedelta(minutes=1)
    """How long 404 is believed to mean "not yet" of an operation or a job that was just made, and
    how long a change of a VM whose request got no answer is looked for."""
    gone: timedelta = timedelta(minutes=3)
    """How long a thing may still be shown after its deletion succeeded."""
    gone_every: timedelta = timedelta(seconds=15)
    """Time between looks for it."""


def _keep_quiet() -> None:
    """Write nothing down."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Tools:
    """What handlers work with."""

    session: Session
    """The one session of the run that may write."""
    memory: Memory
    """The run's memory."""
    progress: Callable[[str], None]
    """Tells people what moves."""
    patience: Patience
    """How long to wait."""
    clock_of_thread: Clock | None = None
    """The clock of a thread that signals do not reach; its sleep can be left."""
    intend_again: Callable[[], None] = _keep_quiet
    """Writes the step's intent down once more, right before its request is repeated. Raises
    ``RefusedError`` or ``HeldError`` when it must not be."""

    check_held: Callable[[], None] = _keep_quiet
    """Raises ``HeldError`` when another run has taken the targets over."""

    @property
    def clock(self) -> Clock:
        """Azure's clock."""
        return self.clock_of_thread or self.session.clock

    @property
    def job_pace(self) -> Pace:
        """How often jobs are looked at."""
        patience = self.patience
        return Pace(
            soonest=patience.job_soonest, at_most=patience.job_at_most, lists=patience.job_lists
        )

    @property
    def backup_pace(self) -> Pace:
        """How often the job of a backup is looked at that this run has started."""
        return replace(self.job_pace, first=self.patience.backup_surely)

    def gateways(self, target: ResourceId) -> Gateways:
        """Give the gateways of the target's subscription."""
        return self.session.subscription(target.subscription_id)


def stale(target: ResourceId, seen: Moved) -> StalePlanError:
    """Make the error for a target that is not as planned."""
    return StalePlanError(f"{target} is not as planned: {seen.why}")


def goes_on(accepted: Accepted, error: AzremedyError) -> bool:
    """Say whether Azure may still be at an operation that it took: nobody saw it end.

    One that Azure does not know any more cannot be followed: its effect is looked for instead.
    """
    operation = accepted.operation
    seen = operation is None or operation.finished() or isinstance(error, NotFoundError)
    return not seen


class Handler(Protocol):
    """One step in three moves; the executor writes the journal between them."""

    def observe(self) -> Seen:
        """Read whether the world is still as the plan says. Changes nothing."""

    def act(self) -> Accepted:
        """Send the one request that changes something."""

    def confirm(self) -> Accepted | None:
        """After an answer was lost: find out whether the request was carried out."""

    def finish(self, accepted: Accepted) -> Outcome:
        """Follow the operation to its end and see the effect."""


@runtime_checkable
class Traceable(Protocol):
    """A handler that knows better than by one look what became of a request long ago."""

    def trace_request(self) -> Accepted | None:
        """Find out whether a request arrived whose answer nobody saw; ``None``: it did not."""


@runtime_checkable
class Resumable(Protocol):
    """A handler whose request starts an operation that another process can go on following."""

    def resume(self, token: str) -> Accepted:
        """Take the operation up again; sends no second request."""
