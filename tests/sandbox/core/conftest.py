"""Give the core tests a small scenario to vary."""

from __future__ import annotations

from typing import Any

import pytest

from azremedy.sandbox.recorder import ENVIRONMENT

SUBSCRIPTION = "00000000-0000-0000-0000-0000000000aa"


@pytest.fixture
def subscription() -> str:
    """Name the small scenario's subscription."""
    return SUBSCRIPTION


@pytest.fixture
def small() -> dict[str, Any]:
    """Give a scenario of two groups: one with a disk, the other locked."""
    root = f"/subscriptions/{SUBSCRIPTION}"
    service_group = f"{root}/resourceGroups/AzureBackupRG_westeurope_1"
    disk = f"{root}/resourceGroups/rg-App/providers/Microsoft.Compute/disks/data-1"
    return {
        "schema": "azremedy.sandbox/1",
        "name": "small",
        "title": "Two groups, one of them locked.",
        "now": "2026-11-20T08:00:00Z",
        "resources": [
            {
                "id": disk,
                "location": "westeurope",
                "tags": {"team": "shop"},
                "sku": {"name": "Premium_LRS", "tier": "Premium"},
                "properties": {
                    "creationData": {"createOption": "Empty"},
                    "diskSizeGB": 8,
                    "provisioningState": "Succeeded",
                    "timeCreated": "2026-01-02T03:04:05Z",
                },
            },
            {
                "id": service_group,
                "location": "westeurope",
                "managedBy": f"{root[1:]}/providers/Microsoft.RecoveryServices/",
                "properties": {"provisioningState": "Succeeded"},
            },
            {
                "id": f"{service_group}/providers/Microsoft.Authorization/locks/keep",
                "properties": {"level": "CanNotDelete", "notes": "do not touch"},
            },
        ],
    }


@pytest.fixture
def unrecorded(monkeypatch: pytest.MonkeyPatch) -> None:
    """Keep nonsense that no client would send out of the record of the run."""
    monkeypatch.delenv(ENVIRONMENT, raising=False)
