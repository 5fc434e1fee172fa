"""The end of a run over several targets, for people: a line for each of them, and their sum."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from azremedy.domain.run import TargetState
from azremedy.report import words
from azremedy.report.escaping import escape
from azremedy.report.step_words import doing

if TYPE_CHECKING:
    from rich.console import Console

    from azremedy.domain.plan import Plan
    from azremedy.domain.run import Run, TargetEnd

_STYLE = {TargetState.DONE: "green", TargetState.FAILED: "bold red"}
_ALWAYS = (TargetState.DONE, TargetState.FAILED, TargetState.NOT_BEGUN)


def has_several(plan: Plan) -> bool:
    """Say whether targets have to be told apart."""
    return len(plan.targets) > 1


def name_targets(plan: Plan) -> tuple[str, ...]:
    """Name a plan's targets so that no two are named alike."""
    ids = [target.target for target in plan.targets]
    for tell in (lambda id_: id_.name, words.place):
        told = tuple(map(tell, ids))
        if len(set(told)) == len(told):
            return told
    return tuple(map(str, ids))


def show_ends(run: Run, console: Console) -> None:
    """Write what became of each target, the step that tells it and why, and how many ended how."""
    names = name_targets(run.plan)
    widest = max(map(len, names))
    kind = max(len(words.TARGETS[end.state]) for end in run.targets)
    steps = {planned.number: planned for planned in run.plan.steps}
    for name, end in zip(names, run.targets, strict=True):
        style = _STYLE.get(end.state, "yellow")
        state = f"[{style}]{words.TARGETS[end.state]:<{kind}}[/{style}]"
        last = steps.get(end.last_step or 0)
        about = (f"{last.number}. {doing(last.step)}" if last else "", end.reason)
        told = escape(": ".join(each for each in about if each))
        line = f"{escape(f'{name:<{widest}}')}  {state}  {told}".rstrip()
        console.print(line, soft_wrap=True, highlight=False)
    console.print(_sum_up(run.targets), style="bold", soft_wrap=True, highlight=False)


def _sum_up(ends: tuple[TargetEnd, ...]) -> str:
    counts = Counter(end.state for end in ends)
    shown = [state for state in TargetState if counts[state] or state in _ALWAYS]
    told = ", ".join(
        f"{counts[state]} {words.TARGETS[state]}" for state in sorted(shown, key=_rank)
    )
    return f"{words.plural(len(ends), 'target')}: {told}"


def _rank(state: TargetState) -> int:
    order = (*_ALWAYS, *(each for each in TargetState if each not in _ALWAYS))
    return order.index(state)
