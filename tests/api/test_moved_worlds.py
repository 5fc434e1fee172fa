"""A kept plan is refused when anything that it rests on has moved since, and each is named."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from azremedy import api
from azremedy.api.agent import plan_agents
from azremedy.api.connect import WorldClock
from azremedy.api.keys import plan_grant_keyvault
from azremedy.api.network import plan_allow_storage
from azremedy.api.runs import plan_undo
from azremedy.domain.events import StepStarted
from azremedy.domain.planner.agent import AgentBy, AgentOptions
from azremedy.engine.stop import Steering, Stop
from azremedy.errors import RefusedError, StalePlanError
from azremedy.gateways.session import Session
from azremedy.sandbox import SandboxCredential, WorldTransport
from tests.support.stages import (
    COLLECTION_TYPE,
    DELETE_COLLECTION,
    JOB_TYPE,
    LOCK_TYPE,
    POINT_TYPE,
    ROOT,
    SUBSCRIPTION,
    VM_TYPE,
    answered,
    built_in,
    lock,
    names,
    open_stage,
    with_faults,
    with_resources,
)

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from azremedy.domain.events import Event
    from azremedy.domain.plan import Plan
    from tests.support.stages import Stage

LIMIT = "restore-point-limit"
WEB = names("web-1")
RECOVERY_POINT_TYPE = (
    "Microsoft.RecoveryServices/vaults/backupFabrics/protectionContainers/protectedItems"
    "/recoveryPoints"
)
ANOTHER_VM = "99999999-4905-42ee-a7dd-8b63afec6ba7"


def clean(stage: Stage) -> Plan:
    """Plan to clean up web-1, whatever is lost."""
    options = api.CleanOptions(unlock=True, accept_loss=True)
    return api.plan_clean(stage.azure, WEB, options)


def add_point(stage: Stage) -> None:
    """Let a restore point be taken."""
    point = stage.documents(POINT_TYPE)[0]
    point["id"] = point["id"].rpartition("/")[0] + "/AzureBackup_20261120_075900"
    stage.world.documents.put({**point, "name": "AzureBackup_20261120_075900"})


def remove_point(stage: Stage) -> None:
    """Let the service delete its oldest point."""
    stage.world.documents.remove(stage.documents(POINT_TYPE)[0]["id"])


def remove_collection(stage: Stage) -> None:
    """Let somebody be faster."""
    for each in (*stage.documents(POINT_TYPE), *stage.documents(COLLECTION_TYPE)):
        stage.world.documents.remove(each["id"])


def change_lock(stage: Stage) -> None:
    """Give the lock other notes."""
    found = stage.documents(LOCK_TYPE)[0]
    found["properties"]["notes"] = "another reason"
    stage.world.documents.put(found)


def tighten_lock(stage: Stage) -> None:
    """Let the lock forbid everything."""
    found = stage.documents(LOCK_TYPE)[0]
    found["properties"]["level"] = "ReadOnly"
    stage.world.documents.put(found)


def remove_lock(stage: Stage) -> None:
    """Take the lock off."""
    stage.world.documents.remove(stage.documents(LOCK_TYPE)[0]["id"])


def add_lock(stage: Stage) -> None:
    """Put a second lock on the group."""
    scope = stage.documents(LOCK_TYPE)[0]["id"].partition("/providers/")[0]
    stage.world.documents.put({**lock(scope, "second"), "name": "second", "type": LOCK_TYPE})


def lose_copy(stage: Stage) -> None:
    """Let the vault lose its copy of one point."""
    stage.world.documents.remove(stage.documents(RECOVERY_POINT_TYPE)[0]["id"])


def remake_vm(stage: Stage) -> None:
    """Delete the VM and make another of its name."""
    machine = stage.documents(VM_TYPE)[0]
    machine["properties"]["vmId"] = ANOTHER_VM
    stage.world.documents.put(machine)


def delete_vm(stage: Stage) -> None:
    """Delete the VM."""
    stage.world.documents.remove(stage.documents(VM_TYPE)[0]["id"])


def start_job(stage: Stage) -> None:
    """Let a scheduled backup of web-1 begin."""
    job = stage.documents(JOB_TYPE)[0]
    job["id"] = job["id"].rpartition("/")[0] + "/11111111-2222-3333-4444-555555555555"
    job["name"] = "11111111-2222-3333-4444-555555555555"
    job["properties"] |= {"status": "InProgress", "startTime": stage.world.clock.text()}
    del job["properties"]["endTime"]
    stage.world.documents.put(job)


@pytest.mark.parametrize(
    ("move", "told"),
    [
        (add_point, "step 2, would delete .*: made since: AzureBackup_20261120_075900"),
        (remove_point, "step 2, would delete .*: gone since: AzureBackup_20261101_220107"),
        (remove_collection, "step 2, would delete .*: not planned any more"),
        (change_lock, "lock 'no-deletes' .*: notes was .*, is another reason"),
        (tighten_lock, "level was CanNotDelete, is ReadOnly"),
        (remove_lock, "step 1, would remove CanNotDelete lock .*: not planned any more"),
        (add_lock, "would remove CanNotDelete lock 'second' .*: new, not in the kept plan"),
        (lose_copy, "AzureBackup_20261101_220107: nowhere else"),
        (delete_vm, "is gone: .*web-1"),
    ],
    ids=lambda each: getattr(each, "__name__", ""),
)
def test_clean_up_of_a_world_that_moved_is_stale(
    tmp_path: Path, move: Callable[[Stage], None], told: str
) -> None:
    """Exit code 7, the difference in words, and nothing written."""
    stage = open_stage(tmp_path, LIMIT)
    plan = clean(stage)
    move(stage)

    with pytest.raises(StalePlanError, match=told) as stale:
        api.check_still_holds(stage.azure, plan)

    assert 7 == stale.value.exit_code
    assert [] == stage.writes()


def test_every_difference_is_told(tmp_path: Path) -> None:
    """One line each, so that nobody has to try again to learn the next."""
    stage = open_stage(tmp_path, LIMIT)
    plan = clean(stage)
    for move in (add_point, remove_lock, lose_copy):
        move(stage)

    with pytest.raises(StalePlanError) as stale:
        api.check_still_holds(stage.azure, plan)

    assert 3 == stale.value.summary.count("\n  ")


def reset(stage: Stage) -> Plan:
    """Plan to uninstall the extension of app-1."""
    return api.plan_reset(stage.azure, names("app-1"))


def restart(stage: Stage) -> Plan:
    """Plan to restart web-1."""
    return plan_agents(stage.azure, WEB, AgentOptions(by=AgentBy.RESTART))


def unlock(stage: Stage) -> Plan:
    """Plan to unlock the groups of web-1."""
    return api.plan_unlock(stage.azure, api.GroupNames(vms=WEB))


def fix(stage: Stage) -> Plan:
    """Plan to mend web-1."""
    return api.plan_fix(stage.azure, WEB, api.FixOptions(unlock=True))


def allow(stage: Stage) -> Plan:
    """Plan to open the way to Azure Storage."""
    return plan_allow_storage(stage.azure, WEB)


def grant(stage: Stage) -> Plan:
    """Plan to let the service into the key vault."""
    return plan_grant_keyvault(stage.azure, WEB)


def remove_group(stage: Stage) -> None:
    """Delete the restore point group with all that is in it."""
    group = stage.documents(LOCK_TYPE)[0]["id"].partition("/providers/")[0].lower()
    for each in stage.world.export()["resources"]:
        if each["id"].lower().startswith(group):
            stage.world.documents.remove(each["id"])


def open_way(stage: Stage) -> None:
    """Let somebody else carry the same plan out."""
    assert 0 == stage.apply(allow(stage)).exit_code


def let_in(stage: Stage) -> None:
    """Let somebody else give the rights."""
    assert 0 == stage.apply(grant(stage)).exit_code


@pytest.mark.parametrize(
    ("world", "plan", "move", "told"),
    [
        ("stuck-extension", reset, remake_vm, "the VM was made again under its name"),
        ("stuck-extension", reset, delete_vm, "is gone: "),
        ("user-error-guest-agent-status-unavailable", restart, remake_vm, "made again"),
        (LIMIT, unlock, remove_lock, "would remove .*: not planned any more"),
        (LIMIT, unlock, remove_group, "is gone: .*AzureBackupRG"),
        (LIMIT, fix, remove_lock, "would remove .*: not planned any more"),
        ("storage-blocked", allow, open_way, "would add rule .*: not planned any more"),
        (
            "user-error-keyvault-permissions-not-configured",
            grant,
            let_in,
            "would give .*: not planned any more",
        ),
    ],
    ids=lambda each: getattr(each, "__name__", ""),
)
def test_each_command_notices_that_its_world_moved(
    tmp_path: Path,
    world: str,
    plan: Callable[[Stage], Plan],
    move: Callable[[Stage], None],
    told: str,
) -> None:
    """Exit code 7, the difference in words, and nothing written."""
    stage = open_stage(tmp_path, world)
    made = plan(stage)
    move(stage)
    before = stage.writes()

    with pytest.raises(StalePlanError, match=told):
        api.check_still_holds(stage.azure, made)

    assert before == stage.writes()


def test_new_refusals_are_those_of_now(tmp_path: Path) -> None:
    """A job that has started since refuses the plan, with its own verdict; exit code 4."""
    stage = open_stage(tmp_path, LIMIT)
    plan = clean(stage)
    start_job(stage)

    now = api.check_still_holds(stage.azure, plan)

    assert ["backup-running"] == [verdict.guard for verdict in now.refusals]
    assert 4 == stage.apply(now).exit_code
    assert [] == stage.writes()


def test_plan_that_was_refused_stays_refused(tmp_path: Path) -> None:
    """Nobody approved it; what stood in its way may have gone, but it is made anew first."""
    stage = open_stage(tmp_path, LIMIT)
    plan = api.plan_clean(stage.azure, WEB)
    remove_lock(stage)

    same = api.check_still_holds(stage.azure, plan)

    assert plan == same
    assert 4 == stage.apply(same).exit_code


def test_points_in_another_order_are_the_same_points(tmp_path: Path) -> None:
    """Azure promises no order."""
    stage = open_stage(tmp_path, LIMIT)
    plan = clean(stage)
    target = plan.targets[0]
    turned: list[Any] = [
        replace(each, step=replace(each.step, restore_points=each.step.restore_points[::-1]))
        if each.step.kind == "DeleteRestorePointCollection"
        else each
        for each in target.steps
    ]

    other = replace(plan, targets=(replace(target, steps=tuple(turned)),))

    assert plan.steps != other.steps
    assert other == api.check_still_holds(stage.azure, other)


def test_forged_step_is_not_carried_out(tmp_path: Path) -> None:
    """A step that azremedy itself would not plan makes the plan stale, however it is signed."""
    base = with_resources(built_in(LIMIT), lock(f"{ROOT}/resourceGroups/rg-backup", "keep"))
    stage = open_stage(tmp_path, base)
    plan = clean(stage)
    step: Any = plan.steps[0].step
    other = next(each for each in stage.documents(LOCK_TYPE) if each["id"].endswith("/keep"))
    aimed = replace(step.lock, id=type(step.lock.id).parse(other["id"]))
    forged = replace(plan.steps[0], step=replace(step, lock=aimed))
    target = replace(plan.targets[0], steps=(forged, *plan.targets[0].steps[1:]))
    path = tmp_path / "plan.json"
    api.save_plan(replace(plan, targets=(target,)), path)

    with pytest.raises(StalePlanError, match=r"lock 'keep' .*: not planned any more"):
        api.check_still_holds(stage.azure, api.load_plan(path))


def as_azure(stage: Stage) -> api.Azure:
    """Connect to the stage's world as if it were Azure: it is not made afresh each time."""
    transport, clock = WorldTransport(stage.app), WorldClock(stage.world)
    return api.Azure(
        lambda options: Session(
            SandboxCredential(), transport=transport, clock=clock, options=options
        ),
        lambda _: SUBSCRIPTION,
    )


