"""What cannot be read is a gap, and nothing is deleted that could not be judged."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from azremedy import api
from azremedy.errors import PermissionDeniedError, RefusedError, SignInError
from azremedy.sandbox.scenario import Match
from tests.support.stages import (
    ROOT,
    Stage,
    answered,
    built_in,
    changed,
    forbidding,
    guards_of,
    kinds,
    lock,
    names,
    open_stage,
    with_faults,
    with_resources,
    without_resources,
)

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from azremedy.domain.plan import Plan

VM = f"{ROOT}/resourceGroups/rg-shop-prod/providers/Microsoft.Compute/virtualMachines/web-1"
GROUP = "AzureBackupRG_westeurope_1"
COMPUTE, VAULTS = "Microsoft.Compute", "Microsoft.RecoveryServices/Vaults"
ITEM = f"{VAULTS}/backupFabrics/protectionContainers/protectedItems"
READ_COLLECTIONS = f"{COMPUTE}/restorePointCollections/read"
READ_EXTENSIONS = f"{COMPUTE}/virtualMachines/extensions/read"
READ_GROUPS = "Microsoft.Resources/subscriptions/resourceGroups/read"
READ_ITEMS = f"{VAULTS}/backupProtectedItems/read"
READ_JOBS = f"{VAULTS}/backupJobs/read"
READ_LOCKS = "Microsoft.Authorization/locks/read"
READ_POINTS = f"{ITEM}/recoveryPoints/read"
READ_POLICIES = f"{VAULTS}/backupPolicies/read"
READ_VAULTS = f"{VAULTS}/read"
BACKUP_STATUS = "Microsoft.RecoveryServices/locations/backupStatus/action"

UNLOCK_ALL = api.GroupNames(all_groups=True)
COMMANDS: dict[str, Callable[[api.Azure], Plan]] = {
    "clean": lambda azure: api.plan_clean(azure, names(VM), api.CleanOptions(unlock=True)),
    "clean by backup": lambda azure: api.plan_clean(
        azure, names(VM), api.CleanOptions(unlock=True, by=api.CleanBy.BACKUP)
    ),
    "reset": lambda azure: api.plan_reset(azure, names(VM)),
    "backup": lambda azure: api.plan_backup(azure, names(VM)),
    "unlock all": lambda azure: api.plan_unlock(azure, UNLOCK_ALL),
    "unlock by VM": lambda azure: api.plan_unlock(azure, api.GroupNames(vms=names(VM))),
    "unlock by name": lambda azure: api.plan_unlock(azure, api.GroupNames(names=(GROUP,))),
}


def open_forbidden(folder: Path, *actions: str) -> Stage:
    """Open the world of the locked restore points, without some permissions."""
    return open_stage(folder, forbidding(built_in("restore-point-limit"), *actions))


@pytest.mark.parametrize(
    ("action", "command", "guard"),
    [
        (READ_COLLECTIONS, "clean", "collections-unreadable"),
        (READ_COLLECTIONS, "clean by backup", "collections-unreadable"),
        (READ_ITEMS, "clean", "ownership-unknown"),
        (READ_ITEMS, "clean by backup", "ownership-unknown"),
        (READ_ITEMS, "reset", "jobs-unreadable"),
        (READ_ITEMS, "backup", "not-protected"),
        (READ_VAULTS, "clean", "ownership-unknown"),
        (READ_VAULTS, "clean by backup", "ownership-unknown"),
        (READ_VAULTS, "reset", "jobs-unreadable"),
        (READ_VAULTS, "backup", "not-protected"),
        (READ_JOBS, "clean", "jobs-unreadable"),
        (READ_JOBS, "reset", "jobs-unreadable"),
        (READ_POINTS, "clean", "vault-copy-unknown"),
        (READ_EXTENSIONS, "reset", "extensions-unreadable"),
    ],
)
def test_what_cannot_be_judged_is_refused(
    tmp_path: Path, action: str, command: str, guard: str
) -> None:
    """The plan names the gap, refuses, and a run of it changes nothing."""
    stage = open_forbidden(tmp_path, action)

    plan = COMMANDS[command](stage.azure)

    assert guard in guards_of(plan)
    assert any(target.gaps for target in plan.targets)
    assert stage.apply(plan).exit_code == 4
    assert stage.writes() == []


@pytest.mark.parametrize(
    ("action", "command"),
    [
        (READ_LOCKS, "unlock all"),
        (READ_LOCKS, "unlock by VM"),
        (READ_LOCKS, "unlock by name"),
        (READ_COLLECTIONS, "unlock by VM"),
        (READ_GROUPS, "unlock all"),
        (READ_GROUPS, "unlock by VM"),
    ],
)
def test_nothing_to_do_is_not_said_where_nothing_was_seen(
    tmp_path: Path, action: str, command: str
) -> None:
    """An empty plan with a gap is a failure: there may be something to do."""
    stage = open_forbidden(tmp_path, action)

    run = stage.apply(COMMANDS[command](stage.azure))

    assert run.plan.empty
    assert ("failed", 3) == (run.state.value, run.exit_code)
    assert any(target.gaps for target in run.plan.targets)
    assert stage.writes() == []


@pytest.mark.parametrize(
    ("action", "command"),
    [
        (READ_LOCKS, "clean"),
        (READ_LOCKS, "reset"),
        (READ_POLICIES, "clean"),
        (READ_POLICIES, "unlock all"),
        (READ_POINTS, "clean by backup"),
        (READ_COLLECTIONS, "unlock by name"),
    ],
)
def test_what_can_be_judged_all_the_same_is_planned(
    tmp_path: Path, action: str, command: str
) -> None:
    """The gap is shown; Azure itself stands for what was not read."""
    stage = open_forbidden(tmp_path, action)

    plan = COMMANDS[command](stage.azure)

    assert guards_of(plan) == ()
    assert not plan.empty
    assert action in {gap.action for target in plan.targets for gap in target.gaps}


def test_unread_locks_are_azures_to_enforce(tmp_path: Path) -> None:
    """Behind a lock that nobody could see the deletion fails, and nothing else happens."""
    stage = open_forbidden(tmp_path, READ_LOCKS)

    run = stage.apply(COMMANDS["clean"](stage.azure))

    assert run.exit_code == 4
    assert [write.split()[0] for write in stage.writes()] == ["delete"]


def test_unknown_copies_can_be_accepted(tmp_path: Path) -> None:
    """With --accept-loss the unknown is a warning, and shown as unknown."""
    stage = open_forbidden(tmp_path, READ_POINTS)
    options = api.CleanOptions(unlock=True, accept_loss=True)

    plan = api.plan_clean(stage.azure, names(VM), options)

    assert guards_of(plan) == ()
    assert {point.copy.value for point in plan.targets[0].loss} == {"unknown"}


@pytest.mark.parametrize("command", ["clean", "clean by backup", "reset", "backup"])
def test_without_the_vm_there_is_no_plan(tmp_path: Path, command: str) -> None:
    """The VM itself must be readable."""
    stage = open_forbidden(tmp_path, f"{COMPUTE}/virtualMachines/read")

    with pytest.raises(PermissionDeniedError) as caught:
        COMMANDS[command](stage.azure)

    assert caught.value.exit_code == 5
    assert caught.value.action == f"{COMPUTE}/virtualMachines/read"


def test_a_hidden_vault_is_asked_for(tmp_path: Path) -> None:
    """ARM leaves out what may not be read; the service knows that the VM is protected."""
    stage = open_forbidden(tmp_path, READ_VAULTS)

    plan = COMMANDS["clean"](stage.azure)

    assert any("vault-shop" in gap.source for gap in plan.targets[0].gaps)


def test_a_vm_that_is_not_protected_is_said_to_be(tmp_path: Path) -> None:
    """All vaults were read and the service agrees: that is knowledge, no gap."""
    base = without_resources(built_in("healthy"), "/protectedItems/")
    stage = open_stage(tmp_path, base)

    clean, backup = COMMANDS["clean"](stage.azure), COMMANDS["backup"](stage.azure)

    assert clean.targets[0].gaps == ()
    assert api.preview(clean).exit_code == 4
    assert guards_of(clean) == ("ownership-unknown",)
    assert kinds(clean) == ()
    assert guards_of(backup) == ("not-protected",)


def test_without_the_services_word_protection_stays_open(tmp_path: Path) -> None:
    """No item is seen and nobody may be asked: that is a gap."""
    base = without_resources(built_in("healthy"), "/protectedItems/")
    stage = open_stage(tmp_path, forbidding(base, BACKUP_STATUS))

    plan = COMMANDS["clean"](stage.azure)

    assert BACKUP_STATUS in {gap.action for gap in plan.targets[0].gaps}
    assert stage.apply(plan).exit_code == 4


def test_one_vault_of_two_that_cannot_be_read_stops_a_deletion(tmp_path: Path) -> None:
    """The other vault may be busy with this very VM."""
    base = built_in("healthy")
    vault = next(each for each in base.resources if each["id"].endswith("/vaults/vault-shop"))
    second = {**vault, "id": vault["id"].replace("vault-shop", "vault-old"), "name": "vault-old"}
    match = Match(method="GET", path="*/vault-old/backupProtectedItems")
    stage = open_stage(
        tmp_path,
        with_faults(with_resources(base, second), answered(match, 403, code="AuthorizationFailed")),
    )

    plan = COMMANDS["clean"](stage.azure)

    assert guards_of(plan) == ("jobs-unreadable",)


def test_a_collection_whose_points_cannot_be_read_stops_the_others(tmp_path: Path) -> None:
    """Nothing is deleted half known."""
    match = Match(method="GET", path="*/AzureBackup_web-1_310921721824848")
    base = with_faults(built_in("two-vms-alike"), answered(match, 500, times=9))
    stage = open_stage(tmp_path, base)

    plan = api.plan_clean(stage.azure, names("web-1"))

    assert guards_of(plan) == ("collections-unreadable",)


def test_a_collection_that_goes_while_it_is_read_is_no_gap(tmp_path: Path) -> None:
    """Listed, and gone when it was read: there is one fewer."""
    match = Match(method="GET", path="*/AzureBackup_web-1_310921721824848")
    base = with_faults(built_in("two-vms-alike"), answered(match, 404, code="ResourceNotFound"))
    stage = open_stage(tmp_path, base)

    plan = api.plan_clean(stage.azure, names("web-1"))

    assert guards_of(plan) == ()
    assert plan.targets[0].gaps == ()
    assert kinds(plan) == ("DeleteRestorePointCollection",)


@pytest.mark.parametrize("path", ["*/virtualMachines/web-1", "*/locks", "*/backupJobs", "*/web-1*"])
def test_nobody_goes_on_without_signing_in(tmp_path: Path, path: str) -> None:
    """A refused token is no gap among others: everything else would fail as well."""
    fault = answered(Match(path=path), 401, times=99, code="ExpiredAuthenticationToken")
    stage = open_stage(tmp_path, with_faults(built_in("healthy"), fault))

    with pytest.raises(SignInError):
        COMMANDS["clean"](stage.azure)


def test_a_group_that_might_be_one_is_refused_with_the_doubt(tmp_path: Path) -> None:
    """Where policies and collections could not be read, that is said."""
    stage = open_forbidden(tmp_path, READ_POLICIES, READ_COLLECTIONS)

    with pytest.raises(RefusedError, match="as far as could be read"):
        api.plan_unlock(stage.azure, api.GroupNames(names=("rg-backup",)))


@pytest.mark.parametrize("action", [READ_LOCKS, READ_POLICIES, READ_COLLECTIONS])
def test_find_groups_tells_its_gaps(tmp_path: Path, action: str) -> None:
    """What is found is shown, and what was not read is told."""
    stage = open_forbidden(tmp_path, action)

    found = api.find_groups(stage.azure)

    assert [group.group.id.name for group in found.groups] == [GROUP]
    assert {gap.action for gap in found.gaps} == {action}


def test_groups_that_cannot_be_listed_are_an_error(tmp_path: Path) -> None:
    """Without the groups there is no answer at all."""
    match = Match(method="GET", path=f"{ROOT}/resourcegroups")
    fault = answered(match, 403, times=9, code="AuthorizationFailed")
    stage = open_stage(tmp_path, with_faults(built_in("healthy"), fault))

    with pytest.raises(PermissionDeniedError):
        api.find_groups(stage.azure)


def test_lists_of_many_pages_are_read_to_their_end(tmp_path: Path) -> None:
    """With two entries a page the plan is the same."""
    whole = open_stage(tmp_path, "restore-point-limit")
    plan = COMMANDS["clean"](whole.azure)

    paged = COMMANDS["clean"](open_stage(tmp_path, "restore-point-limit", page_size=2).azure)

    assert [each.step for each in plan.steps] == [each.step for each in paged.steps]
    assert plan.targets[0].loss == paged.targets[0].loss


def test_a_job_without_a_container_is_matched_by_its_name(tmp_path: Path) -> None:
    """Some answers name no container: then the VM's name counts."""
    job = next(each["id"] for each in built_in("healthy").resources if "/backupJobs/" in each["id"])
    running = {"containerName": "", "status": "InProgress"}
    stage = open_stage(tmp_path, changed(built_in("healthy"), job, running))

    assert guards_of(COMMANDS["backup"](stage.azure)) == ("backup-running",)


