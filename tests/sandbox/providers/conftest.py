"""Give provider tests the SDK's clients and the few calls that they all make."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias

import pytest
from azure.mgmt.compute import ComputeManagementClient
from azure.mgmt.recoveryservicesbackup import RecoveryServicesBackupClient
from azure.mgmt.resource.locks import ManagementLockClient
from azure.mgmt.resource.resources import ResourceManagementClient

if TYPE_CHECKING:
    from tests.sandbox.conftest import Opened  # noqa: TC004 # the dataclass only names it

SUBSCRIPTION = "5ab0e6c1-3f2d-4a7b-9c18-7d20b4f1a001"


@dataclass(frozen=True, slots=True, kw_only=True)
class Azure:
    """One subscription of an open world, through the unmodified SDK."""

    opened: Opened
    compute: Any
    backup: Any
    locks: Any
    resources: Any

    def items(self, vault: str, group: str) -> list[Any]:
        """List the protected items of a vault."""
        wanted = "backupManagementType eq 'AzureIaasVM' and itemType eq 'VM'"
        return list(self.backup.backup_protected_items.list(vault, group, filter=wanted))

    def item(self, vault: str, group: str, vm: str) -> Any:
        """Give the protected item of a VM by its name."""
        found = [
            item
            for item in self.items(vault, group)
            if item.properties["friendlyName"].lower() == vm.lower()
        ]
        return found[0]

    def trigger(self, item: Any) -> str:
        """Ask for a backup and give the id of the operation."""
        names = _Names(item.id)
        request = {"properties": {"objectType": "IaasVMBackupRequest"}}
        headers = self.backup.backups.trigger(*names.path, request, cls=_headers)
        url: str = headers["Azure-AsyncOperation"].split("?")[0]
        return url.rsplit("/", 1)[1]

    def operation(self, item: Any, operation: str) -> Any:
        """Follow an operation of the vault to its end."""
        names = _Names(item.id)
        get = self.backup.backup_operation_statuses.get
        return _until_over(
            lambda: get(names.vault, names.group, operation), lambda seen: seen.status
        )

    def job(self, item: Any, job_id: str) -> Any:
        """Follow a job to its end."""
        names = _Names(item.id)
        get = self.backup.job_details.get
        return _until_over(
            lambda: get(names.vault, names.group, job_id), lambda job: job.properties.status
        )

    def back_up(self, item: Any) -> Any:
        """Ask for a backup and give its job when it is over."""
        status = self.operation(item, self.trigger(item))
        return self.job(item, status.properties.job_id)

    def recovery_points(self, item: Any) -> list[Any]:
        """List the recovery points of an item."""
        return list(self.backup.recovery_points.list(*_Names(item.id).path))

    def points(self, collection: Any) -> list[str]:
        """Name the restore points of a collection."""
        parts = collection.id.split("/")
        got = self.compute.restore_point_collections.get(parts[4], parts[8], expand="restorePoints")
        return [point.name for point in got.properties.restore_points]

    def errors(self, job: Any) -> list[str]:
        """Name the error codes of a job."""
        return [error.error_title for error in job.properties.error_details or []]

    def tasks(self, job: Any) -> list[str]:
        """Give the statuses of a job's two tasks."""
        return [task.status for task in job.properties.extended_info.tasks_list]

    def health(self, item: Any) -> tuple[str, str, str, str]:
        """Read an item again: protection status, health, last backup, first health code."""
        properties = self.backup.protected_items.get(*_Names(item.id).path).properties
        return (
            properties["protectionStatus"],
            properties["healthStatus"],
            properties["lastBackupStatus"],
            properties["healthDetails"][0]["title"],
        )


class _Names:
    """The parts of a protected item's id that the backup client wants."""

    def __init__(self, item_id: str) -> None:
        parts = item_id.split("/")
        self.group, self.vault, self.container, self.item = parts[4], parts[8], parts[12], parts[14]
        self.path: Sequence[str] = (self.vault, self.group, "Azure", self.container, self.item)


def _headers(pipeline: Any, _body: Any, _headers: Any) -> dict[str, str]:
    return dict(pipeline.http_response.headers)


def _until_over(look: Callable[[], Any], status: Callable[[Any], Any]) -> Any:
    """Look again until the status is a last one; the world moves on with every look."""
    for _ in range(200):
        seen = look()
        if status(seen) not in {"InProgress", "Cancelling"}:
            return seen
    raise AssertionError("it never ended")


Connect: TypeAlias = Callable[..., Azure]


@pytest.fixture
def connect() -> Connect:
    """Make the clients of an open world."""

    def made(opened: Opened, subscription: str = SUBSCRIPTION) -> Azure:
        return Azure(
            opened=opened,
            compute=opened.client(ComputeManagementClient, subscription),
            backup=opened.client(RecoveryServicesBackupClient, subscription),
            locks=opened.client(ManagementLockClient, subscription),
            resources=opened.client(ResourceManagementClient, subscription),
        )

    return made


@pytest.fixture
def off_the_record(monkeypatch: pytest.MonkeyPatch) -> None:
    """Keep out of the whole run's record what the stored documents do not cover.

    These are operations beyond those of the tool, and requests that are wrong on purpose.
    """
    monkeypatch.delenv("AZREMEDY_SANDBOX_RECORD", raising=False)