def test_plan_is_carried_out_once(tmp_path: Path) -> None:
    """A second backup was not approved; the refusal names the run that did the first."""
    stage = open_stage(tmp_path, "healthy")
    azure = as_azure(stage)
    plan = api.plan_backup(azure, WEB, api.BackupOptions(until=api.WaitFor.JOB))
    run = api.apply(azure, plan, state_folder=stage.state)

    with pytest.raises(RefusedError, match=f"{run.run_id} has carried this plan out already"):
        api.check_still_holds(azure, plan, state_folder=stage.state)

    assert 0 == run.exit_code
    assert 1 == stage.count_jobs()


def test_plan_partly_carried_out_is_resumed(tmp_path: Path) -> None:
    """Its refusal names the run and the command, which does the rest."""
    fault = answered(DELETE_COLLECTION, 400, code="InvalidParameter")
    stage = open_stage(tmp_path, with_faults(built_in(LIMIT), fault))
    azure = as_azure(stage)
    plan = clean(replace(stage, azure=azure))
    run = api.apply(azure, plan, state_folder=stage.state)
    assert run.run_id is not None

    with pytest.raises(RefusedError, match=f"{run.run_id} has carried out part") as refused:
        api.check_still_holds(azure, plan, state_folder=stage.state)
    resumed = api.resume(azure, run.run_id, state_folder=stage.state)

    assert f"azremedy resume {run.run_id}" in refused.value.advice
    assert 0 == resumed.exit_code
    assert [] == stage.documents(COLLECTION_TYPE)


