"""Ask the rules in play and put their answers in order."""

from __future__ import annotations

from typing import TYPE_CHECKING

from azremedy.domain.evidence import Observed
from azremedy.domain.findings import Basis, Certainty, Diagnosis, Finding
from azremedy.domain.remedies import fits_system
from azremedy.domain.rules import RULES
from azremedy.domain.rules.base import ALWAYS, Need, Rule

if TYPE_CHECKING:
    from collections.abc import Iterable

    from azremedy.domain.case import Case
    from azremedy.domain.playbook import Playbook, PlaybookCause

NAMED = "as-the-code-says"
"""The cause of a code that names its cause itself."""


def find_rules_in_play(playbooks: Iterable[Playbook]) -> tuple[Rule, ...]:
    """Find the rules to ask: those that a playbook names, and those that cost no further read.

    Without a playbook all of them; those about the inside cannot tell unless somebody looks there.
    """
    books = tuple(playbooks)
    named = {each.cause for book in books for each in book.causes}
    return tuple(rule for rule in RULES if not named or rule.cause in named or rule.needs <= ALWAYS)


def list_needs(rules: Iterable[Rule], *, look_inside: bool = False) -> frozenset[Need]:
    """List what the rules look at; inside the VM only when that was asked for."""
    needs = ALWAYS.union(*(rule.needs for rule in rules))
    return needs if look_inside else needs - {Need.GUEST}


def diagnose(case: Case, rules: Iterable[Rule], playbooks: Iterable[Playbook]) -> Diagnosis:
    """Ask each rule about a case.

    Findings come in the order of the first playbook, then of the rules: the article's order, as
    today's facts correct it. Advisory ones come last.
    """
    books = tuple(playbooks)
    causes: dict[str, PlaybookCause] = {}
    for book in books:
        for each in book.causes:
            causes.setdefault(each.cause, each)
    system = case.vm.value.os_type if isinstance(case.vm, Observed) else ""
    findings = [_find(rule, case, causes.get(rule.cause), system=system) for rule in rules]
    findings.extend(_find_named(case, books))
    order = {cause: place for place, cause in enumerate(causes)}
    findings.sort(key=lambda each: (each.advisory, order.get(each.cause, len(order))))
    return Diagnosis(
        vm_id=case.vm_id,
        read_at=case.read_at,
        symptoms=case.symptoms,
        findings=tuple(findings),
        gaps=case.gaps,
    )


def _find(rule: Rule, case: Case, told: PlaybookCause | None, *, system: str) -> Finding:
    answer = rule.check(case)
    remedies = told.remedies if told else rule.remedies
    return Finding(
        cause=rule.cause,
        title=rule.title,
        certainty=answer.certainty,
        message=answer.message,
        advisory=rule.advisory,
        basis=answer.basis,
        settle=answer.settle,
        remedies=tuple(each for each in remedies if fits_system(each, system)),
        instructions=told.instructions if told else rule.instructions,
        note=told.note if told else "",
    )


def _find_named(case: Case, books: tuple[Playbook, ...]) -> list[Finding]:
    """Take a code at its word that leaves no cause to be found, such as a VSS writer's."""
    return [
        Finding(
            cause=NAMED,
            title=book.title,
            certainty=Certainty.CONFIRMED,
            message=f"{symptom.code} names its cause itself",
            basis=(Basis(fact=f"code {code}", source=symptom.source, at=symptom.at),),
            remedies=book.remedies,
            instructions=book.instructions,
        )
        for symptom in case.symptoms[:1]
        for code in symptom.codes
        for book in books
        if book.fits(code) and not book.causes and (book.remedies or book.instructions)
    ]


def is_well(diagnosis: Diagnosis) -> bool:
    """Say whether every cause that was asked about is ruled out."""
    return all(
        finding.certainty is Certainty.RULED_OUT or finding.advisory
        for finding in diagnosis.findings
    )
