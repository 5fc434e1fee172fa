"""Whatever the evidence: a plan deletes only what is proven, and takes off only what it must.

The oracle here is written from the promise, not from the code.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from hypothesis import given, settings
from hypothesis import strategies as st

from azremedy.domain.evidence import Reading, Unreadable
from azremedy.domain.naming import GroupNamePattern
from azremedy.domain.planner.assemble import assemble
from azremedy.domain.planner.clean import CleanBy, CleanOptions, plan_clean
from azremedy.domain.planner.reset import ResetOptions, plan_reset
from azremedy.domain.planner.unlock import plan_unlock
from azremedy.domain.planner.unlock_options import UnlockOptions
from azremedy.domain.resources import (
    LockLevel,
    ManagementLock,
    ProtectedItem,
    ResourceGroup,
    RestorePoint,
    RestorePointCollection,
    VirtualMachine,
    VmExtension,
)
from azremedy.domain.steps import (
    CreateLock,
    DeleteExtension,
    DeleteLock,
    DeleteRestorePointCollection,
)
from azremedy.domain.worlds import RestorePointGroup, VmEvidence
from azremedy.ids import ResourceId

if TYPE_CHECKING:
    from azremedy.domain.plan import Plan

calmly = settings(deadline=None, max_examples=60)

SUB = "/subscriptions/5f0c2a6e-8d41-4b7a-9c35-2e1d7a90b8f4"
COMPUTE = "providers/Microsoft.Compute"
VM = f"{SUB}/resourceGroups/rg-web/{COMPUTE}/virtualMachines/web-1"
MY_VM_ID = "8d9b3c52-0f4e-4f0e-a7c1-6a2b9d5e7f10"
NUMBER = "140738144265919"
GOOD_POINTS = ("AzureBackup_20261118_220003", "azurebackup_20261119_220003")
WHEN = datetime(2026, 11, 20, 8, tzinfo=UTC)
GAP = Unreadable(source="x", why="missing permission")

groups = st.sampled_from(
    ["AzureBackupRG_westeurope_1", "rg-web", "rg-other", "snap1", "RG-WEB", "SNAP1"]
)
sources = st.sampled_from(
    [
        *(VM, VM, VM.upper()),
        VM.replace("rg-web", "rg-other"),
        f"{VM}0",
        f"{VM}/extensions/x",
        f"{SUB}/resourceGroups/rg-web/{COMPUTE}/restorePointCollections/AzureBackup_web-1_{NUMBER}",
        "",
        "web-1",
    ]
)
point_names = st.sampled_from([*GOOD_POINTS * 3, "before-upgrade", "AzureBackup_20261399_000000"])
vm_ids = st.sampled_from([MY_VM_ID, MY_VM_ID, MY_VM_ID.upper(), "another-vm", "", None])
collection_names = st.sampled_from(
    [
        *(
            f"AzureBackup_web-1_{NUMBER}",
            f"AzureBackup_web-1_{NUMBER}",
            f"AZUREBACKUP_WEB-1_{NUMBER}",
        ),
        "AzureBackup_web-1_999999999",
        "AzureBackup_web-1",
        f"AzureBackup_web-10_{NUMBER}",
        f"AzureBackup_web_{NUMBER}",
        f"acronis-web-1_{NUMBER}",
    ]
)


@st.composite
def collections(draw: st.DrawFn) -> RestorePointCollection:
    """Draw a collection that is nearly, or wholly, the service's for this VM."""
    id_ = ResourceId.parse(
        f"{SUB}/resourceGroups/{draw(groups)}/{COMPUTE}/restorePointCollections/"
        f"{draw(collection_names)}"
    )
    points = draw(st.none() | st.lists(st.tuples(point_names, vm_ids), max_size=3))
    return RestorePointCollection(
        id=id_,
        location="westeurope",
        source_id=draw(sources),
        restore_points=None
        if points is None
        else tuple(
            RestorePoint(id=id_.child("restorePoints", name), source_vm_id=vm_id)
            for name, vm_id in points
        ),
    )


