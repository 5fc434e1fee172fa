"""Read journals back: what a run planned, sent, and lived to see."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import cached_property
from typing import TYPE_CHECKING

from azremedy.domain.plan import Plan
from azremedy.domain.returning import find_lent_again, find_returns
from azremedy.domain.run import SETTLED, StepResult, StepState, Trigger
from azremedy.domain.steps import (
    CreateLock,
    DeallocateVm,
    DeleteExtension,
    DeleteLock,
    DeleteRestorePointCollection,
    StartVm,
    TriggerBackup,
)
from azremedy.engine.folder_store import fetch_journal
from azremedy.engine.journal import EntryKind, JournalEntry
from azremedy.engine.lately import fetch_since
from azremedy.engine.unreadable import UnreadableRun, tell_unreadable
from azremedy.errors import AzremedyError, RefusedError, TargetNotFoundError
from azremedy.wire import WireError, from_json

if TYPE_CHECKING:
    from pathlib import Path

    from azremedy.engine.handlers.base import Memory
    from azremedy.engine.store import KeptJournal, Shelf


BEGINNING = b'{"entry": "'
"""How every line of a journal begins."""
SEAL = b'"schema": "azremedy.journal/1"}'
"""How every whole line ends. Quotes in texts are escaped, so nothing inside looks like it."""


class JournalDamagedError(AzremedyError):
    """A journal cannot be read."""

    msgid = "journal-damaged"
    advice = "Nothing was changed. The file is as it was: look at it, or ask for help with it."


class NeverBegunError(JournalDamagedError):
    """A journal holds no entry: its run ended before anything could be sent."""


@dataclass(frozen=True, kw_only=True)
class Past:
    """What a run left behind when its process ended, in whatever way.

    It has no slots, so that what follows from it is found once: each step of a fleet asks.
    """

    plan: Plan
    """What it carries out."""
    run_id: str | None
    """Names the run; ``None`` when it keeps none."""
    journal: str | None
    """The journal's path or URL; ``None`` when it keeps none."""
    began: datetime
    """Azure's time of the first entry."""
    results: Mapping[int, StepResult] = field(default_factory=dict)
    """The last outcome of each step that has one."""
    intended: frozenset[int] = frozenset()
    """Steps whose request may have been sent in this run or in one that took it up."""
    sent_at: Mapping[int, datetime] = field(default_factory=dict)
    """Azure's time right before each of their requests, the last one's."""
    accepted: frozenset[int] = frozenset()
    """Steps of which Azure took a request, whatever became of them."""
    tokens: Mapping[int, str] = field(default_factory=dict)
    """Operations that Azure took and nobody saw the end of."""
    triggers: Mapping[int, Trigger] = field(default_factory=dict)
    """Backups that were about to be started, or were."""
    exit_code: int | None = None
    """How it ended; ``None`` when its process did not live to say."""

    @classmethod
    def none(cls, plan: Plan, *, run_id: str | None, path: str | None, began: datetime) -> Past:
        """Make the past of a run that begins now."""
        return cls(plan=plan, run_id=run_id, journal=path, began=began)

    @cached_property
    def settled(self) -> Mapping[int, StepResult]:
        """Steps that need nothing more.

        What was lent and has been given back, a lock or a VM's being off, is lent once more while
        work is left that may need it.
        """
        over = {n: result for n, result in self.results.items() if result.state in SETTLED}
        again = find_lent_again(self.plan, over)
        return {n: result for n, result in over.items() if n not in again}

    @cached_property
    def unknown(self) -> frozenset[int]:
        """Steps whose request may have been sent and whose outcome nobody saw."""
        open_ = {
            number
            for number in self.intended
            if (result := self.results.get(number)) is None or result.state is StepState.UNKNOWN
        }
        return frozenset(open_)

    @cached_property
    def returning(self) -> frozenset[int]:
        """Steps that only give back what another one lends."""
        return frozenset(back.number for back in find_returns(self.plan).values())

    @property
    def open(self) -> bool:
        """Whether something of it is left to do: steps, or locks to put back."""
        return not {planned.number for planned in self.plan.steps} <= set(self.settled)


def read_past(folder: Path) -> Past:
    """Read the journal in a run's folder, as :func:`parse_past` does.

    Raises:
        TargetNotFoundError: there is no such run.
        NeverBegunError: it holds nothing.
        JournalDamagedError: a line in the middle cannot be read.
    """
    if (kept := fetch_journal(folder)) is None:
        raise _no_run(folder.name)
    return parse_past(kept)


