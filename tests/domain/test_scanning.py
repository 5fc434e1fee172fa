"""From what was seen of an estate to its VMs in trouble, by cause."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from azremedy.domain.catalog import Catalog
from azremedy.domain.estate import ReadFrom, Risk
from azremedy.domain.evidence import Reading, Unreadable
from azremedy.domain.last_jobs import SymptomReader, lacks_code, lacks_jobs
from azremedy.domain.resources import (
    BackupJob,
    HealthDetail,
    LockLevel,
    ManagementLock,
    ProtectedItem,
)
from azremedy.domain.scanning import Concluded, LockView, conclude, needs_points
from azremedy.domain.sightings import (
    History,
    SeenCollection,
    SeenItem,
    SeenSubscription,
    SeenVm,
    tell_history,
)
from azremedy.ids import ResourceId
from azremedy.playbooks import load_shipped

SUB = "5ab0e6c1-3f2d-4a7b-9c18-7d20b4f1a001"
ROOT = f"/subscriptions/{SUB}"
VAULT = f"{ROOT}/resourceGroups/rg/providers/Microsoft.RecoveryServices/vaults/vault-1"
POINTS = f"{ROOT}/resourceGroups/AzureBackupRG_westeurope_1"
NIGHT = datetime(2026, 11, 19, 22, 0, tzinfo=UTC)
LIMIT = "UserErrorRpCollectionLimitReached"
AGENT = "UserErrorGuestAgentStatusUnavailable"
CATALOG = Catalog(load_shipped().playbooks)
DENIED = Unreadable(source="locks", why="missing permission Microsoft.Authorization/locks/read")


def id_of(text: str) -> ResourceId:
    """Read an id."""
    return ResourceId.parse(text)


def vm_id(name: str) -> ResourceId:
    """Name a VM."""
    return id_of(f"{ROOT}/resourceGroups/rg/providers/Microsoft.Compute/virtualMachines/{name}")


def vm(name: str) -> SeenVm:
    """See a VM."""
    return SeenVm(id=vm_id(name), vm_id=f"unique-{name}", location="westeurope")


def detail(title: str) -> HealthDetail:
    """Name a code."""
    return HealthDetail(code=1, title=title)


def item(name: str = "web-1", *, vault: str = VAULT, **fields: Any) -> ProtectedItem:
    """Protect a VM; all is well unless said otherwise."""
    part = f"iaasvmcontainerv2;rg;{name}"
    container = f"{vault}/backupFabrics/Azure/protectionContainers/IaasVMContainer;{part}"
    well = {
        "protection_state": "Protected",
        "health_status": "Passed",
        "last_backup_status": "Completed",
        "last_backup_time": NIGHT,
    }
    return ProtectedItem(
        id=id_of(f"{container}/protectedItems/VM;{part}"),
        source_id=str(vm_id(name)),
        container_name=part,
        **{**well, **fields},
    )


def job(
    status: str, *codes: str, nights_ago: int = 0, name: str = "web-1", operation: str = "Backup"
) -> BackupJob:
    """Make a job of one night."""
    began = NIGHT - timedelta(days=nights_ago)
    return BackupJob(
        id=id_of(f"{VAULT}/backupJobs/{status}-{nights_ago}"),
        operation=operation,
        status=status,
        start_time=began,
        end_time=began + timedelta(minutes=40),
        entity_name=name,
        container_name=f"iaasvmcontainerv2;rg;{name}",
        errors=tuple(map(detail, codes)),
    )


def seen(of: ProtectedItem, *jobs: BackupJob, gone: bool = False) -> SeenItem:
    """See an item with the jobs of its vault."""
    name = of.source_id.rpartition("/")[2]
    return SeenItem(item=of, vm=None if gone else vm(name), history=tell_history(jobs, of))


def collection(
    name: str = "web-1",
    *,
    points: int | None = None,
    number: int = 100_000_000,
    gone: bool = False,
    protected: bool = True,
) -> SeenCollection:
    """See the restore point collection of a VM."""
    kind = "providers/Microsoft.Compute/restorePointCollections"
    return SeenCollection(
        id=id_of(f"{POINTS}/{kind}/AzureBackup_{name}_{number}"),
        location="westeurope",
        source_id=vm_id(name),
        vm=None if gone else vm(name),
        item_id=item(name).id if protected else None,
        points=points,
    )


def lock(scope: str = POINTS, name: str = "keep") -> ManagementLock:
    """Lock something."""
    return ManagementLock(
        id=id_of(f"{scope}/providers/Microsoft.Authorization/locks/{name}"),
        level=LockLevel.CAN_NOT_DELETE,
    )


def estate(
    *items: SeenItem,
    collections: tuple[SeenCollection, ...] = (),
    locks: Reading[ManagementLock] | None = None,
    **fields: Any,
) -> Concluded:
    """Conclude from a subscription."""
    told = {"read_from": ReadFrom.GRAPH, "protected": len(items), **fields}
    subscription = SeenSubscription(
        id=SUB, items=items, collections=collections, locks=locks or Reading(), **told
    )
    return conclude(subscription, SymptomReader(CATALOG))


def locked(*locks: ManagementLock) -> Reading[ManagementLock]:
    """Read locks."""
    return Reading(values=locks)


def risks(found: Concluded) -> dict[str, tuple[Risk, ...]]:
    """Give the risks of each VM."""
    return {each.id.name: each.risks for each in found.vms}


def test_a_vm_that_is_well_is_not_told_of() -> None:
    """A scan is about trouble."""
    assert () == estate(seen(item(), job("Completed"))).vms


def test_the_newest_failure_names_job_and_code() -> None:
    """The code is the job's, as the playbook spells it, with who told it."""
    found = estate(seen(item(last_backup_status="Failed"), job("Failed", LIMIT.upper())))

    (only,) = found.vms
    assert (Risk.FAILING,) == only.risks
    assert LIMIT == only.cause
    assert only.last_job is not None
    assert (LIMIT, "job", NIGHT) == (only.last_job.code, only.last_job.told_by, only.last_job.at)
    assert ("unique-web-1", True, 1) == (only.vm_id, only.exists, only.failures)
    assert id_of(VAULT) == only.vault_id


