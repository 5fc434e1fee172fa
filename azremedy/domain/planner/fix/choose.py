"""Choose what is done about each finding."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from azremedy.domain import guards
from azremedy.domain.findings import Certainty, Finding
from azremedy.domain.planner.fix.repetition import refuse_repetition
from azremedy.domain.remedies import FLAGS, Remedy
from azremedy.domain.rules import RULES

if TYPE_CHECKING:
    from collections.abc import Iterable

    from azremedy.domain.findings import Diagnosis
    from azremedy.domain.plan import Verdict
    from azremedy.domain.planner.fix.repetition import Spent
    from azremedy.ids import ResourceId


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """A confirmed cause and what is done about it."""

    finding: Finding
    """The cause."""
    remedy: Remedy | None
    """What is done; ``None`` when nothing from outside is possible or allowed."""
    spent: tuple[Remedy, ...] = ()
    """What is not done again, because it did not help."""


def choose(diagnosis: Diagnosis, allowed: frozenset[Remedy], spent: Spent) -> tuple[Choice, ...]:
    """Choose a remedy for each confirmed cause, in the order in which they are mended.

    What is only worth knowing is mended when the caller allows just that remedy by name. What did
    not help is not chosen again: the next one is.
    """
    order = {rule.cause: place for place, rule in enumerate(RULES)}
    found = [
        _choose(finding, allowed, spent)
        for finding in diagnosis.findings
        if finding.certainty is Certainty.CONFIRMED
        and (not finding.advisory or allowed.intersection(finding.remedies))
    ]
    return tuple(sorted(found, key=lambda each: order.get(each.finding.cause, len(order))))


def _choose(finding: Finding, allowed: frozenset[Remedy], spent: Spent) -> Choice:
    done = spent.get(finding.cause, {})
    left = [remedy for remedy in finding.remedies if remedy not in done]
    return Choice(
        finding=finding,
        remedy=_pick(left, allowed),
        spent=tuple(remedy for remedy in finding.remedies if remedy in done),
    )


def _pick(remedies: list[Remedy], allowed: frozenset[Remedy]) -> Remedy | None:
    """Pick what the caller named, else the gentlest that needs no flag."""
    named = (remedy for remedy in remedies if remedy in allowed)
    free = (remedy for remedy in remedies if remedy not in FLAGS)
    return next(iter((*named, *free)), None)


def list_open(diagnosis: Diagnosis) -> tuple[Choice, ...]:
    """List the causes that cannot be told, about which nothing is done from outside."""
    return tuple(
        Choice(finding=finding, remedy=None)
        for finding in diagnosis.findings
        if finding.certainty is Certainty.CANNOT_TELL and not finding.advisory
    )


def list_remedies(choices: Iterable[Choice]) -> tuple[Remedy, ...]:
    """List the chosen remedies in order, each once: one may mend several causes."""
    return tuple(dict.fromkeys(each.remedy for each in choices if each.remedy is not None))


def check_choices(choices: Iterable[Choice], vm_id: ResourceId) -> tuple[Verdict, ...]:
    """Refuse for each cause about which nothing may be done: a backup would fail again."""
    return tuple(_check(each, vm_id) for each in choices if each.remedy is None)


def _check(choice: Choice, vm_id: ResourceId) -> Verdict:
    finding = choice.finding
    if choice.spent:
        return refuse_repetition(choice.finding, choice.spent, vm_id)
    if not finding.remedies:
        message = f"{finding.cause}: {finding.message}; only a person can mend that"
        return guards.refuse("by-hand", vm_id, message)
    flags = list(dict.fromkeys(FLAGS[remedy] for remedy in finding.remedies))
    others = f"; or {', '.join(flags[1:])}" if flags[1:] else ""
    message = f"{finding.cause}: {finding.message}; mending that needs a word of yours{others}"
    return guards.refuse("not-allowed", vm_id, message, override=flags[0])
