"""Draw the backup world of one target together from its plan, its diagnosis and its run."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from azremedy.domain import steps
from azremedy.domain.resources import vault_of
from azremedy.domain.run import SETTLED, StepState
from azremedy.ids import VIRTUAL_MACHINE, ResourceId
from azremedy.report.html import locks_by_scope
from azremedy.report.html.findings_by_part import (
    find_vault,
    list_collections,
    list_confirmed,
    list_sources,
    list_standing_locks,
    look_at,
)
from azremedy.report.html.phrases import capitalize, name_step
from azremedy.report.html.tones import Tone
from azremedy.report.html.world import UNSEEN, Box, Kind, Look, Part, World
from azremedy.report.words import place, plural

if TYPE_CHECKING:
    from collections.abc import Iterator

    from azremedy.domain.plan import PlannedStep, TargetPlan
    from azremedy.domain.run import StepResult
    from azremedy.report.html.locks_by_scope import Ledger, LockCourse
    from azremedy.report.material import Material

_TOUCHED = {
    steps.ReapplyVm: Kind.VM,
    steps.RedeployVm: Kind.VM,
    steps.DeallocateVm: Kind.VM,
    steps.StartVm: Kind.VM,
    steps.WaitForVm: Kind.VM,
    steps.WaitForRights: Kind.KEYS,
    steps.RestartVm: Kind.AGENT,
    steps.RunGuestScript: Kind.AGENT,
    steps.DeleteExtension: Kind.EXTENSION,
    steps.AddSecurityRule: Kind.NETWORK,
    steps.RemoveSecurityRule: Kind.NETWORK,
    steps.AddServiceEndpoint: Kind.NETWORK,
    steps.RemoveServiceEndpoint: Kind.NETWORK,
    steps.AddVaultAccess: Kind.KEYS,
    steps.RemoveVaultAccess: Kind.KEYS,
    steps.AddRoleAssignment: Kind.KEYS,
    steps.RemoveRoleAssignment: Kind.KEYS,
    steps.WaitForCleanup: Kind.COLLECTION,
    steps.ResumeProtection: Kind.ITEM,
    steps.TriggerBackup: Kind.BACKUP,
    steps.WaitForJob: Kind.BACKUP,
    steps.CancelJob: Kind.BACKUP,
    steps.WaitForIdle: Kind.BACKUP,
}
"""Which part a step works on. Steps on locks and collections name theirs."""
_ALWAYS = (Kind.VM, Kind.AGENT, Kind.EXTENSION)
_SOMETIMES = (Kind.NETWORK, Kind.KEYS)


def find_world(target: TargetPlan, material: Material, ledger: Ledger) -> World:
    """Find what is known of one target's backup world, before and after.

    Args:
        target: the target.
        material: what the report is made of.
        ledger: the plan's locks.
    """
    collections = tuple(dict.fromkeys((*_list_deleted(target), *_list_seen(target))))
    groups = tuple(dict.fromkeys(each.group for each in collections))
    locks = tuple(_list_locks(target, material, ledger, collections))
    is_vm = target.target.is_type(VIRTUAL_MACHINE)
    inner = [part for scope, part in locks if is_vm and not _is_around(scope, groups)]
    outer = [part for scope, part in locks if part not in inner]
    boxes = (
        *((_make_vm_box(target, material, inner),) if is_vm else ()),
        _make_group_box(target, material, collections, outer),
        *((_make_vault_box(target, material),) if is_vm else ()),
    )
    return World(name=target.target.name, boxes=boxes)


def _list_deleted(target: TargetPlan) -> Iterator[ResourceId]:
    for planned in target.steps:
        if isinstance(planned.step, steps.DeleteRestorePointCollection):
            yield planned.step.collection_id
        elif isinstance(planned.step, steps.WaitForCleanup):
            yield from planned.step.collection_ids


def _list_seen(target: TargetPlan) -> tuple[ResourceId, ...]:
    return list_collections(target.diagnosis)


def _is_around(scope: ResourceId, groups: tuple[ResourceId, ...]) -> bool:
    """Say whether a lock binds the restore points; without any seen, a group of its own does."""
    return any(scope.contains(group) or group.contains(scope) for group in groups)


def _make_vm_box(target: TargetPlan, material: Material, locks: list[Part]) -> Box:
    kinds = [kind for kind in _SOMETIMES if _is_about(kind, target)]
    parts = [_make_part(kind, target, material) for kind in (*_ALWAYS, *kinds)]
    return Box(icon="vm", role="Virtual machine", name=target.target.name, parts=(*parts, *locks))


def _is_about(kind: Kind, target: TargetPlan) -> bool:
    touched = any(_TOUCHED.get(type(planned.step)) is kind for planned in target.steps)
    return touched or bool(list_confirmed(kind, target.diagnosis))


def _make_part(kind: Kind, target: TargetPlan, material: Material) -> Part:
    before = look_at(kind, target.diagnosis)
    mine = [each for each in target.steps if _TOUCHED.get(type(each.step)) is kind]
    after = before
    for planned in mine:
        after = _look_after(planned, after, material)
    return Part(kind=kind, name=kind.value, before=before, after=after)


def _look_after(planned: PlannedStep, before: Look, material: Material) -> Look:
    """Say how a part looks after a step that works on it."""
    state, result = material.find_state(planned.number), material.results.get(planned.number)
    told = capitalize(result.message) if result and result.message else name_step(planned.step)
    gone = isinstance(planned.step, steps.DeleteRestorePointCollection | steps.DeleteExtension)
    if state is StepState.PLANNED:
        return Look(detail=name_step(planned.step), tone=Tone.CHANGE, gone=gone)
    if state in SETTLED and result and result.job and result.job.errors:
        return Look(detail=told, tone=Tone.WARN)
    if state in SETTLED:
        return Look(detail=told, tone=Tone.CHANGE if gone else Tone.GOOD, gone=gone)
    if state is StepState.FAILED:
        return Look(detail=f"Failed: {_name_error(result)}", tone=Tone.BAD)
    if state is StepState.UNKNOWN:
        return replace(before, detail="Outcome unknown", tone=Tone.BAD)
    return before


def _name_error(result: StepResult | None) -> str:
    """Name in a word why a step failed: by Azure's code, else by the error's own name."""
    if result is None or result.error is None:
        return "no outcome seen"
    answer = result.error.answer
    return (answer.code if answer else None) or result.error.msgid


def _make_group_box(
    target: TargetPlan,
    material: Material,
    collections: tuple[ResourceId, ...],
    locks: list[Part],
) -> Box:
    groups = list(dict.fromkeys(each.group for each in collections))
    name = ", ".join(group.name for group in groups)
    if not target.target.is_type(VIRTUAL_MACHINE):
        name = target.target.name
    parts = [_make_collection(each, target, material) for each in collections]
    return Box(
        icon="points",
        role="Restore points",
        name=name or "no group seen",
        parts=(*(parts or [_make_part(Kind.COLLECTION, target, material)]), *locks),
    )


def _make_collection(id_: ResourceId, target: TargetPlan, material: Material) -> Part:
    before = look_at(Kind.COLLECTION, target.diagnosis)
    after = before
    for planned in target.steps:
        if isinstance(planned.step, steps.DeleteRestorePointCollection):
            if planned.step.collection_id != id_:
                continue
            counted = plural(len(planned.step.restore_points), "restore point")
            before = after = replace(before, detail=counted)
        if _touches(planned, id_):
            after = _look_after(planned, after, material)
    return Part(kind=Kind.COLLECTION, name=id_.name, before=before, after=after)


def _touches(planned: PlannedStep, collection_id: ResourceId) -> bool:
    if isinstance(planned.step, steps.WaitForCleanup):
        return collection_id in planned.step.collection_ids
    return planned.step.target == collection_id


def _list_locks(
    target: TargetPlan,
    material: Material,
    ledger: Ledger,
    collections: tuple[ResourceId, ...],
) -> Iterator[tuple[ResourceId, Part]]:
    """List the locks on the target and on its restore points, with what each is attached to."""
    standing = list_standing_locks(target.diagnosis)
    own = [p.step.target for p in target.steps if p.step.target in ledger.courses]
    courses = dict.fromkeys(
        (*(course.lock.id for course in ledger.find((target.target, *collections))), *own)
    )
    for lock_id in courses:
        course = ledger.courses[lock_id]
        yield lock_id.scope, _make_lock(course, material, culprit=lock_id in standing)
    for lock_id in standing:
        if lock_id not in courses:
            look = Look(detail=f"on {place(lock_id.scope)}", tone=Tone.BAD)
            yield (
                lock_id.scope,
                Part(kind=Kind.LOCK, name=lock_id.name, before=look, after=look),
            )


def _make_lock(course: LockCourse, material: Material, *, culprit: bool) -> Part:
    before = locks_by_scope.look_before(course, culprit=culprit)
    after = locks_by_scope.look_after(course, before, material)
    return Part(kind=Kind.LOCK, name=course.lock.name, before=before, after=after)


def _make_vault_box(target: TargetPlan, material: Material) -> Box:
    named = [
        vault_of(planned.step.item_id)
        for planned in target.steps
        if isinstance(planned.step, steps.TriggerBackup | steps.WaitForJob | steps.ResumeProtection)
    ]
    vault = next(iter(named), None) or find_vault(list_sources(target.diagnosis))
    item = _make_part(Kind.ITEM, target, material)
    backup = _make_backup(target, material)
    name = vault.name if vault else "no vault seen"
    return Box(icon="vault", role="Recovery Services vault", name=name, parts=(item, backup))


def _make_backup(target: TargetPlan, material: Material) -> Part:
    before = after = _look_at_backup(target)
    for planned in target.steps:
        if _TOUCHED.get(type(planned.step)) is Kind.BACKUP:
            after = _look_after(planned, after, material)
    return Part(kind=Kind.BACKUP, name="Last backup", before=before, after=after)


def _look_at_backup(target: TargetPlan) -> Look:
    if target.diagnosis is None:
        return UNSEEN
    for symptom in target.diagnosis.symptoms:
        return Look(detail=symptom.codes[-1], tone=Tone.BAD)
    return Look(detail="No code of a failure", tone=Tone.GOOD)
