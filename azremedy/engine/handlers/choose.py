"""Which handler carries out which step."""

from __future__ import annotations

from typing import TYPE_CHECKING, assert_never

from azremedy.domain import guest_scripts, steps
from azremedy.engine.handlers.backup import BackupTrigger, JobWait
from azremedy.engine.handlers.cleanup import CleanupWait
from azremedy.engine.handlers.collections import CollectionDeletion
from azremedy.engine.handlers.extensions import ExtensionDeletion
from azremedy.engine.handlers.guest import GuestScriptRun
from azremedy.engine.handlers.guest_updates import AgentUpdateEnd
from azremedy.engine.handlers.jobs import IdleWait, JobCancellation
from azremedy.engine.handlers.keys import (
    RoleAssignmentCreation,
    RoleAssignmentRemoval,
    VaultAccessChange,
)
from azremedy.engine.handlers.locks import LockCreation, LockDeletion
from azremedy.engine.handlers.manual import ManualHandover
from azremedy.engine.handlers.network import (
    SecurityRuleCreation,
    SecurityRuleRemoval,
    ServiceEndpointChange,
)
from azremedy.engine.handlers.protection import ProtectionResumption
from azremedy.engine.handlers.vms import VmChange
from azremedy.engine.handlers.waits import RightsWait, VmWait

if TYPE_CHECKING:
    from azremedy.engine.handlers.base import Handler, Tools


def choose_handler(step: steps.Step, tools: Tools) -> Handler:  # noqa: C901 - one flat match
    """Make the handler of a step."""
    match step:
        case steps.DeleteLock():
            return LockDeletion(step=step, tools=tools)
        case steps.CreateLock():
            return LockCreation(step=step, tools=tools)
        case steps.DeleteRestorePointCollection():
            return CollectionDeletion(step=step, tools=tools)
        case steps.WaitForCleanup():
            return CleanupWait(step=step, tools=tools)
        case steps.CancelJob():
            return JobCancellation(step=step, tools=tools)
        case steps.WaitForIdle():
            return IdleWait(step=step, tools=tools)
        case steps.ResumeProtection():
            return ProtectionResumption(step=step, tools=tools)
        case steps.TriggerBackup():
            return BackupTrigger(step=step, tools=tools)
        case steps.WaitForJob():
            return JobWait(step=step, tools=tools)
        case steps.Manual():
            return ManualHandover(step=step, tools=tools)
        case _:
            return _choose_around(step, tools)


def _choose_around(step: steps.AroundStep, tools: Tools) -> Handler:  # noqa: C901, PLR0912 - flat, too
    match step:
        case steps.DeleteExtension():
            return ExtensionDeletion(step=step, tools=tools)
        case (
            steps.ReapplyVm()
            | steps.RestartVm()
            | steps.RedeployVm()
            | steps.DeallocateVm()
            | steps.StartVm()
        ):
            return VmChange(step=step, tools=tools)
        case steps.WaitForVm():
            return VmWait(step=step, tools=tools)
        case steps.WaitForRights():
            return RightsWait(step=step, tools=tools)
        case steps.RunGuestScript(script=guest_scripts.UPDATE_AGENT_END):
            return AgentUpdateEnd(step=step, tools=tools)
        case steps.RunGuestScript():
            return GuestScriptRun(step=step, tools=tools)
        case steps.AddSecurityRule():
            return SecurityRuleCreation(step=step, tools=tools)
        case steps.RemoveSecurityRule():
            return SecurityRuleRemoval(step=step, tools=tools)
        case steps.AddServiceEndpoint() | steps.RemoveServiceEndpoint():
            return ServiceEndpointChange(step=step, tools=tools)
        case steps.AddVaultAccess() | steps.RemoveVaultAccess():
            return VaultAccessChange(step=step, tools=tools)
        case steps.AddRoleAssignment():
            return RoleAssignmentCreation(step=step, tools=tools)
        case steps.RemoveRoleAssignment():
            return RoleAssignmentRemoval(step=step, tools=tools)
        case _:
            assert_never(step)
