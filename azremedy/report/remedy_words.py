"""A remedy in one line: what it does, whether it can be undone, and what allows it."""

from __future__ import annotations

from azremedy.domain.remedies import FLAGS, Remedy
from azremedy.domain.steps import Reversible
from azremedy.report.explain_text import REMEDIES
from azremedy.report.words import REVERSIBLE

_UNDO = {
    Remedy.UNLOCK: Reversible.YES,
    Remedy.RESET_EXTENSION: Reversible.BY_SERVICE,
    Remedy.REAPPLY_VM: Reversible.NOTHING,
    Remedy.DEALLOCATE_VM: Reversible.YES,
    Remedy.ALLOW_STORAGE: Reversible.YES,
    Remedy.GRANT_KEY_VAULT: Reversible.YES,
    Remedy.WAIT_FOR_JOB: Reversible.NOTHING,
}


def describe_remedy(remedy: Remedy) -> str:
    """Say what a remedy does, whether it can be undone, and the flag of ``fix`` that allows it."""
    undo = REVERSIBLE[_UNDO.get(remedy, Reversible.NO)]
    flag = FLAGS.get(remedy)
    return f"{REMEDIES[remedy]} ({undo}{f'; needs {flag}' if flag else ''})"
