"""Estates of any size as scenarios: so many VMs in so many subscriptions, some of them in trouble.

Documents are made while the world takes them over and are kept nowhere else, so that an estate of
50,000 VMs needs no more memory than the world itself. Serve one from the checkout:

    python -m tests.benchmarks.estates --vms 10000 --subscriptions 20
"""

from __future__ import annotations

import argparse
import json
import sys
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias, cast

from azremedy.sandbox import server
from azremedy.sandbox.scenario import Scenario

if TYPE_CHECKING:
    from collections.abc import Iterator

Json: TypeAlias = dict[str, Any]

NOW = datetime(2026, 11, 20, 8, 0, tzinfo=UTC)
REGIONS = ("westeurope", "northeurope")
VMS_OF_VAULT = 1000
"""Source: learn.microsoft.com/azure/backup/backup-azure-backup-faq: the most of a vault."""
COLLECTIONS_OF_GROUP = 600
"""Source: learn.microsoft.com/azure/backup/backup-during-vm-creation: the most of a group."""

LIMIT = (400198, "UserErrorRpCollectionLimitReached")
CODES = (
    (400196, "UserErrorGuestAgentStatusUnavailable"),
    (400204, "UserErrorVmProvisioningStateFailed"),
    (400283, "ExtensionOperationFailedForManagedDisks"),
    (400322, "UserErrorKeyvaultPermissionsNotConfigured"),
    (400184, "ExtensionFailedVssWriterInBadState"),
)
"""Codes of VMs that fail for another reason than their points, with numbers of no meaning."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Shape:
    """How large an estate is, and how much of it is in trouble."""

    vms: int
    """How many VMs; all are protected."""
    subscriptions: int = 1
    """Over how many subscriptions and, in each, two regions they are spread."""
    failing_every: int = 25
    """One VM in so many fails."""
    cleared_every: int = 100
    """One VM in so many failed, and was well the next time."""
    locked_every: int = 60
    """One group of restore points in so many is locked."""
    orphan_every: int = 500
    """After so many VMs there is a collection of one that is gone."""
    points: int = 0
    """Restore points of a VM in a group that is not locked."""
    points_locked: int = 16
    """Restore points of a VM in a group that is."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Machine:
    """One VM, and where what belongs to it lies."""

    number: int
    """Its number in the estate, from 0."""
    subscription: str
    """Its subscription."""
    region: str
    """Its region."""
    vault: str
    """Its vault's name."""
    group: str
    """The name of the group with its restore points."""

    @property
    def name(self) -> str:
        """Its name."""
        return f"vm-{self.number:05}"

    @property
    def home(self) -> str:
        """The id of its resource group."""
        return f"/subscriptions/{self.subscription}/resourceGroups/rg-{self.region}"

    @property
    def id(self) -> str:
        """Its id."""
        return f"{self.home}/providers/Microsoft.Compute/virtualMachines/{self.name}"

    @property
    def vault_id(self) -> str:
        """Its vault's id."""
        return f"{self.home}/providers/Microsoft.RecoveryServices/vaults/{self.vault}"

    @property
    def container(self) -> str:
        """The part that the names of its container and item have in common."""
        return f"iaasvmcontainerv2;rg-{self.region};{self.name}"

    @property
    def data_id(self) -> str:
        """The number of its protection."""
        return str(100_000_000_000_000 + self.number)

    @property
    def collection_id(self) -> str:
        """The id of its restore point collection."""
        group = f"/subscriptions/{self.subscription}/resourceGroups/{self.group}"
        kind = "providers/Microsoft.Compute/restorePointCollections"
        return f"{group}/{kind}/AzureBackup_{self.name}_{self.data_id}"


class Documents:
    """All documents of an estate, made anew each time somebody goes through them.

    Args:
        shape: the estate's.
    """

    def __init__(self, shape: Shape) -> None:
        self._shape = shape

    def __iter__(self) -> Iterator[Json]:
        locked = dict(_list_locked(self._shape))
        yield from locked.values()
        vaults: set[str] = set()
        for number in range(self._shape.vms):
            machine = place(self._shape, number)
            if machine.vault_id not in vaults:
                vaults.add(machine.vault_id)
                yield vault(machine)
            group = machine.collection_id.partition("/providers/")[0]
            yield from _write_machine(self._shape, machine, locked=group in locked)


