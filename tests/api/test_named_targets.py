"""From names to targets: one and only one, or a refusal that says why."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from azremedy import api
from azremedy.errors import (
    AmbiguousTargetError,
    MalformedIdError,
    RefusedError,
    TargetNotFoundError,
    UsageError,
    WrongResourceTypeError,
)
from tests.support.stages import (
    OTHER_SUBSCRIPTION,
    ROOT,
    SUBSCRIPTION,
    Stage,
    built_in,
    guards_of,
    kinds,
    names,
    open_stage,
    path_of,
    with_resources,
)

if TYPE_CHECKING:
    from pathlib import Path

VM = f"{ROOT}/resourceGroups/rg-shop-prod/providers/Microsoft.Compute/virtualMachines/web-1"
GROUP = f"{ROOT}/resourceGroups/AzureBackupRG_westeurope_1"
UNKNOWN = "99999999-9999-4999-8999-999999999999"
RIGHTS = ("/denyassignments", "/providers/microsoft.authorization/permissions")


@pytest.fixture
def stage(tmp_path: Path) -> Stage:
    """Give a world in which two VMs are named web-1."""
    base = built_in("restore-point-limit")
    machine = next(each for each in base.resources if each["id"] == VM)
    twin = {**machine, "id": VM.replace("rg-shop-prod", "rg-other")}
    return open_stage(tmp_path, with_resources(base, twin))


def test_a_name_that_fits_two_vms_is_refused_with_both(stage: Stage) -> None:
    """The message lists the candidates; nothing is guessed."""
    with pytest.raises(AmbiguousTargetError) as caught:
        api.plan_clean(stage.azure, names("web-1"))

    assert caught.value.exit_code == 2
    assert VM in str(caught.value)
    assert VM.replace("rg-shop-prod", "rg-other") in str(caught.value)


@pytest.mark.parametrize("group", ["rg-shop-prod", "RG-SHOP-PROD"])
def test_a_group_tells_two_vms_apart(stage: Stage, group: str) -> None:
    """In whatever letter case."""
    plan = api.plan_reset(stage.azure, names("WEB-1", group=group))

    assert [target.target.key for target in plan.targets] == [VM.lower()]


def test_a_vm_named_twice_is_one_target(stage: Stage) -> None:
    """By id in two letter cases."""
    plan = api.plan_reset(stage.azure, names(VM, VM.upper()))

    assert len(plan.targets) == 1


@pytest.mark.parametrize(
    ("text", "error"),
    [
        (f"{VM}/extensions/VMSnapshotLinux", WrongResourceTypeError),
        (GROUP, WrongResourceTypeError),
        (ROOT, WrongResourceTypeError),
        ("rg-shop-prod/web-1", MalformedIdError),
        (f"{VM}/", None),
    ],
)
def test_an_id_must_be_a_vms(stage: Stage, text: str, error: type[UsageError] | None) -> None:
    """Another type's id, or half an id, is a usage error; a slash too many is none."""
    if error is None:
        assert len(api.plan_reset(stage.azure, names(text)).targets) == 1
        return
    with pytest.raises(error) as caught:
        api.plan_clean(stage.azure, names(text))

    assert caught.value.exit_code == 2
    assert stage.requests() == []


@pytest.mark.parametrize(
    "vm",
    ["web-2", "web", VM + "0", VM.replace(SUBSCRIPTION, UNKNOWN)],
    ids=["name", "beginning of a name", "id", "subscription"],
)
def test_a_vm_that_is_not_there_is_not_found(stage: Stage, vm: str) -> None:
    """Exit code 6."""
    with pytest.raises(TargetNotFoundError) as caught:
        api.plan_backup(stage.azure, names(vm))

    assert caught.value.exit_code == 6


def test_a_vm_in_a_group_that_is_not_there_is_not_found(stage: Stage) -> None:
    """The message names the group."""
    with pytest.raises(TargetNotFoundError, match="rg-nowhere"):
        api.plan_backup(stage.azure, names("web-1", group="rg-nowhere"))


def test_an_id_in_another_subscription_is_worked_on_there(tmp_path: Path) -> None:
    """The connection's own subscription does not matter for whole ids."""
    stage = open_stage(tmp_path, "fleet-small")
    there = (
        f"/subscriptions/{OTHER_SUBSCRIPTION}/resourceGroups/rg-web"
        "/providers/Microsoft.Compute/virtualMachines/web-02"
    )

    run = stage.apply(api.plan_reset(stage.azure, names(there)))

    assert run.exit_code == 0
    assert OTHER_SUBSCRIPTION in stage.writes()[0]


def test_more_targets_than_expected_are_refused_before_anything_is_read(tmp_path: Path) -> None:
    """Only the names were looked up."""
    stage = open_stage(tmp_path, "fleet-small")
    wanted = names("app-01", "app-02", "app-03")

    plan = api.plan_clean(stage.azure, wanted, max_targets=2)

    assert guards_of(plan) == ("too-many-targets",)
    assert plan.refusals[0].override == "--max-targets"
    assert kinds(plan) == ()
    assert not any("restorePointCollections" in each["url"] for each in stage.requests())


