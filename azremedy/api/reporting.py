"""Gather what a report tells of a run, or of a kept plan. Only reads."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING

from azremedy.api.previewing import preview
from azremedy.api.runs import read_run
from azremedy.api.saving import find_fingerprint, load_plan
from azremedy.api.stores import as_store
from azremedy.engine.journal import EntryKind, JournalEntry
from azremedy.report.material import Material, Span
from azremedy.wire import WireError, from_json

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from azremedy.api.runs import PastRun
    from azremedy.api.stores import Place
    from azremedy.engine.store import Store


def report_run(place: Place, run_id: str) -> Material:
    """Gather what there is to tell of a run.

    Args:
        place: where it is kept.
        run_id: the run.

    Raises:
        TargetNotFoundError: there is no such run.
        JournalDamagedError: its journal cannot be read.
    """
    store = as_store(place)
    return tell_run(read_run(store, run_id), store)


def tell_run(found: PastRun, store: Store) -> Material:
    """Gather what there is to tell of a run that was read; its journal is read once more."""
    past = found.past
    kept = store.fetch((past.run_id,)) if past.run_id else ()
    entries = tuple(entry for each in kept for entry in _read_entries(each.content))
    return Material(
        plan=past.plan,
        state=found.state,
        results=past.results,
        unknown=past.unknown,
        spans=find_spans(entries),
        resumed=tuple(each.at for each in entries if each.entry is EntryKind.RESUMED),
        locks_off=found.locks_off,
        run_id=past.run_id,
        journal=past.journal,
        began=past.began,
        ended=entries[-1].at if entries else None,
        exit_code=past.exit_code,
        undone_by=found.undone_by,
        fingerprint=find_fingerprint(past.plan),
    )


def report_plan(path: Path) -> Material:
    """Gather what there is to tell of a plan in a file.

    Raises:
        UsageError: the file cannot be read, or is no plan.
        RefusedError: it is not as it was written, or is another version's.
    """
    plan = load_plan(path)
    made = Material(plan=plan, state=preview(plan).state.value)
    return replace(made, file=str(path), fingerprint=find_fingerprint(plan))


def is_scan(path: Path) -> bool:
    """Say whether a file holds a scan, and not a plan; what cannot be read is none."""
    from azremedy.api.scan import SCHEMA  # noqa: PLC0415 - most reports are of runs

    try:
        document = json.loads(path.read_text(encoding="utf-8-sig"))
    except (OSError, ValueError, RecursionError):
        return False
    return isinstance(document, dict) and document.get("schema") == SCHEMA


def find_spans(entries: Iterable[JournalEntry]) -> tuple[Span, ...]:
    """Find every attempt at a step: from its intent to its outcome, or to where the record ends."""
    spans: list[Span] = []
    newest: dict[int, int] = {}
    for entry in entries:
        if (number := entry.number) is None:
            continue
        place = newest.get(number)
        if place is None or entry.entry is EntryKind.INTENT or spans[place].ended is not None:
            newest[number] = place = len(spans)
            spans.append(_begin(number, entry))
        spans[place] = _follow(spans[place], entry)
    return tuple(spans)


def _begin(number: int, entry: JournalEntry) -> Span:
    """Begin an attempt; one that found everything done already has no intent."""
    started = entry.result.started_at if entry.result is not None else None
    return Span(number=number, began=started or entry.at)


def _follow(span: Span, entry: JournalEntry) -> Span:
    if entry.entry is EntryKind.ACCEPTED:
        return replace(span, accepted=entry.at)
    if entry.result is not None:
        return replace(span, ended=entry.at, state=entry.result.state)
    return span


def _read_entries(content: bytes) -> tuple[JournalEntry, ...]:
    """Read what can be read: whoever read the past before has refused what is damaged."""
    entries = []
    for line in content.splitlines():
        try:
            entries.append(from_json(JournalEntry, line))
        except WireError:
            continue
    return tuple(entries)
