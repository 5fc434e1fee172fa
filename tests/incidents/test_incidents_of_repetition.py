"""Accidents that other tools had, or invite, by repeating, guessing and doing too much at once.

Each test is named after what must not happen, and runs against a whole world with the real Azure
SDK in between.
"""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from click.testing import CliRunner

from azremedy import api
from azremedy.api.connect import connect_app
from azremedy.cli.main import cli
from azremedy.cli.plan import CHANGING
from azremedy.domain.events import StepStarted
from azremedy.domain.remedies import Remedy
from azremedy.domain.steps import DeleteExtension, DeleteLock, Manual
from azremedy.engine.run_lock import hold
from azremedy.errors import HeldError, StalePlanError
from tests.support.calls import list_writes
from tests.support.stages import (
    COLLECTION_TYPE,
    DELETE_COLLECTION,
    EXTENSION_TYPE,
    LOCK_TYPE,
    ROOT,
    SUBSCRIPTION,
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
)

if TYPE_CHECKING:
    from pathlib import Path

    from click.testing import Result

    from azremedy.domain.events import Event
    from azremedy.domain.plan import Plan
    from azremedy.sandbox.scenario import Scenario
    from tests.support.stages import Json, Stage

WEB = names("web-1")
LIMIT = "restore-point-limit"
STUCK = "stuck-extension"
UNLOCK = api.CleanOptions(unlock=True)
RELOCK = api.CleanOptions(unlock=True, relock=True)
VM_GROUP = f"{ROOT}/resourceGroups/rg-app"
SERVICES_GROUP = f"{ROOT}/resourceGroups/AzureBackupRG_westeurope_1"


def call(*arguments: str) -> Result:
    """Call the command line as a program without a terminal does."""
    return CliRunner().invoke(cli, arguments, catch_exceptions=False)


def locks_of(stage: Stage) -> dict[str, Json]:
    """Give the body of each lock."""
    return {each["id"].lower(): each["properties"] for each in stage.documents(LOCK_TYPE)}


def scripted(name: str, *outcomes: str) -> Scenario:
    """Let a world's backups end as told."""
    base = built_in(name)
    return replace(base, backup=replace(base.backup, outcome=outcomes))


def remembering(stage: Stage) -> api.Azure:
    """Connect anew, heeding the journals of earlier runs, as a second process does."""
    return connect_app(stage.app, SUBSCRIPTION, state_folder=stage.state)


def test_no_failed_backup_is_driven_again_and_again(tmp_path: Path) -> None:
    """A script that calls the command every half hour gets one an hour, and four a day."""
    stage = open_stage(tmp_path, scripted("healthy", *["SomeErrorThatStays"] * 99))
    ends = []

    for _ in range(12):
        azure = remembering(stage)
        ends.append(api.apply(azure, api.plan_backup(azure, WEB)).exit_code)
        stage.world.clock.advance(timedelta(minutes=30).total_seconds())

    assert [11, 4] * 4 + [4] * 4 == ends
    assert 4 == stage.count_jobs()


def test_no_repair_without_a_cause(tmp_path: Path) -> None:
    """A backup that was good since the failure leaves nothing to drive again."""
    stage = open_stage(tmp_path, "healthy")

    plan = api.plan_fix(stage.azure, WEB)

    assert () == kinds(plan)
    assert 0 == stage.apply(plan).exit_code
    assert 0 == stage.count_jobs()


def test_no_backup_on_top_of_another(tmp_path: Path) -> None:
    """While one runs the next is refused, for `fix` as for `backup-now`."""
    stage = open_stage(tmp_path, "healthy")
    stage.apply(api.plan_backup(stage.azure, WEB))

    assert ("backup-running",) == guards_of(api.plan_backup(stage.azure, WEB))
    assert "backup-running" in guards_of(api.plan_fix(stage.azure, WEB))
    assert 1 == stage.count_jobs()


def test_no_approval_by_mistake(tmp_path: Path) -> None:
    """A wrong fingerprint, a beginning of it, nobody at the terminal: none of them is a yes."""
    plan, record = str(tmp_path / "plan.json"), tmp_path / "exchanges.jsonl"
    vm = ("--vm", "web-1", "--unlock", "--sandbox", LIMIT)
    call("plan", "clean-rpc", *vm, "--out", plan)
    fingerprint = json.loads((tmp_path / "plan.json").read_text())["fingerprint"]
    there = ("--sandbox", LIMIT, "--record", str(record))

    wrong = call("apply", plan, "--approve", "0" * 64, *there)
    beginning = call("apply", plan, "--approve", fingerprint[:12], *there)
    empty = call("apply", plan, "--approve", "", *there)
    nobody = call("apply", plan, *there)

    assert [4, 4, 4, 4] == [each.exit_code for each in (wrong, beginning, empty, nobody)]
    assert [] == list_writes(record)


