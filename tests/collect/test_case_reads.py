"""A case is read in two phases, each fact with its origin, and no more than is needed."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from azremedy.collect import Collector
from azremedy.domain.evidence import NOT_ASKED, UNREAD, Absent, Observed, Reading, Unreadable
from azremedy.domain.rules.base import ALWAYS, Need
from azremedy.errors import SignInError, TargetNotFoundError
from azremedy.ids import VIRTUAL_MACHINE, ResourceId
from azremedy.sandbox.scenario import Match
from tests.support.stages import (
    ROOT,
    Stage,
    answered,
    built_in,
    changed,
    forbidding,
    open_stage,
    path_of,
    with_faults,
    with_resources,
    without_resources,
)

if TYPE_CHECKING:
    from pathlib import Path

    from azremedy.domain.case import Case
    from azremedy.sandbox.scenario import Scenario

MACHINES = "providers/Microsoft.Compute/virtualMachines"
VM = ResourceId.parse(f"{ROOT}/resourceGroups/rg-shop/{MACHINES}/web-1")
FULL_VM = ResourceId.parse(f"{ROOT}/resourceGroups/rg-shop-prod/{MACHINES}/web-1")
VAULT = f"{ROOT}/resourceGroups/rg-shop/providers/Microsoft.RecoveryServices/vaults/vault-shop"
COMPUTE, VAULTS = "Microsoft.Compute", "Microsoft.RecoveryServices/Vaults"
READ_VM = f"{COMPUTE}/virtualMachines/read"
READ_JOBS = f"{VAULTS}/backupJobs/read"
READ_ITEMS = f"{VAULTS}/backupProtectedItems/read"
READ_POLICIES = f"{VAULTS}/backupPolicies/read"
READ_NETWORK = "Microsoft.Network/networkInterfaces/read"
READ_DISKS = f"{COMPUTE}/disks/read"
READ_EXTENSIONS = f"{COMPUTE}/virtualMachines/extensions/read"
READ_LOCKS = "Microsoft.Authorization/locks/read"
EVERYTHING = frozenset(Need) - {Need.GUEST}
WITH_NETWORK = "extension-snapshot-failed-no-network"
COSTLY = ("/disks/", "/networkInterfaces/", "/virtualNetworks/", "/networkSecurityGroups/")


def collector(stage: Stage) -> Collector:
    """Make the collector of a stage's subscription."""
    return Collector(gateways=stage.azure.gateways(), clock=stage.azure.clock)


def begin(stage: Stage, vm_id: ResourceId = VM) -> Case:
    """Read what names the symptom."""
    return collector(stage).collect_case(vm_id)


def read(stage: Stage, needs: frozenset[Need] = EVERYTHING) -> Case:
    """Read both phases."""
    reading = collector(stage)
    return reading.complete_case(reading.collect_case(VM), needs)


def paths(stage: Stage) -> list[str]:
    """List the paths that were asked for."""
    return [path_of(each) for each in stage.requests()]


def test_every_fact_says_where_and_when_it_was_read(tmp_path: Path) -> None:
    """The request id of each is that of the very answer that told it."""
    stage = open_stage(tmp_path, WITH_NETWORK)

    case = read(stage)

    told = {
        each["response_headers"]["x-ms-request-id"]: path_of(each).lower()
        for each in stage.requests()
    }
    for fact in (case.vm, case.last_backup, case.network):
        assert isinstance(fact, Observed)
        assert fact.at is not None
        assert fact.request_id in told
    assert isinstance(case.vm, Observed)
    assert told[str(case.vm.request_id)] == VM.key
    assert isinstance(case.policy, Observed)
    assert told[str(case.policy.request_id)] == f"{VAULT}/backupPolicies".lower()
    assert isinstance(case.last_backup, Observed)
    assert told[str(case.last_backup.request_id)] == str(case.last_backup.source).lower()


