"""The Azure Function's answer to a backup alert, in a local world."""

from __future__ import annotations

import importlib.util
import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

import pytest

from azremedy import api

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import ModuleType

Json: TypeAlias = Any

FOLDER = Path(__file__).resolve().parents[2] / "examples" / "function-alert"
ROOT = "/subscriptions/5ab0e6c1-3f2d-4a7b-9c18-7d20b4f1a001/resourceGroups/rg-shop-prod"
VAULT = f"{ROOT}/providers/Microsoft.RecoveryServices/vaults/vault-1"
VM = f"{ROOT}/providers/Microsoft.Compute/virtualMachines/web-1"
ITEM = f"{VAULT}/backupFabrics/Azure/protectionContainers/iaasvmcontainerv2;rg-shop-prod;web-1"
READING = api.ConnectOptions(sandbox="restore-point-limit", read_only=True)


@pytest.fixture(scope="module")
def example() -> Iterator[ModuleType]:
    """Load the example, which is no module of the package."""
    spec = importlib.util.spec_from_file_location("answer_alert", FOLDER / "answer_alert.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    # Dataclasses look their own module up.
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    yield module
    del sys.modules[spec.name]


def make_alert(*targets: str, condition: str = "Fired") -> Json:
    """Make an alert in the common schema, as an action group sends it for a backup that failed."""
    return {
        "schemaId": "azureMonitorCommonAlertSchema",
        "data": {
            "essentials": {
                "alertId": f"{ROOT}/providers/Microsoft.AlertsManagement/alerts/1",
                "alertRule": "Backup Failure",
                "severity": "Sev1",
                "signalType": "Log",
                "monitorCondition": condition,
                "monitoringService": "Azure Backup",
                "alertTargetIDs": list(targets),
                "configurationItems": ["web-1"],
                "firedDateTime": "2026-11-20T06:00:00Z",
                "essentialsVersion": "1.0",
                "alertContextVersion": "1.0",
            },
            "alertContext": {},
        },
    }


@pytest.mark.parametrize("target", [VM, VM.lower(), ITEM])
def test_alert_names_its_vm(example: ModuleType, target: str) -> None:
    """By the VM's own id, or by the name of what protects it."""
    found = example.find_vms(make_alert(VAULT, target))

    assert [VM.lower()] == [each.lower() for each in found]


def test_alert_becomes_a_plan_that_can_be_carried_out(example: ModuleType, tmp_path: Path) -> None:
    """The connection only reads; what it keeps is a plan that 'azremedy apply' takes."""
    answered = example.answer(make_alert(ITEM), READING)

    path = tmp_path / "plan.json"
    path.write_text(answered.plan, encoding="utf-8")
    assert answered.fingerprint == api.find_fingerprint(api.load_plan(path))
    assert "web-1: point-limit: " in answered.message
    assert answered.message.endswith(f"--approve {answered.fingerprint}")


@pytest.mark.parametrize(
    ("alert", "expected"),
    [
        (make_alert(VM, condition="Resolved"), "Nothing to do: the alert is resolved."),
        (make_alert(VAULT), "The alert names no VM: see 'azremedy scan'."),
    ],
)
def test_nothing_is_asked_of_azure_without_need(
    example: ModuleType, alert: Json, expected: str
) -> None:
    """An alert that is over, and one that names no VM, keep no plan."""
    assert example.Answered(message=expected) == example.answer(alert, READING)


def test_other_payloads_are_refused(example: ModuleType) -> None:
    """Action groups can also send the older schemas."""
    with pytest.raises(ValueError, match="not an alert in the common schema"):
        example.answer({"schemaId": "AzureMonitorMetricAlert"}, READING)


def test_function_never_applies() -> None:
    """Neither file calls what changes something, and the connection only reads."""
    text = "".join(path.read_text(encoding="utf-8") for path in sorted(FOLDER.glob("*.py")))

    assert "ConnectOptions(read_only=True)" in text
    assert not [name for name in ("api.apply(", "api.resume(", "open_writer") if name in text]
    assert "2.0" == json.loads(FOLDER.joinpath("host.json").read_text(encoding="utf-8"))["version"]
