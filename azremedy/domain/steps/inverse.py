"""Which step takes a step back."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from azremedy.domain import steps

if TYPE_CHECKING:
    from azremedy.domain.steps import Step


def invert(step: Step) -> Step | None:
    """Give the step that puts back what a step changed; ``None`` when nothing can or need be."""
    match step:
        case steps.DeleteLock():
            return steps.CreateLock(lock=step.lock)
        case steps.CreateLock():
            return steps.DeleteLock(lock=step.lock)
        case steps.DeallocateVm():
            return steps.StartVm(vm=_in_any_state(step.vm))
        case steps.StartVm():
            return steps.DeallocateVm(vm=_in_any_state(step.vm))
        case steps.AddServiceEndpoint():
            return steps.RemoveServiceEndpoint(subnet_id=step.subnet_id, service=step.service)
        case steps.RemoveServiceEndpoint():
            return steps.AddServiceEndpoint(subnet_id=step.subnet_id, service=step.service)
        case _:
            return _invert_grant(step)


def _in_any_state(vm: steps.VmRef) -> steps.VmRef:
    """Forget the state that the VM had to be in: the step that is taken back has changed it."""
    return replace(vm, power_state="")


def _invert_grant(step: Step) -> Step | None:
    """Invert the steps that open something."""
    match step:
        case steps.AddSecurityRule(rule_id=rule_id, priority=priority):
            return steps.RemoveSecurityRule(
                rule_id=rule_id, priority=priority, destination=step.destination, ports=step.ports
            )
        case steps.RemoveSecurityRule(rule_id=rule_id, priority=priority):
            return steps.AddSecurityRule(
                rule_id=rule_id, priority=priority, destination=step.destination, ports=step.ports
            )
        case steps.AddVaultAccess():
            return steps.RemoveVaultAccess(
                vault_id=step.vault_id,
                tenant_id=step.tenant_id,
                object_id=step.object_id,
                keys=step.keys,
                secrets=step.secrets,
            )
        case steps.RemoveVaultAccess():
            return steps.AddVaultAccess(
                vault_id=step.vault_id,
                tenant_id=step.tenant_id,
                object_id=step.object_id,
                keys=step.keys,
                secrets=step.secrets,
            )
        case steps.AddRoleAssignment(assignment_id=assignment_id, object_id=object_id):
            return steps.RemoveRoleAssignment(
                assignment_id=assignment_id,
                role_definition_id=step.role_definition_id,
                object_id=object_id,
            )
        case steps.RemoveRoleAssignment(assignment_id=assignment_id, object_id=object_id):
            return steps.AddRoleAssignment(
                assignment_id=assignment_id,
                role_definition_id=step.role_definition_id,
                object_id=object_id,
            )
        case _:
            return None