def test_every_list_has_its_receipts(tmp_path: Path) -> None:
    """One for each part that was read, with the id of its answer."""
    stage = open_stage(tmp_path, WITH_NETWORK)

    case = read(stage)

    told = {each["response_headers"]["x-ms-request-id"] for each in stage.requests()}
    lists: tuple[Reading[Any], ...] = (
        case.items,
        case.running_jobs,
        case.todays_backups,
        case.locks,
        case.groups,
        case.patterns,
        case.collections,
        case.recovery_points,
        case.extensions,
        case.disks,
    )
    for reading in lists:
        assert reading.receipts != ()
        assert {receipt.request_id for receipt in reading.receipts} <= told


def test_the_first_phase_reads_what_names_the_symptom(tmp_path: Path) -> None:
    """The VM, vaults, items, jobs, the last job and the policy: nothing else."""
    stage = open_stage(tmp_path, WITH_NETWORK)

    case = begin(stage)

    assert 6 == len(stage.requests())
    assert (NOT_ASKED, NOT_ASKED, NOT_ASKED) == (case.locks, case.collections, case.extensions)
    assert (UNREAD, NOT_ASKED, UNREAD) == (case.network, case.disks, case.guest)
    assert case.gaps == ()


def test_only_what_is_needed_is_read(tmp_path: Path) -> None:
    """What every diagnosis reads asks for no disk, network or key vault."""
    stage = open_stage(tmp_path, WITH_NETWORK)

    case = read(stage, ALWAYS)

    assert [] == [path for path in paths(stage) if any(part in path for part in COSTLY)]
    assert [] == [path for path in paths(stage) if "Microsoft.KeyVault" in path]
    assert (UNREAD, NOT_ASKED, NOT_ASKED) == (case.network, case.disks, case.encryption_sets)
    assert case.gaps == ()


@pytest.mark.parametrize(
    ("need", "read_now"),
    [
        (Need.POINTS, ("locks", "groups", "patterns", "collections", "recovery_points")),
        (Need.EXTENSIONS, ("extensions",)),
        (Need.DISKS, ("disks", "encryption_sets")),
        (Need.KEYS, ("disks",)),
        (Need.VM, ()),
        (Need.ITEMS, ()),
        (Need.NETWORK, ()),
    ],
)
def test_a_need_reads_its_own_facts(tmp_path: Path, need: Need, read_now: tuple[str, ...]) -> None:
    """Each group of facts is read by itself."""
    stage = open_stage(tmp_path, WITH_NETWORK)

    case = read(stage, frozenset({need}))

    lists = ("locks", "groups", "patterns", "collections", "recovery_points")
    more = ("extensions", "disks", "encryption_sets")
    read_lists = [name for name in (*lists, *more) if getattr(case, name) is not NOT_ASKED]
    assert list(read_now) == read_lists
    assert (need is Need.NETWORK) == (case.network is not UNREAD)


def test_shared_lists_are_read_once_for_all_vms(tmp_path: Path) -> None:
    """Three VMs cost one read of each vault's items, jobs and policies, and of the locks."""
    stage = open_stage(tmp_path, "fleet-small")
    reading = collector(stage)
    vms = reading.gateways.groups.list_resources(VIRTUAL_MACHINE)[:3]

    for vm in vms:
        reading.complete_case(reading.collect_case(vm.id), ALWAYS)

    assert 3 == len(vms)
    ends = ("/backupJobs", "/backupProtectedItems", "/backupPolicies", "/locks")
    asked = [path for path in paths(stage) if path.endswith(ends)]
    assert len(asked) == len(set(asked))


