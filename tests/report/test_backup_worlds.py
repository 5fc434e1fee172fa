"""The pictures show what was seen and what a step made of it, and no more."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from azremedy.domain import steps
from azremedy.domain.findings import Basis, Certainty, Diagnosis, Finding
from azremedy.domain.plan import PlannedStep, TargetPlan
from azremedy.domain.resources import HealthDetail, LockLevel, ManagementLock
from azremedy.domain.run import JobOutcome, StepError, StepResult, StepState
from azremedy.errors import AzureAnswer
from azremedy.ids import ResourceId
from azremedy.report.html.findings_by_part import find_vault
from azremedy.report.html.locks_by_scope import make_ledger
from azremedy.report.html.picture import Stock, draw
from azremedy.report.html.tones import Tone
from azremedy.report.html.world import Kind, Look
from azremedy.report.html.worlds import find_world
from tests.support.stages import ROOT

if TYPE_CHECKING:
    from azremedy.domain.steps import Step
    from azremedy.report.html.world import Part, World
    from azremedy.report.material import Material

GROUP = f"{ROOT}/resourceGroups/rg-shop"
VM = ResourceId.parse(f"{GROUP}/providers/Microsoft.Compute/virtualMachines/web-1")
VAULT = f"{GROUP}/providers/Microsoft.RecoveryServices/vaults/v"
ITEM = ResourceId.parse(
    f"{VAULT}/backupFabrics/Azure/protectionContainers/IaasVMContainer;c/protectedItems/VM;c"
)
POINTS = ResourceId.parse(f"{ROOT}/resourceGroups/AzureBackupRG_westeurope_1")
COLLECTION = ResourceId.parse(
    f"{POINTS}/providers/Microsoft.Compute/restorePointCollections/AzureBackup_web-1_9"
)
REF = steps.VmRef(id=VM, unique_id="u", os_type="Linux")


def lock_at(scope: object, name: str = "keep") -> ManagementLock:
    """Make a lock."""
    id_ = ResourceId.parse(f"{scope}/providers/Microsoft.Authorization/locks/{name}")
    return ManagementLock(id=id_, level=LockLevel.CAN_NOT_DELETE)


def world_of(
    base: Material,
    *planned: Step,
    results: tuple[StepResult, ...] | None = (),
    diagnosis: Diagnosis | None = None,
    restores: tuple[Step, ...] = (),
    off: tuple[ManagementLock, ...] = (),
    unknown: frozenset[int] = frozenset(),
) -> World:
    """Find the world of a VM with these steps; ``results`` of ``None`` make it a plan."""
    numbered = tuple(
        PlannedStep(number=number, step=step, reason="why")
        for number, step in enumerate((*planned, *restores), 1)
    )
    target = TargetPlan(target=VM, steps=numbered[: len(planned)], diagnosis=diagnosis)
    material = replace(
        base,
        plan=replace(base.plan, targets=(target,), restores=numbered[len(planned) :]),
        results={result.number: result for result in results or ()},
        run_id=None if results is None else "R-1",
        locks_off=off,
        unknown=unknown,
    )
    return find_world(target, material, make_ledger(material.plan))


def part_of(world: World, kind: Kind) -> Part:
    """Give the one part of a kind."""
    (part,) = (each for each in world.parts if each.kind is kind)
    return part


def done(message: str = "", number: int = 1) -> StepResult:
    """Make a good outcome."""
    return StepResult(number=number, state=StepState.DONE, message=message)


def found(*findings: Finding, base: Material) -> Diagnosis:
    """Make a diagnosis."""
    return Diagnosis(vm_id=VM, read_at=base.plan.created_at, findings=findings)


STEPS: tuple[tuple[Step, Kind], ...] = (
    (steps.ReapplyVm(vm=REF), Kind.VM),
    (steps.RestartVm(vm=REF), Kind.AGENT),
    (steps.RunGuestScript(vm=REF, script="update-agent"), Kind.AGENT),
    (steps.DeallocateVm(vm=REF), Kind.VM),
    (
        steps.DeleteExtension(
            extension_id=ResourceId.parse(f"{VM}/extensions/VMSnapshot"), vm_unique_id="u"
        ),
        Kind.EXTENSION,
    ),
    (
        steps.AddServiceEndpoint(
            subnet_id=ResourceId.parse(
                f"{GROUP}/providers/Microsoft.Network/virtualNetworks/n/subnets/s"
            )
        ),
        Kind.NETWORK,
    ),
    (
        steps.AddVaultAccess(
            vault_id=ResourceId.parse(f"{GROUP}/providers/Microsoft.KeyVault/vaults/k"),
            tenant_id="t",
            object_id="o",
        ),
        Kind.KEYS,
    ),
    (
        steps.ResumeProtection(
            item_id=ITEM,
            vm_id=VM,
            policy_id=ResourceId.parse(f"{VAULT}/backupPolicies/daily"),
        ),
        Kind.ITEM,
    ),
    (steps.TriggerBackup(item_id=ITEM, container_name="c", retain_days=30), Kind.BACKUP),
)


@pytest.mark.parametrize(("step", "kind"), STEPS, ids=lambda each: getattr(each, "kind", each))
def test_step_changes_its_part(fixed: Material, step: Step, kind: Kind) -> None:
    """Before it was not looked at; afterwards the step's own words tell."""
    part = part_of(world_of(fixed, step, results=(done("it is so"),)), kind)

    assert ("not looked at", "It is so") == (part.before.detail, part.after.detail)


