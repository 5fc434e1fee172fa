"""The summary: the run or the plan in a few numbers and sentences."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from azremedy.domain.plan import Copy
from azremedy.domain.run import SETTLED, StepState
from azremedy.domain.steps import (
    DeallocateVm,
    DeleteLock,
    RedeployVm,
    RestartVm,
    WaitForJob,
)
from azremedy.ids import VIRTUAL_MACHINE
from azremedy.report.html.phrases import tell_duration, tell_moment
from azremedy.report.html.targets_view import count_deleted
from azremedy.report.html.tones import Tone, describe_target
from azremedy.report.html.view import CauseRow, Tile
from azremedy.report.words import plural

if TYPE_CHECKING:
    from azremedy.domain.plan import PlannedStep, TargetPlan
    from azremedy.report.material import Material

_DISRUPTIVE = (RestartVm, RedeployVm, DeallocateVm)


def list_tiles(material: Material) -> tuple[Tile, ...]:
    """Count what matters."""
    tiles = (
        _count_targets(material),
        _count_steps(material),
        _count_points(material),
        _count_locks(material),
        _count_backups(material),
        _count_outages(material),
        _tell_time(material),
    )
    return tuple(tile for tile in tiles if tile is not None)


def name_targets(material: Material, count: int) -> str:
    """Write a count of targets with what they are."""
    vms = all(each.target.is_type(VIRTUAL_MACHINE) for each in material.plan.targets)
    return plural(count, "VM" if vms else "target")


def _count_targets(material: Material) -> Tile:
    targets = material.plan.targets
    tones = Counter(describe_target(target, material).tone for target in targets)
    noun = "VMs" if "VM" in name_targets(material, 2) else "Targets"
    if not material.is_run:
        return Tile(label=noun, value=str(len(targets)), note="in this plan", tone=Tone.IDLE)
    good, bad = tones[Tone.GOOD], tones[Tone.BAD]
    return Tile(
        label=noun,
        value=f"{good} of {len(targets)}",
        note=f"done, {bad} failed or unknown" if bad else "done",
        tone=Tone.GOOD if good == len(targets) else Tone.BAD if bad else Tone.WARN,
    )


def _count_steps(material: Material) -> Tile:
    steps = material.plan.steps
    if not material.is_run:
        return Tile(label="Steps", value=str(len(steps)), note="planned", tone=Tone.IDLE)
    states = Counter(material.find_state(planned.number) for planned in steps)
    done = sum(states[state] for state in SETTLED)
    told = (
        (states[StepState.FAILED], "failed"),
        (states[StepState.UNKNOWN], "unknown"),
        (states[StepState.SKIPPED] + states[None], "not done"),
    )
    note = ", ".join(f"{count} {what}" for count, what in told if count)
    broken = states[StepState.FAILED] + states[StepState.UNKNOWN]
    return Tile(
        label="Steps",
        value=f"{done} of {len(steps)}",
        note=f"done, {note}" if note else "done",
        tone=Tone.BAD if broken else Tone.WARN if note else Tone.GOOD,
    )


def _count_points(material: Material) -> Tile:
    gone = [loss for each in material.plan.targets for loss in count_deleted(each, material)]
    copies = Counter(loss.copy for loss in gone)
    verb = "deleted" if material.is_run else "to be deleted"
    if not gone:
        told = "none deleted" if material.is_run else "none to be deleted"
        return Tile(label="Restore points", value="0", note=told, tone=Tone.IDLE)
    notes = (
        (copies[Copy.NONE], "lost for good"),
        (copies[Copy.UNKNOWN], "with a copy unknown"),
    )
    told = ", ".join(f"{count} {what}" for count, what in notes if count)
    return Tile(
        label="Restore points",
        value=str(len(gone)),
        note=f"{verb}, {told or 'all in the vault too'}",
        tone=Tone.BAD if copies[Copy.NONE] else Tone.WARN if told else Tone.GOOD,
    )


def _count_locks(material: Material) -> Tile | None:
    planned = [p for p in material.plan.steps if isinstance(p.step, DeleteLock)]
    if not planned:
        return None
    lent = {planned.step.target for planned in material.plan.restores}
    if off := len(material.locks_off):
        note, tone = f"{off} STILL OFF", Tone.BAD
    else:
        back = sum(each.step.target in lent for each in planned)
        told = ((len(planned) - back, "removed for good"), (back, "lent and back"))
        note = ", ".join(f"{count} {what}" for count, what in told if count)
        tone = Tone.GOOD if material.is_run else Tone.IDLE
    if not material.is_run:
        note = note.replace("removed", "to be removed").replace("lent and back", "to be lent")
    elif not _any_done(planned, material):
        note, tone = "none was taken off", Tone.IDLE
    return Tile(label="Locks", value=str(len(planned)), note=note, tone=tone)


def _any_done(planned: list[PlannedStep], material: Material) -> bool:
    states = {material.find_state(each.number) for each in planned}
    return bool(states & SETTLED) or bool(material.locks_off) or StepState.UNKNOWN in states


def _count_backups(material: Material) -> Tile | None:
    waits = [
        planned
        for planned in material.plan.steps
        if isinstance(planned.step, WaitForJob) and not planned.step.failure_expected
    ]
    if not waits:
        return None
    if not material.is_run:
        return Tile(label="Backups", value=str(len(waits)), note="as proof", tone=Tone.IDLE)
    good = sum(material.find_state(each.number) in SETTLED for each in waits)
    left = len(waits) - good
    return Tile(
        label="Backups",
        value=f"{good} of {len(waits)}",
        note=f"confirmed, {left} not" if left else "confirmed after the repair",
        tone=Tone.BAD if left else Tone.GOOD,
    )


def _count_outages(material: Material) -> Tile | None:
    count = sum(isinstance(planned.step, _DISRUPTIVE) for planned in material.plan.steps)
    if not count:
        return None
    return Tile(
        label="Outages",
        value=str(count),
        note="restart, redeploy or shutdown",
        tone=Tone.WARN,
    )


def _tell_time(material: Material) -> Tile | None:
    if material.began is None or material.ended is None:
        return None
    return Tile(
        label="Took",
        value=tell_duration(material.ended - material.began),
        note=f"from {tell_moment(material.began)} UTC",
        tone=Tone.IDLE,
    )


def list_causes(material: Material) -> tuple[CauseRow, ...]:
    """Count the causes that were confirmed, the most frequent first."""
    titles: dict[str, str] = {}
    counts: Counter[str] = Counter()
    good: Counter[str] = Counter()
    for target in material.plan.targets:
        done = describe_target(target, material).tone is Tone.GOOD
        for cause, title in _list_titles(target):
            titles.setdefault(cause, title)
            counts[cause] += 1
            good[cause] += done
    most = max(counts.values(), default=1)
    return tuple(
        CauseRow(
            title=titles[cause],
            cause=cause,
            count=count,
            told=f"{good[cause]} of {count} done",
            widths=share(good[cause], count - good[cause], most),
            tones=(Tone.GOOD, Tone.BAD),
        )
        for cause, count in counts.most_common()
    )


def share(one: int, other: int, most: int) -> tuple[float, float]:
    """Say how long both parts of a bar are, of 100 for the longest bar."""
    return round(100 * one / most, 1), round(100 * other / most, 1)


def _list_titles(target: TargetPlan) -> tuple[tuple[str, str], ...]:
    confirmed = target.diagnosis.confirmed if target.diagnosis else ()
    return tuple({finding.cause: finding.title for finding in confirmed}.items())
