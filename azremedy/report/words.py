"""Every wording of states, steps and decisions, in one table and nowhere else."""

from __future__ import annotations

from typing import TYPE_CHECKING, assert_never

from azremedy.domain.plan import Copy, Decision
from azremedy.domain.resources import vault_of
from azremedy.domain.run import RunState, StepState
from azremedy.domain.steps import (
    CreateLock,
    DeleteExtension,
    DeleteLock,
    DeleteRestorePointCollection,
    Reversible,
    TriggerBackup,
    WaitFor,
    WaitForCleanup,
    WaitForJob,
)

if TYPE_CHECKING:
    from azremedy.domain.steps import Step
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


WITHOUT_STEPS = {**RUNS, RunState.FAILED: "Nothing was changed; not everything could be read."}
"""Endings of a plan that has nothing to do."""


def would(step: Step) -> str:
    """Say what a step would do, as in a plan."""
    return f"would {_infinitive(step)}"


def doing(step: Step) -> str:
    """Say what a step does while it does it."""
    match step:
        case DeleteLock():
            return f"removing lock {step.lock.name}"
        case CreateLock():
            return f"putting lock {step.lock.name} back"
        case DeleteRestorePointCollection():
            return f"deleting collection {step.collection_id.name}"
        case DeleteExtension():
            return f"uninstalling extension {step.extension_id.name}"
        case TriggerBackup():
            return "starting a backup"
        case WaitForJob():
            return "following the backup"
        case WaitForCleanup():
            return "waiting for Azure Backup to clean up"
        case _:
            assert_never(step)


def _infinitive(step: Step) -> str:
    match step:
        case DeleteLock():
            return f"remove {step.lock.level} lock '{step.lock.name}' at {place(step.lock.scope)}"
        case CreateLock():
            return f"put {step.lock.level} lock '{step.lock.name}' back at {place(step.lock.scope)}"
        case DeleteRestorePointCollection():
            points = plural(len(step.restore_points), "restore point")
            return f"delete {place(step.collection_id)} with {points}"
        case DeleteExtension():
            return f"uninstall {place(step.extension_id)}"
        case TriggerBackup():
            kept = plural(step.retain_days, "day")
            return f"start a backup into vault {place(vault_of(step.item_id))}, kept {kept}"
        case WaitForJob():
            return f"follow the backup {_until(step)}"
        case WaitForCleanup():
            return f"wait until fewer than {step.below} restore points are left"
        case _:
            assert_never(step)


def _until(step: WaitForJob) -> str:
    ends = {
        WaitFor.SNAPSHOT: "until its snapshot is taken",
        WaitFor.JOB: "until its job has ended",
        WaitFor.NONE: "until its job is named",
    }
    expected = " (it may fail, as expected)" if step.failure_expected else ""
    return ends[step.until] + expected


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
