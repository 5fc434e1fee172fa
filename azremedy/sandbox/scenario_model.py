"""Say what a scenario is."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Annotated, Any, ClassVar, Literal, TypeAlias

from pydantic import AfterValidator, AwareDatetime, ConfigDict, Field

from azremedy.sandbox.guest_model import Guest
from azremedy.sandbox.http import Json

Shelf: TypeAlias = Literal["well", "code", "cause", "causes", "fleet", ""]
"""What a scenario shows: that nothing is wrong, one error code, one cause, several causes at once,
several machines, or something else."""

_STRICT = ConfigDict(extra="forbid", populate_by_name=False)


class ScenarioError(Exception):
    """A scenario that cannot be used."""

    def __init__(self, message: str, *, file: str, line: int | None = None) -> None:
        """Keep where and what; `line` counts from 1, None when the file itself is the trouble."""
        place = f"{file}:{line}" if line else file
        super().__init__(f"{place}: {message}")
        self.file = file
        self.line = line
        self.message = message


def _utc(moment: datetime) -> datetime:
    return moment.astimezone(UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class Grant:
    """What the caller may do at a scope and beneath it."""

    __pydantic_config__: ClassVar[ConfigDict] = _STRICT

    scope: str
    """The id at which the grant was made; `/` for everywhere."""
    actions: tuple[str, ...]
    """RBAC actions, with `*` for any text."""
    not_actions: Annotated[tuple[str, ...], Field(alias="notActions")] = ()
    """Actions taken out of this grant; another grant may still give them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Timing:
    """How long an operation takes, in seconds of the world."""

    __pydantic_config__: ClassVar[ConfigDict] = _STRICT

    seconds: Annotated[float, Field(ge=0)] = 10.0
    """From its start to its end."""
    retry_after: Annotated[float, Field(alias="retryAfter", gt=0)] = 10.0
    """How long clients are asked to wait between two looks."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Backup:
    """What the backup service does."""

    __pydantic_config__: ClassVar[ConfigDict] = _STRICT

    outcome: Literal["derived"] | tuple[str, ...] = "derived"
    """`derived` from the world, or scripted: the error code or `success`, one for each backup."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Latency:
    """How long every answer takes, in seconds."""

    __pydantic_config__: ClassVar[ConfigDict] = _STRICT

    seconds: Annotated[float, Field(ge=0)]
    """Real seconds; the server door waits them, the in-process door does not."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """Token buckets of each subscription."""

    __pydantic_config__: ClassVar[ConfigDict] = _STRICT

    reads: tuple[int, float] | None = None
    """For GET and HEAD: size, refill a second; None = unlimited."""
    writes: tuple[int, float] | None = None
    """For PUT, PATCH and POST."""
    deletes: tuple[int, float] | None = None
    """For DELETE."""
    compute: bool = False
    """Whether Microsoft.Compute refuses what is beyond its own quotas, at Azure's sizes."""
    vault_reads: Annotated[int | None, Field(alias="vaultReads", ge=0)] = None
    """How many reads of one kind, such as backupJobs, a subscription's vaults answer in an hour;
    150 with Azure; None = unlimited."""
    resource_graph: Annotated[int | None, Field(alias="resourceGraph", ge=1)] = None
    """How many queries Resource Graph answers in five seconds; 15 with Azure; None = unlimited."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """An Azure Policy assignment that denies something.

    It denies every resource of its types, or where it names locations or tags only those that are
    elsewhere or lack one of the tags.
    """

    __pydantic_config__: ClassVar[ConfigDict] = _STRICT

    scope: str
    """The id at which it is assigned; `/` for everywhere."""
    name: str
    """The assignment's name, which is the definition's as well."""
    display_name: Annotated[str, Field(alias="displayName")] = ""
    """What people call it."""
    effect: Literal["deny", "denyAction"] = "deny"
    """`deny` is about writing, `denyAction` about deleting."""
    types: tuple[str, ...] = ("*",)
    """Resource types, with `*` for any text."""
    allowed_locations: Annotated[tuple[str, ...], Field(alias="allowedLocations")] = ()
    """The only regions where it lets resources be, such as `westeurope`."""
    required_tags: Annotated[tuple[str, ...], Field(alias="requiredTags")] = ()
    """The tags that it wants every resource to have."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Match:
    """Which requests a fault meets."""

    __pydantic_config__: ClassVar[ConfigDict] = _STRICT

    method: str = "*"
    """The verb, or `*`."""
    path: str = "*"
    """The decoded path, with `*` for any text, compared without case."""
    query: str = "*"
    """The decoded query string, such as `*$expand=restorePoints*`, compared without case."""
    body: str = ""
    """A text that the request's body holds, compared with case."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FaultAnswer:
    """An answer given in place of the real one."""

    __pydantic_config__: ClassVar[ConfigDict] = _STRICT

    status: Annotated[int, Field(ge=100, le=599)]
    """The status code."""
    headers: Mapping[str, str] = field(default_factory=dict)
    """Headers of it, such as Retry-After."""
    code: str | None = None
    """The ARM error code; one that suits the status when absent."""
    message: str | None = None
    """The ARM error message."""
    body: Any = None
    """The whole body in place of an ARM error: JSON, or a text sent as HTML."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Failure:
    """The error of an operation that fails."""

    __pydantic_config__: ClassVar[ConfigDict] = _STRICT

    code: str
    """The ARM error code."""
    message: str = "The operation failed, as the scenario asks."
    """The ARM error message."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OperationFault:
    """What goes wrong with a long-running operation after it was accepted."""

    __pydantic_config__: ClassVar[ConfigDict] = _STRICT

    name: str
    """Its key in `operations`, with `*` for any text."""
    fails: Failure | None = None
    """It ends with this error and changes nothing; without, it goes on for ever."""
    seconds: Annotated[float, Field(ge=0)] | None = None
    """When it fails, in seconds of the world from its start; at its usual end when absent."""

    def __post_init__(self) -> None:
        """Refuse the time of a failure that never comes."""
        if self.seconds is not None and not self.fails:
            raise ValueError("seconds says when the operation fails; say how with fails")


@dataclass(frozen=True, slots=True, kw_only=True)
class Drip:
    """A body that arrives bit by bit."""

    __pydantic_config__: ClassVar[ConfigDict] = _STRICT

    bytes: Annotated[int, Field(ge=1)]
    """How much comes at once."""
    seconds: Annotated[float, Field(ge=0)]
    """World seconds between two bits."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """Injected trouble."""

    __pydantic_config__: ClassVar[ConfigDict] = _STRICT

    match: Match = field(default_factory=Match)
    """Which requests it meets; with `operation`, which requests that begin one."""
    after: Annotated[int, Field(ge=0)] = 0
    """How many such requests pass unharmed first."""
    times: Annotated[int, Field(ge=1)] = 1
    """How many requests it meets before it is used up."""
    jump: Annotated[float, Field(ge=0)] | None = None
    """The world's clock leaps so many seconds before the request is carried out."""
    answer: FaultAnswer | None = None
    """Answered instead of carrying the request out."""
    delay: Annotated[float, Field(ge=0)] | None = None
    """The answer arrives so many seconds late."""
    drip: Drip | None = None
    """The answer's body arrives slowly; all at once but as late at the in-process door."""
    truncate: Annotated[int, Field(ge=0)] | None = None
    """The connection breaks after so many bytes of the body; the length was promised whole."""
    content_type: Annotated[str | None, Field(alias="contentType")] = None
    """The media type that the answer claims."""
    date_skew: Annotated[float | None, Field(alias="dateSkew")] = None
    """How many seconds the answer's Date is ahead of the world; negative: behind."""
    lose: Literal["request", "response"] | None = None
    """`request`: it never arrives and the caller knows; `response`: carried out, but no answer."""
    drop: bool = False
    """The connection breaks: not carried out, and the caller cannot know."""
    operation: OperationFault | None = None
    """What goes wrong with the operation that the request begins; stands alone."""

    def __post_init__(self) -> None:
        """Refuse a fault without an effect, or with effects that exclude each other."""
        effects = [name for name in _EFFECTS if _is_said(getattr(self, name))]
        if not effects:
            raise ValueError(f"this fault does nothing; say one of {', '.join(_EFFECTS)}")
        alone = [name for name in effects if name in _LONE_EFFECTS]
        if alone and set(effects) - {alone[0], "jump"}:
            raise ValueError(f"{alone[0]} stands alone, without {', '.join(effects[:-1])}")


