"""Find out why VMs' backups fail: read, name the symptom, ask the rules in play."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from azremedy.api.side_by_side import work_side_by_side
from azremedy.api.targets import VmNames, resolve_vms, settle_names
from azremedy.collect import Collector
from azremedy.domain import diagnosis as rules_asked
from azremedy.domain.case import Case
from azremedy.domain.catalog import Catalog
from azremedy.domain.evidence import UNREAD
from azremedy.domain.findings import Diagnosis
from azremedy.domain.playbook import Instructions, Playbook
from azremedy.domain.recurrence import find_recurrence
from azremedy.domain.rules.base import ALWAYS, Need
from azremedy.domain.symptoms import find_symptoms
from azremedy.errors import AmbiguousTargetError, TargetNotFoundError, UsageError
from azremedy.playbooks import load_library

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from azremedy.api.connect import Azure
    from azremedy.domain.evidence import Observation
    from azremedy.domain.guest import GuestFacts
    from azremedy.domain.rules.base import Rule
    from azremedy.domain.symptom import Symptom
    from azremedy.ids import ResourceId
    from azremedy.playbooks import Library

MadeT = TypeVar("MadeT")


@dataclass(frozen=True, slots=True, kw_only=True)
class DiagnoseOptions:
    """How to diagnose."""

    code: str | None = None
    """A code, a number, or a text that holds a code; besides those that Azure names."""
    playbooks: tuple[Path, ...] = ()
    """Files with playbooks of a team's own, which add to the known ones or replace them."""
    everything: bool = False
    """Whether every rule is asked, also those that no playbook of the codes names."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Examined:
    """One VM, with everything that was read and found out about it."""

    case: Case
    """What was read."""
    diagnosis: Diagnosis
    """What follows from it."""
    playbooks: tuple[Playbook, ...] = ()
    """The playbooks of its codes, an envelope's before what it holds."""
    instructions: tuple[Instructions, ...] = ()
    """What its findings and its codes name, in their order, each once."""


def diagnose(
    azure: Azure,
    asked: VmNames,
    options: DiagnoseOptions | None = None,
    *,
    guest: Mapping[ResourceId, Observation[GuestFacts]] | None = None,
) -> tuple[Examined, ...]:
    """Find out why the backups of VMs fail. Changes nothing; safe to repeat.

    What could not be read is in each diagnosis's ``gaps``, and what hangs on it cannot be told.

    Args:
        azure: the connection.
        asked: the VMs; also those that are gone while a vault still protects them.
        options: how to diagnose.
        guest: what a look inside told, for the VMs that were looked into.

    Raises:
        TargetNotFoundError: there is no such VM, and no vault protects one of that name.
        AmbiguousTargetError: several VMs have the name.
        UsageError: for a misspelt code, or a playbook that cannot be used.
        SignInError: no credential worked.
    """
    return examine_each(azure, asked, lambda each: each, options, guest=guest)


def examine_each(
    azure: Azure,
    asked: VmNames,
    then: Callable[[Examined], MadeT],
    options: DiagnoseOptions | None = None,
    *,
    guest: Mapping[ResourceId, Observation[GuestFacts]] | None = None,
) -> tuple[MadeT, ...]:
    """Diagnose as :func:`diagnose` does, and keep only what is made of each VM's result.

    Args:
        azure: the connection.
        asked: the VMs.
        then: called in several threads.
        options: how to diagnose.
        guest: what a look inside told, for the VMs that were looked into.

    Raises:
        AzremedyError: as for :func:`diagnose`.
    """
    chosen = options or DiagnoseOptions()
    library = load_library(chosen.playbooks)
    catalog = Catalog(library.playbooks)
    check_code(chosen.code, catalog)
    vm_ids = resolve_protected(azure, asked)
    # One collector a subscription: what all its VMs share is read once.
    collectors = {
        key: _collector(azure, key) for key in {id_.subscription_id.lower() for id_ in vm_ids}
    }
    inside = guest or {}

    def examine(vm_id: ResourceId) -> MadeT:
        collector = collectors[vm_id.subscription_id.lower()]
        looked = inside.get(vm_id, UNREAD)
        return then(_examine(collector, vm_id, library=library, options=chosen, guest=looked))

    return work_side_by_side(examine, vm_ids)


