"""Say what a scenario is."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Annotated, Any, ClassVar, Literal

from pydantic import AfterValidator, AwareDatetime, ConfigDict, Field

from azremedy.sandbox.http import Json

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


@dataclass(frozen=True, slots=True, kw_only=True)
class Match:
    """Which requests a fault meets."""

    __pydantic_config__: ClassVar[ConfigDict] = _STRICT

    method: str = "*"
    """The verb, or `*`."""
    path: str = "*"
    """The decoded path, with `*` for any text, compared without case."""


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
class Fault:
    """Injected trouble."""

    __pydantic_config__: ClassVar[ConfigDict] = _STRICT

    match: Match = field(default_factory=Match)
    """Which requests it meets."""
    answer: FaultAnswer | None = None
    """Answered instead of carrying the request out."""
    delay: Annotated[float, Field(ge=0)] | None = None
    """The answer arrives so many seconds late."""
    lose: Literal["request", "response"] | None = None
    """`request`: it never arrives and the caller knows; `response`: carried out, but no answer."""
    drop: bool = False
    """The connection breaks: not carried out, and the caller cannot know."""
    times: Annotated[int, Field(ge=1)] = 1
    """How many requests it meets before it is used up."""


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
    """A prepared world."""

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
    caller: tuple[Grant, ...] = (Grant(scope="/", actions=("*",)),)
    """What the caller may do; Owner everywhere when absent."""
    backup: Backup = field(default_factory=Backup)
    """What the backup service does."""
    operations: Mapping[str, Timing] = field(default_factory=dict)
    """How long operations take, by name."""
    latency: Latency | None = None
    """How long every answer takes at the server door."""
    limits: Limits = field(default_factory=Limits)
    """Token buckets of each subscription."""
    faults: tuple[Fault, ...] = ()
    """Injected trouble, in order."""
    expect: Expect = field(default_factory=Expect)
    """The healed world."""
