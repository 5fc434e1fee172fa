"""The changes and waits that a plan can hold: a closed set of values.

There is no step that deletes a resource group, and there never will be: the backup service's
groups are shared by all VMs of a region, and people keep other things in them.
"""

from __future__ import annotations

from azremedy.domain.steps.backup import (
    CancelJob,
    ResumeProtection,
    TriggerBackup,
    WaitFor,
    WaitForIdle,
    WaitForJob,
)
from azremedy.domain.steps.base import ItemRef, Reversible, VmRef
from azremedy.domain.steps.keys import (
    AddRoleAssignment,
    AddVaultAccess,
    RemoveRoleAssignment,
    RemoveVaultAccess,
)
from azremedy.domain.steps.locks import CreateLock, DeleteLock
from azremedy.domain.steps.manual import Manual
from azremedy.domain.steps.network import (
    AddSecurityRule,
    AddServiceEndpoint,
    RemoveSecurityRule,
    RemoveServiceEndpoint,
)
from azremedy.domain.steps.points import DeleteRestorePointCollection, WaitForCleanup
from azremedy.domain.steps.vms import (
    DeallocateVm,
    DeleteExtension,
    ReapplyVm,
    RedeployVm,
    RestartVm,
    RunGuestScript,
    StartVm,
)
from azremedy.domain.steps.waits import WaitForRights, WaitForVm

AroundStep = (
    DeleteExtension
    | ReapplyVm
    | RestartVm
    | RedeployVm
    | DeallocateVm
    | StartVm
    | WaitForVm
    | WaitForRights
    | RunGuestScript
    | AddSecurityRule
    | RemoveSecurityRule
    | AddServiceEndpoint
    | RemoveServiceEndpoint
    | AddVaultAccess
    | RemoveVaultAccess
    | AddRoleAssignment
    | RemoveRoleAssignment
)
"""Steps that change the VM itself, or what stands around it."""

BackupStep = (
    DeleteLock
    | CreateLock
    | DeleteRestorePointCollection
    | WaitForCleanup
    | CancelJob
    | WaitForIdle
    | ResumeProtection
    | TriggerBackup
    | WaitForJob
    | Manual
)
"""Steps that deal with the backup service and what it made."""

Step = BackupStep | AroundStep

VmStep = ReapplyVm | RestartVm | RedeployVm | DeallocateVm | StartVm
"""Steps that change how a whole VM runs."""

__all__ = [
    "AddRoleAssignment",
    "AddSecurityRule",
    "AddServiceEndpoint",
    "AddVaultAccess",
    "AroundStep",
    "BackupStep",
    "CancelJob",
    "CreateLock",
    "DeallocateVm",
    "DeleteExtension",
    "DeleteLock",
    "DeleteRestorePointCollection",
    "ItemRef",
    "Manual",
    "ReapplyVm",
    "RedeployVm",
    "RemoveRoleAssignment",
    "RemoveSecurityRule",
    "RemoveServiceEndpoint",
    "RemoveVaultAccess",
    "RestartVm",
    "ResumeProtection",
    "Reversible",
    "RunGuestScript",
    "StartVm",
    "Step",
    "TriggerBackup",
    "VmRef",
    "VmStep",
    "WaitFor",
    "WaitForCleanup",
    "WaitForIdle",
    "WaitForJob",
    "WaitForRights",
    "WaitForVm",
]
