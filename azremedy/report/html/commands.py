"""The exact commands with which to go on from a report."""

from __future__ import annotations

from shlex import quote
from typing import TYPE_CHECKING

from azremedy.domain.plan import Decision
from azremedy.domain.run import RunState, StepState
from azremedy.domain.steps.inverse import invert
from azremedy.ids import VIRTUAL_MACHINE
from azremedy.report.html.tones import Tone, describe_target
from azremedy.report.html.view import Command

if TYPE_CHECKING:
    from azremedy.domain.plan import TargetPlan
    from azremedy.report.material import Material

_RUNNING = "running"
_CLOUDS = {
    "https://management.chinacloudapi.cn": " --cloud china",
    "https://management.usgovcloudapi.net": " --cloud usgov",
}
"""The option for clouds that are not the default; Resource Manager's address names the cloud."""


def list_commands(material: Material) -> tuple[Command, ...]:
    """List what to run next for the whole of a run or a plan."""
    if not material.is_run:
        return _list_for_plan(material)
    place, world = _tell_place(material)
    run_id = quote(material.run_id or "")
    resume = Command(
        title="Resume: what is done is not done again, and locks that are off go back",
        text=f"azremedy resume {run_id}{world}",
    )
    show = Command(title="Look at each step", text=f"azremedy runs show {run_id}{place}")
    undo = (
        Command(
            title="Undo: show what would be taken back, and what cannot be",
            text=f"azremedy undo {run_id} --dry-run{world}",
        ),
        Command(title="Undo: take it back", text=f"azremedy undo {run_id}{world}"),
    )
    return (
        *((resume,) if _can_be_resumed(material) else ()),
        show,
        *(undo if _can_be_undone(material) else ()),
    )


def _list_for_plan(material: Material) -> tuple[Command, ...]:
    if material.state != RunState.PLANNED.value or not material.file:
        return ()
    file, sandbox = quote(material.file), _tell_place(material)[1]
    approve = f" --approve {material.fingerprint}"
    return (
        Command(
            title="See whether the plan still holds",
            text=f"azremedy apply {file} --dry-run{sandbox}",
        ),
        Command(
            title="Carry out exactly this plan",
            text=f"azremedy apply {file}{approve}{sandbox}",
        ),
    )


def _tell_place(material: Material) -> tuple[str, str]:
    """Give the options of commands on the journal, and of those that go to Azure."""
    if (origin := material.plan.origin) is None:
        return "", ""
    if origin.sandbox:
        return " --rehearsals", f" --sandbox {quote(origin.sandbox)}"
    cloud = _CLOUDS.get(origin.cloud.lower().rstrip("/"), "")
    tenant = f" --tenant {quote(origin.tenant_id)}" if origin.tenant_id else ""
    return "", f"{tenant}{cloud}"


def _can_be_resumed(material: Material) -> bool:
    if material.state == _RUNNING:
        return False
    return bool(material.locks_off) or material.state != RunState.DONE.value


def _can_be_undone(material: Material) -> bool:
    """Say whether there is something to take back, and nothing that stands against it."""
    open_ = material.unknown or material.locks_off or material.undone_by
    if open_ or material.state == _RUNNING:
        return False
    lent = {planned.step.target for planned in material.plan.restores}
    return any(
        material.find_state(planned.number) is StepState.DONE
        and planned.step.target not in lent
        and invert(planned.step) is not None
        for planned in material.plan.steps
    )


def list_target_commands(target: TargetPlan, material: Material) -> tuple[Command, ...]:
    """List what to run next for one target that is not well."""
    tone = describe_target(target, material).tone
    refused = any(verdict.decision is Decision.REFUSE for verdict in target.verdicts)
    if tone is not Tone.BAD or refused or not target.target.is_type(VIRTUAL_MACHINE):
        return ()
    world = _tell_place(material)[1]
    text = f"azremedy diagnose --vm {quote(str(target.target))}{world}"
    return (Command(title="Find out how it stands now", text=text),)
