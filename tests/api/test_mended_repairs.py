"""Repairs that look again at why they are made, and that leave nothing behind."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from azremedy import api
from azremedy.api.keys import plan_grant_keyvault
from azremedy.api.network import plan_allow_storage
from azremedy.api.runs import plan_undo
from azremedy.domain.remedies import Remedy
from azremedy.sandbox import vm_state
from azremedy.sandbox.scenario import Grant, Timing
from tests.support.networks import BLOCKED, DENIAL, NSG, OURS, nsg_rule, with_rules
from tests.support.stages import (
    ROOT,
    VM_TYPE,
    built_in,
    forbidding,
    kinds,
    names,
    open_stage,
    states,
    with_resources,
    without_resources,
)

if TYPE_CHECKING:
    from pathlib import Path

    from azremedy.domain.events import Event
    from azremedy.domain.plan import Plan
    from azremedy.sandbox.scenario import Scenario
    from tests.support.stages import Stage

WEB = names("web-1")


def set_rules(stage: Stage, *rules: Any) -> None:
    """Give the security group these rules of its own, behind the plan's back."""
    group: Any = stage.world.documents.get(NSG)
    group["properties"]["securityRules"] = list(rules)
    stage.world.documents.put(group)


@pytest.mark.parametrize(
    "rules",
    [
        (),
        (nsg_rule("ours", 150, "Allow", "Storage"), DENIAL),
        (nsg_rule("mail", 100, "Deny", "*", destinationPortRange="25"),),
        (nsg_rule("inside", 100, "Deny", "10.0.0.0/8"),),
    ],
    ids=["denial gone", "somebody allowed it", "denies other ports", "denies another place"],
)
def test_rule_that_is_not_needed_any_more_is_not_made(
    tmp_path: Path, rules: tuple[Any, ...]
) -> None:
    """Somebody took away meanwhile what the rule was to get past."""
    stage = open_stage(tmp_path, BLOCKED)
    plan = plan_allow_storage(stage.azure, WEB)
    set_rules(stage, *rules)

    run = stage.apply(plan)

    assert ("already",) == states(run)
    assert 0 == run.exit_code
    assert [] == stage.writes()


@pytest.mark.parametrize(
    "rules",
    [
        (nsg_rule("part", 110, "Allow", "20.60.0.0/16"), DENIAL),
        (nsg_rule("for-some", 110, "Allow", "*", sourceAddressPrefix="10.9.0.0/16"), DENIAL),
    ],
    ids=["allows a part", "allows others"],
)
def test_rule_that_may_be_needed_is_made(tmp_path: Path, rules: tuple[Any, ...]) -> None:
    """What somebody allowed meanwhile may not be enough for this VM."""
    stage = open_stage(tmp_path, BLOCKED)
    plan = plan_allow_storage(stage.azure, WEB)
    set_rules(stage, *rules)

    assert ("done",) == states(stage.apply(plan))


def test_rule_that_would_not_help_any_more_is_not_made(tmp_path: Path) -> None:
    """Somebody denies the same before it meanwhile: the plan is stale, and nothing is written."""
    stage = open_stage(tmp_path, BLOCKED)
    plan = plan_allow_storage(stage.azure, WEB)
    set_rules(stage, nsg_rule("first", 110, "Deny", "*"), DENIAL)

    run = stage.apply(plan)

    assert 7 == run.exit_code
    assert "'first' comes before" in run.steps[0].message
    assert [] == stage.writes()


def test_rule_that_had_no_effect_can_be_undone(tmp_path: Path) -> None:
    """It was written and did not help: the step failed, and undoing the run removes it."""
    stage = open_stage(tmp_path, BLOCKED)
    plan = plan_allow_storage(stage.azure, WEB)

    def meanwhile(event: Event) -> None:
        if event.kind == "StepStarted":
            stage.world.clock.schedule(3, deny)

    def deny() -> None:
        group: Any = stage.world.documents.get(NSG)
        group["properties"]["securityRules"].append(nsg_rule("first", 110, "Deny", "*"))
        stage.world.documents.put(group)

    run = stage.apply(plan, meanwhile)
    undo = plan_undo(stage.azure, str(run.run_id), state_folder=stage.state)
    undone = stage.apply(undo)

    assert ("failed",) == states(run)
    assert ("RemoveSecurityRule",) == kinds(undo)
    assert ("done",) == states(undone)
    assert {"first", "deny-internet"} == rules_of(stage)


def rules_of(stage: Stage) -> set[str]:
    """Name the rules of the security group's own."""
    group: Any = stage.world.documents.get(NSG)
    return {each["name"] for each in group["properties"]["securityRules"]}


def test_what_was_refused_is_not_undone(tmp_path: Path) -> None:
    """A step that Azure never accepted changed nothing that could be taken back."""
    stage = open_stage(tmp_path, with_rules(DENIAL))
    plan = plan_allow_storage(stage.azure, WEB)
    set_rules(stage, OURS | {"properties": OURS["properties"] | {"priority": 150}}, DENIAL)

    run = stage.apply(plan)
    undo = plan_undo(stage.azure, str(run.run_id), state_folder=stage.state)

    assert ("failed",) == states(run)
    assert () == kinds(undo)


