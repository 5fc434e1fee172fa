"""Read case files: evidence in, answer out. A bug report becomes such a file.

``$words`` stand for what ``tests/cases/words.yaml`` says. Where a case is about a whole VM it gives
only what differs from ``tests/cases/base.yaml``, field by field; where it is about what a rule is
asked, from ``tests/cases/rules/base.yaml``.
"""

from __future__ import annotations

from pathlib import Path
from string import Template
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

import pytest
import yaml
from pydantic import TypeAdapter

from azremedy.domain.planner.assemble import Section, assemble
from azremedy.domain.steps import DeleteLock
from azremedy.domain.worlds import VmEvidence

if TYPE_CHECKING:
    from azremedy.domain.plan import Plan, PlannedStep, Verdict

CASES = Path(__file__).resolve().parents[1] / "cases"
CaseT = TypeVar("CaseT")


class ReadCase(Protocol):
    """Reads a case file as a dataclass."""

    def __call__(self, path: Path, kind: type[CaseT]) -> CaseT:
        """Read it; a field that the class does not know is an error."""


class ShowPlan(Protocol):
    """Puts a section into the few words that case files use."""

    def __call__(self, *sections: Section) -> dict[str, list[str]]:
        """Assemble the sections and tell the plan's parts, one line each."""


@pytest.fixture(scope="session")
def base_evidence() -> VmEvidence:
    """Give the world that cases start from."""
    return TypeAdapter(VmEvidence).validate_python(_load(CASES / "base.yaml"))


@pytest.fixture(scope="session")
def read_case() -> ReadCase:
    """Give the reader of case files."""
    base = _load(CASES / "base.yaml")
    base_case = _load(CASES / "rules" / "base.yaml")

    def read(path: Path, kind: type[CaseT]) -> CaseT:
        document = _load(path)
        if "evidence" in document:
            document["evidence"] = {**base, **(document["evidence"] or {})}
        if "case" in document:
            document["case"] = _change(base_case, document["case"] or {})
        adapter = TypeAdapter(kind)
        case = adapter.validate_python(document)
        assert _list_unread(document, adapter.dump_python(case)) == [], path.name
        return case

    return read


@pytest.fixture(scope="session")
def show_plan() -> ShowPlan:
    """Give the function that tells a plan in the words of case files."""
    return _show_plan


def _load(path: Path) -> dict[str, Any]:
    words: dict[str, str] = {}
    for word, meaning in yaml.safe_load((CASES / "words.yaml").read_text()).items():
        words[word] = Template(meaning).substitute(words)
    loaded: dict[str, Any] = yaml.safe_load(Template(path.read_text()).substitute(words))
    return loaded


def _change(base: dict[str, Any], given: dict[str, Any]) -> dict[str, Any]:
    """Put a case's fields over the base's, into the base's observation where no kind is named."""
    merged = {
        field: _merge(base[field], change)
        for field, change in given.items()
        if "kind" in base.get(field, ()) and "kind" not in change
    }
    return {**base, **given, **merged}


def _merge(base: Any, change: Any) -> Any:
    if not isinstance(base, dict) or not isinstance(change, dict):
        return change
    return {**base, **{key: _merge(base.get(key), value) for key, value in change.items()}}


def _list_unread(document: Any, read: Any) -> list[str]:
    """List the fields that no class knows: dataclasses let a misspelt one pass in silence."""
    if isinstance(document, dict) and isinstance(read, dict):
        unread = [str(key) for key in document if key not in read]
        shared = [key for key in document if key in read]
        return unread + [n for key in shared for n in _list_unread(document[key], read[key])]
    if isinstance(document, list) and isinstance(read, tuple | list):
        pairs = zip(document, read, strict=True)
        return [name for one, other in pairs for name in _list_unread(one, other)]
    return []


def _show_plan(*sections: Section) -> dict[str, list[str]]:
    read_at = TypeAdapter(VmEvidence).validate_python(_load(CASES / "base.yaml")).read_at
    plan = assemble("case", sections, created_at=read_at, tool_version="0")
    shown = {
        "steps": [_step(planned) for target in plan.targets for planned in target.steps],
        "restores": [_step(planned) for planned in plan.restores],
        "verdicts": [_verdict(verdict) for target in plan.targets for verdict in target.verdicts],
        "loss": [point.copy.value for target in plan.targets for point in target.loss],
        "notes": _notes(plan),
    }
    return {part: lines for part, lines in shown.items() if lines}


def _notes(plan: Plan) -> list[str]:
    return [" ".join(note.split()[:3]) for target in plan.targets for note in target.notes]


def _step(planned: PlannedStep) -> str:
    leased = isinstance(planned.step, DeleteLock) and planned.step.leased
    return f"{planned.step.kind} {planned.step.target}" + (" leased" if leased else "")


def _verdict(verdict: Verdict) -> str:
    flag = f" {verdict.override}" if verdict.override else ""
    return f"{verdict.decision} {verdict.guard}{flag} {verdict.subject}".strip()
