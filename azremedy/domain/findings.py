"""What the rules answer: each cause confirmed, ruled out, or not to be told, and why."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Literal

from azremedy.domain.evidence import Unreadable
from azremedy.domain.remedies import Remedy
from azremedy.domain.symptom import Symptom
from azremedy.ids import ResourceId


class Certainty(StrEnum):
    """How sure a rule is."""

    CONFIRMED = "confirmed"
    """The facts show it."""
    RULED_OUT = "ruled-out"
    """The facts show that it is not so."""
    CANNOT_TELL = "cannot-tell"
    """A fact is missing; ``settle`` says what would decide."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Basis:
    """One observation that a finding rests on."""

    fact: str
    """What was seen, in one line, such as ``VM agent: Not Ready``."""
    source: str
    """The resource id or list that was read."""
    at: datetime | None = None
    """Azure's time of the answer."""
    request_id: str | None = None
    """``x-ms-request-id`` of the answer."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What a rule says about its cause."""

    certainty: Certainty
    """How sure it is."""
    message: str
    """Why, in one line."""
    basis: tuple[Basis, ...] = ()
    """What it rests on."""
    settle: str = ""
    """With ``cannot-tell``: what would decide, in the imperative."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """A rule's answer with what can be done about it."""

    cause: str
    """The rule's stable name, such as ``agent-not-ready``."""
    title: str
    """The cause in one line."""
    certainty: Certainty
    """How sure the rule is."""
    message: str
    """Why, in one line."""
    advisory: bool = False
    """Whether it is only worth knowing: not taken for the cause by itself."""
    basis: tuple[Basis, ...] = ()
    """What it rests on."""
    settle: str = ""
    """With ``cannot-tell``: what would decide."""
    remedies: tuple[Remedy, ...] = ()
    """Ways to mend it from outside, the gentlest first."""
    instructions: tuple[str, ...] = ()
    """Names of instructions for a person."""
    note: str = ""
    """What is particular about it under this code."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Diagnosis:
    """Everything that was found out about one VM's backup."""

    vm_id: ResourceId
    """The VM."""
    read_at: datetime
    """Azure's time when the last fact had been read."""
    symptoms: tuple[Symptom, ...] = ()
    """The codes, the newest first; empty when nothing says that a backup failed."""
    findings: tuple[Finding, ...] = ()
    """One for each rule in play, in the order in which to look."""
    recurrence: tuple[str, ...] = ()
    """Why it will come back after the repair, unless something is done about that too."""
    gaps: tuple[Unreadable, ...] = ()
    """What could not be read."""
    schema: Literal["azremedy.diagnosis/1"] = "azremedy.diagnosis/1"

    @property
    def confirmed(self) -> tuple[Finding, ...]:
        """The causes that the facts show, without what is only worth knowing."""
        return tuple(
            finding
            for finding in self.findings
            if finding.certainty is Certainty.CONFIRMED and not finding.advisory
        )