def test_jobs_of_another_vm_of_that_name_do_not_count(tmp_path: Path) -> None:
    """The container tells apart two VMs of one name in two groups."""
    job = next(each["id"] for each in built_in("healthy").resources if "/backupJobs/" in each["id"])
    elsewhere = {"containerName": "iaasvmcontainerv2;rg-other;web-1", "status": "InProgress"}
    stage = open_stage(tmp_path, changed(built_in("healthy"), job, elsewhere))

    assert guards_of(COMMANDS["backup"](stage.azure)) == ()


def test_locks_are_sorted_by_where_they_are(tmp_path: Path) -> None:
    """A group's own locks, those in it, those above it; none of other groups."""
    point_group = f"{ROOT}/resourceGroups/{GROUP}"
    disk = f"{point_group}/providers/Microsoft.Compute/disks/other"
    base = with_resources(
        built_in("restore-point-limit"),
        lock(ROOT, "above"),
        lock(disk, "inside"),
        lock(f"{ROOT}/resourceGroups/rg-backup", "elsewhere"),
    )
    stage = open_stage(tmp_path, base)

    (found,) = api.find_groups(stage.azure).groups

    assert [each.name for each in found.locks] == ["no-deletes"]
    assert [each.name for each in found.resource_locks] == ["inside"]
    assert [each.name for each in found.inherited_locks] == ["above"]
    assert found.known_by == "default name"


def test_groups_are_known_by_policy_and_by_their_collections(tmp_path: Path) -> None:
    """A name that only the policy gives, and one that nothing gives but what is in it."""
    base = built_in("custom-group-name")
    bare = tuple(
        {key: value for key, value in each.items() if key != "managedBy"} for each in base.resources
    )
    by_policy = open_stage(tmp_path, with_resources(without_resources(base, "/"), *bare))
    by_collections = open_stage(
        tmp_path, forbidding(with_resources(without_resources(base, "/"), *bare), READ_POLICIES)
    )

    assert [each.known_by for each in api.find_groups(by_policy.azure).groups] == ["policy's name"]
    assert [each.known_by for each in api.find_groups(by_collections.azure).groups] == [
        "its collections"
    ]
