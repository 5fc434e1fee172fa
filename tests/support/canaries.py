"""A world in which everything that Azure says holds a secret, and a search for them."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from zipfile import ZipFile

from azremedy.sandbox.transport import SandboxCredential
from tests.support.stages import ROOT, SUBSCRIPTION

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

CANARIES = {
    name: f"{name.replace('-', '')}4Canary8Of0Thirty2Characters"
    for name in (
        "lock-notes",
        "leased-notes",
        "extension-message",
        "agent-message",
        "job-text",
        "job-advice",
        "health-message",
        "denied-body",
        "operation-url",
        "operation-error",
        "guest-log",
    )
}
"""What must not be shown, by where it is planted."""
TOKEN = SandboxCredential().get_token().token
"""The token of every sign-in to a sandbox."""

_VM = f"{ROOT}/resourceGroups/rg-shop-prod/providers/Microsoft.Compute/virtualMachines/web-1"
_LOCK = "providers/Microsoft.Authorization/locks"
_VAULT = f"{ROOT}/resourceGroups/rg-backup/providers/Microsoft.RecoveryServices/vaults/vault-shop"
_CONTAINER = "iaasvmcontainerv2;rg-shop-prod;web-1"
_ITEM = f"{_VAULT}/backupFabrics/Azure/protectionContainers/IaasVMContainer;{_CONTAINER}"
_OPERATION = (
    f"https://management.azure.com/subscriptions/{SUBSCRIPTION}/providers/Microsoft.Compute"
    "/locations/westeurope/operations"
)


def sas_of(name: str) -> str:
    """Write a storage address with a canary for its signature."""
    return (
        f"https://md-x.blob.storage.azure.net/a/abcd?sv=2018-03-28&sr=b&sig={CANARIES[name]}&sp=r"
    )


def write_world(folder: Path, *, faults: Iterable[dict[str, Any]] = ()) -> Path:
    """Write the scenario's file: a locked group at its limit, and secrets in every free text."""
    path = folder / "leaky.yaml"
    scenario = {
        "schema": "azremedy.sandbox/1",
        "name": "leaky",
        "title": "A world that tells secrets.",
        "extends": "restore-point-limit",
        "change": [_lock(), _vm(), _job(), _item()],
        "resources": [_leased()],
        "faults": list(faults),
    }
    path.write_text(json.dumps(scenario))
    return path


def _lock() -> dict[str, Any]:
    scope = f"{ROOT}/resourceGroups/AzureBackupRG_westeurope_1"
    notes = f"ask the platform team, {sas_of('lock-notes')}, before it goes"
    return {"id": f"{scope}/{_LOCK}/no-deletes", "properties": {"notes": notes}}


def _leased() -> dict[str, Any]:
    properties = {"level": "CanNotDelete", "notes": f"password={CANARIES['leased-notes']}"}
    return {"id": f"{ROOT}/{_LOCK}/all", "properties": properties}


def _vm() -> dict[str, Any]:
    said = {"level": "Info", "time": "2026-11-20T07:58:41+00:00"}
    agent = f"Guest Agent is running; AccountKey={CANARIES['agent-message']};x=1"
    extension = f"StatusCode.Failed at {sas_of('extension-message')}"
    view = {
        "vmAgent": {
            "vmAgentVersion": "2.11.1.12",
            "statuses": [
                {"code": "x/succeeded", "displayStatus": "Ready", "message": agent, **said}
            ],
            "extensionHandlers": [],
        },
        "extensions": [
            {
                "name": "VMSnapshotLinux",
                "type": "Microsoft.Azure.RecoveryServices.VMSnapshotLinux",
                "typeHandlerVersion": "1.0.9223.0",
                "statuses": [
                    {
                        "code": "ProvisioningState/failed",
                        "displayStatus": "Provisioning failed",
                        "message": extension,
                        **said,
                    }
                ],
            }
        ],
    }
    return {"id": _VM, "properties": {"instanceView": view}}