def find_past(store: Shelf, run_id: str) -> Past:
    """Read a run's journal.

    Raises:
        TargetNotFoundError: there is no such run.
        NeverBegunError: it holds nothing.
        JournalDamagedError: a line in the middle cannot be read.
    """
    for kept in store.fetch((run_id,)):
        return parse_past(kept)
    raise _no_run(run_id)


def parse_past(kept: KeptJournal) -> Past:
    """Read what a journal says. What a crash cut off in its last line is left out.

    Raises:
        NeverBegunError: it holds nothing.
        JournalDamagedError: it cannot be read, or a line in its middle cannot.
    """
    if kept.trouble:
        raise JournalDamagedError(kept.trouble)
    lines = enumerate(kept.content.splitlines(), 1)
    entries = [entry for at, line in lines if (entry := _read(kept.place, at, line))]
    return _sum_up(kept.run_id, kept.place, tuple(entries))


def _no_run(run_id: str) -> TargetNotFoundError:
    return TargetNotFoundError(f"There is no run {run_id}", advice="See 'azremedy runs'.")


def _read(journal: str, place: int, line: bytes) -> JournalEntry | None:
    """Read one line; what a full disk or a crash cut off is no entry."""
    # Where the power failed, a file system may show zeros that nobody wrote.
    line = line.rstrip(b"\0")
    if not line.strip() or _is_cut_off(line):
        return None
    try:
        entry = from_json(JournalEntry, line)
    except WireError as error:
        raise JournalDamagedError(f"{journal}, line {place}: {error}") from error
    if entry.at.tzinfo is None:
        raise JournalDamagedError(f"{journal}, line {place}: its time names no zone")
    return entry


def _is_cut_off(line: bytes) -> bool:
    """Say whether a line is the beginning of an entry and not the whole.

    Its last character tells nothing: a cut may fall behind an inner brace.
    """
    if line.rstrip().endswith(SEAL) or not BEGINNING.startswith(line[: len(BEGINNING)]):
        return False
    try:
        json.loads(line)
    except ValueError:
        return True
    return False


def _sum_up(run_id: str, journal: str, entries: tuple[JournalEntry, ...]) -> Past:
    plans = [entry.plan for entry in entries if entry.plan is not None]
    if not entries:
        raise NeverBegunError(f"{journal} holds no plan: its run did not begin")
    if not plans:
        raise JournalDamagedError(f"{journal} holds no plan: it is not whole")
    by_kind = {kind: [e for e in entries if e.entry is kind] for kind in EntryKind}
    ends = by_kind[EntryKind.END]
    resumed_after_end = bool(ends) and entries[-1] is not ends[-1]
    return Past(
        plan=plans[0],
        run_id=run_id,
        journal=journal,
        began=entries[0].at,
        results=_last_results(plans[0], entries),
        intended=frozenset(e.number for e in by_kind[EntryKind.INTENT] if e.number),
        sent_at={e.number: e.at for e in by_kind[EntryKind.INTENT] if e.number},
        accepted=frozenset(e.number for e in by_kind[EntryKind.ACCEPTED] if e.number),
        tokens=_open_tokens(entries),
        triggers={e.number: e.trigger for e in entries if e.number and e.trigger},
        exit_code=None if resumed_after_end or not ends else ends[-1].exit_code,
    )


def _last_results(plan: Plan, entries: tuple[JournalEntry, ...]) -> dict[int, StepResult]:
    """Keep each step's last outcome, unless its request may have been sent once more after it.

    A lock that is taken off once more is not back any longer, whatever was seen before.
    """
    returns = {number: back.number for number, back in find_returns(plan).items()}
    results: dict[int, StepResult] = {}
    accepted: set[int] = set()
    for entry in entries:
        if entry.number is None:
            continue
        if entry.entry is EntryKind.ACCEPTED:
            accepted.add(entry.number)
        elif entry.entry is EntryKind.INTENT:
            results.pop(entry.number, None)
            results.pop(returns.get(entry.number, 0), None)
        elif entry.result is not None:
            results[entry.number] = keep_done(
                results.get(entry.number), entry.result, is_accepted=entry.number in accepted
            )
    return results