def make_estate(shape: Shape) -> Scenario:
    """Make the scenario of an estate; its documents are made when a world begins."""
    return Scenario(
        schema="azremedy.sandbox/1",
        name=f"estate-{shape.vms}-{shape.subscriptions}",
        title=f"{shape.vms} VMs in {shape.subscriptions} subscriptions.",
        now=NOW,
        # A world only goes through its documents, and more than once.
        resources=cast("tuple[Json, ...]", Documents(shape)),
        shelf="fleet",
    )


def subscription_of(number: int) -> str:
    """Give the GUID of a subscription."""
    return f"5ab0e6c1-3f2d-4a7b-9c18-{number:012x}"


def place(shape: Shape, number: int) -> Machine:
    """Say where a VM lies: subscriptions and regions in turn, vaults and groups until full."""
    subscription, rest = number % shape.subscriptions, number // shape.subscriptions
    region, nth = REGIONS[rest % len(REGIONS)], rest // len(REGIONS)
    return Machine(
        number=number,
        subscription=subscription_of(subscription),
        region=region,
        vault=f"vault-{region}-{nth // VMS_OF_VAULT + 1}",
        group=f"AzureBackupRG_{region}_{nth // COLLECTIONS_OF_GROUP + 1}",
    )


def vault(machine: Machine) -> Json:
    """Write the vault of a VM."""
    return {
        "id": machine.vault_id,
        "location": machine.region,
        "sku": {"name": "Standard"},
        "properties": {"provisioningState": "Succeeded"},
    }


def _list_locked(shape: Shape) -> Iterator[tuple[str, Json]]:
    """Write the locks, by the group that each is on."""
    groups: dict[str, None] = {}
    for number in range(shape.vms):
        groups[place(shape, number).collection_id.partition("/providers/")[0]] = None
    for at, group in enumerate(groups):
        if at % shape.locked_every == 0:
            yield group, lock(group)


def lock(scope: str) -> Json:
    """Write a lock."""
    return {
        "id": f"{scope}/providers/Microsoft.Authorization/locks/keep",
        "properties": {"level": "CanNotDelete", "notes": "Requested by audit"},
    }


