"""The questions of a scan to Resource Graph, and how their rows are read.

What is well stays in Azure: every question keeps, by joins, only rows that are worth a look. With S
subscriptions in questions of 300, G groups that hold restore point collections, F protected VMs
whose newest backup was not plainly good (or that failed thrice in the window), and C collections
that are locked, of such a VM, or of none, a scan takes, for each 300 subscriptions::

    1                     SUBSCRIPTIONS: which are seen, and how many VMs are protected in each
    ceil(G / 1000)        GROUPS: where collections lie
    ceil(F / 1000)        ITEMS: protected items, joined with their jobs and their VMs
    ceil(C / 1000)        COLLECTIONS: joined with their VMs and items

pages, each at least 1, and one list of locks for each subscription, for locks stand in no table.
50,000 VMs in 20 subscriptions and 2 regions, of which one in 25 fails and one in 50 is locked:
1 + 1 + 2 + 3 pages and 20 lists. To fetch the items alone, without their jobs, VMs and collections,
would take 50 pages.

Limits that the questions keep to: three joins, one of them between tables; a text among the
columns; an order by a unique one.
Source: learn.microsoft.com/azure/governance/resource-graph, query-language (2024-03-20),
paging-results (2026-02-06), supported-tables-resources (2025);
learn.microsoft.com/azure/backup/automation-backup (``backupInstanceId`` of jobs, 2021).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from azremedy.domain.naming import parse_collection_name
from azremedy.domain.ownership import parse_vm_id
from azremedy.domain.sightings import WINDOW_DAYS, History, SeenCollection, SeenItem, SeenVm
from azremedy.gateways.wire_backup import parse_item, parse_job
from azremedy.gateways.wire_json import Json, moment, number, resource_id, section, text
from azremedy.ids import ResourceId

if TYPE_CHECKING:
    from collections.abc import Iterable

_ITEM = "microsoft.recoveryservices/vaults/backupfabrics/protectioncontainers/protecteditems"
_JOB = "microsoft.recoveryservices/vaults/backupjobs"
_COLLECTION = "microsoft.compute/restorepointcollections"
_VM = "microsoft.compute/virtualmachines"
_RESTING = "('ProtectionStopped', 'BackupsSuspended')"

_PROTECTED = f"""recoveryservicesresources
| where type =~ '{_ITEM}' and properties.backupManagementType =~ 'AzureIaasVM'
| where tostring(properties.protectionState) !in~ {_RESTING}
| extend vmKey = tolower(iff(isnotempty(properties.sourceResourceId),
    tostring(properties.sourceResourceId), tostring(properties.virtualMachineId)))"""

_VMS = f"""resources
| where type =~ '{_VM}'
| project vmKey = tolower(id), vmArmId = id, vmUid = tostring(properties.vmId),
    vmRegion = location"""

# Jobs name their item, or at least their container, whose name gives the item's id.
_JOBS = f"""recoveryservicesresources
| where type =~ '{_JOB}' and properties.backupManagementType =~ 'AzureIaasVM'
| where properties.operation =~ 'Backup'
| extend began = todatetime(properties.startTime), jobStatus = tostring(properties.status)
| where began > ago({WINDOW_DAYS}d)
| where jobStatus in~ ('Completed', 'CompletedWithWarnings', 'Failed', 'Cancelled')
| extend ended = iff(jobStatus =~ 'Cancelled', datetime(null), began)
| extend holder = tolower(tostring(properties.containerName))
| extend itemKey = iff(isnotempty(properties.backupInstanceId),
    tolower(tostring(properties.backupInstanceId)),
    strcat(tostring(split(tolower(id), '/backupjobs/')[0]),
        '/backupfabrics/azure/protectioncontainers/iaasvmcontainer;', holder,
        '/protecteditems/vm;', holder))
| extend jobId = id, jobProperties = properties
| summarize failures = countif(jobStatus =~ 'Failed'),
    lastSuccess = maxif(began, jobStatus startswith 'Completed'),
    lastCancelled = maxif(began, jobStatus =~ 'Cancelled'),
    arg_max(ended, jobId, jobStatus, jobProperties) by itemKey"""

SUBSCRIPTIONS = f"""resourcecontainers
| where type =~ 'microsoft.resources/subscriptions'
| join kind=leftouter ({_PROTECTED}
    | summarize protected = count() by subscriptionId) on subscriptionId