@pytest.mark.parametrize(
    ("result", "after"),
    [
        (None, Look(detail="not looked at", tone=Tone.IDLE)),
        (
            StepResult(number=1, state=StepState.SKIPPED),
            Look(detail="not looked at", tone=Tone.IDLE),
        ),
        (
            StepResult(number=1, state=StepState.UNKNOWN),
            Look(detail="Outcome unknown", tone=Tone.BAD),
        ),
        (
            StepResult(number=1, state=StepState.FAILED),
            Look(detail="Failed: no outcome seen", tone=Tone.BAD),
        ),
        (
            StepResult(
                number=1,
                state=StepState.FAILED,
                error=StepError(msgid="conflict", message="", advice="", exit_code=3),
            ),
            Look(detail="Failed: conflict", tone=Tone.BAD),
        ),
        (
            StepResult(
                number=1,
                state=StepState.FAILED,
                error=StepError(
                    msgid="conflict",
                    message="",
                    advice="",
                    exit_code=3,
                    answer=AzureAnswer(code="Busy"),
                ),
            ),
            Look(detail="Failed: Busy", tone=Tone.BAD),
        ),
    ],
)
def test_part_looks_as_its_step_ended(
    fixed: Material, result: StepResult | None, after: Look
) -> None:
    """What was not done changes nothing; what failed says why in a word."""
    results = () if result is None else (result,)

    assert (
        after
        == part_of(world_of(fixed, steps.RestartVm(vm=REF), results=results), Kind.AGENT).after
    )


def test_failed_backup_is_not_good_though_it_was_expected(fixed: Material) -> None:
    """Its step is done, but the job has errors."""
    job = JobOutcome(job_id=None, status="Failed", errors=(HealthDetail(code=1, title="x"),))
    result = replace(done("the job failed, as expected"), job=job)
    step = steps.WaitForJob(
        item_id=ITEM, until=steps.WaitFor.JOB, timeout_s=1, failure_expected=True
    )

    assert Tone.WARN is part_of(world_of(fixed, step, results=(result,)), Kind.BACKUP).after.tone


def test_cleanup_is_told_with_its_collections(fixed: Material) -> None:
    """The service's own clean-up works on all of them."""
    step = steps.WaitForCleanup(vm_id=VM, collection_ids=(COLLECTION,), below=18, timeout_s=1)
    world = world_of(fixed, step, results=(done("3 points are left"),))

    assert ("AzureBackup_web-1_9", "3 points are left") == (
        part_of(world, Kind.COLLECTION).name,
        part_of(world, Kind.COLLECTION).after.detail,
    )
    assert "AzureBackupRG_westeurope_1" == world.boxes[1].name


def test_other_collections_stay(fixed: Material) -> None:
    """Each deletion strikes out its own collection only."""
    other = ResourceId.parse(f"{COLLECTION}2")
    deletions = (
        steps.DeleteRestorePointCollection(collection_id=id_, source_id=VM, restore_points=("p",))
        for id_ in (COLLECTION, other)
    )
    world = world_of(fixed, *deletions, results=(done("gone"),))

    assert [("1 restore point", True), ("1 restore point", False)] == [
        (part.before.detail, part.after.gone) for part in world.boxes[1].parts
    ]


def test_findings_tell_how_parts_looked(fixed: Material) -> None:
    """What was confirmed is bad, what was ruled out is told by its fact, the rest is unknown."""
    basis = Basis(fact="VM agent: Ready", source=str(VM))
    told = found(
        Finding(
            cause="agent-not-ready",
            title="t",
            certainty=Certainty.RULED_OUT,
            message="the VM agent is ready",
            basis=(basis,),
        ),
        Finding(
            cause="extension-failed",
            title="t",
            certainty=Certainty.CONFIRMED,
            message="it failed",
        ),
        Finding(
            cause="key-vault-closed",
            title="t",
            certainty=Certainty.CONFIRMED,
            message="closed",
        ),
        Finding(cause="vm-failed", title="t", certainty=Certainty.CANNOT_TELL, message="no right"),
        base=fixed,
    )
    world = world_of(fixed, diagnosis=told)

    assert [
        Look(detail="No right", tone=Tone.IDLE),
        Look(detail="Ready", tone=Tone.GOOD),
        Look(detail="It failed", tone=Tone.BAD),
        Look(detail="Closed", tone=Tone.BAD),
    ] == [part.before for part in world.boxes[0].parts]
    assert Tone.GOOD is part_of(world, Kind.BACKUP).before.tone


