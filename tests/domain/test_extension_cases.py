"""Which extensions go? Each file in tests/cases/extensions holds what Azure's lists show."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from azremedy.domain.extensions import find_snapshot_extensions
from azremedy.domain.resources import VmExtension
from azremedy.ids import ResourceId

if TYPE_CHECKING:
    from azremedy.domain.worlds import VmEvidence
    from tests.domain.conftest import ReadCase

CASES = Path(__file__).resolve().parents[1] / "cases" / "extensions"


@dataclass(frozen=True, slots=True, kw_only=True)
class ExtensionCase:
    """What the lists show, and the ids to delete."""

    about: str
    """What the case shows."""
    expected: tuple[ResourceId, ...]
    """What is deleted."""
    listed: tuple[VmExtension, ...] = ()
    """ARM's list."""
    seen: tuple[VmExtension, ...] = ()
    """The instance view's extensions and the agent's handlers."""


@pytest.mark.parametrize("path", sorted(CASES.glob("*.yaml")), ids=lambda path: path.stem)
def test_extension_case(path: Path, read_case: ReadCase, base_evidence: VmEvidence) -> None:
    """Only the backup service's snapshot extension is found, by publisher and type."""
    case = read_case(path, ExtensionCase)
    vm = replace(base_evidence.vm, extensions=case.seen)

    assert case.expected == find_snapshot_extensions(vm, case.listed)