def check_code(code: str | None, catalog: Catalog) -> None:
    """Refuse a code that is probably a slip; one that resembles none may be new, and is taken.

    Raises:
        UsageError: the advice names the codes that it may be.
    """
    if code is None or catalog.find(code) or catalog.find_in_text(code):
        return
    if near := catalog.suggest(code):
        raise UsageError(
            f"No playbook knows the code '{code}'",
            advice=f"Did you mean {', '.join(near)}? See 'azremedy explain --list'.",
        )


def resolve_protected(azure: Azure, asked: VmNames) -> tuple[ResourceId, ...]:
    """Find the ids of VMs, also of those that are gone while a vault still protects them.

    Raises:
        TargetNotFoundError: there is no such VM, and no vault protects one of that name.
        AmbiguousTargetError: several have the name.
        UsageError: for what is no id, or not a VM's.
    """
    asked = settle_names(azure, asked)
    found = (_resolve_one(azure, name, asked.resource_group) for name in asked.names)
    return tuple(dict.fromkeys(found))


def _resolve_one(azure: Azure, name: str, group: str | None) -> ResourceId:
    try:
        (vm_id,) = resolve_vms(azure, VmNames(names=(name,), resource_group=group))
    except TargetNotFoundError:
        found = _collector(azure, azure.subscription_id).find_protected(name, group)
        if not found:
            raise
        if len(found) > 1:
            candidates = "\n  ".join(map(str, sorted(found)))
            raise AmbiguousTargetError(
                f"Vaults protect {len(found)} VMs that were named '{name}':\n  {candidates}"
            ) from None
        return found[0]
    return vm_id


def _collector(azure: Azure, subscription_id: str) -> Collector:
    return Collector(gateways=azure.gateways(subscription_id), clock=azure.clock)


def _examine(
    collector: Collector,
    vm_id: ResourceId,
    *,
    library: Library,
    options: DiagnoseOptions,
    guest: Observation[GuestFacts],
) -> Examined:
    bare, catalog = collector.collect_case(vm_id), Catalog(library.playbooks)
    symptoms = find_symptoms(
        asked=options.code, last_backup=bare.last_backup, items=bare.items, catalog=catalog
    )
    looked = guest is not UNREAD
    books = _find_books(symptoms, catalog)
    rules = _choose_rules(symptoms, () if options.everything else books, looked=looked)
    needs = rules_asked.list_needs(rules, look_inside=looked)
    told = replace(bare, symptoms=symptoms, guest=guest)
    case = collector.complete_case(told, needs)
    found = rules_asked.diagnose(case, rules, books)
    named = _list_codes(symptoms, catalog)
    return Examined(
        case=case,
        diagnosis=replace(found, recurrence=find_recurrence(case, found.confirmed)),
        playbooks=named,
        instructions=library.get_instructions(_list_instructions(found, named)),
    )


def _list_instructions(diagnosis: Diagnosis, books: tuple[Playbook, ...]) -> tuple[str, ...]:
    """List what findings and codes name, each once."""
    named = (name for finding in diagnosis.findings for name in finding.instructions)
    whatever = (name for book in books for name in book.instructions)
    return tuple(dict.fromkeys((*named, *whatever)))


def _list_codes(symptoms: Iterable[Symptom], catalog: Catalog) -> tuple[Playbook, ...]:
    """Find the playbooks of all codes, to tell what each means."""
    return _find_each((code for symptom in symptoms for code in symptom.codes), catalog)


def _find_books(symptoms: Iterable[Symptom], catalog: Catalog) -> tuple[Playbook, ...]:
    """Find the playbooks whose causes count: an envelope that was opened has none of its own."""
    codes = (code for symptom in symptoms for code in symptom.inner or (symptom.code,))
    return _find_each(codes, catalog)


def _find_each(codes: Iterable[str], catalog: Catalog) -> tuple[Playbook, ...]:
    found = (catalog.find(code) for code in codes)
    return tuple({book.code: book for book in found if book is not None}.values())


def _choose_rules(
    symptoms: tuple[Symptom, ...], books: tuple[Playbook, ...], *, looked: bool
) -> tuple[Rule, ...]:
    """Choose the rules to ask.

    A code that names its cause itself brings in no rule that costs a further read, and where
    nothing says that a backup failed nobody looks inside.
    """
    rules = rules_asked.find_rules_in_play(books)
    if any(map(_names_its_cause, books)) and not any(book.causes for book in books):
        return tuple(rule for rule in rules if rule.needs <= ALWAYS)
    if symptoms or looked:
        return rules
    return tuple(rule for rule in rules if Need.GUEST not in rule.needs)


def _names_its_cause(book: Playbook) -> bool:
    return not book.envelope and bool(book.remedies or book.instructions)
