"""Between plan and run the world moves: then the step is not done, and none after it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from azremedy import api
from azremedy.api.agent import plan_agents, plan_script
from azremedy.domain.events import StepStarted
from azremedy.domain.planner.agent import AgentBy, AgentOptions
from azremedy.ids import ResourceId
from tests.support.stages import (
    COLLECTION_TYPE,
    EXTENSION_TYPE,
    JOB_TYPE,
    LOCK_TYPE,
    POINT_TYPE,
    ROOT,
    VM_TYPE,
    Stage,
    built_in,
    lock,
    names,
    open_stage,
    states,
    with_resources,
)

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from azremedy.domain.events import Event
    from azremedy.domain.plan import Plan

VAULT = f"{ROOT}/resourceGroups/rg-backup/providers/Microsoft.RecoveryServices/vaults/vault-shop"


def clean(stage: Stage) -> Plan:
    """Plan to delete the collection of web-1, behind a lock that is only leased."""
    options = api.CleanOptions(unlock=True, include_inherited=True)
    return api.plan_clean(stage.azure, names("web-1"), options)


def reset(stage: Stage) -> Plan:
    """Plan to uninstall the extension of web-1."""
    return api.plan_reset(stage.azure, names("web-1"))


def backup(stage: Stage) -> Plan:
    """Plan to back web-1 up."""
    return api.plan_backup(stage.azure, names("web-1"))


def restart(stage: Stage) -> Plan:
    """Plan to restart web-1."""
    return plan_agents(stage.azure, names("web-1"), AgentOptions(by=AgentBy.RESTART))


def script(stage: Stage) -> Plan:
    """Plan to run a script in web-1 that changes something there."""
    return plan_script(stage.azure, names("web-1"), "deep-clean")


def add_point(stage: Stage) -> None:
    """Let a restore point be taken."""
    point = stage.documents(POINT_TYPE)[0]
    point["id"] = point["id"].rpartition("/")[0] + "/AzureBackup_20261120_075900"
    stage.world.documents.put({**point, "name": "AzureBackup_20261120_075900"})


def recreate_vm(stage: Stage) -> None:
    """Delete the VM and make another of its name."""
    machine = stage.documents(VM_TYPE)[0]
    machine["properties"]["vmId"] = "99999999-4905-42ee-a7dd-8b63afec6ba7"
    stage.world.documents.put(machine)


def delete_vm(stage: Stage) -> None:
    """Delete the VM."""
    stage.world.documents.remove(stage.documents(VM_TYPE)[0]["id"])


def retarget_collection(stage: Stage) -> None:
    """Let the collection be another VM's."""
    collection = stage.documents(COLLECTION_TYPE)[0]
    collection["properties"]["source"]["id"] += "0"
    stage.world.documents.put(collection)


def start_job(stage: Stage, **properties: Any) -> None:
    """Let a scheduled backup of web-1 begin."""
    job = stage.documents(JOB_TYPE)[0]
    job["id"] = f"{VAULT}/backupJobs/11111111-2222-3333-4444-555555555555"
    job["name"] = "11111111-2222-3333-4444-555555555555"
    job["properties"] |= {
        "status": "InProgress",
        "startTime": stage.world.clock.text(),
        **properties,
    }
    del job["properties"]["endTime"]
    stage.world.documents.put(job)


def start_nameless_job(stage: Stage) -> None:
    """Let a job begin whose answer names no container, as some do."""
    start_job(stage, containerName="")


@pytest.mark.parametrize(
    ("plan", "move"),
    [
        (clean, add_point),
        (clean, recreate_vm),
        (clean, delete_vm),
        (clean, retarget_collection),
        (clean, start_job),
        (clean, start_nameless_job),
        (reset, recreate_vm),
        (reset, start_job),
        (reset, start_nameless_job),
        (backup, start_job),
        (backup, start_nameless_job),
        (restart, recreate_vm),
        (restart, start_job),
        (script, recreate_vm),
        (script, start_job),
    ],
    ids=lambda each: each.__name__,
)
def test_a_world_that_moved_stops_the_run_before_its_first_write(
    tmp_path: Path, plan: Callable[[Stage], Plan], move: Callable[[Stage], None]
) -> None:
    """Exit code 7, and nothing was sent."""
    stage = open_stage(tmp_path, "healthy")
    made = plan(stage)
    move(stage)

    run = stage.apply(made)

    assert run.exit_code == 7
    assert states(run)[0] == "failed"
    assert stage.writes() == []