def _job() -> dict[str, Any]:
    details = {
        "errorCode": 0,
        "errorTitle": "UserErrorRpCollectionLimitReached",
        "errorString": f"The limit is reached, see {sas_of('job-text')}.",
        "recommendations": [f"Authorization: Bearer {CANARIES['job-advice']}"],
    }
    job = f"{_VAULT}/backupJobs/8ef483df-76f6-447a-a64a-6443220ef54a"
    return {"id": job, "properties": {"errorDetails": [details]}}


def _item() -> dict[str, Any]:
    health = {
        "code": 0,
        "title": "UserErrorRpCollectionLimitReached",
        "message": f"refresh_token={CANARIES['health-message']}",
        "recommendations": [],
    }
    item = f"{_ITEM}/protectedItems/VM;{_CONTAINER}"
    return {"id": item, "properties": {"healthDetails": [health]}}


def refusing_deletions() -> dict[str, Any]:
    """Make Azure refuse the deletion of collections, with a secret in its words."""
    answer = {"status": 403, "message": f"client_secret={CANARIES['denied-body']}&x=1 is denied"}
    return {
        "match": {"method": "DELETE", "path": "*/restorePointCollections/*"},
        "answer": answer,
        "times": 9,
    }


def following(method: str, path: str, end: dict[str, Any]) -> list[dict[str, Any]]:
    """Make an operation with a sealed URL, and its end."""
    sealed = f"?p=1&api-version=2024-07-01&t=63860&c=MII&s={CANARIES['operation-url']}&h=abc"
    url = f"{_OPERATION}/0c1d{sealed}"
    accepted = {"status": 202, "headers": {"Azure-AsyncOperation": url, "Location": url}}
    return [
        {"match": {"method": method, "path": path}, "answer": accepted},
        {
            "match": {"method": "GET", "path": "*/operations/0c1d"},
            "answer": {"status": 200, "body": end},
            "times": 9,
        },
    ]


def failing_reset() -> list[dict[str, Any]]:
    """Make the deletion of an extension fail after it was accepted."""
    error = {"code": "OperationNotAllowed", "message": f"see {sas_of('operation-error')}"}
    return following("DELETE", "*/extensions/*", {"status": "Failed", "error": error})


def telling_logs() -> list[dict[str, Any]]:
    """Make Run Command print a log that holds a storage address."""
    log = f"PUT {sas_of('guest-log')} 201\nfile=/var/log/waagent.log\nazremedy=done"
    message = f"Enable succeeded: \n[stdout]\n{log}\n[stderr]\n"
    status = {
        "code": "ProvisioningState/succeeded",
        "level": "Info",
        "displayStatus": "Provisioning succeeded",
        "message": message,
    }
    # The poll reads the status, the last look the value.
    return following(
        "POST", "*/runCommand", {"status": "Succeeded", "value": [status], "output": None}
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Leak:
    """A secret where it must not be."""

    place: str
    """A stream's or a file's name."""
    canary: str
    """Where it was planted."""


def find_leaks(text: str, place: str) -> list[Leak]:
    """Find the secrets in a text; half a secret counts."""
    canaries = {**CANARIES, "token": TOKEN.rpartition(".")[2] or TOKEN}
    return [
        Leak(place=place, canary=name)
        for name, secret in canaries.items()
        if secret[-16:] in text or secret[:16] in text
    ]


def find_leaks_in_files(folder: Path) -> list[Leak]:
    """Find the secrets in all files; of journals, in what is not there for a purpose."""
    return [
        leak
        for path in sorted(folder.rglob("*"))
        if path.is_file()
        for leak in find_leaks(read(path), path.name)
    ]


def read(path: Path) -> str:
    """Read a file's text: an archive's files, a journal without locks and tokens."""
    if path.suffix == ".zip":
        with ZipFile(path) as archive:
            return "\n".join(archive.read(name).decode() for name in archive.namelist())
    if path.name == "journal.jsonl":
        lines = [json.loads(line) for line in path.read_text().splitlines() if line]
        return json.dumps(_without_purpose(lines))
    return path.read_text(errors="replace")


def _without_purpose(node: Any) -> Any:
    if isinstance(node, list):
        return [_without_purpose(each) for each in node]
    if not isinstance(node, dict):
        return node
    return {
        name: _without_purpose(value)
        for name, value in node.items()
        if name not in {"lock", "operationToken"}
    }