def test_a_later_success_clears_a_failure() -> None:
    """What failed the night before and was well in the last is well."""
    jobs = (job("Failed", AGENT, nights_ago=1), job("Completed"))

    assert () == estate(seen(item(), *jobs)).vms


def test_a_success_that_only_the_item_knows_clears_a_failure() -> None:
    """Jobs may be late: the item's later backup counts."""
    late = item(last_backup_status="Completed", last_backup_time=NIGHT + timedelta(hours=9))

    assert () == estate(seen(late, job("Failed", AGENT))).vms


def test_a_failure_that_only_the_job_knows_counts() -> None:
    """Items may be late too: the job's later failure counts."""
    late = item(last_backup_time=NIGHT - timedelta(days=1))

    assert {"web-1": (Risk.FAILING,)} == risks(estate(seen(late, job("Failed", AGENT))))


def test_a_later_failure_without_its_job_is_not_hidden_by_an_older_success() -> None:
    """The item says failed; that its job is not there is told, so that it is looked up."""
    told = seen(
        item(
            last_backup_status="Failed",
            last_backup_time=NIGHT + timedelta(days=1),
            health_status="ActionSuggested",
            health_details=(detail(AGENT),),
        ),
        job("Completed"),
    )

    (only,) = estate(told).vms

    assert lacks_jobs(told)
    assert only.last_job is not None
    assert (None, AGENT, "health") == (
        only.last_job.id,
        only.last_job.code,
        only.last_job.told_by,
    )


def test_the_codes_of_lists_without_codes_are_those_of_the_health() -> None:
    """Lists of jobs leave codes out; what the job itself says outranks the health."""
    unwell = item(
        last_backup_status="Failed",
        health_status="ActionSuggested",
        health_details=(detail(AGENT),),
    )

    bare, named = seen(unwell, job("Failed")), seen(unwell, job("Failed", LIMIT))

    assert AGENT == estate(bare).vms[0].cause
    assert LIMIT == estate(named).vms[0].cause
    assert not lacks_code(bare, SymptomReader(CATALOG))


def test_a_failure_without_any_code_says_so() -> None:
    """Its job is then worth a read of its own."""
    bare = seen(item(last_backup_status="Failed"), job("Failed"))

    assert "(no code)" == estate(bare).vms[0].cause
    assert lacks_code(bare, SymptomReader(CATALOG))


def test_an_envelope_is_told_by_what_it_holds() -> None:
    """The group is the inner code's, and both are told."""
    outer = job("Failed", "UserErrorCrpReportedUserError")
    inner = HealthDetail(
        code=1, title="UserErrorCrpReportedUserError", message="Code VMRestorePointInternalError"
    )
    told = seen(item(last_backup_status="Failed"), outer)
    assert told.history is not None
    opened = SeenItem(
        item=told.item,
        vm=told.vm,
        history=History(failures=1, last=BackupJob(**{**_fields(outer), "errors": (inner,)})),
    )

    (only,) = estate(opened).vms

    assert "VMRestorePointInternalError" == only.cause
    assert only.last_job is not None
    assert ("UserErrorCrpReportedUserError", "VMRestorePointInternalError") == only.last_job.codes


