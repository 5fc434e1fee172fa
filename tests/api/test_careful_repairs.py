"""What a repair must never touch, and what it looks at once more before it changes anything."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from azremedy import api
from azremedy.api.agent import plan_agents
from azremedy.domain.planner.agent import AgentBy, AgentOptions
from azremedy.domain.remedies import Remedy
from tests.support.stages import (
    COLLECTION_TYPE,
    JOB_TYPE,
    LOCK_TYPE,
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

    from azremedy.domain.plan import Plan
    from tests.support.stages import Stage

WEB = names("web-1")
READ_ONLY = "back-up-operation-failed-v2"
SILENT = "user-error-guest-agent-status-unavailable"


def plan_fix(stage: Stage, *remedies: Remedy, unlock: bool = False) -> Plan:
    """Plan what `fix` does when these remedies are allowed."""
    options = api.FixOptions(allowed=frozenset(remedies), unlock=unlock)
    return api.plan_fix(stage.azure, WEB, options)


def change_vm(stage: Stage, **view: Any) -> None:
    """Change the instance view of the one VM."""
    (machine,) = stage.documents(VM_TYPE)
    machine["properties"]["instanceView"] |= view
    stage.world.documents.put(machine)


def make_ready(stage: Stage) -> None:
    """Let the agent be Ready again."""
    status = {
        "code": "ProvisioningState/succeeded",
        "level": "Info",
        "displayStatus": "Ready",
        "message": "Guest Agent is running",
        "time": stage.world.clock.text(),
    }
    change_vm(stage, vmAgent={"vmAgentVersion": "2.11.1.12", "statuses": [status]})


def start_job(stage: Stage) -> None:
    """Let a scheduled backup of the VM begin."""
    job = stage.documents(JOB_TYPE)[0]
    job["id"] = job["id"].rpartition("/")[0] + "/11111111-2222-3333-4444-555555555555"
    job["name"] = "11111111-2222-3333-4444-555555555555"
    job["properties"] |= {"status": "InProgress", "startTime": stage.world.clock.text()}
    del job["properties"]["endTime"]
    stage.world.documents.put(job)


def test_other_locks_in_the_services_group_stay(tmp_path: Path) -> None:
    """People keep other things there: only the lock that was confirmed as the cause goes."""
    base = built_in(READ_ONLY)
    group = next(e["id"] for e in base.resources if e["id"].endswith("AzureBackupRG_westeurope_1"))
    account = f"{group}/providers/Microsoft.Storage/storageAccounts/theirs"
    stage = open_stage(tmp_path, with_resources(base, lock(account, "precious")))

    plan = plan_fix(stage, unlock=True)
    run = stage.apply(plan)

    assert 0 == run.exit_code
    assert ("DeleteLock", "TriggerBackup", "WaitForJob") == kinds(plan)
    assert ["precious"] == [each["name"] for each in stage.documents(LOCK_TYPE)]


def test_machine_that_runs_again_is_not_shut_down(tmp_path: Path) -> None:
    """It was to be deallocated because it was shut down inside; now somebody has started it."""
    stage = open_stage(tmp_path, "vm-stopped-inside")
    plan = plan_fix(stage, Remedy.DEALLOCATE_VM)
    change_vm(stage, statuses=[{"code": "PowerState/running", "displayStatus": "VM running"}])

    run = stage.apply(plan)

    assert 7 == run.exit_code
    assert [] == stage.writes()


def test_machine_whose_agent_is_back_is_not_restarted(tmp_path: Path) -> None:
    """The restart was for an agent that was away; the backup proves the rest."""
    stage = open_stage(tmp_path, SILENT)
    plan = plan_fix(stage, Remedy.RESTART_VM)
    make_ready(stage)

    run = stage.apply(plan)

    assert "already" == states(run)[0]
    assert [] == [each for each in stage.writes() if each.endswith("/restart")]


def test_reapplying_that_brings_no_agent_back_is_a_failure(tmp_path: Path) -> None:
    """No backup is spent on a VM whose agent is still away."""
    stage = open_stage(tmp_path, SILENT)

    run = stage.apply(plan_fix(stage, Remedy.REAPPLY_VM))

    assert ("failed", "skipped", "skipped") == states(run)
    assert 0 == stage.count_jobs()


def test_machine_that_was_shut_down_comes_up_beside_a_job(tmp_path: Path) -> None:
    """A backup that begins meanwhile must not leave it off."""
    stage = open_stage(tmp_path, SILENT)
    plan = plan_agents(stage.azure, WEB, AgentOptions(by=AgentBy.DEALLOCATE))

    def listen(event: object) -> None:
        if type(event).__name__ == "StepEnded" and not seen:
            seen.append(event)
            start_job(stage)

    seen: list[object] = []
    run = stage.apply(plan, listen)

    assert ("done", "done") == states(run)


def test_stopped_item_does_not_hide_an_active_one(tmp_path: Path) -> None:
    """Where the active vault may not be read, nobody says that protection is paused."""
    stage = open_stage(tmp_path, "user-error-bcm-datasource-not-present")
    (found,) = api.diagnose(stage.azure, WEB)
    items = found.case.items

    assert items.receipts[-1].source.startswith("backup status of")
    assert ["protection-paused"] == [each.cause for each in found.diagnosis.confirmed]


def test_points_of_a_machine_that_was_moved_are_no_orphans(tmp_path: Path) -> None:
    """Its id is gone, its unique id lives on elsewhere: its points stay."""
    stage = open_stage(tmp_path, "healthy")
    (machine,) = stage.documents(VM_TYPE)
    stage.world.documents.remove(machine["id"])
    moved = machine["id"].replace("/resourceGroups/", "/resourceGroups/moved-")
    stage.world.documents.put({**machine, "id": moved})

    plan = api.plan_orphans(stage.azure, api.CleanOptions(accept_loss=True, unlock=True))

    assert () == kinds(plan)
    told = [verdict.message for target in plan.targets for verdict in target.verdicts]
    assert all("lives on as" in each for each in told)
    assert told
    assert stage.documents(COLLECTION_TYPE)