def test_no_group_at_all_is_a_usage_error(stage: Stage) -> None:
    """Nothing named is not everything."""
    with pytest.raises(UsageError):
        api.plan_unlock(stage.azure, api.GroupNames())

    assert stage.requests() == []


@pytest.mark.parametrize("name", ["AzureBackupRG_westeurope_1", GROUP.upper()])
def test_a_group_is_named_by_name_or_id(stage: Stage, name: str) -> None:
    """In whatever letter case."""
    plan = api.plan_unlock(stage.azure, api.GroupNames(names=(name,)))

    assert kinds(plan) == ("DeleteLock",)


def test_a_named_groups_rights_are_read_once_and_only_where_it_is_locked(stage: Stage) -> None:
    """They are asked for while the group is read; without a lock nothing needs them."""
    asked = api.GroupNames(names=("AzureBackupRG_westeurope_1",))

    api.plan_unlock(stage.azure, asked)

    sent = [each["url"].lower() for each in stage.requests()]
    assert len(set(sent)) == len(sent)
    assert [1, 1] == [sum(word in url for url in sent) for word in RIGHTS]

    for lock in stage.documents("Microsoft.Authorization/locks"):
        stage.world.documents.remove(lock["id"])
    api.plan_unlock(stage.azure, asked)

    later = [each["url"].lower() for each in stage.requests()][len(sent) :]
    assert [0, 0] == [sum(word in url for url in later) for word in RIGHTS]
    assert later


def test_one_group_named_in_several_ways_is_planned_once(stage: Stage) -> None:
    """By name, by id in capitals, by VM, and by all."""
    asked = api.GroupNames(
        names=("azurebackuprg_westeurope_1", GROUP.upper()),
        vms=names(VM),
        all_groups=True,
    )

    plan = api.plan_unlock(stage.azure, asked)

    assert len(plan.targets) == 1
    assert kinds(plan) == ("DeleteLock",)


def test_a_group_is_found_by_its_vm(stage: Stage) -> None:
    """The group that holds the VM's collections."""
    plan = api.plan_unlock(stage.azure, api.GroupNames(vms=names(VM)))

    assert [target.target.name for target in plan.targets] == ["AzureBackupRG_westeurope_1"]


def test_a_vm_without_collections_has_nothing_to_unlock(tmp_path: Path) -> None:
    """No group, no gap: nothing to do."""
    stage = open_stage(tmp_path, "restore-point-limit")
    for each in stage.documents("Microsoft.Compute/restorePointCollections"):
        stage.world.documents.remove(each["id"])

    run = stage.apply(api.plan_unlock(stage.azure, api.GroupNames(vms=names(VM))))

    assert (run.state.value, run.exit_code) == ("nothing-to-do", 0)


def test_a_group_that_is_not_there_is_not_found(stage: Stage) -> None:
    """Exit code 6."""
    with pytest.raises(TargetNotFoundError) as caught:
        api.plan_unlock(stage.azure, api.GroupNames(names=("rg-nowhere",)))

    assert caught.value.exit_code == 6


def test_a_group_of_something_else_keeps_its_locks(stage: Stage) -> None:
    """Only restore point groups are unlocked."""
    with pytest.raises(RefusedError) as caught:
        api.plan_unlock(stage.azure, api.GroupNames(names=("rg-shop-prod",)))

    assert caught.value.exit_code == 4


def test_an_id_that_is_no_groups_is_refused(stage: Stage) -> None:
    """A VM's id is not a group's."""
    with pytest.raises(WrongResourceTypeError):
        api.plan_unlock(stage.azure, api.GroupNames(names=(VM,)))


def test_too_many_groups_are_refused(tmp_path: Path) -> None:
    """As with VMs."""
    stage = open_stage(tmp_path, "fleet-small")

    plan = api.plan_unlock(stage.azure, api.GroupNames(all_groups=True), max_targets=0)

    assert guards_of(plan) == ("too-many-targets",)


@pytest.mark.parametrize("name", ["healthy", "restore-point-limit"])
def test_locked_groups_alone_are_listed_when_asked(tmp_path: Path, name: str) -> None:
    """A group without any lock is left out."""
    stage = open_stage(tmp_path, name)

    found = api.find_groups(stage.azure, locked=True)

    assert len(found.groups) == (0 if name == "healthy" else 1)


def test_what_vms_share_is_read_once(tmp_path: Path) -> None:
    """Locks, groups, vaults and collections of a subscription are listed once for all its VMs."""
    stage = open_stage(tmp_path, built_in("fleet-small"))
    vms = tuple(f"app-{number:02}" for number in range(1, 6))

    api.plan_clean(stage.azure, api.VmNames(names=vms))

    whole = f"/subscriptions/{SUBSCRIPTION}/providers/"
    shared = ("Microsoft.Authorization/locks", "Microsoft.Compute/restorePointCollections")
    paths = [path_of(each) for each in stage.requests()]
    assert [1, 1] == [paths.count(whole + what) for what in shared]
