"""Read what Azure Backup knows about VMs, and start on-demand backups."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from azremedy.gateways import sending
from azremedy.gateways.translate import translating
from azremedy.gateways.wire_backup import (
    OperationStatus,
    parse_item,
    parse_job,
    parse_operation_status,
    parse_policy,
    parse_protection,
    parse_recovery_point,
)
from azremedy.gateways.wire_errors import parse_retry_after
from azremedy.gateways.wire_json import Json, document_of, section, text

if TYPE_CHECKING:
    from azure.mgmt.recoveryservicesbackup import RecoveryServicesBackupClient

    from azremedy.domain.protection import BackupProtection
    from azremedy.domain.resources import (
        BackupJob,
        BackupPolicy,
        ProtectedItem,
        RecoveryPoint,
    )
    from azremedy.gateways.clients import Connect, DocumentClient
    from azremedy.ids import ResourceId

API_VERSION = "2026-10-01"
"""In which vaults' things are read: the SDK's own."""
_VAULT = "Microsoft.RecoveryServices/Vaults"
_ITEM = f"{_VAULT}/backupFabrics/protectionContainers/protectedItems"
STATUS = "Microsoft.RecoveryServices/locations/backupStatus/action"
LIST_ITEMS = f"{_VAULT}/backupProtectedItems/read"
READ_ITEM = f"{_ITEM}/read"
READ_POLICIES = f"{_VAULT}/backupPolicies/read"
READ_POINTS = f"{_ITEM}/recoveryPoints/read"
READ_JOBS = f"{_VAULT}/backupJobs/read"
READ_OPERATIONS = f"{_VAULT}/backupOperations/read"
TRIGGER = f"{_ITEM}/backup/action"

_VMS = "backupManagementType eq 'AzureIaasVM'"
# The form that the service documents: Microsoft's example ListJobsWithAllSupportedFilters.
_FILTER_TIME = "%Y-%m-%d %I:%M:%S %p"


@dataclass(frozen=True, slots=True, kw_only=True)
class JobFilter:
    """Which jobs of a vault are asked for; VM jobs only, in any case."""

    operation: str | None = None
    """``Backup``, ``Restore``…; all when left out."""
    status: str | None = None
    """``InProgress``, ``Failed``…; all when left out."""
    started_after: datetime | None = None
    """Aware; the service wants both times or none."""
    started_before: datetime | None = None
    """Aware."""

    @classmethod
    def recent(cls, now: datetime) -> JobFilter:
        """Return the filter for a week's jobs: none runs longer, and a big vault has thousands.

        Source: learn.microsoft.com/azure/backup/backup-azure-vm-backup-faq: jobs end within a day.
        """
        return cls(started_after=now - timedelta(days=7), started_before=now + timedelta(days=1))

    def expression(self) -> str:
        """Return the OData filter that the service understands."""
        conditions = {
            "operation": self.operation,
            "status": self.status,
            "startTime": _filter_time(self.started_after),
            "endTime": _filter_time(self.started_before),
        }
        given = (f"{key} eq '{value}'" for key, value in conditions.items() if value)
        return " and ".join((_VMS, *given))


@dataclass(frozen=True, slots=True, kw_only=True)
class TriggerReceipt:
    """What the service said when it accepted an on-demand backup."""

    operation_id: str | None
    """For ``get_operation``, which will name the job; ``None`` when the answer named none."""
    operation_url: str = field(repr=False)
    """Where the service itself would have it looked up; acts like a password: never logged."""
    request_id: str | None
    """``x-ms-request-id``."""
    correlation_id: str | None
    """``x-ms-correlation-request-id``."""
    retry_after: timedelta | None
    """How long to wait before the first look; the service says a minute."""


class BackupGateway:
    """Azure Backup in one subscription. Only ``trigger_backup`` changes anything."""

    def __init__(
        self, connect: Connect[RecoveryServicesBackupClient], documents: Connect[DocumentClient]
    ) -> None:
        self._connect = connect
        self._documents = documents

    def get_protection(self, vm_id: ResourceId, region: str) -> BackupProtection:
        """Say whether a VM is protected, and in which vault. Safe to repeat; changes nothing.

        A POST, so a ReadOnly lock refuses it. It tells of one vault only: an older one that kept
        its data is not named. Permission, at the subscription:
        ``Microsoft.RecoveryServices/locations/backupStatus/action``.

        Raises:
            AzremedyError: as ``translating`` tells them.
        """
        question: Any = {"resourceType": "VM", "resourceId": str(vm_id)}
        with translating("asking for the backup of", action=STATUS, target=vm_id):
            answer = self._connect(vm_id).backup_status.get(region, question)
            return parse_protection(document_of(answer))

    def list_items(self, vault_id: ResourceId) -> tuple[ProtectedItem, ...]:
        """Return the VMs that a vault protects. Safe to repeat.

        Permission: ``Microsoft.RecoveryServices/Vaults/backupProtectedItems/read``.

        Raises:
            NotFoundError: there is no such vault.
            AzremedyError: as ``translating`` tells them.
        """
        with translating("listing the protected items of", action=LIST_ITEMS, target=vault_id):
            wanted = f"{_VMS} and itemType eq 'VM'"
            found = self._read_all(vault_id, f"{vault_id}/backupProtectedItems", filter=wanted)
            return tuple(map(parse_item, found))

    def get_item(self, item_id: ResourceId) -> ProtectedItem:
        """Return one protected item. Safe to repeat.

        Permission: ``…/protectionContainers/protectedItems/read`` of the vault.

        Raises:
            NotFoundError: the vault has no such item.
            AzremedyError: as ``translating`` tells them.
        """
        with translating("reading the protected item", action=READ_ITEM, target=item_id):
            return parse_item(self._read(item_id, item_id.require_type(_ITEM)))

    def list_policies(self, vault_id: ResourceId) -> tuple[BackupPolicy, ...]:
        """Return a vault's VM policies, which name the custom groups. Safe to repeat.

        Permission: ``Microsoft.RecoveryServices/Vaults/backupPolicies/read``.

        Raises:
            NotFoundError: there is no such vault.
            AzremedyError: as ``translating`` tells them.
        """
        with translating("listing the policies of", action=READ_POLICIES, target=vault_id):
            documents = self._read_all(vault_id, f"{vault_id}/backupPolicies", filter=_VMS)
            return tuple(parse_policy(document) for document in documents if _is_vm(document))

    def list_recovery_points(self, item_id: ResourceId) -> tuple[RecoveryPoint, ...]:
        """Return the recovery points of an item, with where each copy lies. Safe to repeat.

        Permission: ``…/protectedItems/recoveryPoints/read`` of the vault.

        Raises:
            NotFoundError: the vault has no such item.
            AzremedyError: as ``translating`` tells them.
        """
        with translating("listing the recovery points of", action=READ_POINTS, target=item_id):
            found = self._read_all(item_id, f"{item_id.require_type(_ITEM)}/recoveryPoints")
            return tuple(map(parse_recovery_point, found))

    def list_jobs(
        self, vault_id: ResourceId, job_filter: JobFilter | None = None
    ) -> tuple[BackupJob, ...]:
        """Return a vault's VM jobs, as the service orders them. Safe to repeat, but sparingly.

        The service allows some 150 reads of jobs an hour (recorded Azure traffic, 2021-2023).
        Lists name no tasks and, as a rule, no errors: get the job for these.
        Permission: ``Microsoft.RecoveryServices/Vaults/backupJobs/read``.

        Raises:
            NotFoundError: there is no such vault.
            ThrottledError: the reads are used up.
            AzremedyError: as ``translating`` tells them.
        """
        expression = (job_filter or JobFilter()).expression()
        with translating("listing the backup jobs of", action=READ_JOBS, target=vault_id):
            found = self._read_all(vault_id, f"{vault_id}/backupJobs", filter=expression)
            return tuple(map(parse_job, found))

    def get_job(self, vault_id: ResourceId, job_id: str) -> BackupJob:
        """Return a job with its tasks and errors. Safe to repeat, but no more often than needed.

        Permission: ``Microsoft.RecoveryServices/Vaults/backupJobs/read``.

        Args:
            vault_id: the vault.
            job_id: the job's GUID, the last part of its id.

        Raises:
            NotFoundError: the vault has no such job.
            ThrottledError: the reads are used up.
            AzremedyError: as ``translating`` tells them.
        """
        job = vault_id.child("backupJobs", job_id)
        with translating("reading the backup job", action=READ_JOBS, target=job):
            return parse_job(self._read(vault_id, job))

    def get_operation(self, vault_id: ResourceId, operation_id: str) -> OperationStatus:
        """Say where a triggered operation stands, and which job it made. Safe to repeat.

        A failed operation is a value here, not an exception: its ``error`` is set.
        Permission: ``Microsoft.RecoveryServices/Vaults/backupOperations/read``.

        Raises:
            NotFoundError: the vault knows no such operation (any more).
            AzremedyError: as ``translating`` tells them.
        """
        operation = vault_id.child("backupOperations", operation_id)
        with translating("reading the operation", action=READ_OPERATIONS, target=operation):
            return parse_operation_status(self._read(vault_id, operation))

    def trigger_backup(self, item_id: ResourceId, expiry: datetime | None = None) -> TriggerReceipt:
        """Start an on-demand backup. NOT safe to repeat: each request may be a backup.

        Accepted does not mean possible: while another backup runs the new one's job fails at once.
        Exactly one request is sent. After ``ConnectionFailedError`` or
        ``ServiceUnavailableError`` it may have been carried out: look for the job, do not repeat.
        Permission: ``…/protectedItems/backup/action`` of the vault.

        Args:
            item_id: the protected item.
            expiry: when the service may delete the point, aware; its default when left out.

        Raises:
            AzremedyError: as ``translating`` tells them.
        """
        properties = {"objectType": "IaasVMBackupRequest"}
        if expiry is not None:
            properties["recoveryPointExpiryTimeInUTC"] = _wire_time(expiry)
        body: Any = {"properties": properties}
        with translating("starting the backup of", action=TRIGGER, target=item_id):
            # The SDK would repeat a POST that was answered with 500, 503, 504 or Retry-After.
            calls: Any = self._connect(item_id).backups
            receipt: TriggerReceipt = calls.trigger(
                *_item(item_id), body, retry_total=0, cls=_trigger_receipt
            )
            return receipt

    def _read(self, place: ResourceId, path: ResourceId) -> Json:
        url = sending.make_url(path, api_version=API_VERSION)
        return sending.read(self._documents(place), url)

    def _read_all(self, place: ResourceId, path: str, **options: str) -> tuple[Json, ...]:
        url = sending.make_url(path, api_version=API_VERSION, **options)
        return sending.read_all(self._documents(place), url)


def _trigger_receipt(answer: Any, _model: object, _headers: object) -> TriggerReceipt:
    headers = answer.http_response.headers
    url = headers.get("Azure-AsyncOperation") or headers.get("Location") or ""
    operation_id = urlsplit(url).path.rstrip("/").rpartition("/")[2]
    return TriggerReceipt(
        operation_id=operation_id or None,
        operation_url=url,
        request_id=headers.get("x-ms-request-id"),
        correlation_id=headers.get("x-ms-correlation-request-id"),
        retry_after=parse_retry_after(headers),
    )


def _item(item_id: ResourceId) -> tuple[str, str, str, str, str]:
    segments = item_id.require_type(_ITEM).segments
    _, _, _, group, _, _, _, vault, _, fabric, _, container, _, item = segments
    return vault, group, fabric, container, item


def _is_vm(document: Json) -> bool:
    # The service is asked for VM policies only; a service that ignores the filter is not trusted.
    return text(section(document, "properties"), "backupManagementType") == "AzureIaasVM"


def _filter_time(time: datetime | None) -> str | None:
    return None if time is None else time.astimezone(UTC).strftime(_FILTER_TIME)


def _wire_time(time: datetime) -> str:
    return time.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.000Z")
