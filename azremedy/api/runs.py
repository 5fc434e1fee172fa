"""Look at earlier runs, and take them back."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from azremedy._version import __version__
from azremedy.api.access import check_permissions
from azremedy.api.stores import as_store
from azremedy.domain.plan import Decision, Verdict
from azremedy.domain.planner.assemble import Section, assemble
from azremedy.domain.planner.undo import plan_undo as plan_sections
from azremedy.domain.resources import ManagementLock
from azremedy.domain.run import RunState, StepState
from azremedy.domain.steps import CreateLock, DeleteLock, StartVm
from azremedy.engine.handlers.base import Memory
from azremedy.engine.history import Past, find_past, list_journals, list_past, remember
from azremedy.errors import EXIT_DONE, EXIT_INTERRUPTED, RefusedError
from azremedy.ids import ResourceId

if TYPE_CHECKING:
    from collections.abc import Collection

    from azremedy.api.connect import Azure
    from azremedy.api.stores import Place
    from azremedy.domain.plan import Plan
    from azremedy.engine.unreadable import UnreadableRun

ALIVE = "running"
CUT_OFF = "cut off"


@dataclass(frozen=True, slots=True, kw_only=True)
class PastRun:
    """An earlier run in short."""

    past: Past
    """What its journal says."""
    state: str
    """``done``, ``failed``, ``interrupted``, ``running``, also when it ended only while its journal
    was read, or ``cut off``: its process is gone and did not live to say how it ended."""
    locks_off: tuple[ManagementLock, ...] = ()
    """Leased locks that it took off, or may have, and did not put back."""
    vms_off: tuple[ResourceId, ...] = ()
    """VMs that it shut down for a while, or may have, and did not start again."""
    undone_by: str | None = None
    """The run that took it back."""


def list_runs(place: Place) -> tuple[PastRun, ...]:
    """List the runs in a place that can be read, the newest first. Changes nothing."""
    return tuple(each for each in list_all_runs(place) if isinstance(each, PastRun))


def list_all_runs(place: Place) -> tuple[PastRun | UnreadableRun, ...]:
    """List the runs in a place, the newest first, also those that cannot be read."""
    store = as_store(place)
    # Before and after: of a run that ends meanwhile the journal may still tell less than all.
    before = store.list_living()
    found = list_journals(store)
    living = before | store.list_living()
    pasts = [past for past in found if isinstance(past, Past)]
    undone = {past.plan.undoes: past.run_id for past in pasts if past.plan.undoes and _ok(past)}
    return tuple(
        _sum_up(each, living, undone.get(each.run_id or "")) if isinstance(each, Past) else each
        for each in found
    )


def read_run(place: Place, run_id: str) -> PastRun:
    """Read one run.

    Raises:
        TargetNotFoundError: there is no such run.
        JournalDamagedError: its journal cannot be read.
    """
    store = as_store(place)
    before = store.list_living()
    past = find_past(store, run_id)
    living = before | store.list_living()
    rehearsed = past.plan.origin is not None and past.plan.origin.sandbox != ""
    others = list_past(store, since=past.began, rehearsals=rehearsed)
    undone = (each.run_id for each in others if each.plan.undoes == run_id and _ok(each))
    return _sum_up(past, living, next(undone, None))


def plan_undo(azure: Azure, run_id: str, *, state_folder: Place | None = None) -> Plan:
    """Plan the opposite of what a run did, the last step first.

    Raises:
        TargetNotFoundError: there is no such run.
        JournalDamagedError: its journal cannot be read.
        RefusedError: it still runs, was cut off, or was undone already.
    """
    found = read_run(azure.find_store(state_folder), run_id)
    _check_settled(found, run_id)
    past = found.past
    sections = tuple(map(_warn_of_locks, plan_sections(past.plan, past.results, past.accepted)))
    plan = assemble("undo", sections, created_at=azure.clock.now(), tool_version=__version__)
    made = replace(plan, origin=azure.find_origin(), undoes=run_id)
    return check_permissions(azure, made)


def _check_settled(found: PastRun, run_id: str) -> None:
    if found.undone_by is not None:
        raise RefusedError(
            f"Run {run_id} was undone already, by run {found.undone_by}",
            advice=f"See 'azremedy runs show {found.undone_by}'.",
        )
    if found.state == ALIVE:
        raise RefusedError(f"Run {run_id} still runs", advice="Wait for its end.")
    if found.past.unknown or found.locks_off:
        raise RefusedError(
            f"What run {run_id} did is not known to the end, or its locks are still off",
            advice=f"First: 'azremedy resume {run_id}'.",
        )


def _warn_of_locks(section: Section) -> Section:
    """Say that a lock which was the root cause comes back with the undoing."""
    verdicts = tuple(
        Verdict(
            guard="cause-comes-back",
            decision=Decision.WARN,
            subject=str(draft.step.target),
            message="this lock kept the service from cleaning up: backups may fail again with it",
        )
        for draft in section.drafts
        if isinstance(draft.step, CreateLock)
    )
    return replace(section, verdicts=(*section.verdicts, *verdicts))


def _ok(past: Past) -> bool:
    return past.exit_code == EXIT_DONE


def _sum_up(past: Past, living: Collection[str], undone_by: str | None) -> PastRun:
    memory = Memory()
    remember(past, memory)
    return PastRun(
        # An operation's token is like a key: it is for taking the run up, which reads it itself.
        past=replace(past, tokens={}),
        state=_tell_state(past, living),
        locks_off=_list_off(past, memory),
        vms_off=_list_stopped(past, memory),
        undone_by=undone_by,
    )


def _tell_state(past: Past, living: Collection[str]) -> str:
    if past.run_id in living:
        return ALIVE
    if past.exit_code is None:
        return CUT_OFF
    if past.exit_code == EXIT_INTERRUPTED:
        return RunState.INTERRUPTED.value
    return RunState.DONE.value if past.exit_code == EXIT_DONE else RunState.FAILED.value


def _list_stopped(past: Past, memory: Memory) -> tuple[ResourceId, ...]:
    """List the VMs that the run was to start again and that nothing says are back."""
    starts = (planned.step for planned in past.plan.steps if isinstance(planned.step, StartVm))
    return tuple(step.target for step in starts if step.target in memory.stopped_vms)


def _list_off(past: Past, memory: Memory) -> tuple[ManagementLock, ...]:
    """List the leased locks that nothing in the journal says are back."""
    settled = {n for n, r in past.results.items() if r.state in {StepState.DONE, StepState.ALREADY}}
    back = {
        planned.step.lock.id
        for planned in past.plan.steps
        if isinstance(planned.step, CreateLock) and planned.number in settled
    }
    return tuple(
        planned.step.lock
        for planned in past.plan.steps
        if isinstance(planned.step, DeleteLock)
        and planned.step.leased
        and planned.step.lock.id in memory.removed_locks - back
    )