def test_no_approval_outlives_what_it_was_for(tmp_path: Path) -> None:
    """The world moved since the yes: what would be done is not what was approved."""
    stage = open_stage(tmp_path, LIMIT)
    approved = api.plan_clean(stage.azure, WEB, UNLOCK)
    stage.world.documents.put(lock(SERVICES_GROUP, "newer"))

    with pytest.raises(StalePlanError) as told:
        api.check_still_holds(stage.azure, approved)

    assert 7 == told.value.exit_code
    assert "newer" in told.value.summary
    assert [] == stage.writes()


@pytest.mark.parametrize("place", ["group", "account"])
def test_no_lock_of_the_service_itself_is_taken_off(tmp_path: Path, place: str) -> None:
    """Azure Backup protects storage accounts with locks of its own: they stay everywhere."""
    account = f"{SERVICES_GROUP}/providers/Microsoft.Storage/storageAccounts/files"
    own = lock(SERVICES_GROUP if place == "group" else account, "AzureBackupProtectionLock")
    stage = open_stage(tmp_path, with_resources(built_in(LIMIT), own))
    options = replace(UNLOCK, include_inherited=True)

    plan = api.plan_clean(stage.azure, WEB, options)
    stage.apply(plan)

    assert (("services-own-lock",) if place == "group" else ()) == guards_of(plan)
    assert own["id"].lower() in locks_of(stage)


def test_no_run_gives_up_because_azure_asks_for_patience(tmp_path: Path) -> None:
    """Six minutes and twelve seconds, as seen in the wild, are waited out."""
    fault = answered(DELETE_COLLECTION, 429, headers={"Retry-After": "372"})
    stage = open_stage(tmp_path, with_faults(built_in(LIMIT), fault))
    began = stage.world.clock.now()

    run = stage.apply(api.plan_clean(stage.azure, WEB, UNLOCK))

    assert ("done", "done") == states(run)
    assert timedelta(seconds=372) <= stage.world.clock.now() - began


def test_no_lock_stays_off_when_azure_asks_for_too_much(tmp_path: Path) -> None:
    """More than the budget: the run ends with its locks back, and can be taken up later."""
    fault = answered(DELETE_COLLECTION, 429, times=40, headers={"Retry-After": "3600"})
    stage = open_stage(tmp_path, with_faults(built_in(LIMIT), fault))
    before = locks_of(stage)

    run = stage.apply(api.plan_clean(stage.azure, WEB, RELOCK))

    assert ("done", "failed", "done") == states(run)
    assert before == locks_of(stage)
    assert 3 == run.exit_code


def test_no_half_done_work_is_lost(tmp_path: Path) -> None:
    """What failed for a while is taken up where it ended; what is done is not done again."""
    fault = answered(DELETE_COLLECTION, 409, code="Conflict")
    stage = open_stage(tmp_path, with_faults(built_in(LIMIT), fault))
    run = stage.apply(api.plan_clean(stage.azure, WEB, UNLOCK))

    resumed = api.resume(stage.azure, str(run.run_id), state_folder=stage.state)

    assert 0 != run.exit_code
    assert 0 == resumed.exit_code
    assert [] == stage.documents(COLLECTION_TYPE)
    assert 1 == sum(write.startswith("delete") and "/locks/" in write for write in stage.writes())


def test_no_extension_of_another_product_is_uninstalled(tmp_path: Path) -> None:
    """Only the backup service's own by publisher and type, not by a name that sounds alike."""
    theirs = {
        "id": f"{VM_GROUP}/providers/{EXTENSION_TYPE.replace('/ext', '/app-1/ext')}/VMSnapshot",
        "location": "northeurope",
        "properties": {
            "publisher": "Acme.Recovery",
            "type": "VMSnapshot",
            "typeHandlerVersion": "1.0",
            "provisioningState": "Failed",
        },
    }
    stage = open_stage(tmp_path, with_resources(built_in(STUCK), theirs))

    plan = api.plan_reset(stage.azure, names("app-1"))
    run = stage.apply(plan)

    removed = [p.step.target.name for p in plan.steps if isinstance(p.step, DeleteExtension)]
    assert ["VMSnapshotLinux"] == removed
    assert 0 == run.exit_code
    assert stage.has(theirs["id"])


