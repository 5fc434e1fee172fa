"""Which ARM permissions each step needs, and where.

What a step's handler sends decides: its one change, what it reads before it, and what it reads to
see the effect. Source: learn.microsoft.com/azure/role-based-access-control/permissions (2025), the
permission that each gateway method names, and learn.microsoft.com/azure/backup/
backup-rbac-rs-vault (2022-02-28).
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from azremedy.domain import steps
from azremedy.domain.resources import vault_of
from azremedy.ids import ResourceId

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from azremedy.domain.steps import ItemRef, Step

LOCK_WRITE = "Microsoft.Authorization/locks/write"
LOCK_DELETE = "Microsoft.Authorization/locks/delete"
LOCK_READ = "Microsoft.Authorization/locks/read"
VAULT_READ = "Microsoft.RecoveryServices/Vaults/read"

_COMPUTE = "Microsoft.Compute"
_VM = f"{_COMPUTE}/virtualMachines"
_COLLECTION = f"{_COMPUTE}/restorePointCollections"
_VAULT = "Microsoft.RecoveryServices/Vaults"
_ITEM = f"{_VAULT}/backupFabrics/protectionContainers/protectedItems"
_NETWORK = "Microsoft.Network"
_RULE = f"{_NETWORK}/networkSecurityGroups/securityRules"
_SUBNET = f"{_NETWORK}/virtualNetworks/subnets"
_ROLE = "Microsoft.Authorization/roleAssignments"


class Weight(StrEnum):
    """What it means when a permission is missing."""

    MUST = "must"
    """The step would fail: nothing is begun."""
    SHOULD = "should"
    """Something is worse without it, or Azure may ask for it: somebody should know."""
    MAY = "may"
    """Roles hold it to be on the safe side; without it nothing was ever seen to fail. So it is with
    the addresses under which operations are followed: who may start one may follow it, although
    they lie in the subscription, where most callers have no rights."""


class At(StrEnum):
    """Where a permission is needed."""

    SUBSCRIPTION = "subscription"
    """At the subscription."""
    VM = "vm"
    """At the VM."""
    VAULT = "vault"
    """At each Recovery Services vault that protects the VM."""
    COLLECTION = "collection"
    """At the restore point collection."""
    LOCK = "lock"
    """At what the lock is attached to."""
    NETWORK = "network"
    """At the security group or the subnet."""
    KEY_VAULT = "key-vault"
    """At the key vault."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Use:
    """One permission that a kind of step uses."""

    action: str
    """The ARM action."""
    at: At
    """Where."""
    weight: Weight = Weight.MUST
    """What it means when it is missing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Need:
    """One permission that one step needs, at one place."""

    action: str
    """The ARM action."""
    scope: ResourceId
    """The subscription, group or resource."""
    weight: Weight = Weight.MUST
    """What it means when it is missing."""
    step: str = ""
    """The kind of the step that needs it."""


def _must(at: At, *actions: str) -> tuple[Use, ...]:
    return tuple(Use(action=action, at=at) for action in actions)


def _may(at: At, *actions: str) -> tuple[Use, ...]:
    return tuple(Use(action=action, at=at, weight=Weight.MAY) for action in actions)


def _should(at: At, *actions: str) -> tuple[Use, ...]:
    return tuple(Use(action=action, at=at, weight=Weight.SHOULD) for action in actions)


def _change_vm(action: str) -> tuple[Use, ...]:
    return (*_must(At.VM, f"{_VM}/{action}/action", f"{_VM}/read"), *_IDLE, *_COMPUTE_OPERATION)


_JOBS = f"{_VAULT}/backupJobs/read"
_IDLE = _must(At.VAULT, _JOBS)
_COMPUTE_OPERATION = _may(At.SUBSCRIPTION, f"{_COMPUTE}/locations/operations/read")
_NETWORK_OPERATION = _may(At.SUBSCRIPTION, f"{_NETWORK}/locations/operations/read")
_CHANGE_SUBNET = (
    *_must(At.NETWORK, f"{_SUBNET}/write", f"{_SUBNET}/read"),
    # A subnet is written with all that hangs on it, and Azure asks for the right to hang it there.
    *_may(
        At.NETWORK,
        f"{_NETWORK}/networkSecurityGroups/join/action",
        f"{_NETWORK}/routeTables/join/action",
        f"{_NETWORK}/natGateways/join/action",
    ),
    *_NETWORK_OPERATION,
)
_CHANGE_ACCESS = _must(
    At.KEY_VAULT, "Microsoft.KeyVault/vaults/accessPolicies/write", "Microsoft.KeyVault/vaults/read"
)

USES: Mapping[str, tuple[Use, ...]] = {
    "DeleteLock": (*_must(At.LOCK, LOCK_DELETE, LOCK_READ), *_should(At.LOCK, LOCK_WRITE)),
    "CreateLock": _must(At.LOCK, LOCK_WRITE, LOCK_READ),
    "DeleteRestorePointCollection": (
        *_must(At.COLLECTION, f"{_COLLECTION}/delete", f"{_COLLECTION}/read"),
        *_must(At.VM, f"{_VM}/read"),
        *_IDLE,
        *_may(
            At.COLLECTION,
            f"{_COLLECTION}/restorePoints/read",
            f"{_COLLECTION}/restorePoints/delete",
        ),
        *_COMPUTE_OPERATION,
    ),
    "WaitForCleanup": _must(At.COLLECTION, f"{_COLLECTION}/read"),
    "CancelJob": _must(At.VAULT, f"{_VAULT}/backupJobs/cancel/action", _JOBS),
    "WaitForIdle": _IDLE,
    "ResumeProtection": (
        *_must(At.VAULT, f"{_ITEM}/write", f"{_ITEM}/read", f"{_ITEM}/operationsStatus/read"),
        *_may(At.VAULT, f"{_ITEM}/operationResults/read"),
        *_should(At.VM, f"{_VM}/read", f"{_VM}/write"),
    ),
    "TriggerBackup": _must(At.VAULT, f"{_ITEM}/backup/action", _JOBS),
    "WaitForJob": _must(At.VAULT, f"{_VAULT}/backupOperations/read", _JOBS),
    "Manual": (),
    "DeleteExtension": (
        *_must(At.VM, f"{_VM}/extensions/delete", f"{_VM}/extensions/read", f"{_VM}/read"),
        *_IDLE,
        *_COMPUTE_OPERATION,
    ),
    "ReapplyVm": _change_vm("reapply"),
    "RestartVm": _change_vm("restart"),
    "RedeployVm": _change_vm("redeploy"),
    "DeallocateVm": _change_vm("deallocate"),
    "StartVm": _change_vm("start"),
    "WaitForVm": _must(At.VM, f"{_VM}/read"),
    "WaitForRights": (),
    "RunGuestScript": _change_vm("runCommand"),
    "AddSecurityRule": (
        *_must(
            At.NETWORK, f"{_RULE}/write", f"{_RULE}/read", f"{_NETWORK}/networkSecurityGroups/read"
        ),
        *_NETWORK_OPERATION,
    ),
    "RemoveSecurityRule": (
        *_must(At.NETWORK, f"{_RULE}/delete", f"{_RULE}/read"),
        *_NETWORK_OPERATION,
    ),
    "AddServiceEndpoint": _CHANGE_SUBNET,
    "RemoveServiceEndpoint": _CHANGE_SUBNET,
    "AddVaultAccess": _CHANGE_ACCESS,
    "RemoveVaultAccess": _CHANGE_ACCESS,
    "AddRoleAssignment": _must(
        At.KEY_VAULT, f"{_ROLE}/write", f"{_ROLE}/read", "Microsoft.KeyVault/vaults/read"
    ),
    "RemoveRoleAssignment": _must(At.KEY_VAULT, f"{_ROLE}/delete", f"{_ROLE}/read"),
}
"""By kind of step."""


def list_needs(step: Step) -> tuple[Need, ...]:
    """List what a step needs; what it merely may need is left out."""
    places = find_places(step)
    leased = isinstance(step, steps.DeleteLock) and step.leased
    used = tuple(
        Need(
            action=use.action,
            scope=place,
            # A lock that is lent goes back in every ending: without that right none is taken off.
            weight=Weight.MUST if leased and use.action == LOCK_WRITE else use.weight,
            step=step.kind,
        )
        for use in USES[step.kind]
        if use.weight is not Weight.MAY
        for place in places.get(use.at, ())
    )
    return (*used, *_list_needs_of_orphan(step))


def _list_needs_of_orphan(step: Step) -> tuple[Need, ...]:
    """Ask to see every vault: one that ARM's list hides may copy, or restore from, the points.

    A VM that is gone cannot be looked up in the service, which would name its vault.
    """
    if not isinstance(step, steps.DeleteRestorePointCollection) or not step.source_gone:
        return ()
    place = step.collection_id.subscription
    return (Need(action=VAULT_READ, scope=place, weight=Weight.SHOULD, step=step.kind),)


def find_places(step: Step) -> dict[At, tuple[ResourceId, ...]]:
    """Say where a step's permissions are needed."""
    match step:
        case steps.DeleteLock() | steps.CreateLock():
            return {At.LOCK: (step.lock.scope,)}
        case steps.DeleteRestorePointCollection():
            return _at_collection(step)
        case steps.WaitForCleanup():
            return {At.COLLECTION: step.collection_ids}
        case steps.AddSecurityRule() | steps.RemoveSecurityRule():
            return {At.NETWORK: (step.rule_id.parent,)}
        case steps.AddServiceEndpoint() | steps.RemoveServiceEndpoint():
            return {At.NETWORK: (step.subnet_id,)}
        case steps.AddVaultAccess() | steps.RemoveVaultAccess():
            return {At.KEY_VAULT: (step.vault_id,)}
        case steps.AddRoleAssignment() | steps.RemoveRoleAssignment():
            return {At.KEY_VAULT: (step.assignment_id.scope,)}
        case _:
            return _find_vm_places(step)