def test_run_that_sent_nothing_does_not_use_a_plan_up(tmp_path: Path) -> None:
    """Stopped before its first step, the plan is still to be carried out."""
    stage = open_stage(tmp_path, LIMIT)
    azure, stop = as_azure(stage), Stop()
    plan = clean(replace(stage, azure=azure))
    stop.ask()
    run = api.apply(azure, plan, state_folder=stage.state, steering=Steering(stop=stop))

    assert 9 == run.exit_code
    assert plan == api.check_still_holds(azure, plan, state_folder=stage.state)


def test_each_rehearsal_has_its_own_world(tmp_path: Path) -> None:
    """A plan rehearsed yesterday may be rehearsed again."""
    first, second = (open_stage(tmp_path, LIMIT) for _ in range(2))
    plan = clean(first)
    assert 0 == first.apply(plan).exit_code

    assert plan == api.check_still_holds(second.azure, plan, state_folder=first.state)


def test_plan_that_undoes_is_made_from_the_journal_again(tmp_path: Path) -> None:
    """It holds until the run is undone, and is refused from then on."""
    stage = open_stage(tmp_path, LIMIT)
    run = stage.apply(unlock(stage))
    assert run.run_id is not None
    path = tmp_path / "undo.json"
    api.save_plan(plan_undo(stage.azure, run.run_id, state_folder=stage.state), path)
    plan = api.load_plan(path)

    holding = api.check_still_holds(stage.azure, plan, state_folder=stage.state)
    undone = stage.apply(holding)

    assert plan == holding
    assert 0 == undone.exit_code
    assert ["delete", "put"] == [write.split()[0] for write in stage.writes()]
    with pytest.raises(RefusedError, match="undone already"):
        api.check_still_holds(stage.azure, plan, state_folder=stage.state)


def test_world_that_moves_after_the_check_stops_the_step(tmp_path: Path) -> None:
    """The check is not the last look: each step looks again right before it is done."""
    stage = open_stage(tmp_path, LIMIT)
    plan = api.check_still_holds(stage.azure, clean(stage))

    def listen(event: Event) -> None:
        if isinstance(event, StepStarted) and event.planned.number == 2:
            add_point(stage)

    run = stage.apply(plan, listen=listen)

    assert ("done", "failed") == tuple(result.state.value for result in run.steps)
    assert ["delete"] == [write.split()[0] for write in stage.writes()]