def _write_machine(shape: Shape, machine: Machine, *, locked: bool) -> Iterator[Json]:
    number = machine.number
    fails = number % shape.failing_every == shape.failing_every - 1
    cleared = number % shape.cleared_every == 0
    code = LIMIT if locked else CODES[number // shape.failing_every % len(CODES)]
    yield vm(machine)
    yield item(machine, code if fails else None)
    yield job(machine, nights_ago=1, code=code if fails else None)
    if fails or cleared:
        yield job(machine, nights_ago=2, code=code)
    yield collection(machine)
    count = shape.points_locked if locked else shape.points
    for nights_ago in range(1, count + 1):
        yield point(machine, nights_ago=nights_ago)
    if number % shape.orphan_every == shape.orphan_every - 1:
        yield orphan(machine)


def vm(machine: Machine) -> Json:
    """Write a VM, with the little that lists tell."""
    return {
        "id": machine.id,
        "location": machine.region,
        "properties": {
            "vmId": _guid(machine.number),
            "provisioningState": "Succeeded",
            "hardwareProfile": {"vmSize": "Standard_D2s_v5"},
        },
    }


def item(machine: Machine, code: tuple[int, str] | None = None) -> Json:
    """Write a protected item that is well, or whose last backup failed with a code."""
    number, title = code or (400239, "IaasVmHealthGreenDefault")
    health = {"code": number, "title": title, "message": title, "recommendations": []}
    return {
        "id": _item_id(machine),
        "properties": {
            "friendlyName": machine.name,
            "virtualMachineId": machine.id,
            "sourceResourceId": machine.id,
            "protectionStatus": "Unhealthy" if code else "Healthy",
            "protectionState": "Protected",
            "healthStatus": "ActionSuggested" if code else "Passed",
            "healthDetails": [health],
            "lastBackupStatus": "Failed" if code else "Completed",
            "lastBackupTime": _written(_began(machine, 1)),
            "protectedItemDataId": machine.data_id,
            "protectedItemType": "Microsoft.Compute/virtualMachines",
            "backupManagementType": "AzureIaasVM",
            "workloadType": "VM",
            "containerName": machine.container,
        },
    }


def _item_id(machine: Machine) -> str:
    container = f"protectionContainers/IaasVMContainer;{machine.container}"
    path = f"backupFabrics/Azure/{container}/protectedItems/VM;{machine.container}"
    return f"{machine.vault_id}/{path}"


def job(
    machine: Machine,
    *,
    nights_ago: int,
    code: tuple[int, str] | None = None,
    status: str = "",
) -> Json:
    """Write a backup job that is over, as good as it may be or failed with a code."""
    began = _began(machine, nights_ago)
    properties: Json = {
        "jobType": "AzureIaaSVMJob",
        "duration": "PT41M",
        "virtualMachineVersion": "Compute",
        "entityFriendlyName": machine.name,
        "containerName": machine.container,
        "backupManagementType": "AzureIaasVM",
        "operation": "Backup",
        "status": status or ("Failed" if code else "Completed"),
        "startTime": _written(began),
        "endTime": _written(began + timedelta(minutes=41)),
        "activityId": _guid(machine.number, kind=nights_ago),
    }
    if code:
        number, title = code
        properties["errorDetails"] = [
            {"errorCode": number, "errorTitle": title, "errorString": title, "recommendations": []}
        ]
    name = _guid(machine.number, kind=100 + nights_ago)
    return {"id": f"{machine.vault_id}/backupJobs/{name}", "properties": properties}


def collection(machine: Machine) -> Json:
    """Write the restore point collection of a VM."""
    return {
        "id": machine.collection_id,
        "location": machine.region,
        "properties": {
            "source": {"id": machine.id, "location": machine.region},
            "provisioningState": "Succeeded",
            "restorePointCollectionId": _guid(machine.number, kind=200),
        },
    }


def orphan(machine: Machine) -> Json:
    """Write a collection beside a VM's, of a VM that is gone."""
    gone = f"gone-{machine.number:05}"
    document = collection(machine)
    source = {"id": machine.id.replace(machine.name, gone), "location": machine.region}
    return {
        **document,
        "id": document["id"].replace(machine.name, gone),
        "properties": {**document["properties"], "source": source},
    }


def point(machine: Machine, *, nights_ago: int) -> Json:
    """Write a restore point, half a minute after its job began."""
    made = _began(machine, nights_ago) + timedelta(seconds=30)
    return {
        "id": f"{machine.collection_id}/restorePoints/AzureBackup_{made:%Y%m%d_%H%M%S}",
        "properties": {
            "provisioningState": "Succeeded",
            "consistencyMode": "FileSystemConsistent",
            "timeCreated": _written(made),
            "sourceMetadata": {"vmId": _guid(machine.number), "location": machine.region},
        },
    }


def recovery_point(machine: Machine, *, nights_ago: int) -> Json:
    """Write what the vault lists for a restore point."""
    made = _began(machine, nights_ago) + timedelta(seconds=32)
    return {
        "id": f"{_item_id(machine)}/recoveryPoints/{machine.number + 1:04}{nights_ago:011}",
        "properties": {
            "objectType": "IaasVMRecoveryPoint",
            "recoveryPointType": "FileSystemConsistent",
            "recoveryPointTime": _written(made),
            "isInstantIlrSessionActive": False,
            "recoveryPointTierDetails": [
                {"type": "InstantRP", "status": "Valid"},
                {"type": "HardenedRP", "status": "Valid"},
            ],
        },
    }


def _began(machine: Machine, nights_ago: int) -> datetime:
    """Say when a nightly backup began: the machines of an estate one after another."""
    night = NOW.replace(hour=22) - timedelta(days=nights_ago)
    return night + timedelta(seconds=machine.number % 7200)


def _written(time: datetime) -> str:
    return f"{time:%Y-%m-%dT%H:%M:%S}.1041355Z"


def _guid(number: int, *, kind: int = 0) -> str:
    return f"{number:08x}-0000-4000-8000-{kind:012x}"


def main() -> None:
    """Serve an estate until SIGTERM or Ctrl-C; prints one line of JSON when clients may come."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--vms", type=int, default=10_000)
    parser.add_argument("--subscriptions", type=int, default=20)
    parser.add_argument("--record", type=Path)
    chosen = parser.parse_args()
    shape = Shape(vms=chosen.vms, subscriptions=chosen.subscriptions)

    def ready(document: Json) -> None:
        sys.stdout.write(json.dumps(document) + "\n")
        sys.stdout.flush()

    server.serve(server.Setting(scenario=make_estate(shape), record=chosen.record), ready=ready)


if __name__ == "__main__":
    main()
