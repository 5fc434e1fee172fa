"""Locks that only steps before the backup need off are back when it begins, or when it ends."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from azremedy import api
from azremedy.domain.planner.assemble import Draft, Section, assemble
from azremedy.domain.planner.fix.leases import BACK
from azremedy.domain.remedies import Remedy
from azremedy.domain.resources import LockLevel, ManagementLock
from azremedy.domain.steps import CreateLock, DeleteLock
from azremedy.ids import ResourceId
from tests.support.stages import (
    LOCK_TYPE,
    ROOT,
    VM_TYPE,
    built_in,
    kinds,
    lock,
    names,
    open_stage,
    states,
    with_resources,
)

if TYPE_CHECKING:
    from pathlib import Path

    from azremedy.domain.events import Event
    from azremedy.domain.plan import Plan
    from tests.support.stages import Stage

DEAD = "user-error-guest-agent-status-unavailable"
GROUP = f"{ROOT}/resourceGroups/rg-shop"
VM = f"{GROUP}/providers/{VM_TYPE}/web-1"
EARLY = ("DeleteLock", "RestartVm", "CreateLock", "TriggerBackup", "WaitForJob")


def open_locked(folder: Path, *scopes: str, world: str = DEAD) -> Stage:
    """Open a world with ReadOnly locks."""
    locks = (lock(scope, "frozen", level="ReadOnly") for scope in scopes)
    return open_stage(folder, with_resources(built_in(world), *locks))


def fix(stage: Stage, *allowed: Remedy) -> Plan:
    """Plan to fix web-1 with every lock in the way off."""
    chosen = frozenset(allowed or (Remedy.RESTART_VM,))
    options = api.FixOptions(allowed=chosen, unlock=True, include_inherited=True)
    return api.plan_fix(stage.azure, names("web-1"), options)


def sent(stage: Stage) -> list[str]:
    """Name what was asked for, in order."""
    return [each.rpartition("/")[2] for each in stage.writes()]


def test_lock_is_back_before_the_backup(tmp_path: Path) -> None:
    """It refuses restarts only, and a backup may take hours."""
    stage = open_locked(tmp_path, VM)
    plan = fix(stage)

    run = stage.apply(plan)

    assert EARLY == kinds(plan)
    assert () == plan.restores
    assert {"done"} == set(states(run))
    assert ["frozen", "restart", "frozen", "backup"] == sent(stage)
    assert 1 == len(stage.documents(LOCK_TYPE))


def test_lock_on_the_vaults_group_stays_off(tmp_path: Path) -> None:
    """It would refuse the backup too, as one on the subscription does."""
    stages = [open_locked(tmp_path, scope) for scope in (GROUP, ROOT)]

    plans = [fix(stage) for stage in stages]

    assert [("CreateLock",)] * 2 == [tuple(p.step.kind for p in plan.restores) for plan in plans]


def test_lock_stays_off_until_the_extension_is_back(tmp_path: Path) -> None:
    """The backup installs what was uninstalled: a ReadOnly lock would refuse that."""
    stage = open_locked(tmp_path, VM, world="stuck-extension")
    options = api.FixOptions(unlock=True, include_inherited=True)

    plan = api.plan_fix(stage.azure, names("app-1"), options)

    assert "CreateLock" not in [p.step.kind for target in plan.targets for p in target.steps]


def test_lock_that_was_given_back_is_lent_once_more(tmp_path: Path) -> None:
    """An interrupted run gives it back; whoever takes the run up needs it off again."""
    stage = open_locked(tmp_path, VM)

    def interrupt(event: Event) -> None:
        if event.kind == "StepEnded":
            raise KeyboardInterrupt

    run = stage.apply(fix(stage), interrupt)
    resumed = api.resume(stage.azure, str(run.run_id), state_folder=stage.state)

    assert ("done", "skipped", "done", "skipped", "skipped") == states(run)
    assert 9 == run.exit_code
    assert 0 == resumed.exit_code
    assert ["frozen", "frozen", "frozen", "restart", "frozen", "backup"] == sent(stage)


def test_lock_is_not_lent_for_the_backups_sake(tmp_path: Path) -> None:
    """The run was interrupted while it followed the backup: the lock stays where it is."""
    stage = open_locked(tmp_path, VM)

    def interrupt(event: Event) -> None:
        if event.kind == "StepStarted" and sent(stage)[-1:] == ["backup"]:
            raise KeyboardInterrupt

    run = stage.apply(fix(stage), interrupt)
    resumed = api.resume(stage.azure, str(run.run_id), state_folder=stage.state)

    assert 9 == run.exit_code
    assert 0 == resumed.exit_code
    assert ["frozen", "restart", "frozen", "backup"] == sent(stage)


def test_lock_that_somebody_removed_is_not_made_again(tmp_path: Path) -> None:
    """This run did not take it off."""
    stage = open_locked(tmp_path, VM)
    plan = fix(stage)
    (held,) = stage.documents(LOCK_TYPE)
    stage.world.documents.remove(held["id"])

    run = stage.apply(plan)

    assert ("already", "done", "already", "done", "done") == states(run)
    assert [] == stage.documents(LOCK_TYPE)


SUB = ResourceId.parse(ROOT)
WIDE, NARROW = (
    ManagementLock(
        id=ResourceId.parse(f"{scope}/providers/{LOCK_TYPE}/held"), level=LockLevel.READ_ONLY
    )
    for scope in (ROOT, VM)
)


def lend(held: ManagementLock) -> Draft:
    """Draft that a lock is lent."""
    return Draft(step=DeleteLock(lock=held, leased=True), reason="in the way")


def section(*drafts: Draft) -> Section:
    """Make a target's section."""
    return Section(target=SUB, drafts=drafts)


def assembled(*sections: Section) -> Plan:
    """Make a plan."""
    return assemble(
        "fix", sections, created_at=datetime(2026, 11, 20, tzinfo=UTC), tool_version="0"
    )


def test_locks_of_several_steps_are_back_in_good_order() -> None:
    """The narrowest first: a wide one that is back would refuse the others."""
    plan = assembled(section(lend(WIDE), lend(NARROW)))

    assert [NARROW, WIDE] == [
        planned.step.lock for planned in plan.restores if isinstance(planned.step, CreateLock)
    ]


def test_lock_that_two_vms_need_off_is_back_at_the_end() -> None:
    """The second needs it off when the first is done; one VM alone does not wait for itself."""
    returned = Draft(step=CreateLock(lock=NARROW), reason=BACK)

    both = assembled(section(lend(NARROW), returned), section(lend(NARROW), returned))
    alone = assembled(section(lend(NARROW), lend(NARROW), returned))

    assert ("DeleteLock", "CreateLock") == kinds(both)
    assert ([(), (1,)], 1) == ([target.needs for target in both.targets], len(both.restores))
    assert ("DeleteLock", "CreateLock") == kinds(alone)
    assert ([()], 0) == ([target.needs for target in alone.targets], len(alone.restores))