@pytest.mark.parametrize(
    ("action", "unread"),
    [
        (READ_VM, {"vm", "disks", "network", "encryption_sets"}),
        (READ_ITEMS, {"items", "policy", "last_backup", "running_jobs", "todays_backups"}),
        (READ_JOBS, {"last_backup", "running_jobs", "todays_backups"}),
        (READ_POLICIES, {"policy", "patterns"}),
        (READ_NETWORK, {"network"}),
        (READ_DISKS, {"disks", "encryption_sets"}),
        (READ_EXTENSIONS, {"extensions"}),
        (READ_LOCKS, {"locks"}),
    ],
)
def test_what_may_not_be_read_names_the_permission(
    tmp_path: Path, action: str, unread: set[str]
) -> None:
    """The other facts are read all the same."""
    stage = open_stage(tmp_path, forbidding(built_in(WITH_NETWORK), action))

    case = read(stage)

    named = {name for name in unread if action in _actions(getattr(case, name))}
    assert unread == named
    others = {"vm", "items", "policy", "locks", "groups", "collections", "extensions"} - unread
    assert [] == [name for name in others if action in _actions(getattr(case, name))]
    assert {gap.action for gap in case.gaps} == {action}


def _actions(fact: Any) -> set[str | None]:
    gaps = fact.gaps if isinstance(fact, Reading) else (fact,)
    return {gap.action for gap in gaps if isinstance(gap, Unreadable)}


def test_an_unreadable_vms_keys_are_unread_too(tmp_path: Path) -> None:
    """Which key vaults there are stands in the VM; the way to storage as well."""
    stage = open_stage(tmp_path, forbidding(built_in(WITH_NETWORK), READ_VM))

    case = read(stage)

    assert isinstance(case.vm, Unreadable)
    assert (case.vm,) == case.keys.vaults.gaps
    assert case.vm == case.network


def test_an_unreadable_vm_costs_no_more_than_needed(tmp_path: Path) -> None:
    """Nothing is called unreadable that nobody wanted."""
    stage = open_stage(tmp_path, forbidding(built_in(WITH_NETWORK), READ_VM))

    case = read(stage, ALWAYS)

    assert (NOT_ASKED, UNREAD, NOT_ASKED) == (case.disks, case.network, case.keys.vaults)


def test_a_vm_that_is_gone_is_absent_while_a_vault_protects_it(tmp_path: Path) -> None:
    """Azure said so, and nothing hangs on it any more."""
    stage = open_stage(tmp_path, _without_vm(built_in(WITH_NETWORK)))

    case = read(stage)

    assert isinstance(case.vm, Absent)
    assert case.vm.request_id is not None
    assert [str(VM).lower()] == [item.source_id.lower() for item in case.items.values]
    assert ((), ()) == (case.extensions.values, case.disks.values)
    assert case.disks.complete
    assert isinstance(case.network, Absent)
    assert case.gaps == ()


def test_a_gone_vms_vault_may_be_in_any_region(tmp_path: Path) -> None:
    """Where it was nobody tells any more."""
    base = _without_vm(built_in(WITH_NETWORK))
    moved = [
        {**each, "location": "northeurope"} if each["id"].endswith("/vaults/vault-shop") else each
        for each in base.resources
    ]
    stage = open_stage(tmp_path, with_resources(without_resources(base, "/"), *moved))

    assert isinstance(begin(stage).vm, Absent)


def test_a_vm_that_nothing_knows_is_not_found(tmp_path: Path) -> None:
    """Neither Azure nor a vault has ever heard of it."""
    stage = open_stage(tmp_path, WITH_NETWORK)

    with pytest.raises(TargetNotFoundError, match="no vault protects"):
        begin(stage, ResourceId.parse(f"{VM}-2"))


def test_a_gone_vm_is_kept_where_a_vault_could_not_be_read(tmp_path: Path) -> None:
    """The vault might protect it: that is said, not guessed."""
    base = forbidding(_without_vm(built_in(WITH_NETWORK)), READ_ITEMS)
    stage = open_stage(tmp_path, base)

    case = begin(stage)

    assert isinstance(case.vm, Absent)
    assert {READ_ITEMS} == {gap.action for gap in case.gaps}


def test_a_subscription_that_cannot_be_seen_is_not_found(tmp_path: Path) -> None:
    """Everything in it would look as if it could not be read."""
    fault = answered(Match(path="*/virtualMachines/web-1"), 404, code="SubscriptionNotFound")
    stage = open_stage(tmp_path, with_faults(built_in(WITH_NETWORK), fault))

    with pytest.raises(TargetNotFoundError):
        begin(stage)


