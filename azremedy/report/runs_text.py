"""Earlier runs as text for people, and as Markdown for tickets."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.table import Table

from azremedy.redaction import redact
from azremedy.report import words
from azremedy.report.escaping import code, escape, flatten, tame
from azremedy.report.step_words import doing

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import datetime

    from rich.console import Console

    from azremedy.domain.findings import Diagnosis
    from azremedy.domain.plan import Plan, PlannedStep, PointLoss
    from azremedy.domain.resources import ManagementLock
    from azremedy.domain.run import StepResult
    from azremedy.ids import ResourceId


def show_runs(rows: Iterable[tuple[str, str, str, str, str]], console: Console) -> None:
    """Write runs as a table: id, when, command, targets, state."""
    table = Table("run", "began", "command", "targets", "state", box=None)
    for row in rows:
        table.add_row(*map(escape, row))
    console.print(table)


def show_locks_off(locks: Iterable[ManagementLock], console: Console) -> None:
    """Write the leased locks that are off."""
    for lock in locks:
        told = f"STILL OFF: the {lock.level} lock {lock.id}"
        console.print(f"[bold red]{escape(told)}[/bold red]", soft_wrap=True)


def show_vms_off(vms: Iterable[ResourceId], console: Console) -> None:
    """Write the VMs that are off because a run shut them down for a while."""
    for vm_id in vms:
        told = f"THE VM IS OFF: {vm_id}"
        console.print(f"[bold red]{escape(told)}[/bold red]", soft_wrap=True)


def show_unreadable(why: str, locks: Iterable[ManagementLock], console: Console) -> None:
    """Write why a run cannot be read, and the locks, whole, that it may have left off."""
    console.print(f"[bold red]{escape(f'UNREADABLE: {why}')}[/bold red]", soft_wrap=True)
    for lock in locks:
        notes = f", notes: {lock.notes}" if lock.notes else ""
        owners = f", owners: {', '.join(lock.owners)}" if lock.owners else ""
        told = f"MAY BE OFF: the {lock.level} lock {lock.id}{notes}{owners}"
        console.print(f"[bold red]{escape(told)}[/bold red]", soft_wrap=True)


def show_steps(plan: Plan, results: Mapping[int, StepResult], console: Console) -> None:
    """Write what became of each step, with times and request ids."""
    for planned in plan.steps:
        console.print(
            escape(_tell_step(planned, results.get(planned.number))),
            soft_wrap=True,
            highlight=False,
        )


def _tell_step(planned: PlannedStep, result: StepResult | None) -> str:
    head = f"{planned.number}. {doing(planned.step)}"
    if result is None:
        return f"{head}: no outcome"
    parts = [f"{head}: {words.STATES[result.state]}"]
    parts += [part for part in (result.message, _when(result), _ids(result)) if part]
    return "; ".join(parts)


def _when(result: StepResult) -> str:
    if result.started_at is None or result.ended_at is None:
        return ""
    return f"{tell_time(result.started_at)} to {tell_time(result.ended_at)}"


def _ids(result: StepResult) -> str:
    return f"request {result.request_id}" if result.request_id else ""


def tell_time(time: datetime) -> str:
    """Write a time, to the second, in UTC."""
    return f"{time:%Y-%m-%d %H:%M:%S} UTC"


def write_markdown(
    plan: Plan, results: Mapping[int, StepResult], *, title: str, locks: Iterable[ManagementLock]
) -> str:
    """Write a run, or a plan without results, as Markdown for a ticket."""
    off = (f"**STILL OFF**: the {lock.level} lock {code(str(lock.id))}\n" for lock in locks)
    parts = [f"# {title}\n", *off]
    for target in plan.targets:
        parts += [f"## {code(str(target.target))}\n", *_tell_causes(target.diagnosis)]
        parts += [*_table(target.steps, results), *_tell_loss(target.loss)]
        parts += [f"* {flatten(note)}" for note in target.notes]
    if plan.restores:
        parts += ["\n## Locks put back\n", *_table(plan.restores, results)]
    return tame(redact("\n".join(parts).rstrip() + "\n"))


def _tell_causes(diagnosis: Diagnosis | None) -> list[str]:
    told = []
    for finding in diagnosis.confirmed if diagnosis else ():
        told.append(f"* Cause **{finding.cause}**: {finding.title}: {flatten(finding.message)}")
        told += [
            f"  * {flatten(each.fact)} ({code(each.source)}, {_origin(each.request_id)})"
            for each in finding.basis
        ]
    return [*told, ""] if told else []


def _table(steps: Iterable[PlannedStep], results: Mapping[int, StepResult]) -> list[str]:
    rows = [_row(planned, results.get(planned.number)) for planned in steps]
    return ["| step | what | state | request |", "|---|---|---|---|", *rows, ""]


def _tell_loss(loss: tuple[PointLoss, ...]) -> list[str]:
    if not loss:
        return []
    head = f"{words.plural(len(loss), 'restore point')} in the loss sheet:\n"
    rows = (f"* {code(point.restore_point_id.name)}: {words.COPIES[point.copy]}" for point in loss)
    return [head, *rows, ""]


def _origin(request_id: str | None) -> str:
    return f"request {request_id}" if request_id else "no request id"


def _row(planned: PlannedStep, result: StepResult | None) -> str:
    state = words.STATES[result.state] if result else "no outcome"
    message = f": {flatten(result.message)}" if result and result.message else ""
    request = result.request_id if result and result.request_id else ""
    return f"| {planned.number} | {flatten(doing(planned.step))} | {state}{message} | {request} |"