def _find_vm_places(step: Step) -> dict[At, tuple[ResourceId, ...]]:
    match step:
        case steps.TriggerBackup() | steps.WaitForJob():
            return {At.VAULT: (vault_of(step.item_id),)}
        case steps.ResumeProtection():
            return {At.VAULT: (vault_of(step.item_id),), At.VM: (step.vm_id,)}
        case steps.CancelJob():
            return {At.VAULT: (step.job_id.parent,)}
        case steps.WaitForIdle():
            return {At.VAULT: _list_vaults(step.items)}
        case steps.DeleteExtension():
            vm_id = step.extension_id.parent
            return {At.VM: (vm_id,), At.VAULT: _list_vaults(step.idle_items)}
        case steps.ReapplyVm() | steps.RestartVm() | steps.RedeployVm() | steps.DeallocateVm():
            return _at_vm(step.vm)
        case steps.StartVm() | steps.WaitForVm() | steps.RunGuestScript():
            return _at_vm(step.vm)
        case _:
            return {}


def _at_collection(
    step: steps.DeleteRestorePointCollection,
) -> dict[At, tuple[ResourceId, ...]]:
    # The group of a VM that is gone may be gone too: nobody can have rights there.
    vm = () if step.source_gone else (step.source_id,)
    vaults = _list_vaults(step.idle_items)
    return {At.COLLECTION: (step.collection_id,), At.VM: vm, At.VAULT: vaults}


def _at_vm(vm: steps.VmRef) -> dict[At, tuple[ResourceId, ...]]:
    return {At.VM: (vm.id,), At.VAULT: _list_vaults(vm.idle_items)}


def _list_vaults(items: Iterable[ItemRef]) -> tuple[ResourceId, ...]:
    return tuple(dict.fromkeys(vault_of(item.item_id) for item in items))
