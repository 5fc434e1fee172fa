"""A plan: what would be done to which target, why, what is lost, and what speaks against it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Literal

from azremedy.domain.evidence import Unreadable
from azremedy.domain.findings import Diagnosis
from azremedy.domain.remedies import Remedy
from azremedy.domain.steps import Step
from azremedy.ids import ResourceId


class Decision(StrEnum):
    """A guard's answer."""

    SKIP = "skip"
    """This thing is left alone; the rest goes on."""
    WARN = "warn"
    """It goes on, but somebody should know."""
    REFUSE = "refuse"
    """Nothing at all is done."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """One guard's answer about one thing. A guard that allows says nothing."""

    guard: str
    """The guard's stable name, such as ``lock-in-the-way``."""
    decision: Decision
    """What it means for the plan."""
    subject: str
    """The id that it is about."""
    message: str
    """Why, in one line."""
    override: str | None = None
    """The one flag that turns this refusal into a warning; ``None``: there is none."""


class Copy(StrEnum):
    """Where else a restore point's data is."""

    VAULT = "vault"
    """The vault holds it as well."""
    NONE = "none"
    """Nowhere: deleting the point loses it for good."""
    UNKNOWN = "unknown"
    """The vault's list could not be read."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PointLoss:
    """One restore point that a plan deletes."""

    restore_point_id: ResourceId
    """The restore point."""
    time: datetime | None
    """When it was taken; ``None`` when neither Azure nor its name tells."""
    copy: Copy
    """Whether the vault has it too."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedStep:
    """A step in its place."""

    number: int
    """From 1, through the whole plan."""
    step: Step
    """What is done."""
    reason: str
    """Why, in one line."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Mend:
    """A cause and the remedy that was chosen for it."""

    cause: str
    """The cause's stable name."""
    remedy: Remedy
    """What is done about it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TargetPlan:
    """What is done for one target."""

    target: ResourceId
    """The VM, or the group."""
    steps: tuple[PlannedStep, ...] = ()
    """In order; empty when there is nothing to do."""
    verdicts: tuple[Verdict, ...] = ()
    """All guards' answers, judged before anything is done."""
    loss: tuple[PointLoss, ...] = ()
    """The loss sheet: each restore point that goes."""
    gaps: tuple[Unreadable, ...] = ()
    """What could not be read on the way."""
    notes: tuple[str, ...] = ()
    """What to expect afterwards."""
    diagnosis: Diagnosis | None = None
    """What the steps rest on, where a cause was looked for."""
    needs: tuple[int, ...] = ()
    """Numbers of other targets' steps that these need: locks that they share are removed once."""
    mends: tuple[Mend, ...] = ()
    """Which remedy is for which cause; by them a later plan knows what did not help."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Origin:
    """Where a plan was made, and by whom."""

    cloud: str
    """Resource Manager's address."""
    tenant_id: str
    """The tenant of the sign-in; empty when its token does not tell."""
    caller: str
    """Who signed in, as the token names them; empty when it does not."""
    sandbox: str = ""
    """The scenario's name when it was no real Azure."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """What was asked for: with it the same plan can be made again, to see what has moved."""

    command: str
    """The command."""
    targets: tuple[ResourceId, ...]
    """What it was asked to work on, as it was found then."""
    options: str = "{}"
    """What the caller allowed: the command's options as JSON."""
    how: str = "{}"
    """For ``fix``: how to diagnose, as JSON."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """Everything that a command would do, in order. A dry run is this and nothing more."""

    command: str
    """The command that made it."""
    created_at: datetime
    """Azure's time when the evidence had been read."""
    tool_version: str
    """The version of azremedy that made it."""
    targets: tuple[TargetPlan, ...] = ()
    """One section for each target."""
    restores: tuple[PlannedStep, ...] = ()
    """Leased locks that are put back at the end, whatever the ending."""
    origin: Origin | None = None
    """Where it was made, and by whom."""
    request: Request | None = None
    """What was asked for; ``None`` for a plan that is not made anew, such as one that undoes."""
    undoes: str | None = None
    """The run whose changes it takes back."""
    schema: Literal["azremedy.plan/1"] = "azremedy.plan/1"

    @property
    def steps(self) -> tuple[PlannedStep, ...]:
        """All steps in the order of their numbers, the restores last."""
        return (*(step for target in self.targets for step in target.steps), *self.restores)

    @property
    def refusals(self) -> tuple[Verdict, ...]:
        """What forbids the plan."""
        return tuple(
            verdict
            for target in self.targets
            for verdict in target.verdicts
            if verdict.decision is Decision.REFUSE
        )

    @property
    def empty(self) -> bool:
        """Whether there is nothing to do."""
        return not self.steps
