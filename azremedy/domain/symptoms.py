"""Find the codes of a failed backup: who names them, and what an envelope holds.

Azure's texts are localized and never understood; only the names of codes are looked for in them.
Source of where codes stand: recorded Azure traffic of 2015 to 2024 (jobs' ``errorDetails``, items'
``healthDetails``), and the SDK's description of ``dynamicErrorMessage``.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from azremedy.domain import guards
from azremedy.domain.evidence import Observed
from azremedy.domain.symptom import Symptom, ToldBy

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from azremedy.domain.catalog import Catalog
    from azremedy.domain.evidence import Observation, Reading
    from azremedy.domain.playbook import Playbook
    from azremedy.domain.resources import BackupJob, HealthDetail, ProtectedItem

NO_CODE = "(no code)"
"""The code of a failed job that names none."""

# A job whose snapshot is good and whose transfer fails ends with warnings (recorded Azure traffic,
# 2017 to 2021). Its codes are the only word about a vault that gets no copies, so they count. A
# cancelled job is what somebody wanted, so it does not.
_TELLING = frozenset({"Failed", "CompletedWithWarnings"})

# Seen on every item that is well (recorded Azure traffic, 388 times).
_WELL = "iaasvmhealthgreen"
_WELL_NUMBER = 400239


def find_symptoms(
    *,
    asked: str | None,
    last_backup: Observation[BackupJob],
    items: Reading[ProtectedItem],
    catalog: Catalog,
) -> tuple[Symptom, ...]:
    """Find all codes of a VM's failed backup, each once, the strongest word first.

    Args:
        asked: the code that a person gave, in any spelling, or a text that holds it.
        last_backup: the VM's newest backup job that has ended, with its details. When it succeeded
            no job tells a code, whatever earlier ones said.
        items: the VM's protected items.
        catalog: the playbooks that are known.
    """
    told = (
        *_told_by_person(asked, catalog),
        *_told_by_job(last_backup, catalog),
        *_told_by_health(items, catalog),
    )
    found: dict[str, Symptom] = {}
    for symptom in told:
        key = symptom.code.lower()
        found[key] = _complete(found[key], symptom) if key in found else symptom
    return tuple(found.values())


def _told_by_person(asked: str | None, catalog: Catalog) -> Iterator[Symptom]:
    given = (asked or "").strip()
    if not given:
        return
    book = catalog.find(given) or next(iter(catalog.find_in_text(given)), None)
    yield Symptom(
        code=book.code if book else given,
        known=book is not None,
        told_by=ToldBy.PERSON,
        inner=_open(book, (given,), catalog),
    )


def _told_by_job(last_backup: Observation[BackupJob], catalog: Catalog) -> Iterator[Symptom]:
    if not isinstance(last_backup, Observed) or last_backup.value.status not in _TELLING:
        return
    job = last_backup.value
    for detail in job.errors:
        found = _read_detail(detail, catalog, job.dynamic_error_message)
        yield replace(found, told_by=ToldBy.JOB, source=str(job.id), at=job.end_time)
    if not job.errors and job.status == "Failed":
        book = next(iter(catalog.find_in_text(job.dynamic_error_message)), None)
        yield Symptom(
            code=book.code if book else NO_CODE,
            known=book is not None,
            told_by=ToldBy.JOB,
            source=str(job.id),
            at=job.end_time,
            inner=_open(book, (job.dynamic_error_message,), catalog),
            message=job.dynamic_error_message,
        )


def _told_by_health(items: Reading[ProtectedItem], catalog: Catalog) -> Iterator[Symptom]:
    """Read the health of items that are backed up; of others nobody brings it up to date."""
    for item in items.values:
        if guards.check_item(item) or item.health_status.lower() == "passed":
            continue
        for detail in item.health_details:
            if not _is_well(detail):
                yield replace(_read_detail(detail, catalog), source=str(item.id))


def _is_well(detail: HealthDetail) -> bool:
    return detail.code == _WELL_NUMBER or detail.title.lower().startswith(_WELL)


def _read_detail(detail: HealthDetail, catalog: Catalog, dynamic: str = "") -> Symptom:
    texts = (detail.message, *detail.recommendations, dynamic)
    book = _find_book(detail, texts, catalog)
    return Symptom(
        code=book.code if book else _spell(detail),
        known=book is not None,
        told_by=ToldBy.HEALTH,
        number=detail.code or None,
        inner=_open(book, texts, catalog),
        message=detail.message,
        recommendations=detail.recommendations,
    )


def _find_book(detail: HealthDetail, texts: Iterable[str], catalog: Catalog) -> Playbook | None:
    """Go by the title, then by the number, then, where there is no title, by names in the texts."""
    if detail.title and (named := catalog.find(detail.title)):
        return named
    if detail.code and (numbered := catalog.find(detail.code)):
        return numbered
    in_texts = (book for text in texts for book in catalog.find_in_text(text))
    return None if detail.title else next(in_texts, None)


def _spell(detail: HealthDetail) -> str:
    return detail.title or (str(detail.code) if detail.code else NO_CODE)


def _open(book: Playbook | None, texts: Iterable[str], catalog: Catalog) -> tuple[str, ...]:
    """Give the codes inside an envelope, in the order in which they stand there.

    A code that no playbook knows may be one too.
    """
    if book is not None and not book.envelope:
        return ()
    inside = (each.code for text in texts for each in catalog.find_in_text(text))
    own = book.code if book else ""
    return tuple(dict.fromkeys(code for code in inside if code != own))


def _complete(first: Symptom, second: Symptom) -> Symptom:
    """Add what a second word about the same code tells beyond the first."""
    return replace(
        first,
        source=first.source or second.source,
        at=first.at or second.at,
        number=first.number or second.number,
        inner=tuple(dict.fromkeys((*first.inner, *second.inner))),
        message=first.message or second.message,
        recommendations=first.recommendations or second.recommendations,
    )


def find_told(symptoms: Iterable[Symptom], *names: str) -> tuple[Symptom, str] | None:
    """Find the first symptom with one of these codes, also inside an envelope, and that code."""
    wanted = {name.lower() for name in names}
    told = ((symptom, code) for symptom in symptoms for code in symptom.codes)
    return next(((symptom, code) for symptom, code in told if code.lower() in wanted), None)
