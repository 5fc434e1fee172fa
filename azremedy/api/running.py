"""Carry a plan out, or say why not: three endings with one shape."""

from __future__ import annotations

from contextlib import closing
from typing import TYPE_CHECKING
from uuid import uuid4

from azremedy.api.begun import check_not_begun, check_not_overtaken
from azremedy.api.origins import check_origin
from azremedy.api.previewing import preview
from azremedy.api.resuming import find_hindrance
from azremedy.domain.run import Run, RunState
from azremedy.domain.steps import DeleteLock
from azremedy.engine.executor import Executor
from azremedy.engine.handlers.base import Patience
from azremedy.engine.history import find_past, list_past
from azremedy.engine.stop import Steering

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from azremedy.api.connect import Azure
    from azremedy.api.stores import Place
    from azremedy.domain.events import Event
    from azremedy.domain.plan import Plan
    from azremedy.engine.store import OpenJournal, Watch
    from azremedy.gateways.session import Session
    from azremedy.ids import ResourceId


def apply(
    azure: Azure,
    plan: Plan,
    *,
    listen: Callable[[Event], None] = lambda _: None,
    patience: Patience | None = None,
    state_folder: Place | None = None,
    steering: Steering | None = None,
) -> Run:
    """Carry out exactly this plan; a refused or empty one changes nothing.

    Every change is in the journal before it is made. Not safe to repeat as such: plan again; a run
    that was cut off is taken up with :func:`resume`.

    Args:
        azure: the connection.
        plan: from one of the ``plan_`` functions.
        listen: told what happens.
        patience: how long to wait for Azure.
        state_folder: where journals are kept; the connection's own place when left out.
        steering: how several targets are worked on side by side, one canary first when left out;
            and by what somebody else can end the run.

    Raises:
        RefusedError: when the journal cannot be written, the connection only reads, or a run has
            begun this plan.
        HeldError: when another run works on one of the targets.
        StalePlanError: when another run has worked on a target since the plan was made.
    """
    foreseen = preview(plan, dry_run=False)
    if foreseen.state is not RunState.PLANNED:
        return foreseen
    azure.check_writable()
    check_origin(azure, plan)
    store = azure.find_store(state_folder)
    run_id = _make_run_id(azure.clock.now())
    with store.hold(list_held(plan), run_id=run_id) as held:
        _check_first(azure, plan, state_folder)
        with closing(store.create(run_id)) as journal, azure.open_writer() as session:
            executor = _make_executor(
                session, journal, held, listen=listen, patience=patience, steering=steering
            )
            return executor.run(plan, run_id=run_id, path=journal.place)


def _make_executor(
    session: Session,
    journal: OpenJournal,
    held: Watch,
    *,
    listen: Callable[[Event], None],
    patience: Patience | None,
    steering: Steering | None,
) -> Executor:
    return Executor(
        session=session,
        journal=journal,
        listen=listen,
        patience=patience or Patience(),
        steering=steering or Steering(),
        check_held=held.check,
    )


def _check_first(azure: Azure, plan: Plan, state_folder: Place | None) -> None:
    """Look once more while the targets are held: others may have gone on while a person was asked.

    Each rehearsal has a world of its own, so its earlier runs count only in a folder that is named.
    """
    named = state_folder or azure.state_folder
    if azure.sandbox and named is None:
        return
    runs = list_past(
        azure.find_store(named), since=plan.created_at, rehearsals=azure.sandbox is not None
    )
    if not azure.sandbox:
        check_not_begun(plan, runs)
    check_not_overtaken(plan, runs)


def resume(
    azure: Azure,
    run_id: str,
    *,
    listen: Callable[[Event], None] = lambda _: None,
    patience: Patience | None = None,
    state_folder: Place | None = None,
    steering: Steering | None = None,
) -> Run:
    """Take up a run that ended before its end: what is done is not done again.

    Steps that failed are tried again; steps whose outcome nobody saw are looked at first; leased
    locks that are off go back. Safe to repeat: of a run that is done nothing is done again. Who
    could not give back what would be lent once more is refused; what is off then still goes back.

    Raises:
        TargetNotFoundError: there is no such run.
        JournalDamagedError: its journal cannot be read.
        HeldError: its process still lives, or another run works on one of the targets.
        RefusedError: its journal cannot be written, the connection only reads, or the run was
            made somewhere else.
        PermissionDeniedError: a lock or a VM that it would lend could not be given back.
    """
    azure.check_writable()
    store = azure.find_store(state_folder)
    plan = find_past(store, run_id).plan
    check_origin(azure, plan)
    with store.hold(list_held(plan), run_id=run_id) as held:
        past = find_past(store, run_id)
        hindrance = find_hindrance(azure, past)
        with closing(store.reopen(run_id)) as journal, azure.open_writer() as session:
            executor = _make_executor(
                session, journal, held, listen=listen, patience=patience, steering=steering
            )
            return executor.resume(past, hindrance=hindrance)


def list_held(plan: Plan) -> tuple[ResourceId, ...]:
    """List what a run keeps other runs from: its targets, and what the locks it removes are on."""
    removed = (p.step.lock.scope for p in plan.steps if isinstance(p.step, DeleteLock))
    return tuple(dict.fromkeys((*(target.target for target in plan.targets), *removed)))


def _make_run_id(now: datetime) -> str:
    return f"{now:%Y%m%dT%H%M%SZ}-{uuid4().hex[:8]}"
