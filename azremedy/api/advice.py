"""Say what to do about a backup that failed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from azremedy.domain.catalog import Catalog
from azremedy.domain.playbook import Playbook
from azremedy.domain.steps import TriggerBackup
from azremedy.errors import UsageError
from azremedy.ids import ResourceId
from azremedy.playbooks import load_library, load_shipped

if TYPE_CHECKING:
    from collections.abc import Iterator

    from azremedy.domain.plan import PlannedStep
    from azremedy.domain.resources import HealthDetail
    from azremedy.domain.run import Run, StepResult


@dataclass(frozen=True, slots=True, kw_only=True)
class Advice:
    """What the codes of one VM's failed backup mean."""

    vm_id: ResourceId
    """The VM."""
    playbooks: tuple[Playbook, ...]
    """One for each code that is known, an envelope before what it wraps."""


def advise(run: Run) -> tuple[Advice, ...]:
    """Find the playbooks for the codes of every backup that failed in a run, or was refused."""
    results = {result.number: result for result in run.steps}
    failed = [
        (target.target, planned, results[planned.number])
        for target in run.plan.targets
        for planned in target.steps
        if results[planned.number].error is not None
    ]
    if not failed:
        return ()
    catalog = _load_catalog()
    found: dict[ResourceId, dict[str, Playbook]] = {}
    for vm_id, planned, result in failed:
        for book in _find_books(planned, result, catalog):
            found.setdefault(vm_id, {}).setdefault(book.code, book)
    return tuple(
        Advice(vm_id=vm_id, playbooks=tuple(books.values())) for vm_id, books in found.items()
    )


def _load_catalog() -> Catalog:
    """Load all playbooks; those shipped alone when one of the user's own cannot be used.

    What became of a run must be told, whatever lies in a folder of playbooks.
    """
    try:
        return Catalog(load_library().playbooks)
    except UsageError:
        return Catalog(load_shipped().playbooks)


def _find_books(planned: PlannedStep, result: StepResult, catalog: Catalog) -> Iterator[Playbook]:
    """Find the playbooks for what the job tells, and for a refusal to start one."""
    for detail in result.job.errors if result.job else ():
        yield from _open(detail, catalog)
    answer = result.error.answer if result.error else None
    # Other steps are refused with codes that mean something else there.
    if answer is None or not answer.code or not isinstance(planned.step, TriggerBackup):
        return
    if (book := catalog.find(answer.code)) is not None:
        yield book


def _open(detail: HealthDetail, catalog: Catalog) -> Iterator[Playbook]:
    book = catalog.find(detail.title) if detail.title else None
    if book is None and detail.code:
        book = catalog.find(detail.code)
    if book is None:
        return
    yield book
    if book.envelope:
        yield from catalog.find_in_text(detail.message)