def _fields(of: BackupJob) -> dict[str, Any]:
    return {name: getattr(of, name) for name in BackupJob.__dataclass_fields__}


def test_a_backup_that_was_cancelled_tells_nothing() -> None:
    """Items call it a failure; what was before it counts, and it is not looked up."""
    told = item(last_backup_status="Failed")
    before = job("Completed", nights_ago=1)
    well, failed, bare = (
        seen(told, job("Cancelled"), *jobs)
        for jobs in ((before,), (job("Failed", AGENT, nights_ago=1),), ())
    )

    assert [{}, {"web-1": (Risk.FAILING,)}, {}] == [
        risks(estate(each)) for each in (well, failed, bare)
    ]
    assert not any(map(lacks_jobs, (well, failed, bare)))


def test_who_failed_thrice_is_a_chronic_offender_even_when_it_is_well_now() -> None:
    """A success clears the failure, not the record."""
    failed = [job("Failed", AGENT, nights_ago=each) for each in (1, 2, 3)]

    found = estate(seen(item(), job("Completed"), *failed))

    assert {"web-1": (Risk.CHRONIC,)} == risks(found)
    assert ("fails-often", 3, NIGHT) == (
        found.vms[0].cause,
        found.vms[0].failures,
        found.vms[0].last_success,
    )


def test_only_backups_of_this_very_vm_that_ended_count() -> None:
    """Restores, cancelled and running jobs tell nothing, nor do those of another VM."""
    jobs = (
        job("Failed", AGENT, operation="Restore"),
        job("Cancelled", AGENT),
        job("InProgress"),
        job("Failed", AGENT, name="web-10"),
    )

    assert History(last_cancelled=NIGHT) == tell_history(jobs, item())


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({"protection_state": "ProtectionStopped", "last_backup_status": "Failed"}, ()),
        ({"is_scheduled_for_deferred_delete": True, "last_backup_status": "Failed"}, ()),
        ({"protection_state": "ProtectionPaused"}, (Risk.PAUSED,)),
        ({"last_backup_status": "CompletedWithWarnings"}, (Risk.WARNINGS,)),
        ({"health_status": "ActionRequired"}, (Risk.UNHEALTHY,)),
        ({"last_backup_status": "", "last_backup_time": None}, ()),
    ],
)
def test_an_item_alone_tells_its_risks(fields: dict[str, Any], expected: tuple[Risk, ...]) -> None:
    """Without any job: what rests is left out, what is paused is told."""
    assert expected == risks(estate(seen(item(**fields)))).get("web-1", ())


@pytest.mark.parametrize(
    ("fields", "cause"),
    [
        ({"protection_state": "ProtectionPaused"}, "UserErrorBcmDatasourceNotPresent"),
        ({"last_backup_status": "CompletedWithWarnings"}, "ended-with-warnings"),
        ({"health_status": "ActionRequired"}, "(no code)"),
    ],
)
def test_a_risk_without_a_code_has_a_cause_of_its_own(fields: dict[str, Any], cause: str) -> None:
    """Each VM belongs to one group."""
    assert cause == estate(seen(item(**fields))).vms[0].cause


def test_points_of_all_collections_of_a_vm_count_together() -> None:
    """From fifteen on a VM is near the limit, wherever they lie."""
    own = (collection(points=9), collection(points=6, number=200_000_000))

    (only,) = estate(collections=own, protected=1).vms

    assert (15, (Risk.NEAR_LIMIT,), "point-limit") == (only.points, only.risks, only.cause)


def test_points_that_were_not_read_are_not_counted() -> None:
    """One unread collection makes the sum unknown, not smaller."""
    own = (collection(points=16), collection(number=200_000_000))
    failing = seen(item(last_backup_status="Failed"), job("Failed", LIMIT))

    (only,) = estate(failing, collections=own).vms

    assert only.points is None
    assert (Risk.FAILING,) == only.risks


@pytest.mark.parametrize("scope", [ROOT, POINTS, str(collection().id)])
def test_a_lock_at_any_level_puts_a_vm_at_risk(scope: str) -> None:
    """On the subscription, on the group, on the collection itself."""
    found = estate(collections=(collection(),), locks=locked(lock(scope)), protected=1)

    assert {"web-1": (Risk.LOCKED,)} == risks(found)
    assert (lock(scope),) == found.vms[0].locks
    assert item().id == found.vms[0].item_id
    assert "point-group-locked" == found.vms[0].cause