def job(base: Scenario, name: str, operation: str) -> Any:
    """Write a job of the vault that protects web-1, which begins just now."""
    (running,) = (e for e in base.resources if "vault-old/backupJobs/" in e["id"])
    vault = running["id"].replace("/vault-old/", "/vault-shop/").rpartition("/")[0]
    begun = {"startTime": "2026-11-20T07:59:54.3048355Z"}
    snapshot = {"taskId": "Take Snapshot", "duration": "PT0S", "status": "InProgress", **begun}
    properties = running["properties"] | begun | {"operation": operation}
    properties["extendedInfo"] = properties["extendedInfo"] | {"tasksList": [snapshot]}
    return {"id": f"{vault}/{name}", "properties": properties}


def with_jobs(*operations: str) -> Scenario:
    """Give a VM of which these jobs run in the vault that protects it."""
    base = built_in("user-error-backup-operation-in-progress")
    ids = (f"{number}1111111-2222-3333-4444-555555555555" for number in range(len(operations)))
    jobs = [job(base, name, operation) for name, operation in zip(ids, operations, strict=True)]
    return with_resources(without_resources(base, "vault-old/backupJobs/"), *jobs)


def test_backup_is_cancelled_although_a_restore_runs(tmp_path: Path) -> None:
    """The backup goes, as was allowed, and the restore is waited for."""
    stage = open_stage(tmp_path, with_jobs("Backup", "Restore"))
    options = api.FixOptions(allowed=frozenset({Remedy.CANCEL_JOB}))

    plan = api.plan_fix(stage.azure, WEB, options)

    assert () == plan.refusals
    assert ("CancelJob", "WaitForIdle", "TriggerBackup", "WaitForJob") == kinds(plan)


def test_flag_that_was_given_is_not_asked_for(tmp_path: Path) -> None:
    """Without the flag it is named; with it nothing names it again."""
    stage = open_stage(tmp_path, with_jobs("Backup", "Restore"))

    plan = api.plan_fix(stage.azure, WEB, api.FixOptions())

    assert {"--cancel-job", None} == {verdict.override for verdict in plan.refusals}


def test_repair_that_backs_up_does_not_ask_for_a_backup(tmp_path: Path) -> None:
    """`clean-rpc` tells what comes next; `fix` does that itself."""
    stage = open_stage(tmp_path, "restore-point-limit")

    cleaned = api.plan_clean(stage.azure, WEB, api.CleanOptions(unlock=True, accept_loss=True))
    allowed = frozenset({Remedy.CLEAN_POINTS})
    fixed = api.plan_fix(
        stage.azure, WEB, api.FixOptions(allowed=allowed, unlock=True, accept_loss=True)
    )

    assert "DeleteRestorePointCollection" in kinds(fixed)
    assert [True, False] == ["backup-now" in notes_of(plan) for plan in (cleaned, fixed)]
    assert all("UserErrorRpCollectionDeleted" in notes_of(plan) for plan in (cleaned, fixed))


def notes_of(plan: Plan) -> str:
    """Give a plan's notes."""
    return " ".join(note for target in plan.targets for note in target.notes)


READ_GROUPS = "Microsoft.Resources/subscriptions/resourceGroups/read"
BACKUP_GROUP = f"{ROOT}/resourceGroups/AzureBackupRG_westeurope_1"


def seeing_no_groups(base: Scenario) -> Scenario:
    """Let the caller read no groups but the VM's: the list leaves the others out in silence."""
    others = Grant(scope="/", actions=("*",), not_actions=(READ_GROUPS,))
    own = Grant(scope=f"{ROOT}/resourceGroups/rg-shop", actions=(READ_GROUPS,))
    return replace(base, caller=(others, own))


def certainty_of(stage: Stage, cause: str) -> str:
    """Say how certain a cause is."""
    (found,) = api.diagnose(stage.azure, WEB)
    return next(each.certainty.value for each in found.diagnosis.findings if each.cause == cause)


@pytest.mark.parametrize("there", [True, False])
def test_group_that_may_not_be_seen_is_not_missing(tmp_path: Path, *, there: bool) -> None:
    """Nobody is told that the group cannot be made while it may be there."""
    base = built_in("group-denied")
    group = {"id": BACKUP_GROUP, "location": "westeurope", "tags": {"costCenter": "1"}}
    base = with_resources(base, group) if there else base

    seen = certainty_of(open_stage(tmp_path, base), "group-denied")
    unseen = certainty_of(open_stage(tmp_path, seeing_no_groups(base)), "group-denied")

    assert ("ruled-out" if there else "confirmed") == seen
    assert "cannot-tell" == unseen


def test_group_whose_name_is_not_known_is_not_asked_for(tmp_path: Path) -> None:
    """The policy, which may name it, could not be read."""
    action = "Microsoft.RecoveryServices/Vaults/backupPolicies/read"
    stage = open_stage(tmp_path, forbidding(built_in("group-denied"), action))

    assert "cannot-tell" == certainty_of(stage, "group-denied")


