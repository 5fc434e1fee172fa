"""Put the page together: from facts to what its templates show."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from azremedy.domain.run import RunState
from azremedy.report.html.commands import list_commands
from azremedy.report.html.locks_by_scope import make_ledger
from azremedy.report.html.phrases import capitalize, tell_moment
from azremedy.report.html.picture import Stock
from azremedy.report.html.steps_view import show_step
from azremedy.report.html.summary import list_causes, list_tiles, name_targets
from azremedy.report.html.targets_view import find_common_notes, list_reasons, show_target
from azremedy.report.html.timeline import draw_timeline
from azremedy.report.html.tones import Tone, describe_state, describe_target, rank
from azremedy.report.html.view import Page
from azremedy.report.words import place

if TYPE_CHECKING:
    from azremedy.report.material import Material

BRIEF_ABOVE = 200
"""With more targets than this what is well is only counted, so that the page stays small."""
LINES_FROM = 12
"""From so many steps on with several targets the timeline has a line for each target."""


_ENDINGS = {
    RunState.REFUSED.value: "A guard refuses it; the reasons are with each target.",
    RunState.NOTHING_TO_DO.value: "There is nothing to do.",
    RunState.DONE.value: "Every step was done, and seen to be done.",
    RunState.FAILED.value: "Not every step was done; what failed comes first below.",
    RunState.INTERRUPTED.value: "It was stopped from outside before its end.",
    "running": "It had not ended when this page was written.",
    "cut off": "Its process is gone and did not live to say how it ended.",
}


def make_page(material: Material) -> tuple[Page, Stock]:
    """Make what the templates show, and what its pictures are put together from."""
    plan, stock, ledger = material.plan, Stock(), make_ledger(material.plan)
    brief = len(plan.targets) > BRIEF_ABOVE
    common = find_common_notes(plan.targets)
    views = [
        show_target(number, material, ledger=ledger, stock=stock, brief=brief, told=common.keys())
        for number in range(1, len(plan.targets) + 1)
    ]
    ordered = tuple(sorted(views, key=lambda view: rank(view.badge.tone)))
    many = len(plan.targets) > 1
    page = Page(
        title=f"azremedy: {_head(material)}",
        heading=_head(material),
        badge=describe_state(material.state),
        lead=tuple(_tell(material)),
        reasons=() if many else list_reasons(plan.targets),
        rehearsal=plan.origin.sandbox if plan.origin else "",
        alarms=tuple(_list_alarms(material)),
        tiles=list_tiles(material),
        commands=list_commands(material),
        bars="Done, and not" if material.is_run else "",
        causes=list_causes(material) if many else (),
        targets=ordered,
        filters=tuple(Counter(view.badge for view in ordered).items()),
        restores=tuple(show_step(planned, material) for planned in plan.restores),
        timeline=draw_timeline(
            material, ledger, by_target=many and len(plan.steps) > LINES_FROM, brief=brief
        ),
        notes=tuple((capitalize(line), count) for line, count in common.items()),
        listings=(),
        about=tuple(_list_about(material)),
        is_run=material.is_run,
        brief=brief,
    )
    return page, stock


def _head(material: Material) -> str:
    targets = material.plan.targets
    whom = targets[0].target.name if len(targets) == 1 else name_targets(material, len(targets))
    kind = "" if material.is_run else "Plan: "
    return f"{kind}{material.plan.command} · {whom}"


def _tell(material: Material) -> list[str]:
    """Say in sentences how it ended."""
    told = [_ENDINGS.get(material.state, "")]
    if material.is_run and len(material.plan.targets) > 1:
        told.append(_tell_attention(material))
    if material.undone_by:
        told.append(f"Run {material.undone_by} took it back.")
    if material.plan.undoes:
        told.append(f"It takes back what run {material.plan.undoes} did.")
    if not material.is_run:
        told.append("Nothing has been changed: this is what would be done.")
    return [each for each in told if each]


def _tell_attention(material: Material) -> str:
    tones = [describe_target(target, material).tone for target in material.plan.targets]
    count = sum(tone is not Tone.GOOD for tone in tones)
    if not count:
        return "None of them needs attention."
    verb = "needs" if count == 1 else "need"
    return f"{count} of {name_targets(material, len(tones))} {verb} attention."


def _list_alarms(material: Material) -> list[str]:
    off = [
        f"The {lock.level} lock '{lock.name}' at {place(lock.scope)} is still off, or perhaps so."
        for lock in material.locks_off
    ]
    unknown = len(material.unknown)
    if unknown and material.is_run:
        noun = "step's" if unknown == 1 else "steps'"
        off.append(f"Nobody saw {unknown} {noun} outcome: resume the run, which looks first.")
    return off


def _list_about(material: Material) -> list[tuple[str, str]]:
    plan, origin = material.plan, material.plan.origin
    rows = [
        ("Run", material.run_id or ""),
        ("Plan's file", material.file),
        ("Command", plan.command),
        ("What it was allowed", plan.request.options if plan.request else ""),
        ("Plan made", f"{tell_moment(plan.created_at)} UTC"),
        ("Began", f"{tell_moment(material.began)} UTC" if material.began else ""),
        ("Ended", f"{tell_moment(material.ended)} UTC" if material.ended else ""),
        ("Taken up again", ", ".join(f"{tell_moment(at)} UTC" for at in material.resumed)),
        ("Exit code", "" if material.exit_code is None else str(material.exit_code)),
        ("By", origin.caller if origin else ""),
        ("Tenant", origin.tenant_id if origin else ""),
        ("Cloud", origin.cloud if origin else ""),
        ("Plan's fingerprint (SHA-256)", material.fingerprint),
        ("Journal", material.journal or ""),
        ("Made by", f"azremedy {plan.tool_version}"),
    ]
    return [(name, text) for name, text in rows if text]
