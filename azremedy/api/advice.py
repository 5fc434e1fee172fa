"""Say what to do about a backup that failed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from azremedy.domain.playbook import Playbook
from azremedy.ids import ResourceId
from azremedy.playbooks import find_playbooks

if TYPE_CHECKING:
    from azremedy.domain.run import Run


@dataclass(frozen=True, slots=True, kw_only=True)
class Advice:
    """What the codes of one VM's failed backup mean."""

    vm_id: ResourceId
    """The VM."""
    playbooks: tuple[Playbook, ...]
    """One for each code that is known."""


def advise(run: Run) -> tuple[Advice, ...]:
    """Find the playbooks for the codes of every backup that failed in a run."""
    results = {result.number: result for result in run.steps}
    found = []
    for target in run.plan.targets:
        codes = [
            error.title
            for planned in target.steps
            if (job := results[planned.number].job) is not None
            and results[planned.number].error is not None
            for error in job.errors
        ]
        if playbooks := find_playbooks(codes) if codes else ():
            found.append(Advice(vm_id=target.target, playbooks=playbooks))
    return tuple(found)