| project id, subscriptionId, name, protected
| order by id asc"""
"""Which subscriptions are seen: one row for each that the caller can read, also for empty ones."""

GROUPS = f"""resources
| where type =~ '{_COLLECTION}' and name startswith 'AzureBackup'
| summarize collections = count() by subscriptionId, resourceGroup
| project id = strcat('/subscriptions/', subscriptionId, '/resourceGroups/', resourceGroup),
    collections
| order by id asc"""
"""Which groups hold collections."""

ITEMS = f"""{_PROTECTED}
| extend itemKey = tolower(id), lastStatus = tostring(properties.lastBackupStatus)
| join kind=leftouter ({_JOBS}) on itemKey
| where (isnotempty(lastStatus) and lastStatus !~ 'Completed')
    or (isnotempty(jobStatus) and jobStatus !in~ ('Completed', 'Cancelled'))
    or failures >= 3
    or properties.protectionState =~ 'ProtectionPaused'
    or tostring(properties.healthStatus) in~ ('ActionRequired', 'ActionSuggested')
| join kind=leftouter ({_VMS}) on vmKey
| project id, properties, failures, lastSuccess, lastCancelled, jobId, jobProperties,
    vmArmId, vmUid, vmRegion
| order by id asc"""
"""Items that are worth a look, with their jobs and VMs."""

ALL_COLLECTIONS = "true"
"""The condition for ``collections`` that keeps all of them."""


def collections(wanted: str) -> str:
    """Ask for collections: those of no VM, of a VM that may fail, and those that fit a condition.

    Args:
        wanted: a condition of ``held_in``, or ``ALL_COLLECTIONS``.
    """
    return f"""resources
| where type =~ '{_COLLECTION}' and name startswith 'AzureBackup'
| extend vmKey = tolower(tostring(properties.source.id)), groupKey = strcat(subscriptionId, '/',
    resourceGroup)
| join kind=leftouter ({_VMS}) on vmKey
| join kind=leftouter ({_PROTECTED}
    | project vmKey, itemId = id, lastStatus = tostring(properties.lastBackupStatus)) on vmKey
| where isempty(vmArmId) or (isnotempty(lastStatus) and lastStatus !~ 'Completed') or {wanted}
| project id, location, properties, vmArmId, vmUid, vmRegion, itemId
| order by id asc, itemId asc"""


def held_in(groups: Iterable[ResourceId]) -> str:
    """Write the condition for the collections in some groups."""
    keys = sorted(f"{each.subscription_id}/{each.resource_group}".lower() for each in groups)
    listed = ", ".join("'" + key.replace("\\", "\\\\").replace("'", "\\'") + "'" for key in keys)
    return f"groupKey in~ ({listed})" if keys else "false"


def parse_group_size(row: Json) -> tuple[ResourceId, int]:
    """Read a row of ``GROUPS``."""
    return resource_id(row), number(row, "collections") or 0


def parse_seen_item(row: Json) -> SeenItem:
    """Read a row of ``ITEMS``; an item without a job in the window has an empty history."""
    return SeenItem(item=parse_item(row), vm=_parse_vm(row), history=_parse_history(row))


def parse_seen_collection(row: Json) -> SeenCollection | None:
    """Read a row of ``collections``; nothing for one that is not of the service's form."""
    source = parse_vm_id(text(section(section(row, "properties"), "source"), "id"))
    item, id_ = text(row, "itemId"), resource_id(row)
    if source is None or parse_collection_name(id_.name) is None:
        return None
    return SeenCollection(
        id=id_,
        location=text(row, "location"),
        source_id=source,
        vm=_parse_vm(row),
        item_id=ResourceId.parse(item) if item else None,
    )


def _parse_vm(row: Json) -> SeenVm | None:
    vm_id = text(row, "vmArmId")
    if not vm_id:
        return None
    return SeenVm(
        id=ResourceId.parse(vm_id), vm_id=text(row, "vmUid"), location=text(row, "vmRegion")
    )


def _parse_history(row: Json) -> History:
    job_id = text(row, "jobId")
    if not job_id:
        return History()
    job = parse_job({"id": job_id, "properties": section(row, "jobProperties")})
    return History(
        failures=number(row, "failures") or 0,
        # Where all were cancelled the newest of nothing is any of them.
        last=None if job.status == "Cancelled" else job,
        last_success=moment(row, "lastSuccess"),
        last_cancelled=moment(row, "lastCancelled"),
    )
