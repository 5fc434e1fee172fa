"""What do names tell? Each file in tests/cases/naming is a table of names."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from azremedy.domain import naming

if TYPE_CHECKING:
    from tests.domain.conftest import ReadCase

CASES = Path(__file__).resolve().parents[1] / "cases" / "naming"


@dataclass(frozen=True, slots=True, kw_only=True)
class PatternTable:
    """A policy's pattern and names."""

    pattern: naming.GroupNamePattern
    """The pattern."""
    fits: tuple[str, ...]
    """Names that it fits."""
    misses: tuple[str, ...]
    """Names that it does not fit."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NamingCase:
    """Names and what is read from them; a file fills one of the tables."""

    about: str
    """What the case shows."""
    collections: dict[str, tuple[str, str] | None] = field(default_factory=dict)
    """VM name and number of collection names."""
    groups: dict[str, bool] = field(default_factory=dict)
    """Whether a group has the default name."""
    patterns: tuple[PatternTable, ...] = ()
    """Policies' names."""
    managed_by: dict[str, bool] = field(default_factory=dict)
    """Whether ``managedBy`` names the service."""
    points: dict[str, datetime | None] = field(default_factory=dict)
    """Times in restore points' names."""


@pytest.mark.parametrize("path", sorted(CASES.glob("*.yaml")), ids=lambda path: path.stem)
def test_naming_case(path: Path, read_case: ReadCase) -> None:
    """Each name tells what its table says, and nothing more."""
    case = read_case(path, NamingCase)

    assert case.collections == {name: _split(name) for name in case.collections}
    assert case.groups == {name: naming.is_default_group_name(name) for name in case.groups}
    assert case.managed_by == {text: naming.is_managed_by_backup(text) for text in case.managed_by}
    assert case.points == {name: naming.restore_point_time(name) for name in case.points}
    for table in case.patterns:
        assert table.fits == tuple(filter(table.pattern.fits, table.fits))
        assert tuple(filter(table.pattern.fits, table.misses)) == ()


def _split(name: str) -> tuple[str, str] | None:
    found = naming.parse_collection_name(name)
    return None if found is None else (found.vm_name, found.data_id)