def _is_said(value: object) -> bool:
    return value is not None and value is not False


_LONE_EFFECTS = ("lose", "drop", "operation")
_EFFECTS = (
    "jump",
    "answer",
    "delay",
    "drip",
    "truncate",
    "content_type",
    "date_skew",
    *_LONE_EFFECTS,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Expect:
    """The healed world: what a repair is measured by."""

    __pydantic_config__: ClassVar[ConfigDict] = _STRICT

    backup: str | None = None
    """The outcome of the next backup."""
    gone: tuple[str, ...] = ()
    """Ids that no longer exist."""
    kept: tuple[str, ...] = ()
    """Ids that still exist."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Scenario:
    """A prepared world.

    A file may also be a layer over another scenario: see `scenario_layers`.
    """

    __pydantic_config__: ClassVar[ConfigDict] = _STRICT

    schema: Literal["azremedy.sandbox/1"]
    """The version of this format."""
    name: str
    """A short name; it also seeds the guids of the world."""
    title: str
    """One sentence."""
    now: Annotated[AwareDatetime, AfterValidator(_utc)]
    """The world's time at the start."""
    resources: tuple[dict[str, Json], ...]
    """ARM documents as GET returns them, each with its full id."""
    shelf: Shelf = ""
    """What it is for; `azremedy sandbox list` puts it under a heading by this."""
    caller: tuple[Grant, ...] = (Grant(scope="/", actions=("*",)),)
    """What the caller may do; Owner everywhere when absent."""
    policies: tuple[Policy, ...] = ()
    """What Azure Policy denies."""
    unregistered: tuple[str, ...] = ()
    """Resource providers that the subscriptions have not registered."""
    backup: Backup = field(default_factory=Backup)
    """What the backup service does."""
    guest: Mapping[str, Guest] = field(default_factory=dict)
    """What is hidden inside machines, by VM id."""
    operations: Mapping[str, Timing] = field(default_factory=dict)
    """How long operations take, by name.

    Five are no operations: only where they are given, a removed lock goes on forbidding for
    `lockRelease`, a key vault whose rights were changed lets the backup service in only after
    `rightsEffect`, Resource Graph is late by `resourceGraphLag`, policies' own backups run with
    `scheduledBackup`; and registering a provider takes `registerProvider`, or 10 seconds.
    """
    latency: Latency | None = None
    """How long every answer takes at the server door."""
    limits: Limits = field(default_factory=Limits)
    """Token buckets of each subscription."""
    faults: tuple[Fault, ...] = ()
    """Injected trouble, in order."""
    expect: Expect = field(default_factory=Expect)
    """The healed world."""