def test_lock_in_the_way_is_shown_without_a_step(fixed: Material) -> None:
    """A refused plan shows what refuses it."""
    lock = lock_at(POINTS)
    told = found(
        Finding(
            cause="point-group-locked",
            title="t",
            certainty=Certainty.CONFIRMED,
            message="locked",
            basis=(
                Basis(fact="a lock", source=str(lock.id)),
                Basis(fact="points", source=str(COLLECTION)),
                Basis(fact="jobs", source="jobs"),
            ),
        ),
        base=fixed,
    )
    part = part_of(world_of(fixed, diagnosis=told), Kind.LOCK)

    assert ("keep", Tone.BAD, part.before) == (part.name, part.before.tone, part.after)


@pytest.mark.parametrize(
    ("leased", "results", "off", "expected"),
    [
        (False, None, False, "would be removed"),
        (True, None, False, "would be off for the run, then back"),
        (False, (done(),), False, "removed"),
        (True, (done(), done(number=2)), False, "was off, is back"),
        (True, (done(),), True, "STILL OFF, or perhaps so"),
        (False, (), False, "CanNotDelete"),
        (False, (StepResult(number=1, state=StepState.UNKNOWN),), False, "outcome unknown"),
    ],
)
def test_lock_on_the_vm_s_group_stands_with_the_vm(
    fixed: Material,
    *,
    leased: bool,
    results: tuple[StepResult, ...] | None,
    off: bool,
    expected: str,
) -> None:
    """Taken off, lent, back, or still off."""
    lock = lock_at(GROUP)
    world = world_of(
        fixed,
        steps.DeleteLock(lock=lock, leased=leased),
        results=results,
        restores=(steps.CreateLock(lock=lock),) if leased else (),
        off=(lock,) if off else (),
    )

    assert expected == world.boxes[0].parts[-1].after.detail


@pytest.mark.parametrize(
    ("results", "expected"),
    [(None, "would be put back"), ((done(),), "put back"), ((), "not there")],
)
def test_undoing_puts_a_lock_back(
    fixed: Material, results: tuple[StepResult, ...] | None, expected: str
) -> None:
    """Before it is not there."""
    world = world_of(fixed, steps.CreateLock(lock=lock_at(GROUP)), results=results)
    part = part_of(world, Kind.LOCK)

    assert (True, expected) == (part.before.gone, part.after.detail)


def test_lock_on_the_subscription_stands_with_the_points(fixed: Material) -> None:
    """It keeps them from being deleted."""
    deletion = steps.DeleteRestorePointCollection(
        collection_id=COLLECTION, source_id=VM, restore_points=()
    )
    world = world_of(fixed, steps.DeleteLock(lock=lock_at(ROOT)), deletion)

    assert Kind.LOCK is world.boxes[1].parts[-1].kind


def test_vault_is_found_from_what_lies_in_it() -> None:
    """From an item or a job up to the vault; without one there is none."""
    assert find_vault((VM, ITEM)) == ResourceId.parse(VAULT)
    assert find_vault((VM,)) is None


def test_pictures_share_what_is_alike(fixed: Material) -> None:
    """The same world drawn twice needs nothing new, and both have one size."""
    world, stock = world_of(fixed, steps.RestartVm(vm=REF), results=(done("back"),)), Stock()
    before, after = draw(world, stock)
    kept = (len(stock.rows), len(stock.stacks), len(stock.frames))
    draw(world, stock)

    assert kept == (len(stock.rows), len(stock.stacks), len(stock.frames))
    assert (before.width, before.height) == (after.width, after.height)
    assert "web-1 before: nothing stands out" == before.label
    assert "web-1 after: VM agent: Back" == after.label


def test_long_texts_are_broken_or_cut_to_fit(fixed: Material) -> None:
    """Codes break at capitals, sentences after three lines; what was cut is told whole."""
    stock = Stock()
    code = "Failed: ExtensionOperationFailedForManagedDisks"
    for text in (code, "word " * 40, "x" * 60):
        draw(world_of(fixed, steps.RestartVm(vm=REF), results=(done(text),)), stock)
    changed = [row for row in stock.rows if row.changed]

    assert ("Failed:", "ExtensionOperationFailedForManaged", "Disks") == changed[0].lines
    assert changed[1].whole.startswith("VM agent: Word word")
    assert all(len(line) <= 37 for row in changed for line in row.lines)
    assert all(len(row.lines) <= 3 for row in changed)
