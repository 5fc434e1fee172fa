"""Whose collection is it? Each file in tests/cases/ownership answers for one."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from azremedy.domain.ownership import (
    Ownership,
    is_restore_point_group,
    judge_collection,
    looks_like_backup,
)
from azremedy.domain.resources import ResourceGroup, RestorePoint, RestorePointCollection
from azremedy.domain.worlds import VmEvidence
from azremedy.ids import ResourceId

if TYPE_CHECKING:
    from tests.domain.conftest import ReadCase

CASES = Path(__file__).resolve().parents[1] / "cases" / "ownership"
GROUP = ResourceId.of_group("5f0c2a6e-8d41-4b7a-9c35-2e1d7a90b8f4", "rg-web")


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnershipCase:
    """The evidence's first collection is judged."""

    about: str
    """What the case shows."""
    evidence: VmEvidence
    """The world."""
    expected: Ownership
    """Whose it is, and why."""
    group_is_services: bool | None = True
    """Whether the collection's group is the service's."""


@pytest.mark.parametrize("path", sorted(CASES.glob("*.yaml")), ids=lambda path: path.stem)
def test_ownership_case(path: Path, read_case: ReadCase) -> None:
    """A collection is owned only on proof, and the reason is told."""
    case = read_case(path, OwnershipCase)

    actual = judge_collection(
        case.evidence.collections.values[0],
        vm=case.evidence.vm,
        items=case.evidence.items,
        group_is_services=case.group_is_services,
    )

    assert case.expected == actual


@pytest.mark.parametrize(
    ("source", "name", "point", "expected"),
    [
        ("virtualMachines/web-1", "AzureBackup_web-1_140738144265919", None, True),
        (
            "virtualMachines/web-1",
            "AzureBackup_web-1_140738144265919",
            "AzureBackup_20261118_220003",
            True,
        ),
        ("virtualMachines/web-1", "AzureBackup_web-1_140738144265919", "before-upgrade", False),
        ("virtualMachines/web-1", "acronis-web-1", None, False),
        ("restorePointCollections/x", "AzureBackup_web-1_140738144265919", None, False),
    ],
)
def test_a_collection_looks_like_the_services_by_name_points_and_source(
    source: str, name: str, point: str | None, *, expected: bool
) -> None:
    """The look alone, which only find-rg and unlock-rg go by, needs all three."""
    collection_id = GROUP.child("providers", "Microsoft.Compute", "restorePointCollections", name)
    points = (
        None if point is None else (RestorePoint(id=collection_id.child("restorePoints", point)),)
    )
    collection = RestorePointCollection(
        id=collection_id,
        location="westeurope",
        source_id=f"{GROUP}/providers/Microsoft.Compute/{source}",
        restore_points=points,
    )

    assert expected == looks_like_backup(collection)


@pytest.mark.parametrize(
    ("name", "managed_by", "expected"),
    [
        ("AzureBackupRG_westeurope_1", "", "default name"),
        ("rg-web", "subscriptions/x/providers/Microsoft.RecoveryServices/", "managedBy"),
        ("rg-web", "", None),
    ],
)
def test_a_group_is_known_by_its_name_or_its_manager(
    name: str, managed_by: str, expected: str | None
) -> None:
    """What a group is known by is told; a policy's names are in the case files."""
    group = ResourceGroup(
        id=ResourceId.of_group(GROUP.subscription_id, name),
        location="westeurope",
        managed_by=managed_by,
    )

    assert expected == is_restore_point_group(group, ())