@pytest.mark.parametrize(
    "other",
    [
        lock(f"{ROOT}/resourceGroups/rg"),
        lock(f"{POINTS}/providers/Microsoft.Storage/storageAccounts/sa"),
        lock(name="AzureBackupProtectionLock"),
    ],
)
def test_a_lock_elsewhere_is_no_risk(other: ManagementLock) -> None:
    """Not the VM's group, not another thing in the group, not the service's own lock."""
    assert () == estate(collections=(collection(),), locks=locked(other), protected=1).vms


def test_locks_that_could_not_be_read_are_not_no_locks() -> None:
    """There is no list of locks then, not even an empty one."""
    failing = seen(item(last_backup_status="Failed"), job("Failed", LIMIT))

    (only,) = estate(failing, locks=Reading(gaps=(DENIED,))).vms

    assert only.locks is None


def test_locked_groups_are_told_once_with_their_size() -> None:
    """A group that no lock binds is left out."""
    free = f"{ROOT}/resourceGroups/AzureBackupRG_northeurope_1"
    sizes = ((id_of(POINTS.lower()), 7), (id_of(free), 3))

    (group,) = estate(group_sizes=sizes, locks=locked(lock())).locked_groups

    assert (POINTS, 7, (lock(),)) == (str(group.id), group.collections, group.locks)


def test_a_collection_without_a_vm_is_an_orphan() -> None:
    """Whether a vault still protects the VM is told; it is no VM in trouble."""
    own = (collection("old-1", gone=True, protected=False), collection("old-2", gone=True))

    found = estate(collections=own)

    assert [("old-1", False), ("old-2", True)] == [
        (each.source_id.name, each.protected) for each in found.orphans
    ]
    assert () == found.vms


def test_nothing_is_an_orphan_where_vms_could_not_be_read() -> None:
    """What was not seen may well be there."""
    own = (collection(gone=True),)

    assert () == estate(collections=own, vms_read=False).orphans


def test_whether_an_orphan_is_protected_is_unknown_where_vaults_could_not_be_read() -> None:
    """An item that was not seen proves nothing."""
    own = (collection(gone=True, protected=False),)

    (orphan,) = estate(collections=own, protected=None).orphans

    assert orphan.protected is None


def test_a_vm_that_is_gone_and_still_protected_is_told_as_not_seen() -> None:
    """Its id is the one that the item names."""
    told = seen(item(last_backup_status="Failed"), job("Failed", LIMIT), gone=True)

    (only,) = estate(told).vms
    (blind,) = estate(told, vms_read=False).vms

    assert (vm_id("web-1"), "", False) == (only.id, only.vm_id, only.exists)
    assert blind.exists is None


def test_points_of_a_vm_that_nobody_protects_are_no_risk_of_its_backups() -> None:
    """Unless the vaults could not all be read: then nobody knows."""
    own = (collection(protected=False),)

    assert () == estate(collections=own, locks=locked(lock())).vms
    blind = estate(collections=own, locks=locked(lock()), protected=None)
    assert {"web-1": (Risk.LOCKED,)} == risks(blind)


def test_of_two_vaults_the_newest_word_counts() -> None:
    """An older item of the same VM says nothing any more."""
    older = item(
        vault=VAULT.replace("vault-1", "vault-2"),
        last_backup_status="Failed",
        last_backup_time=NIGHT - timedelta(days=3),
    )
    newer = item(last_backup_status="CompletedWithWarnings")

    assert {"web-1": (Risk.WARNINGS,)} == risks(estate(seen(newer), seen(older)))


@pytest.mark.parametrize(
    ("locks", "cause", "expected"),
    [
        ((lock(),), None, True),
        ((), LIMIT, True),
        ((), AGENT, False),
        ((), "NewCodeOfTomorrow", True),
        ((), None, False),
    ],
)
def test_points_are_counted_where_they_may_matter(
    locks: tuple[ManagementLock, ...],
    cause: str | None,
    expected: bool,  # noqa: FBT001 - a parameter of the table
) -> None:
    """Behind a lock, under a code that points may be behind, and under a code nobody knows."""
    view, reader = LockView(locks), SymptomReader(CATALOG)

    assert expected == needs_points(collection(), locks=view, cause=cause, reader=reader)
    assert not needs_points(collection(gone=True), locks=view, cause=cause, reader=reader)
