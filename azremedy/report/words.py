"""Every wording of states, steps and decisions, in one table and nowhere else."""

from __future__ import annotations

from typing import TYPE_CHECKING

from azremedy.domain.plan import Copy, Decision
from azremedy.domain.run import RunState, StepState, TargetState
from azremedy.domain.steps import Reversible

if TYPE_CHECKING:
    from azremedy.ids import ResourceId

DECISIONS = {
    Decision.SKIP: "skipped",
    Decision.WARN: "warning",
    Decision.REFUSE: "refused",
}

COPIES = {
    Copy.VAULT: "in the vault too",
    Copy.NONE: "nowhere else: lost for good",
    Copy.UNKNOWN: "unknown: the vault's list could not be read",
}

REVERSIBLE = {
    Reversible.YES: "can be undone",
    Reversible.BY_SERVICE: "Azure makes it again at the next backup",
    Reversible.BY_HAND: "can be undone by hand",
    Reversible.NO: "cannot be undone",
    Reversible.NOTHING: "changes nothing",
}

STATES = {
    StepState.PLANNED: "planned",
    StepState.SKIPPED: "not done",
    StepState.STARTED: "started",
    StepState.ACCEPTED: "accepted",
    StepState.DONE: "done",
    StepState.ALREADY: "already so",
    StepState.FAILED: "failed",
    StepState.UNKNOWN: "outcome unknown",
}

RUNS = {
    RunState.PLANNED: "Nothing was changed.",
    RunState.REFUSED: "Refused: nothing was changed.",
    RunState.NOTHING_TO_DO: "Nothing to do.",
    RunState.DONE: "Done.",
    RunState.FAILED: "Finished with failures.",
    RunState.INTERRUPTED: "Interrupted.",
}


TARGETS = {
    TargetState.PLANNED: "planned",
    TargetState.REFUSED: "refused",
    TargetState.NOTHING_TO_DO: "nothing to do",
    TargetState.DONE: "done",
    TargetState.FAILED: "failed",
    TargetState.UNFINISHED: "not finished",
    TargetState.NOT_BEGUN: "not begun",
}

WITHOUT_STEPS = {**RUNS, RunState.FAILED: "Nothing was changed; not everything could be read."}
"""Endings of a plan that has nothing to do."""


def place(id_: ResourceId) -> str:
    """Name a resource within its subscription; headings and JSON give whole ids."""
    if not id_.resource_group:
        return f"subscription {id_.subscription_id}"
    if id_ == id_.group:
        return f"group {id_.name}"
    return f"{id_.name} in group {id_.resource_group}"


def plural(count: int, noun: str) -> str:
    """Write a count with its noun."""
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"
