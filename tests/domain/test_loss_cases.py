"""What is lost? Each file in tests/cases/losses holds points and what the vault lists."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from azremedy.domain.evidence import Reading
from azremedy.domain.losses import find_losses
from azremedy.domain.plan import Copy
from azremedy.domain.resources import RecoveryPoint, RestorePoint
from azremedy.ids import ResourceId

if TYPE_CHECKING:
    from tests.domain.conftest import ReadCase

CASES = Path(__file__).resolve().parents[1] / "cases" / "losses"
COLLECTION = ResourceId.parse(
    "/subscriptions/5f0c2a6e-8d41-4b7a-9c35-2e1d7a90b8f4/resourceGroups/AzureBackupRG_westeurope_1"
    "/providers/Microsoft.Compute/restorePointCollections/AzureBackup_web-1_140738144265919"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class LossCase:
    """Points by name, the vault's list, and where else each point is."""

    about: str
    """What the case shows."""
    points: tuple[str, ...]
    """Names of restore points."""
    recovery_points: Reading[RecoveryPoint]
    """What the vaults list."""
    expected: tuple[Copy, ...]
    """One for each point."""
    time_created: datetime | None = None
    """What Azure tells of every point."""


@pytest.mark.parametrize("path", sorted(CASES.glob("*.yaml")), ids=lambda path: path.stem)
def test_loss_case(path: Path, read_case: ReadCase) -> None:
    """A point counts as kept only where the vault says that it can be restored without it."""
    case = read_case(path, LossCase)
    points = [
        RestorePoint(id=COLLECTION.child("restorePoints", name), time_created=case.time_created)
        for name in case.points
    ]

    losses = find_losses(points, case.recovery_points)

    assert case.expected == tuple(loss.copy for loss in losses)
    assert [point.id for point in points] == [loss.restore_point_id for loss in losses]
