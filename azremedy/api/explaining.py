"""Explain error codes, without Azure."""

from __future__ import annotations

from azremedy.domain.explanation import (
    ExplainedCause,
    ExplainedRemedy,
    Explanation,
    ListedCode,
)
from azremedy.playbooks.explaining import explain, list_codes

__all__ = [
    "ExplainedCause",
    "ExplainedRemedy",
    "Explanation",
    "ListedCode",
    "explain",
    "list_codes",
]
