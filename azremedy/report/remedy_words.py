"""A remedy in one line: what it does, whether it can be undone, and what allows it."""

from __future__ import annotations

from azremedy.domain.explanation import REVERSIBLE
from azremedy.domain.remedies import FLAGS, Remedy
from azremedy.report import words
from azremedy.report.explain_text import REMEDIES


def describe_remedy(remedy: Remedy) -> str:
    """Say what a remedy does, whether it can be undone, and the flag of ``fix`` that allows it."""
    undo = words.REVERSIBLE[REVERSIBLE[remedy]]
    flag = FLAGS.get(remedy)
    return f"{REMEDIES[remedy]} ({undo}{f'; needs {flag}' if flag else ''})"