def keep_done(before: StepResult | None, seen: StepResult, *, is_accepted: bool) -> StepResult:
    """Give what became of a step that was looked at again: what a run has done stays done.

    Args:
        before: what was known.
        seen: what was seen now.
        is_accepted: whether Azure has taken this run's request.
    """
    if seen.state is not StepState.ALREADY:
        return seen
    if before is not None and before.state is StepState.DONE:
        return before
    return replace(seen, state=StepState.DONE) if is_accepted else seen


def _open_tokens(entries: tuple[JournalEntry, ...]) -> dict[int, str]:
    """Keep the token of a step's last request, unless its outcome came after it."""
    tokens: dict[int, str] = {}
    for entry in entries:
        if entry.number is None:
            continue
        if entry.entry is EntryKind.ACCEPTED and entry.operation_token:
            tokens[entry.number] = entry.operation_token
        elif entry.entry is EntryKind.OUTCOME and entry.result is not None:
            if entry.result.state is not StepState.UNKNOWN:
                tokens.pop(entry.number, None)
        elif entry.entry is EntryKind.INTENT:
            tokens.pop(entry.number, None)
    return tokens


def list_past(
    store: Shelf, *, since: datetime | None = None, rehearsals: bool = False
) -> tuple[Past, ...]:
    """List the runs that can be read, the newest first, as :func:`list_journals` does."""
    found = list_journals(store, since=since, rehearsals=rehearsals)
    return tuple(past for past in found if isinstance(past, Past))


def list_journals(
    store: Shelf, *, since: datetime | None = None, rehearsals: bool = False
) -> tuple[Past | UnreadableRun, ...]:
    """List runs, the newest first; left out are those that never began.

    Args:
        store: where they are kept.
        since: runs that surely wrote nothing since then may be left out, which saves reading them.
        rehearsals: see :func:`azremedy.engine.lately.fetch_since`.
    """
    kept = (
        store.fetch(reversed([listed.run_id for listed in store.list_runs()]))
        if since is None
        else fetch_since(store, since, rehearsals=rehearsals)
    )
    found = map(_parse_or_tell, kept)
    return tuple(each for each in found if each is not None)


def check_readable(store: Shelf, *, since: datetime) -> None:
    """Refuse to judge by journals when one of them hides what happened.

    Args:
        store: where the runs are kept.
        since: what was written last before it does not count.

    Raises:
        RefusedError: a journal that was written since cannot be read; the message names it.
    """
    for each in list_journals(store, since=since):
        if isinstance(each, UnreadableRun) and each.written_at >= since:
            raise RefusedError(
                f"Nobody can tell whether run {each.run_id} has carried this plan out: {each.why}",
                advice="See 'azremedy runs' for its locks that may be off, and make the plan anew.",
            )


def _parse_or_tell(kept: KeptJournal) -> Past | UnreadableRun | None:
    try:
        return parse_past(kept)
    except NeverBegunError:
        return None
    except JournalDamagedError as error:
        return tell_unreadable(kept, error.summary)


def remember(past: Past, memory: Memory) -> None:
    """Fill a run's memory with what its earlier processes did, or may have done."""
    for planned in past.plan.steps:
        step, number = planned.step, planned.number
        result = past.results.get(number)
        if isinstance(step, DeallocateVm | StartVm):
            _remember_power(step, result, memory, intended=number in past.intended)
        if number not in past.intended:
            continue
        memory.sent_at[step.target] = past.sent_at[number]
        done = result is not None and result.state is StepState.DONE
        if isinstance(step, DeleteLock):
            memory.removed_locks.add(step.lock.id)
        elif isinstance(step, CreateLock) and done:
            memory.removed_locks.discard(step.lock.id)
        elif isinstance(step, DeleteRestorePointCollection | DeleteExtension) and done:
            memory.deleted.add(step.target)
        elif isinstance(step, TriggerBackup) and number in past.triggers:
            memory.triggers[step.item_id] = past.triggers[number]


def _remember_power(
    step: DeallocateVm | StartVm, result: StepResult | None, memory: Memory, *, intended: bool
) -> None:
    """Remember whether a run may have left a VM off that it is to start again."""
    settled = result is not None and result.state in SETTLED
    if isinstance(step, StartVm) and settled:
        memory.stopped_vms.discard(step.target)
    elif isinstance(step, DeallocateVm) and (settled or intended):
        memory.stopped_vms.add(step.target)
