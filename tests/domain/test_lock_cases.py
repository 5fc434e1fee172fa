"""Which locks are in the way? Each file in tests/cases/locks holds a target and locks."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from azremedy.domain import locks
from azremedy.domain.resources import ManagementLock, RestorePointCollection
from azremedy.ids import ResourceId

if TYPE_CHECKING:
    from tests.domain.conftest import ReadCase

CASES = Path(__file__).resolve().parents[1] / "cases" / "locks"


@dataclass(frozen=True, slots=True, kw_only=True)
class LockCase:
    """Locks, and the names of those of which each thing is true."""

    about: str
    """What the case shows."""
    target: ResourceId
    """What is to be deleted."""
    locks: tuple[ManagementLock, ...]
    """All locks of the subscription."""
    group: ResourceId
    """The restore point group."""
    in_the_way: tuple[str, ...]
    """Those that refuse the deletion of the target."""
    stops_clean_up: tuple[str, ...]
    """Those that keep the service from cleaning up in the group."""
    inherited: tuple[str, ...] = ()
    """Those above all groups."""
    services_own: tuple[str, ...] = ()
    """Those that are never removed."""
    collections: tuple[RestorePointCollection, ...] = ()
    """The group's collections that could be read."""


@pytest.mark.parametrize("path", sorted(CASES.glob("*.yaml")), ids=lambda path: path.stem)
def test_lock_case(path: Path, read_case: ReadCase) -> None:
    """Every lock on the path is seen, and none beside it."""
    case = read_case(path, LockCase)

    in_the_way = locks.list_locks_in_the_way(case.target, case.locks)
    stopping = [
        lock.name for lock in case.locks if locks.stops_clean_up(lock, case.group, case.collections)
    ]

    assert case.in_the_way == tuple(lock.name for lock in in_the_way)
    assert case.stops_clean_up == tuple(stopping)
    assert case.inherited == tuple(o.name for o in case.locks if locks.is_inherited(o))
    assert case.services_own == tuple(o.name for o in case.locks if locks.is_services_own(o))
