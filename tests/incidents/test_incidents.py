"""Accidents that other tools had, or invite, before and while something is deleted.

Each test is named after what must not happen, and runs against a whole world with the real Azure
SDK in between.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from azremedy import api
from azremedy.api.runs import list_runs
from azremedy.domain.events import StepStarted
from azremedy.domain.plan import Plan
from azremedy.domain.steps import (
    DeleteExtension,
    DeleteLock,
    DeleteRestorePointCollection,
)
from azremedy.errors import ReadOnlyError, TargetNotFoundError, UsageError
from azremedy.ids import ResourceId
from azremedy.sandbox.scenario import Failure, Fault, OperationFault, Timing
from azremedy.wire import from_json, to_json
from tests.support.crashes import Life, run_until, take_up
from tests.support.stages import (
    COLLECTION_TYPE,
    DELETE_COLLECTION,
    DELETE_EXTENSION,
    EXTENSION_TYPE,
    JOB_TYPE,
    LOCK_TYPE,
    PUT_LOCK,
    ROOT,
    VM_TYPE,
    answered,
    built_in,
    guards_of,
    kinds,
    lock,
    names,
    open_stage,
    states,
    with_faults,
    with_resources,
    writes_of,
)

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from azremedy.domain.events import Event
    from azremedy.domain.steps import Step
    from azremedy.gateways.session import Gateways
    from azremedy.sandbox.scenario import Scenario
    from tests.support.stages import Json, Stage

WEB = names("web-1")
LIMIT = "restore-point-limit"
ALIKE = "two-vms-alike"
STUCK = "stuck-extension"
UNLOCK = api.CleanOptions(unlock=True)
EVERYTHING = api.CleanOptions(
    unlock=True, include_inherited=True, accept_loss=True, during_job=True, relock=True
)
GROUP = f"{ROOT}/resourceGroups/rg-app"
SERVICES_GROUP = f"{ROOT}/resourceGroups/AzureBackupRG_westeurope_1"
VM = ResourceId.parse(f"{GROUP}/providers/{VM_TYPE}/web-1")
COLLECTION = ResourceId.parse(f"{SERVICES_GROUP}/providers/{COLLECTION_TYPE}/AzureBackup_web-1")
RULE = ResourceId.parse(
    f"{GROUP}/providers/Microsoft.Network/networkSecurityGroups/nsg/securityRules/rule"
)
WRITES: dict[str, Callable[[Gateways], object]] = {
    "locks": lambda g: g.locks.delete_lock(ResourceId.parse(lock(ROOT, "x")["id"])),
    "collections": lambda g: g.compute.delete_collection(COLLECTION),
    "extensions": lambda g: g.compute.delete_extension(VM.child("extensions", "x")),
    "restarts": lambda g: g.vm_changes.restart_vm(VM),
    "shutdowns": lambda g: g.vm_changes.deallocate_vm(VM),
    "scripts": lambda g: g.vm_changes.run_script(VM, "Linux", ("true",)),
    "rules": lambda g: g.network.delete_rule(RULE),
}


def all_locks(stage: Stage) -> dict[str, Json]:
    """Give the body of each lock."""
    return {each["id"].lower(): each["properties"] for each in stage.documents(LOCK_TYPE)}


def collections(stage: Stage) -> set[str]:
    """Give the names of the restore point collections."""
    return {each["id"].rpartition("/")[2] for each in stage.documents(COLLECTION_TYPE)}


def behind_locks(*more: Json) -> Scenario:
    """Give a stuck extension behind a lock on its group, with whatever else there is."""
    return with_resources(built_in(STUCK), lock(GROUP, "team"), *more)


def reset(stage: Stage) -> Plan:
    """Plan to reset the extension behind its lock."""
    return api.plan_reset(stage.azure, names("app-1"), api.ResetOptions(unlock=True))


@pytest.mark.parametrize("what", WRITES)
def test_no_look_writes(tmp_path: Path, what: str) -> None:
    """What planning connects with refuses every change before it leaves the machine."""
    stage = open_stage(tmp_path, LIMIT)

    with pytest.raises(ReadOnlyError):
        WRITES[what](stage.azure.gateways())

    assert [] == stage.requests()


def test_no_run_does_more_than_its_dry_run_showed(tmp_path: Path) -> None:
    """One plan is shown and carried out; the world outside of it stays as it was."""
    stage = open_stage(tmp_path, "fleet-small")
    plan = api.plan_clean(stage.azure, names("app-03"), UNLOCK)
    shown = api.preview(plan)
    bystanders = collections(stage) - {step.step.target.name for step in plan.steps}

    run = stage.apply(plan)

    assert shown.plan == run.plan
    assert writes_of([planned.step for planned in plan.steps]) == stage.writes()
    assert bystanders == collections(stage)


def test_no_lock_stays_off_after_a_crash(tmp_path: Path) -> None:
    """Dead right after the lock went, whoever looks is told, and it comes back as it was."""
    stage = open_stage(tmp_path, behind_locks())
    before, plan = all_locks(stage), reset(stage)
    dead = next(n for n in range(1, 200) if _lock_is_off_after(stage, plan, points=n))

    told = list_runs(stage.state)[0]
    run = take_up(stage)

    assert dead
    assert ("cut off", ["team"]) == (told.state, [each.name for each in told.locks_off])
    assert before == all_locks(stage)
    assert 0 == run.exit_code


def _lock_is_off_after(stage: Stage, plan: Plan, *, points: int) -> bool:
    """Let a run die after so many points; begin anew unless that left the lock off."""
    assert run_until(stage, plan, Life(until=points)) is None
    if not all_locks(stage):
        return True
    (journal,) = (stage.state / "runs").glob("*/journal.jsonl")
    journal.unlink()
    journal.parent.rmdir()
    return False


def test_no_lock_stays_off_in_silence(tmp_path: Path) -> None:
    """Where Azure refuses to take it back the run fails, and says which lock, and how to put it."""
    forbidden = answered(PUT_LOCK, 403, times=99, code="AuthorizationFailed")
    stage = open_stage(tmp_path, with_faults(behind_locks(), forbidden))

    run = stage.apply(reset(stage))

    last = run.steps[-1]
    assert 0 != run.exit_code
    assert last.error is not None
    assert last.error.message.startswith("STILL OFF")
    assert "az lock create" in last.error.advice


def test_no_deletion_behind_a_lock_that_still_binds(tmp_path: Path) -> None:
    """Azure lists the lock no longer but goes by it: no step goes on, and the lock is back."""
    base = behind_locks()
    slow = replace(base, operations={**base.operations, "lockRelease": Timing(seconds=7200)})
    stage = open_stage(tmp_path, slow)
    before = all_locks(stage)

    run = stage.apply(reset(stage))

    assert ("done", "failed", "done") == states(run)
    assert before == all_locks(stage)
    assert "VMSnapshotLinux" in {each["name"] for each in stage.documents(EXTENSION_TYPE)}


def test_no_lock_elsewhere_is_taken_off(tmp_path: Path) -> None:
    """Not those on other groups, nor on resources beside the way, of whatever name."""
    others = (
        lock(f"{ROOT}/resourceGroups/rg-other", "no-deletes"),
        lock(f"{SERVICES_GROUP}/providers/Microsoft.Storage/storageAccounts/logs", "no-deletes"),
    )
    stage = open_stage(tmp_path, with_resources(built_in(LIMIT), *others))
    before = all_locks(stage)

    plan = api.plan_clean(stage.azure, WEB, EVERYTHING)
    run = stage.apply(plan)

    taken = [str(p.step.lock.id) for p in plan.steps if isinstance(p.step, DeleteLock)]
    assert [lock(SERVICES_GROUP, "no-deletes")["id"]] == taken
    assert 0 == run.exit_code
    assert before == all_locks(stage)


def test_no_lock_of_a_subscription_goes_with_the_others(tmp_path: Path) -> None:
    """It protects everything in there: --unlock is not its word."""
    stage = open_stage(tmp_path, with_resources(built_in(LIMIT), lock(ROOT, "landing-zone")))

    plan = api.plan_clean(stage.azure, WEB, UNLOCK)

    assert ("lock-inherited",) == guards_of(plan)
    assert "--include-inherited" == plan.refusals[0].override
    assert 4 == stage.apply(plan).exit_code
    assert [] == stage.writes()


@pytest.mark.parametrize("kind", ["DeleteResourceGroup", "DeleteGroup", "Delete"])
def test_no_plan_can_delete_a_resource_group(tmp_path: Path, kind: str) -> None:
    """There is no such step, so a file that asks for one is no plan."""
    stage = open_stage(tmp_path, "healthy")
    plan = api.plan_clean(stage.azure, WEB)
    written = to_json(plan).replace('"DeleteRestorePointCollection"', f'"{kind}"')

    with pytest.raises(ValueError, match="step"):
        from_json(Plan, written)


@pytest.mark.parametrize("plan_one", [api.plan_clean, api.plan_reset])
def test_no_step_takes_a_resource_group_for_its_target(
    tmp_path: Path, plan_one: Callable[..., Plan]
) -> None:
    """A plan that somebody wrote by hand names a group where a collection or extension belongs."""
    stage = open_stage(tmp_path, "healthy")
    plan = plan_one(stage.azure, WEB)
    (target,) = plan.targets
    forged = tuple(replace(planned, step=_aim_at_group(planned.step)) for planned in target.steps)

    run = stage.apply(replace(plan, targets=(replace(target, steps=forged),)))

    assert "failed" in states(run)
    assert stage.has(SERVICES_GROUP)
    assert [] == [each for each in stage.writes() if each.startswith("delete")]


def _aim_at_group(step: Step) -> Step:
    group = ResourceId.parse(SERVICES_GROUP)
    if isinstance(step, DeleteRestorePointCollection):
        return replace(step, collection_id=group)
    if isinstance(step, DeleteExtension):
        return replace(step, extension_id=group)
    return step


def test_no_collection_of_another_machine_is_deleted(tmp_path: Path) -> None:
    """A longer name, another product, an earlier VM of the same name: whatever is allowed."""
    stage = open_stage(tmp_path, ALIKE)
    before = collections(stage)

    run = stage.apply(api.plan_clean(stage.azure, WEB, EVERYTHING))

    assert 0 == run.exit_code
    assert {"AzureBackup_web-1_609263191186920"} == before - collections(stage)


@pytest.mark.parametrize("name", ["web", "web-?", "web.1", "*", "WEB-1*", "RESTORE*"])
def test_no_pattern_names_a_machine(tmp_path: Path, name: str) -> None:
    """A name is a name: no wildcard, no beginning, no regular expression."""
    stage = open_stage(tmp_path, ALIKE)

    with pytest.raises((TargetNotFoundError, UsageError)):
        api.plan_clean(stage.azure, names(name), EVERYTHING)

    assert [] == stage.writes()


def test_no_job_of_somebody_else_is_taken_for_the_own(tmp_path: Path) -> None:
    """A backup of another VM in the same vault succeeds meanwhile; the own one fails."""
    base = built_in(ALIKE)
    stage = open_stage(tmp_path, replace(base, backup=replace(base.backup, outcome=("X",) * 2)))

    def listen(event: Event) -> None:
        if isinstance(event, StepStarted) and event.planned.step.kind == "WaitForJob":
            _add_good_job_of_another(stage)

    run = stage.apply(api.plan_backup(stage.azure, WEB), listen=listen)

    assert 11 == run.exit_code
    assert run.steps[-1].job is not None
    assert "Failed" == run.steps[-1].job.status


def _add_good_job_of_another(stage: Stage) -> None:
    job = stage.documents(JOB_TYPE)[-1]
    name = "99999999-2222-3333-4444-555555555555"
    job["id"], job["name"] = f"{job['id'].rpartition('/')[0]}/{name}", name
    job["properties"] |= {
        "entityFriendlyName": "web-10",
        "containerName": "iaasvmcontainerv2;rg-web;web-10",
        "status": "Completed",
        "startTime": stage.world.clock.text(),
        "endTime": stage.world.clock.text(),
    }
    stage.world.documents.put(job)


def test_no_point_without_a_copy_goes_unasked(tmp_path: Path) -> None:
    """The sheet names what exists nowhere else, and only its own flag lets it go."""
    stage = open_stage(tmp_path, "custom-group-name")

    plan = api.plan_clean(stage.azure, names("ERP-DB1"), UNLOCK)

    assert ("no-vault-copy",) == guards_of(plan)
    assert "--accept-loss" == plan.refusals[0].override
    assert plan.targets[0].loss
    assert 4 == stage.apply(plan).exit_code
    assert [] == stage.writes()


def test_no_point_goes_while_a_restore_may_read_it(tmp_path: Path) -> None:
    """Neither when the plan is made, nor when the restore begins after that."""
    stage = open_stage(tmp_path, "healthy")
    earlier = api.plan_clean(stage.azure, WEB)
    job = stage.documents(JOB_TYPE)[0]
    job["id"] = f"{job['id'].rpartition('/')[0]}/11111111-2222-3333-4444-555555555555"
    job["name"] = "11111111-2222-3333-4444-555555555555"
    job["properties"] |= {"operation": "Restore", "status": "InProgress"}
    job["properties"].pop("endTime", None)
    stage.world.documents.put(job)

    now = api.plan_clean(stage.azure, WEB)
    run = stage.apply(earlier)

    assert ("restore-running",) == guards_of(now)
    assert ("failed",) == states(run)
    assert [] == stage.writes()


def test_no_failed_backup_is_called_a_success(tmp_path: Path) -> None:
    """Accepted is not done: the exit code is the job's real end."""
    stage = open_stage(tmp_path, STUCK)

    run = stage.apply(api.plan_backup(stage.azure, names("app-1")))

    assert ("done", "failed") == states(run)
    assert 11 == run.exit_code


