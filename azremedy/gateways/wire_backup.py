"""Read Azure Backup's JSON: items, policies, recovery points, jobs, operations.

Everything is read by its wire key: the SDK of 2025 and 2026 gives VM items back as their base
class, without their attributes.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from azremedy.domain.protection import BackupProtection
from azremedy.domain.resources import (
    BackupJob,
    BackupPolicy,
    HealthDetail,
    JobTask,
    ProtectedItem,
    RecoveryPoint,
    RecoveryPointTier,
)
from azremedy.errors import AzureAnswer
from azremedy.gateways.wire_errors import parse_error_document
from azremedy.gateways.wire_json import (
    AnswerFormatError,
    Json,
    moment,
    number,
    resource_id,
    section,
    sections,
    text,
    texts,
)
from azremedy.ids import ResourceId

if TYPE_CHECKING:
    from collections.abc import Iterator


@dataclass(frozen=True, slots=True, kw_only=True)
class OperationStatus:
    """Where an operation of a vault stands."""

    status: str
    """``InProgress``, ``Succeeded``, ``Failed`` or ``Canceled``."""
    job_id: str | None = None
    """The job's GUID, once the service has made one."""
    error: AzureAnswer | None = None
    """Why it failed."""


def parse_protection(document: Json) -> BackupProtection:
    """Read the answer to "is this VM protected, and where"."""
    vault = text(document, "vaultId")
    return BackupProtection(
        protection_status=text(document, "protectionStatus"),
        vault_id=ResourceId.parse(vault) if vault else None,
        fabric_name=text(document, "fabricName"),
        container_name=text(document, "containerName"),
        item_name=text(document, "protectedItemName"),
    )


def parse_item(document: Json) -> ProtectedItem:
    """Read a protected item."""
    properties = section(document, "properties")
    policy = text(properties, "policyId")
    return ProtectedItem(
        id=resource_id(document),
        source_id=text(properties, "sourceResourceId") or text(properties, "virtualMachineId"),
        data_id=text(properties, "protectedItemDataId"),
        container_name=text(properties, "containerName") or resource_id(document).segments[-3],
        protection_state=text(properties, "protectionState"),
        health_status=text(properties, "healthStatus"),
        last_backup_status=text(properties, "lastBackupStatus"),
        last_backup_time=moment(properties, "lastBackupTime"),
        policy_id=ResourceId.parse(policy) if policy else None,
        is_scheduled_for_deferred_delete=properties.get("isScheduledForDeferredDelete") is True,
        health_details=tuple(_health(properties)),
    )


def _health(properties: Json) -> Iterator[HealthDetail]:
    # Old answers say it twice, some say it only in the key performance indicators.
    details = sections(properties, "healthDetails")
    if not details:
        indicators = section(properties, "kpisHealths")
        details = tuple(
            detail
            for name in indicators
            for detail in sections(section(indicators, name), "resourceHealthDetails")
        )
    for detail in details:
        yield HealthDetail(
            code=number(detail, "code"),
            title=text(detail, "title"),
            message=text(detail, "message"),
            recommendations=texts(detail, "recommendations"),
        )


def parse_policy(document: Json) -> BackupPolicy:
    """Read a policy; names of groups that it does not ask for are ``None``."""
    properties = section(document, "properties")
    group = section(properties, "instantRPDetails")
    return BackupPolicy(
        id=resource_id(document),
        group_prefix=text(group, "azureBackupRGNamePrefix") or None,
        group_suffix=text(group, "azureBackupRGNameSuffix") or None,
        policy_type=text(properties, "policyType"),
        instant_retention_days=number(properties, "instantRpRetentionRangeInDays"),
        snapshot_consistency=text(properties, "snapshotConsistencyType"),
    )


def parse_recovery_point(document: Json) -> RecoveryPoint:
    """Read a recovery point; its time must be there."""
    properties = section(document, "properties")
    time = moment(properties, "recoveryPointTime")
    if time is None:
        raise AnswerFormatError("a recovery point has no 'recoveryPointTime'")
    return RecoveryPoint(
        id=resource_id(document),
        time=time,
        tiers=tuple(
            RecoveryPointTier(tier=text(tier, "type"), status=text(tier, "status"))
            for tier in sections(properties, "recoveryPointTierDetails")
        ),
        is_instant_ilr_session_active=properties.get("isInstantIlrSessionActive") is True,
    )


def parse_job(document: Json) -> BackupJob:
    """Read a job of a list or of its own answer."""
    properties = section(document, "properties")
    extended = section(properties, "extendedInfo")
    return BackupJob(
        id=resource_id(document),
        operation=text(properties, "operation"),
        status=text(properties, "status"),
        start_time=moment(properties, "startTime"),
        end_time=moment(properties, "endTime"),
        entity_name=text(properties, "entityFriendlyName"),
        container_name=text(properties, "containerName"),
        user_triggered=_flag(properties, "isUserTriggered"),
        tasks=tuple(
            JobTask(name=text(task, "taskId"), status=text(task, "status"))
            for task in sections(extended, "tasksList")
        ),
        errors=tuple(_job_errors(properties)),
        dynamic_error_message=text(extended, "dynamicErrorMessage"),
    )


def is_cancellable(document: Json) -> bool:
    """Say whether a job is of a kind that can be cancelled: of backups and restores, not others.

    Until 2022 the action was written as its number (recorded Azure traffic).
    """
    actions = section(document, "properties").get("actionsInfo") or ()
    return any(action in ("Cancellable", 1) for action in actions)


def _flag(properties: Json, key: str) -> bool | None:
    value = properties.get(key)
    return value if isinstance(value, bool) else None


def _job_errors(properties: Json) -> Iterator[HealthDetail]:
    for detail in sections(properties, "errorDetails"):
        # Some answers of 2015 and 2016 capitalise the keys (recorded Azure traffic).
        found = {key[:1].lower() + key[1:]: value for key, value in detail.items()}
        yield HealthDetail(
            code=number(found, "errorCode"),
            title=text(found, "errorTitle"),
            message=text(found, "errorString"),
            recommendations=texts(found, "recommendations"),
        )


def parse_operation_status(document: Json) -> OperationStatus:
    """Read the status of a vault's operation."""
    error = section(document, "error")
    code, message = parse_error_document(error) if error else (None, "")
    return OperationStatus(
        status=text(document, "status"),
        job_id=text(section(document, "properties"), "jobId") or None,
        error=AzureAnswer(code=code, message=message) if error else None,
    )