def test_no_extension_is_reset_round_and_round(tmp_path: Path) -> None:
    """One reset without effect, then it is the guest's trouble, and a person is told what to do."""
    code = "ExtensionStuckInDeletionState"
    stage = open_stage(tmp_path, scripted("extension-stuck-in-deletion-state", *[code] * 9))
    azure = remembering(stage)
    first = api.apply(azure, api.plan_fix(azure, WEB))
    _let_it_fail_again(stage)

    plan = api.plan_fix(remembering(stage), WEB)

    assert 11 == first.exit_code
    assert "did-not-help" in guards_of(plan)
    assert "DeleteExtension" not in kinds(plan)
    assert any(isinstance(planned.step, Manual) for planned in plan.steps)


def _let_it_fail_again(stage: Stage) -> None:
    """Let the service have put the extension back, which failed as before."""
    for each in built_in("extension-stuck-in-deletion-state").resources:
        if "/extensions/" in each["id"].lower() or each["id"].endswith("/virtualMachines/web-1"):
            stage.world.documents.put(dict(each))
    stage.world.clock.advance(timedelta(hours=2).total_seconds())


def test_no_policys_refusal_is_taken_for_a_broken_machine(tmp_path: Path) -> None:
    """A policy kept the service from making its group: that is the cause, and nothing is tried."""
    stage = open_stage(tmp_path, "group-denied")

    plan = api.plan_fix(
        stage.azure, WEB, api.FixOptions(unlock=True, allowed=frozenset({Remedy.RESTART_VM}))
    )

    diagnosis = plan.targets[0].diagnosis
    assert diagnosis is not None
    assert ["group-denied"] == [finding.cause for finding in diagnosis.confirmed]
    assert {"Manual"} == set(kinds(plan))
    assert 4 == stage.apply(plan).exit_code
    assert [] == stage.writes()


@pytest.mark.parametrize("name", [each for each in CHANGING if each not in {"undo", "guest"}])
def test_no_command_takes_everything_because_nothing_was_named(tmp_path: Path, name: str) -> None:
    """Without a target there is no default: exit code 2, and nothing is sent."""
    record = tmp_path / "exchanges.jsonl"

    called = call(name, "--yes", "--sandbox", "fleet-small", "--record", str(record))

    assert 2 == called.exit_code
    assert [] == list_writes(record)


def test_no_fleet_is_enrolled_by_one_word(tmp_path: Path) -> None:
    """More targets than expected are refused whole, not begun and cut off."""
    stage = open_stage(tmp_path, "fleet-small")
    fleet = names("app-01", "app-02", "app-03")

    plan = api.plan_clean(stage.azure, fleet, UNLOCK, max_targets=2)
    run = stage.apply(plan)

    assert ("too-many-targets",) == guards_of(plan)
    assert 4 == run.exit_code
    assert [] == stage.writes()


def test_no_two_runs_on_one_machine(tmp_path: Path) -> None:
    """The second is told who works there, and changes nothing."""
    stage = open_stage(tmp_path, LIMIT)
    plan = api.plan_clean(stage.azure, WEB, UNLOCK)

    with (
        hold([plan.targets[0].target], root=stage.state, run_id="somebody"),
        pytest.raises(HeldError, match="somebody") as told,
    ):
        stage.apply(plan)

    assert 8 == told.value.exit_code
    assert [] == stage.writes()


def test_no_lock_that_changed_meanwhile_is_overwritten(tmp_path: Path) -> None:
    """Somebody made it another lock while it was off: theirs stays, and the run says so."""
    stage = open_stage(tmp_path, with_resources(built_in(STUCK), lock(VM_GROUP, "team")))
    theirs = {"level": "ReadOnly", "notes": "changed by hand"}
    plan = api.plan_reset(stage.azure, names("app-1"), api.ResetOptions(unlock=True))
    place = _find_lock(plan)

    def listen(event: Event) -> None:
        if isinstance(event, StepStarted) and isinstance(event.planned.step, DeleteExtension):
            stage.world.documents.put({"id": place, "properties": theirs})

    run = stage.apply(plan, listen=listen)

    assert theirs == locks_of(stage)[place]
    assert 0 != run.exit_code


def _find_lock(plan: Plan) -> str:
    return next(p.step.lock.id.key for p in plan.steps if isinstance(p.step, DeleteLock))


def test_no_backup_of_a_colleague_is_followed_as_the_own(tmp_path: Path) -> None:
    """Theirs, on another machine, begins a moment before: the run does not, and adopts nothing."""
    stage = open_stage(tmp_path, "healthy")
    mine = api.plan_backup(stage.azure, WEB)
    same = api.plan_backup(stage.azure, WEB, api.BackupOptions())
    theirs = api.apply(stage.azure, same, state_folder=tmp_path / "theirs")

    run = stage.apply(mine)

    assert 0 == theirs.exit_code
    assert ("failed", "skipped") == states(run)
    assert 7 == run.exit_code
    assert 1 == stage.count_jobs()