@pytest.mark.parametrize("kind", [COLLECTION_TYPE, EXTENSION_TYPE])
def test_no_deletion_is_done_before_the_thing_is_gone(tmp_path: Path, kind: str) -> None:
    """Azure says that it succeeded, and what was to go still stands."""
    match = DELETE_COLLECTION if kind == COLLECTION_TYPE else DELETE_EXTENSION
    stage = open_stage(tmp_path, with_faults(built_in("healthy"), answered(match, 200, times=9)))
    make = api.plan_clean if kind == COLLECTION_TYPE else api.plan_reset

    run = stage.apply(make(stage.azure, WEB))

    assert ("failed",) == states(run)
    assert 3 == run.exit_code


def test_no_failed_operation_is_swallowed(tmp_path: Path) -> None:
    """What Azure took and then gave up is a failure of the run."""
    fails = OperationFault(name="deleteRestorePointCollection", fails=Failure(code="Internal"))
    fault = Fault(match=DELETE_COLLECTION, operation=fails, times=99)
    stage = open_stage(tmp_path, with_faults(built_in("healthy"), fault))

    run = stage.apply(api.plan_clean(stage.azure, WEB))

    assert 0 != run.exit_code
    assert "done" not in states(run)


def test_no_wrong_name_passes_in_silence(tmp_path: Path) -> None:
    """What does not exist is an error with a code of its own, not "nothing to do"."""
    stage = open_stage(tmp_path, "healthy")

    with pytest.raises(TargetNotFoundError) as told:
        api.plan_clean(stage.azure, names("web-99"), EVERYTHING)

    assert 6 == told.value.exit_code
    assert "DeleteRestorePointCollection" in kinds(api.plan_clean(stage.azure, WEB))