@pytest.mark.parametrize(
    "path", ["*/virtualMachines/web-1", "*/backupJobs", "*/backupJobs/*", "*/locks", "*/disks/*"]
)
def test_nobody_goes_on_without_signing_in(tmp_path: Path, path: str) -> None:
    """A refused token is no gap among others: everything else would fail as well."""
    fault = answered(Match(path=path), 401, times=99, code="ExpiredAuthenticationToken")
    stage = open_stage(tmp_path, with_faults(built_in(WITH_NETWORK), fault))

    with pytest.raises(SignInError):
        read(stage)


def test_the_newest_ended_backup_is_read_with_its_errors(tmp_path: Path) -> None:
    """Lists tell no errors; the job itself does."""
    stage = open_stage(tmp_path, "restore-point-limit")

    last = begin(stage, FULL_VM).last_backup

    assert isinstance(last, Observed)
    assert ("Failed", ["UserErrorRpCollectionLimitReached"]) == (
        last.value.status,
        [error.title for error in last.value.errors],
    )


def test_a_cancelled_backup_tells_nothing(tmp_path: Path) -> None:
    """The one before it does."""
    base = built_in("restore-point-limit")
    newest = _newest_job(base)
    stage = open_stage(tmp_path, changed(base, newest, {"status": "Cancelled"}))

    last = begin(stage, FULL_VM).last_backup

    assert isinstance(last, Observed)
    assert newest != last.value.id.name


def test_an_older_week_is_looked_at_where_the_last_knows_nothing(tmp_path: Path) -> None:
    """A weekly backup, or a paused one, may lie further back."""
    base = built_in("restore-point-limit")
    stage = open_stage(tmp_path, replace(base, now=base.now + timedelta(days=20)))

    last = begin(stage, FULL_VM).last_backup

    assert isinstance(last, Observed)
    assert "Failed" == last.value.status
    assert 2 == sum(1 for path in paths(stage) if path.endswith("/backupJobs"))


def test_no_backup_at_all_is_absent(tmp_path: Path) -> None:
    """A VM that was never backed up has no last backup."""
    base = without_resources(built_in(WITH_NETWORK), "/backupJobs/")
    stage = open_stage(tmp_path, changed(base, ";web-1", {"lastBackupTime": None}))

    assert isinstance(begin(stage).last_backup, Absent)


def test_the_policy_of_paused_protection_is_absent(tmp_path: Path) -> None:
    """Nothing protects the VM, so no policy does."""
    base = changed(built_in(WITH_NETWORK), ";web-1", {"policyId": None})
    stage = open_stage(tmp_path, base)

    assert isinstance(begin(stage).policy, Absent)


def test_a_policy_that_the_vault_does_not_list_is_absent(tmp_path: Path) -> None:
    """The item names one that is gone."""
    base = changed(built_in(WITH_NETWORK), ";web-1", {"policyId": f"{VAULT}/backupPolicies/Gone"})
    stage = open_stage(tmp_path, base)

    assert isinstance(begin(stage).policy, Absent)


def test_protected_vms_are_found_by_name(tmp_path: Path) -> None:
    """Also when they are gone; a group narrows it down."""
    reading = collector(open_stage(tmp_path, _without_vm(built_in(WITH_NETWORK))))

    assert (VM,) == reading.find_protected("WEB-1", None)
    assert (VM,) == reading.find_protected("web-1", "RG-SHOP")
    assert () == reading.find_protected("web-1", "rg-other")
    assert () == reading.find_protected("web-2", None)


def _without_vm(base: Scenario) -> Scenario:
    gone = tuple(each for each in base.resources if not each["id"].startswith(str(VM)))
    return with_resources(without_resources(base, "/"), *gone)


def _newest_job(base: Scenario) -> str:
    """Give the name of the newest backup job."""
    jobs = [each for each in base.resources if "/backupJobs/" in each["id"]]
    newest = max(jobs, key=lambda each: str(each["properties"]["startTime"]))
    return str(newest["id"].rpartition("/")[2])
