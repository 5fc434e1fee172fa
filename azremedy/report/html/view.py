"""What the page shows, in words: everything that its templates may ask for, and nothing else."""

from __future__ import annotations

from dataclasses import dataclass

from azremedy.report.html.picture import Picture
from azremedy.report.html.timeline import Timeline
from azremedy.report.html.tones import Badge, Tone


@dataclass(frozen=True, slots=True, kw_only=True)
class Tile:
    """One number of the summary."""

    label: str
    """What is counted."""
    value: str
    """The count."""
    note: str
    """What is to be said of it."""
    tone: Tone
    """How it stands."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Command:
    """A command to copy."""

    title: str
    """What it is for."""
    text: str
    """The command line."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Trouble:
    """Why a step failed."""

    message: str
    """What was tried, and what happened."""
    azure: str
    """What Azure said, with its ids; empty when it said nothing."""
    advice: str
    """What to do next."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ByHand:
    """What a person does."""

    place: str
    """Where."""
    lines: tuple[str, ...]
    """What, in order."""
    commands: tuple[str, ...]
    """Commands for that place."""
    source: str
    """Where it comes from."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StepRow:
    """A step and what became of it."""

    number: int
    """Its number in the plan."""
    what: str
    """What it does."""
    why: str
    """Why, and whether it can be undone."""
    badge: Badge
    """How it stands."""
    message: str
    """What became of it, in one line."""
    when: str
    """When it began, and how long it took."""
    request_id: str
    """``x-ms-request-id`` of the change."""
    correlation_id: str
    """``x-ms-correlation-request-id`` of it, where it is another."""
    job: str
    """The name of the backup job that it followed."""
    trouble: Trouble | None
    """Why it failed."""
    by_hand: ByHand | None
    """What a person does, where the step is theirs."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Fact:
    """One observation."""

    text: str
    """What was seen."""
    source: int
    """Its number in the list of sources; 0 where it is not listed."""
    origin: str = ""
    """Where it comes from, where there is no list of sources."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """Where facts come from."""

    number: int
    """Its number in the list."""
    name: str
    """The resource id or list that was read."""
    when: str
    """Azure's time of the answer."""
    request_id: str
    """``x-ms-request-id`` of the answer."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FindingView:
    """A rule's answer."""

    title: str
    """The cause in one line."""
    cause: str
    """The rule's name."""
    message: str
    """Why the rule says so."""
    more: tuple[str, ...]
    """What is particular about it, and what would settle it."""
    facts: tuple[Fact, ...]
    """What it rests on."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SymptomView:
    """A code that was found."""

    code: str
    """The code, with those inside it."""
    told: str
    """Who named it, and when; empty where the source tells."""
    message: str
    """Azure's own words."""
    source: Fact
    """Where it was found."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """A diagnosis with its sources."""

    read_at: str
    """When the last fact had been read."""
    symptoms: tuple[SymptomView, ...]
    """The codes."""
    confirmed: tuple[FindingView, ...]
    """What is wrong."""
    worth_knowing: tuple[FindingView, ...]
    """What is true and not taken for the cause."""
    unsettled: tuple[FindingView, ...]
    """What cannot be told."""
    ruled_out: tuple[FindingView, ...]
    """What is not wrong."""
    brief: bool
    """Whether what is not confirmed was left out, to keep the page small."""
    recurrence: tuple[str, ...]
    """Why it will come back."""
    sources: tuple[Source, ...]
    """Where the facts come from."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LossGroup:
    """Restore points that are alike in where else their data is."""

    told: str
    """How many, and where else."""
    tone: Tone
    """How bad that is."""
    points: tuple[str, ...]
    """Their names with their times; empty where they are only counted."""


@dataclass(frozen=True, slots=True, kw_only=True)
class VerdictRow:
    """A guard's answer."""

    badge: Badge
    """What it means."""
    message: str
    """Why, and the flag that overrides it."""
    subject: str
    """The id that it is about, where that says more."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Gap:
    """What could not be read."""

    source: str
    """The resource id or list."""
    why: str
    """Why not."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TargetView:
    """One VM, or one group."""

    anchor: str
    """Its id on the page."""
    name: str
    """Its name."""
    place: str
    """Group and subscription."""
    id: str
    """Its whole id."""
    badge: Badge
    """How it stands."""
    causes: str
    """What was wrong, in short."""
    result: str
    """What came of it, in one sentence."""
    before: Picture
    """Its backup world as it was."""
    after: Picture | None
    """The same as it is now, or would be; ``None`` where nobody was to change it."""
    facts: tuple[tuple[str, str], ...]
    """What else is known of it, by name."""
    open: bool
    """Whether it is unfolded from the start."""
    steps: tuple[StepRow, ...]
    """What was done."""
    loss: tuple[LossGroup, ...]
    """The loss sheet."""
    evidence: Evidence | None
    """What it rests on."""
    verdicts: tuple[VerdictRow, ...]
    """The guards' answers."""
    gaps: tuple[Gap, ...]
    """What could not be read."""
    notes: tuple[str, ...]
    """What to expect."""
    commands: tuple[Command, ...]
    """What to run for it next."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Listing:
    """A list of things that belong to no single target."""

    title: str
    """What they are."""
    note: str
    """What is to be said of all of them."""
    columns: tuple[str, ...]
    """The headings."""
    rows: tuple[tuple[str, ...], ...]
    """One for each."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CauseRow:
    """A cause that VMs have in common."""

    title: str
    """The cause in one line."""
    cause: str
    """The rule's name."""
    count: int
    """How many VMs have it."""
    told: str
    """How they stand, in words."""
    widths: tuple[float, float]
    """How long both parts of its bar are, of 100 for the largest cause."""
    tones: tuple[Tone, Tone]
    """The tones of both parts."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """The whole page."""

    title: str
    """The page's title."""
    heading: str
    """Its heading."""
    badge: Badge
    """How the run, or the plan, stands."""
    lead: tuple[str, ...]
    """The summary in sentences."""
    reasons: tuple[str, ...]
    """Why the backups of a single VM failed."""
    rehearsal: str
    """The sandbox's name when nothing of it was real; else empty."""
    alarms: tuple[str, ...]
    """What must be done at once."""
    tiles: tuple[Tile, ...]
    """The summary in numbers."""
    commands: tuple[Command, ...]
    """How to go on."""
    bars: str
    """What the bars of the causes tell."""
    causes: tuple[CauseRow, ...]
    """What the VMs have in common; empty for a single one."""
    targets: tuple[TargetView, ...]
    """Each VM, the worst first."""
    filters: tuple[tuple[Badge, int], ...]
    """How many of them stand how."""
    restores: tuple[StepRow, ...]
    """Locks that are put back at the end."""
    timeline: Timeline | None
    """When what was done."""
    notes: tuple[tuple[str, int], ...]
    """What is to be said of several targets alike, and of how many."""
    listings: tuple[Listing, ...]
    """What else there is to list."""
    about: tuple[tuple[str, str], ...]
    """Where it all comes from."""
    is_run: bool
    """Whether something was begun."""
    brief: bool
    """Whether what is well was only counted, to keep the page small."""