items = st.builds(
    ProtectedItem,
    id=st.just(
        ResourceId.parse(
            f"{SUB}/resourceGroups/v/providers/Microsoft.RecoveryServices/vaults/v/backupFabrics/Azure"
            "/protectionContainers/c/protectedItems/i"
        )
    ),
    source_id=sources,
    data_id=st.sampled_from([NUMBER, NUMBER, "123456789", ""]),
    protection_state=st.sampled_from(["Protected", "ProtectionStopped"]),
)
locks = st.builds(
    lambda scope, name, level: ManagementLock(
        id=ResourceId.parse(f"{scope}/providers/Microsoft.Authorization/locks/{name}"), level=level
    ),
    st.sampled_from(
        [
            SUB,
            VM,
            f"{SUB}/{COMPUTE}/galleries/g",
            f"{SUB}/resourceGroups/rg-web",
            f"{SUB}/resourceGroups/snap1",
            f"{SUB}/resourceGroups/azurebackuprg_westeurope_1",
            f"{SUB}/resourceGroups/snap1/providers/Microsoft.Storage/storageAccounts/sa",
            f"{SUB}/resourceGroups/snap1/{COMPUTE}/restorePointCollections/acronis-web-1_{NUMBER}",
            f"{SUB}/resourceGroups/snap1/{COMPUTE}/restorePointCollections/AzureBackup_web-1_{NUMBER}",
        ]
    ),
    st.sampled_from(["keep", "AzureBackupProtectionLock"]),
    st.sampled_from(list(LockLevel)),
)
resource_groups = st.builds(
    lambda name, managed_by: ResourceGroup(
        id=ResourceId.parse(f"{SUB}/resourceGroups/{name}"),
        location="westeurope",
        managed_by=managed_by,
    ),
    groups,
    st.sampled_from(["", "subscriptions/x/providers/Microsoft.RecoveryServices/"]),
)
extensions = st.builds(
    VmExtension,
    name=st.sampled_from(["VMSnapshot", "other"]),
    publisher=st.sampled_from(
        [
            "Microsoft.Azure.RecoveryServices",
            "Microsoft.Azure.RecoveryServices.WorkloadBackup",
            "Contoso",
        ]
    ),
    handler_type=st.sampled_from(["VMSnapshot", "VMSnapshotLinux", "Linux"]),
    state=st.just(""),
    seen_in=st.sampled_from(["extensions", "instanceView", "handlers"]),
)
gaps = st.sampled_from([(), (), (GAP,)])


@st.composite
def worlds(draw: st.DrawFn) -> VmEvidence:
    """Draw what was read about the VM, with holes."""

    def reading(strategy: st.SearchStrategy[object]) -> Reading[object]:
        return Reading(values=tuple(draw(st.lists(strategy, max_size=4))), gaps=draw(gaps))

    fields = {
        "locks": reading(locks),
        "groups": reading(resource_groups),
        "items": reading(items),
        "collections": reading(collections()),
        "extensions": reading(extensions),
        "patterns": reading(st.just(GroupNamePattern(prefix="snap"))),
    }
    vm = VirtualMachine(
        id=ResourceId.parse(draw(st.sampled_from([VM, VM.lower()]))),
        vm_id=draw(st.sampled_from([MY_VM_ID, ""])),
        location="westeurope",
        extensions=tuple(draw(st.lists(extensions, max_size=2))),
    )
    return replace(VmEvidence(vm=vm, read_at=WHEN), **fields)  # type: ignore[arg-type]  # drawn per field


clean_options = st.builds(
    CleanOptions,
    by=st.sampled_from([CleanBy.DELETE, CleanBy.DELETE, CleanBy.BACKUP]),
    unlock=st.booleans(),
    include_inherited=st.booleans(),
    relock=st.booleans(),
    accept_loss=st.booleans(),
    during_job=st.booleans(),
)


def _may_go(collection: RestorePointCollection, evidence: VmEvidence) -> bool:
    """The promise: this VM's by source, the service's by every name, of no other machine."""
    number = collection.name.rpartition("_")[2]
    vm_ids = {(point.source_vm_id or "").lower() for point in collection.restore_points or ()}
    protected = [i for i in evidence.items.values if i.source_id.lower() == VM.lower()]
    return (
        collection.source_id.lower() == VM.lower()
        and collection.name.lower().startswith(("azurebackup_web-1_", "azurebackup_web-1"))
        and "web-10" not in collection.name
        and collection.restore_points is not None
        and all(point.name in GOOD_POINTS for point in collection.restore_points)
        and vm_ids <= {evidence.vm.vm_id.lower(), ""}
        and bool(protected)
        and (number in {i.data_id for i in protected} or vm_ids == {MY_VM_ID})
    )


def _plan(evidence: VmEvidence, options: CleanOptions) -> Plan:
    section = plan_clean(evidence, options)
    return assemble("clean-rpc", (section,), created_at=WHEN, tool_version="0")


@calmly
@given(worlds(), clean_options)
def test_only_proven_collections_are_deleted(evidence: VmEvidence, options: CleanOptions) -> None:
    """No other VM's, no other product's, no earlier machine's, and none that was not read."""
    allowed = {c.id: c for c in evidence.collections.values if _may_go(c, evidence)}

    for planned in _plan(evidence, options).steps:
        if isinstance(planned.step, DeleteRestorePointCollection):
            collection = allowed[planned.step.collection_id]
            shown = tuple(point.name for point in collection.restore_points or ())
            assert evidence.vm.id == planned.step.source_id
            assert len(shown) == len(planned.step.restore_points)