@pytest.mark.parametrize(
    "body",
    [{"notes": "another reason"}, {"level": "ReadOnly"}, {"owners": []}],
    ids=lambda body: next(iter(body)),
)
def test_a_lock_that_was_changed_is_not_removed(tmp_path: Path, body: dict[str, Any]) -> None:
    """It is not the lock that was shown any more."""
    base = with_resources(built_in("healthy"), lock(ROOT, "corporate"))
    stage = open_stage(tmp_path, base)
    plan = clean(stage)
    changed = stage.documents(LOCK_TYPE)[0]
    changed["properties"] |= body
    stage.world.documents.put(changed)

    run = stage.apply(plan)

    assert ("failed", "skipped", "already") == states(run)
    assert run.exit_code == 7
    assert stage.writes() == []


@pytest.mark.parametrize("move", [add_point, recreate_vm, start_job], ids=lambda m: m.__name__)
def test_what_was_leased_for_a_stale_step_goes_back(
    tmp_path: Path, move: Callable[[Stage], None]
) -> None:
    """The world moves after the lock was taken off: the lock goes back, nothing is deleted."""
    base = with_resources(built_in("healthy"), lock(ROOT, "corporate"))
    stage = open_stage(tmp_path, base)
    before = stage.documents(LOCK_TYPE)

    def listen(event: Event) -> None:
        if isinstance(event, StepStarted) and event.planned.number == 2:
            move(stage)

    run = stage.apply(clean(stage), listen=listen)

    assert ("done", "failed", "done") == states(run)
    assert run.exit_code == 3
    assert run.steps[1].error is not None
    assert run.steps[1].error.exit_code == 7
    assert [write.split()[0] for write in stage.writes()] == ["delete", "put"]
    assert [each["properties"] for each in before] == [
        each["properties"] for each in stage.documents(LOCK_TYPE)
    ]


def test_points_that_went_by_themselves_are_no_reason_to_stop(tmp_path: Path) -> None:
    """The service deletes old points all the time; fewer than shown is no loss."""
    stage = open_stage(tmp_path, "healthy")
    plan = clean(stage)
    stage.world.documents.remove(stage.documents(POINT_TYPE)[0]["id"])

    run = stage.apply(plan)

    assert ("done",) == states(run)


@pytest.mark.parametrize(
    ("plan", "resource_type"),
    [(clean, COLLECTION_TYPE), (reset, EXTENSION_TYPE)],
    ids=["collection", "extension"],
)
def test_what_is_gone_already_is_not_deleted(
    tmp_path: Path, plan: Callable[[Stage], Plan], resource_type: str
) -> None:
    """Somebody was faster: nothing is sent and the run is done."""
    stage = open_stage(tmp_path, "healthy")
    made = plan(stage)
    stage.world.documents.remove(stage.documents(resource_type)[0]["id"])
    if resource_type == EXTENSION_TYPE:
        _forget_reports(stage)

    run = stage.apply(made)

    assert ("already",) == states(run)
    assert run.exit_code == 0
    assert stage.writes() == []


def test_during_job_goes_on_beside_a_job(tmp_path: Path) -> None:
    """Who says so may delete while a job runs."""
    stage = open_stage(tmp_path, "healthy")
    options = api.CleanOptions(during_job=True)
    plan = api.plan_clean(stage.azure, names("web-1"), options)
    start_job(stage)

    run = stage.apply(plan)

    assert ("done",) == states(run)


def test_a_vm_that_is_gone_fails_the_reset(tmp_path: Path) -> None:
    """There is nothing to uninstall from: 6, and nothing was sent."""
    stage = open_stage(tmp_path, "healthy")
    plan = reset(stage)
    delete_vm(stage)

    run = stage.apply(plan)

    assert ("failed",) == states(run)
    assert run.exit_code == 6
    assert stage.writes() == []


def test_a_stale_target_does_not_stop_the_others(tmp_path: Path) -> None:
    """Each VM is judged for itself; 7 would promise that nothing was changed."""
    stage = open_stage(tmp_path, "two-vms-alike")
    plan = api.plan_reset(stage.azure, names("web-1", "web-10"))
    stale = plan.targets[0].target
    machine = stage.world.documents.get(str(stale))
    assert machine is not None
    machine["properties"]["vmId"] = "99999999-4905-42ee-a7dd-8b63afec6ba7"
    stage.world.documents.put(machine)

    run = stage.apply(plan)

    assert ("failed", "done") == states(run)
    assert run.exit_code == 3
    assert run.steps[0].error is not None
    assert run.steps[0].error.exit_code == 7
    assert ResourceId.parse(stage.writes()[0].removeprefix("delete ")).parent.name == "web-10"


def _forget_reports(stage: Stage) -> None:
    machine = stage.documents(VM_TYPE)[0]
    machine["properties"]["instanceView"]["extensions"] = []
    machine["properties"]["instanceView"]["vmAgent"]["extensionHandlers"] = []
    stage.world.documents.put(machine)