KEYS = ("user-error-keyvault-permissions-not-configured", "key-vault-closed-by-roles")


def grant(stage: Stage) -> Plan:
    """Plan to let the backup service into the key vault and to back up."""
    options = api.FixOptions(allowed=frozenset({Remedy.GRANT_KEY_VAULT}))
    return api.plan_fix(stage.azure, WEB, options)


@pytest.mark.parametrize("world", KEYS)
def test_backup_waits_until_new_rights_act(tmp_path: Path, world: str) -> None:
    """Azure takes minutes to act on them: a backup before that would be wasted."""
    late = replace(built_in(world), operations={"rightsEffect": Timing(seconds=590)})
    stage = open_stage(tmp_path, late)
    plan = grant(stage)

    run = stage.apply(plan)

    assert ("WaitForRights", "TriggerBackup", "WaitForJob") == kinds(plan)[-3:]
    assert {"done"} == set(states(run))
    assert 1 == stage.count_jobs()
    assert "wait and back up again" not in notes_of(plan)


def test_command_that_only_grants_does_not_wait(tmp_path: Path) -> None:
    """It backs nothing up, and says what to expect."""
    plan = plan_grant_keyvault(open_stage(tmp_path, KEYS[0]).azure, WEB)

    assert "WaitForRights" not in kinds(plan)
    assert "wait and back up again" in notes_of(plan)


def test_wait_for_rights_can_be_left(tmp_path: Path) -> None:
    """Ctrl-C ends it at once; whoever takes the run up waits again."""
    stage = open_stage(tmp_path, KEYS[0])

    def interrupt(event: Event) -> None:
        if event.kind == "StepProgressed" and "new rights" in event.message:
            raise KeyboardInterrupt

    run = stage.apply(grant(stage), interrupt)
    resumed = api.resume(stage.azure, str(run.run_id), state_folder=stage.state)

    assert 9 == run.exit_code
    assert {"done"} == set(states(resumed))
    assert 1 == stage.count_jobs()


CHANGING = "vm-changing"


def test_machine_that_is_being_changed_is_waited_for(tmp_path: Path) -> None:
    """Without a flag that is the gentlest: nothing but a backup is sent."""
    stage = open_stage(tmp_path, CHANGING)
    plan = api.plan_fix(stage.azure, WEB, api.FixOptions())

    run = stage.apply(plan)

    assert ("WaitForVm", "TriggerBackup", "WaitForJob") == kinds(plan)
    assert {"done"} == set(states(run))
    assert 0 == run.exit_code


def test_machine_is_reapplied_where_that_is_asked_for(tmp_path: Path) -> None:
    """A change that is stuck ends no other way."""
    options = api.FixOptions(allowed=frozenset({Remedy.REAPPLY_VM}))

    plan = api.plan_fix(open_stage(tmp_path, CHANGING).azure, WEB, options)

    assert "ReapplyVm" in kinds(plan)


def test_change_that_does_not_end_is_told(tmp_path: Path) -> None:
    """After two hours nobody waits on, and no backup is spent."""
    stuck = replace(built_in(CHANGING), operations={"settleVirtualMachine": Timing(seconds=864000)})
    stage = open_stage(tmp_path, stuck)

    run = stage.apply(api.plan_fix(stage.azure, WEB, api.FixOptions()))

    assert ("failed", "skipped", "skipped") == states(run)
    assert run.steps[0].error is not None
    assert "--reapply" in run.steps[0].error.advice
    assert 0 == stage.count_jobs()


def planned_wait(stage: Stage) -> Plan:
    """Plan to wait for the one VM."""
    return api.plan_fix(stage.azure, WEB, api.FixOptions())


def test_change_that_fails_is_told(tmp_path: Path) -> None:
    """Its end is no success: a VM in state Failed is not backed up."""
    stage = open_stage(tmp_path, CHANGING)
    plan = planned_wait(stage)
    stage.world.clock.schedule(60, lambda: settle(stage, "Failed"))

    run = stage.apply(plan)

    assert ("failed", "skipped", "skipped") == states(run)
    assert "Failed" in run.steps[0].message


def test_change_that_is_over_is_not_waited_for(tmp_path: Path) -> None:
    """The plan was made while it went on."""
    stage = open_stage(tmp_path, CHANGING)
    plan = planned_wait(stage)
    settle(stage, "Succeeded")

    assert ("already", "done", "done") == states(stage.apply(plan))


def test_other_machine_of_that_name_is_not_waited_for(tmp_path: Path) -> None:
    """It was re-created since the plan."""
    stage = open_stage(tmp_path, CHANGING)
    plan = planned_wait(stage)
    (vm,) = stage.documents(VM_TYPE)
    vm["properties"]["vmId"] = "00000000-1111-2222-3333-444444444444"
    stage.world.documents.put(vm)

    assert 7 == stage.apply(plan).exit_code


def settle(stage: Stage, state: str) -> None:
    """Let the change of the VM end."""
    (vm,) = stage.documents(VM_TYPE)
    vm_state.set_provisioning(stage.world, vm, state)
    stage.world.documents.put(vm)