@calmly
@given(worlds(), clean_options)
def test_a_world_without_a_collection_of_ours_is_left_as_it_is(
    evidence: VmEvidence, options: CleanOptions
) -> None:
    """Without a proven collection there is no step of any kind, not even an unlocking."""
    if not any(_may_go(c, evidence) for c in evidence.collections.values):
        assert () == _plan(evidence, options).steps


@calmly
@given(worlds(), clean_options)
def test_only_locks_on_the_path_of_a_proven_collection_are_taken_off(
    evidence: VmEvidence, options: CleanOptions
) -> None:
    """Each lock that goes binds a collection that goes, and every leased one comes back."""
    plan = _plan(evidence, options)
    mine = [c.id for c in evidence.collections.values if _may_go(c, evidence)]
    steps = [planned.step for planned in plan.steps]
    taken = [step for step in steps if isinstance(step, DeleteLock)]

    for step in taken:
        scope = step.lock.scope
        assert any(scope.contains(id_) or id_.contains(scope) for id_ in mine)
        assert options.include_inherited if not scope.resource_group else options.unlock
        assert step.lock.name != "AzureBackupProtectionLock"
        assert step.leased or (scope.resource_group.lower() not in {"", "rg-web", "rg-other"})
    assert [s.lock for s in taken if s.leased][::-1] == [
        step.lock for step in steps if isinstance(step, CreateLock)
    ]


@calmly
@given(worlds(), clean_options)
def test_nothing_to_do_is_said_only_when_everything_was_read(
    evidence: VmEvidence, options: CleanOptions
) -> None:
    """No steps and no refusal means that every collection of the VM was judged on full evidence."""
    plan = _plan(evidence, options)
    if plan.steps or plan.refusals or options.by is CleanBy.BACKUP:
        return
    whole = replace(
        evidence,
        items=Reading(values=evidence.items.values),
        groups=Reading(values=evidence.groups.values),
        patterns=Reading(values=evidence.patterns.values),
    )

    assert evidence.collections.complete
    assert () == _plan(whole, options).steps


@calmly
@given(worlds(), st.builds(ResetOptions, unlock=st.booleans(), include_inherited=st.booleans()))
def test_only_the_snapshot_extension_of_this_vm_is_uninstalled(
    evidence: VmEvidence, options: ResetOptions
) -> None:
    """Every deletion is of an extension right below the VM that a list showed as VMSnapshot."""
    section = plan_reset(evidence, options)
    seen = (*evidence.extensions.values, *evidence.vm.extensions)
    ours = [
        extension
        for extension in seen
        if extension.publisher == "Microsoft.Azure.RecoveryServices"
        and extension.handler_type.startswith("VMSnapshot")
    ]

    deleted = [d.step for d in section.drafts if isinstance(d.step, DeleteExtension)]
    assert all(evidence.vm.id == step.extension_id.parent for step in deleted)
    assert bool(ours) == bool(deleted)
    assert all(d.step.leased for d in section.drafts if isinstance(d.step, DeleteLock))
    names = {name for extension in ours for name in (extension.name, extension.handler_type)}
    assert {step.extension_id.name for step in deleted} <= names


@calmly
@given(
    st.lists(locks, max_size=5),
    st.lists(collections(), max_size=3),
    st.sampled_from(["snap1", "rg-web"]),
    st.builds(UnlockOptions, include_inherited=st.booleans()),
)
def test_unlocking_touches_only_what_binds_the_services_points(
    found: list[ManagementLock],
    inside: list[RestorePointCollection],
    name: str,
    options: UnlockOptions,
) -> None:
    """Locks of storage accounts, of other products and of subscription-level things stay."""
    group = ResourceGroup(id=ResourceId.parse(f"{SUB}/resourceGroups/{name}"), location="x")
    section = plan_unlock(
        RestorePointGroup(
            group=group,
            known_by="policy's name",
            locks=tuple(lock for lock in found if lock.scope == group.id),
            resource_locks=tuple(
                lock for lock in found if group.id.contains(lock.scope) and lock.scope != group.id
            ),
            inherited_locks=tuple(lock for lock in found if not lock.scope.resource_group),
            collections=tuple(c for c in inside if group.id.contains(c.id)),
        ),
        options,
    )

    taken = [draft.step.lock for draft in section.drafts if isinstance(draft.step, DeleteLock)]
    assert all(lock.name == "keep" for lock in taken)
    assert all(
        lock.scope.contains(group.id) or "restorepointcollections/azurebackup_" in lock.scope.key
        for lock in taken
    )
    assert options.include_inherited or all(lock.scope.resource_group for lock in taken)
